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
    return environment().get_template(template).render(view=view)


def environment(*packages: str) -> "Environment":
    """Return the environment of the templates, which escape and know our filters.

    Args:
        *packages: whose ``templates/`` are looked into first, then those of the
            reports.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined

    places = [*packages, "neucobench.reports"]
    found = Environment(
        loader=ChoiceLoader([PackageLoader(place) for place in places]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    found.filters["number"] = number
    found.filters["exact"] = _exact
    found.filters["breakable"] = _breakable
    return found


def _exact(value: float | None) -> str:
    return "" if value is None or value != value else repr(value)


def _breakable(name: str) -> str:
    """Return a name that may be broken after an underscore."""
    return name.replace("_", "_\N{ZERO WIDTH SPACE}")
