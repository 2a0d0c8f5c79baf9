"""What a designer expects of a season: a measure, and the span its value is to lie in.

`share(tier.gold, day=90)` and `5% .. 10%` are read here; what a measure comes to is worked out where histories are
summed up. Promise: whatever is asked for, the answer is a value or a `BadValue` that says what to write instead.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Final, NamedTuple

from gamify_core.errors import BadValue

__all__ = ["MEASURES", "Expectation", "Measure", "Span", "expectation", "measure", "span"]


class Takes(NamedTuple):
    """What a measure is asked with, and whether it is a share.

    Targets are `badge.<code>`, `streak.<code>`, `reward.<code>`, a bare code of a `currency`, or (`tier`) a rung of
    any ladder, called `<ladder>.<code>`.
    """

    targets: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    share: bool = False


MEASURES: Final[Mapping[str, Takes]] = {
    "share": Takes(("tier", "badge"), ("day", "persona"), share=True),
    "reached": Takes(("tier",), (), share=True),
    "days_to": Takes(("tier",), ()),
    "streak": Takes(("streak",), ("length",), share=True),
    "claims": Takes(("reward",), ("day",)),
    "stockout": Takes(("reward",), ()),
    "unmet": Takes(("reward",), ()),
    "supply": Takes(("currency",), ("day",)),
    "issued": Takes(("currency",), ("day",)),
    "spent": Takes(("currency",), ("day",)),
    "expired": Takes(("currency",), ("day",)),
    "sinks": Takes(("currency",), (), share=True),
    "breakage": Takes(("currency",), (), share=True),
    "redemption": Takes(("currency",), (), share=True),
    "velocity": Takes(("currency",), ()),
    "mean": Takes(("currency",), ("persona",)),
    "p10": Takes(("currency",), ("persona",)),
    "p50": Takes(("currency",), ("persona",)),
    "p90": Takes(("currency",), ("persona",)),
    "gini": Takes(("currency",), ("persona",)),
    "dau": Takes((), ("day",)),
    "retention": Takes((), ("day",), share=True),
    "events": Takes((), ("day",)),
}
"""Every measure by its name."""

_CALL: Final = re.compile(r"\s*([a-z_][a-z0-9_]*)\s*\(([^()]*)\)\s*", re.ASCII)
_NUMBER: Final = re.compile(r"(-?[0-9][0-9_,]*(?:\.[0-9]+)?)\s*(%?)", re.ASCII)
_LONGEST: Final = 200


class Measure(NamedTuple):
    """One number asked of a season: `share` of `tier` `gold` on `day` 90."""

    name: str
    kind: str = ""
    target: str = ""
    day: int | None = None
    persona: str | None = None
    length: int | None = None

    @property
    def bounded(self) -> bool:
        """Whether its value lies between 0 and 1."""
        return self.share or self.name == "gini"

    @property
    def share(self) -> bool:
        """Whether its value is a share of something, and best told in per cent."""
        return MEASURES[self.name].share

    def __str__(self) -> str:
        """Return the text that asks for it."""
        target = f"{self.kind}.{self.target}" if self.kind not in ("", "currency") else self.target
        options = [
            f"{name}={getattr(self, name)}"
            for name in ("day", "persona", "length")
            if getattr(self, name) is not None
        ]
        return f"{self.name}({', '.join([*filter(None, [target]), *options])})"


class Span(NamedTuple):
    """The values from `low` to `high`, both included; either may be infinite. What `never` comes is infinitely far."""

    low: float
    high: float
    text: str

    def holds(self, value: float) -> bool:
        """Say whether a value lies in it."""
        return self.low <= value <= self.high


class Expectation(NamedTuple):
    """A measure and where its value is to lie."""

    measure: Measure
    span: Span


def expectation(asked: str, wanted: str) -> Expectation:
    """Return what is expected. Raises `BadValue`."""
    return Expectation(measure(asked), span(wanted))


def measure(text: str) -> Measure:
    """Return the measure that a text asks for. Raises `BadValue`.

    >>> measure("share(tier.gold, day=90)")
    Measure(name='share', kind='tier', target='gold', day=90, persona=None, length=None)
    """
    call = _CALL.fullmatch(text) if isinstance(text, str) and len(text) <= _LONGEST else None
    if call is None:
        raise _no(text, f"{text!r:.60} is not a measure", "write 'share(tier.gold, day=90)', say")
    name = call[1]
    takes = MEASURES.get(name)
    if takes is None:
        near = get_close_matches(name, MEASURES, 1)
        raise _no(
            text,
            f"unknown measure {name!r}",
            f"did you mean {near[0]!r}?" if near else f"there are {', '.join(MEASURES)}",
        )
    kind = target = ""
    options: dict[str, str] = {}
    for part in filter(None, [each.strip() for each in call[2].split(",")]):
        key, equals, value = part.partition("=")
        if equals:
            if key.strip() not in takes.options:
                told = ", ".join(takes.options) or "nothing"
                raise _no(text, f"{name} does not take {key.strip()!r}", f"it takes {told}")
            options[key.strip()] = value.strip()
        elif target:
            raise _no(text, f"{name} takes one target", f"leave {part!r} out")
        else:
            kind, target = _target(text, name, takes, part)
    if takes.targets and not target:
        if takes.targets != ("currency",):
            raise _no(text, f"{name} of what?", f"write {name}({takes.targets[0]}.some_code)")
        kind, target = "currency", "points"
    day, length = _whole(text, options, "day"), _whole(text, options, "length")
    asked = Measure(name, kind, target, day, options.get("persona"), length)
    _check(text, asked)
    return asked


def _check(text: str, asked: Measure) -> None:
    """Refuse what goes with a measure, but not with this one of it."""
    if asked.persona is not None and asked.name == "share" and asked.kind != "badge":
        raise _no(text, "the share of a tier is told of everybody", "leave persona out, or ask for a badge")
    if asked.day == 0 and asked.name != "retention":
        raise _no(text, "day is 0, and days are counted from 1", "write day=1")


def _target(text: str, name: str, takes: Takes, part: str) -> tuple[str, str]:
    kind, dot, code = part.partition(".")
    if "currency" in takes.targets and not dot:
        return "currency", part
    if not code or not (kind in takes.targets or "tier" in takes.targets):  # a rung goes by its ladder
        told = " or ".join(f"{each}.<code>" for each in takes.targets) or "no target"
        raise _no(text, f"{name} takes {told}, not {part!r}", "")
    return kind, code


def _whole(text: str, options: Mapping[str, str], name: str) -> int | None:
    value = options.get(name)
    if value is None:
        return None
    if not value.isdecimal() or len(value) > 7:  # noqa: PLR2004 - more is no day
        raise _no(text, f"{name} is {value!r}, not a whole number", f"write {name}=30, say")
    return int(value)


def span(text: str) -> Span:
    """Return the span that a text means: `5% .. 10%`, `>= 100`, `< 0.4`, `never`. Raises `BadValue`.

    >>> span("5% .. 10%").holds(0.07)
    True
    """
    said = text.strip() if isinstance(text, str) else ""
    for sign, make in _SIGNS.items():
        if said.startswith(sign):
            return make(_number(text, said.removeprefix(sign)), said)
    if said == "never":
        return Span(math.inf, math.inf, said)
    low, dots, high = said.partition("..")
    if not dots:
        raise _no(text, f"{text!r:.60} is not a span", "write '5% .. 10%', '>= 100', '< 40%' or 'never'")
    ends = _number(text, low), _number(text, high)
    if ends[0] > ends[1]:
        raise _no(text, f"{text!r:.60} begins above its end", "write the smaller number first")
    return Span(*ends, said)


_SIGNS: Final[Mapping[str, Callable[[float, str], Span]]] = {
    ">=": lambda value, text: Span(value, math.inf, text),
    "<=": lambda value, text: Span(-math.inf, value, text),
    ">": lambda value, text: Span(math.nextafter(value, math.inf), math.inf, text),
    "<": lambda value, text: Span(-math.inf, math.nextafter(value, -math.inf), text),
}


def _number(text: str, part: str) -> float:
    found = _NUMBER.fullmatch(part.strip())
    if found is None:
        raise _no(text, f"{part.strip()!r:.30} is not a number", "write 5%, 0.05 or 1,000")
    value = float(found[1].replace(",", "").replace("_", ""))
    return value / 100 if found[2] else value


def _no(value: object, detail: str, hint: str) -> BadValue:
    return BadValue("expect", value, detail, hint=hint)
