"""Names that stand for code, imported on first use."""

from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from neucobench.errors import UnknownNameError


@dataclass(frozen=True, kw_only=True)
class Registry:
    """Map names to ``"module:object"`` targets.

    Attributes:
        kind: what the names stand for, used in messages, e.g. ``"encoder"``.
        targets: name to ``"module:object"``.
    """

    kind: str
    targets: dict[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return the registered names, sorted."""
        return sorted(self.targets)

    def load(self, name: str) -> Any:
        """Import and return the object behind ``name``.

        Raises:
            UnknownNameError: when no such name is registered.
        """
        if name not in self.targets:
            raise UnknownNameError(self.kind, name, self.targets)
        module, _, attribute = self.targets[name].partition(":")
        return getattr(import_module(module), attribute)
