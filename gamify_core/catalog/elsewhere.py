"""Conditions that are decided by the application's own Python: how they are named, and what stands for them.

Promise: a condition in Python is written as `{"python": "<module>.<qualname>"}`, the same in every process;
read back it is a stand-in that is written in the same way and decides nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import attrs

from gamify_core.errors import GamifyError

if TYPE_CHECKING:
    from gamify_core.catalog.catalog import Catalog

__all__ = ["KEY", "Elsewhere", "decidable", "name_of"]

KEY: Final = "python"


@attrs.frozen
class Elsewhere:
    """What stands for the Python function `name` of a rule where the function itself is not there."""

    rule: str
    name: str

    def __call__(self, _properties: Mapping[str, object], /) -> bool:
        """Refuse to decide. Raises `GamifyError`."""
        raise self.refusal

    @property
    def refusal(self) -> GamifyError:
        """The error that says where the decision is made."""
        detail = (
            f"rule {self.rule} is decided by a Python function ({self.name}): open with Engine(catalog, …)"
        )
        return GamifyError(detail)


def name_of(decide: object) -> str:
    """Return what a callable is called; of an object without a name, what its class is.

    Its `repr` would be more telling, and another one in each process: it holds the address.
    """
    if isinstance(decide, Elsewhere):
        return decide.name
    named = decide if hasattr(decide, "__qualname__") else type(decide)
    return f"{getattr(named, '__module__', None) or ''}.{getattr(named, '__qualname__', '')}"


def decidable(catalog: Catalog) -> Catalog:
    """Return a catalog that decides by itself. Raises `GamifyError` for one that needs a function that is not here."""
    for rule in catalog.rules:
        if isinstance(rule.when, Elsewhere):
            raise rule.when.refusal
    return catalog
