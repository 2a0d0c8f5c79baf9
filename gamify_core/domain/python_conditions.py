"""Conditions in the application's own Python, in words: what nobody can look into is called by its name."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import Final

import attrs

from gamify_core.domain.condition_explanations import Failed
from gamify_core.domain.condition_values import shown

__all__ = ["SaidNo", "raised", "said_no"]

_MOST: Final = 6


@attrs.frozen
class SaidNo(Failed):
    """A condition in Python that was false, by the name of its function (nothing for a lambda), and what it saw."""

    def __str__(self) -> str:
        """Return `its Python condition is_weekend says no (day = 3)`."""
        read = [f"{name} = {shown(_read(value))}" for name, value in list(self.values.items())[:_MOST]]
        more = [*read, "…"] if len(self.values) > _MOST else read
        return f"{_named(self.source)} says no" + (f" ({', '.join(more)})" if more else "")


def said_no(decide: object, properties: Mapping[str, object]) -> SaidNo:
    """Return why a condition does not hold that is asked with these properties."""
    return SaidNo(_name(decide), MappingProxyType(dict(properties)))


def raised(decide: object, error: Exception) -> str:
    """Return what to say of a condition that raises."""
    told = f"{type(error).__name__}: {error}".removesuffix(": ")
    return f"{_named(_name(decide))} raised {told}"


def _named(name: str) -> str:
    return f"its Python condition {name}".rstrip()


def _name(decide: object) -> str:
    named = decide if hasattr(decide, "__name__") else type(decide)
    name = str(getattr(named, "__name__", ""))
    return name if name.isidentifier() else ""


def _read(value: object) -> object:
    """Return a value of an event as a condition would have read it."""
    if isinstance(value, float):
        return Decimal(str(value))
    return tuple(value) if isinstance(value, list) else value
