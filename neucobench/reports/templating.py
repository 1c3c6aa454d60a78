"""The pages' templates: HTML that escapes whatever it is given."""

from typing import TYPE_CHECKING, Any

from neucobench.reports.scales import number

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, view: Any) -> str:
    """Return a page.

    Args:
        template: a file in ``templates/``.
        view: what the page says; the template knows it as ``view``, and a field that
            it lacks is an error.
    """
    return _environment().get_template(template).render(view=view)


def _exact(value: float | None) -> str:
    return "" if value is None or value != value else repr(value)


def _breakable(name: str) -> str:
    """Return a name that may be broken after an underscore."""
    return name.replace("_", "_\N{ZERO WIDTH SPACE}")


def _environment() -> "Environment":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("neucobench.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = number
    environment.filters["exact"] = _exact
    environment.filters["breakable"] = _breakable
    return environment
