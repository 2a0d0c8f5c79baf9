"""What a property of an invented event is drawn from: a constant, a list, or a table that names one way of drawing.

Promise: what `problem` finds nothing wrong with can be drawn from, however often; each draw is a number within 64-bit
floats, or an item that was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gamify_core.catalog.findings import shown
from gamify_core.catalog.nearest import nearest
from gamify_core.simulation.streams import Draw, log_normal, normal, pick, weighted

__all__ = ["Make", "maker", "problem"]

Make = Callable[[Draw, int, int], Any]
"""Draw a property, given the hour and the weekday of the event."""

_PAIRS: Final = ("uniform", "normal", "log_normal")
_WAYS: Final = (*_PAIRS, "chance", "weights")
_BOUNDS: Final = ("min", "max", "digits")
_LARGEST: Final = 2**53
_WIDEST: Final = 20  # a sigma beyond which no float would be left
_DIGITS: Final = 15
_PAIR: Final = 2


def problem(source: object) -> str:
    """Return what is wrong with a source, or nothing."""
    if not isinstance(source, Mapping):
        return "an empty list has nothing to draw from" if source in ([], ()) else ""
    for key in source:
        if key not in _WAYS and key not in _BOUNDS:
            near = nearest(str(key), [*_WAYS, *_BOUNDS])
            return f"unknown key {shown(key)}" + (f", did you mean {near!r}?" if near else "")
    named = [way for way in _WAYS if way in source]
    if len(named) != 1:
        return f"it names {len(named)} ways of drawing, not one"
    return _wrong_way(named[0], source[named[0]]) or _wrong_bounds(named[0], source)


def _wrong_way(way: str, what: Any) -> str:
    if way in _PAIRS:
        return _wrong_pair(way, what)
    if way == "chance":
        return "" if _number(what) and 0 <= what <= 1 else "a chance is a number from 0 to 1"
    if not isinstance(what, Mapping) or not what:
        return "weights are a table such as { easy = 3, hard = 1 }"
    if not all(_number(each) and each >= 0 for each in what.values()):
        return "a weight is a number from 0 on"
    return "" if any(what.values()) else "nothing has a weight"


def _wrong_pair(way: str, what: Any) -> str:
    if not (isinstance(what, list | tuple) and len(what) == _PAIR and all(map(_number, what))):
        return f"{way} takes two numbers"
    one, other = what
    if way == "uniform":
        return f"it goes from {one} up to {other}, which is less" if other < one else ""
    if other < 0:
        return f"a spread of {other} is below zero"
    if way == "normal":
        return ""
    if one <= 0:
        return f"a median of {one} is not above zero"
    return f"a sigma of {other} is beyond {_WIDEST}" if other > _WIDEST else ""


def _wrong_bounds(way: str, source: Mapping[Any, Any]) -> str:
    bounds = [name for name in _BOUNDS if name in source]
    if bounds and way not in _PAIRS:
        return f"{bounds[0]} is for numbers, and {way} draws none"
    for name in bounds:
        if name != "digits" and not _number(source[name]):
            return f"{name} takes a number"
    digits = source.get("digits", 0)
    if type(digits) is not int or not 0 <= digits <= _DIGITS:
        return f"digits takes a whole number from 0 to {_DIGITS}"
    if "min" in source and "max" in source and source["max"] < source["min"]:
        return f"it is to be {source['min']} at least and {source['max']} at most"
    return ""


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= _LARGEST


def maker(source: object) -> Make:  # noqa: PLR0911 - one for each way of drawing
    """Return what draws a property from its source."""
    if isinstance(source, list | tuple):
        items = tuple(source)
        return lambda draw, _hour, _weekday: items[int(draw() * len(items))]
    if not isinstance(source, Mapping):
        return lambda _draw, _hour, _weekday: source
    table: Mapping[str, Any] = source
    if "clock" in table:  # what is invented may say so, and no scenario
        return (
            (lambda _draw, hour, _day: hour) if table["clock"] == "hour" else (lambda _draw, _hour, day: day)
        )
    if "chance" in table:
        chance = table["chance"]
        return lambda draw, _hour, _weekday: draw() < chance
    if "weights" in table:
        names, sums = tuple(table["weights"]), weighted(tuple(table["weights"].values()))
        return lambda draw, _hour, _weekday: names[pick(draw, sums)]
    kept = _bounded(table)
    if "uniform" in table:
        low, high = table["uniform"]
        if not table.keys() - {"uniform"} and isinstance(low, int) and isinstance(high, int):
            return lambda draw, _hour, _weekday: low + int(draw() * (high - low + 1))
        return lambda draw, _hour, _weekday: kept(low + draw() * (high - low))
    way, (one, other) = (normal, table["normal"]) if "normal" in table else (log_normal, table["log_normal"])
    return lambda draw, _hour, _weekday: kept(way(draw, one, other))


def _bounded(table: Mapping[str, Any]) -> Callable[[float], int | float]:
    low, high, digits = table.get("min"), table.get("max"), table.get("digits", 0)

    def kept(value: float) -> int | float:
        value = value if low is None else max(low, value)
        value = value if high is None else min(high, value)
        return round(value, digits) if digits else round(value)

    return kept
