"""What all definitions have in common: a code, a name, and the words that a choice is made by."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import attrs

from gamify_core.catalog.conversions import title

__all__ = [
    "Amount",
    "Counting",
    "Definition",
    "Demotion",
    "Fall",
    "GraceMode",
    "GroupScore",
    "Match",
    "Once",
    "Order",
    "Period",
    "Predicate",
    "Review",
    "RewardType",
    "Rounding",
    "Stacking",
    "StreakPeriod",
    "Ties",
    "Weekday",
    "name_of_code",
]

Amount = int | str
Predicate = Callable[[Mapping[str, object]], bool]
Period = Literal["hourly", "daily", "weekly", "monthly", "yearly", "all_time"]
StreakPeriod = Literal["hourly", "daily", "weekly", "monthly", "yearly", "days"]
Rounding = Literal["floor", "round", "ceil"]
Demotion = Literal["never", "immediate", "at_review"]
Review = Literal["daily", "weekly", "monthly", "yearly"]
Fall = Literal["all", "one"]
Ties = Literal["competition", "dense", "ordinal"]
Order = Literal["descending", "ascending"]
GroupScore = Literal["sum", "average"]
RewardType = Literal["coupon", "voucher", "physical", "digital", "points_multiplier"]
Stacking = Literal["highest", "add", "multiply"]
GraceMode = Literal["keep_alive", "credit"]
Counting = Literal["activities", "days"]
Match = Literal["all", "any"]
Once = Literal["ever", "run"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


def name_of_code() -> str:
    """Declare a name that defaults to the code in title case."""
    made = attrs.Factory(lambda self: title(self.code), takes_self=True)
    return attrs.field(default=made)


@attrs.frozen(repr=False)
class Definition:
    """Anything that has a code and stands in a catalog."""

    code: str

    def __repr__(self) -> str:
        """Return what would have to be written to make it: the code, and what is not as by default."""
        return f"{type(self).__name__}({', '.join([repr(self.code), *_told(self)])})"


def _told(value: attrs.AttrsInstance) -> list[str]:
    """Return `name=value` for each field that differs from its default."""
    told = []
    for field in attrs.fields(type(value)):
        make = getattr(field.default, "factory", None)
        default = field.default if make is None else make(value)
        given = getattr(value, field.name)
        if field.name != "code" and given != default:
            told.append(f"{field.name}={given!r}")
    return told
