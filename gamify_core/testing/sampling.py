"""What may be sent to a catalog: its events, their properties, and the values at which its conditions turn.

Promise: everything that is sampled is accepted by the catalog. The values are those that its expressions compare with,
their neighbours, and a few of each kind; so 59, 60 and 61 are tried where a rule says `score >= 60`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core.catalog.heard import events_of, expressions_of
from gamify_core.domain.conditions import compile_condition

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog import Catalog

__all__ = ["EventSample", "attribute_values", "event_samples", "nested"]

_NUMBERS = (0, 1, 2, 10, 50, 100)
_WORDS = ("a", "b", "c", "d", "e", "f", "g", "h")
Values = tuple["Json", ...]


@attrs.frozen
class EventSample:
    """An event of a catalog, and the values that each of its properties is tried with."""

    name: str
    properties: dict[str, Values]


def event_samples(catalog: Catalog) -> tuple[EventSample, ...]:
    """Return every event that a catalog declares or listens to; one that nothing listens to where it knows none."""
    declared = {event.code: event for event in catalog.events}
    names = list(declared) or events_of(catalog) or ("something_happened",)
    found = []
    for name in names:
        read = _read(expressions_of(catalog, name))
        kinds = dict(declared[name].properties) if name in declared else {}
        fields = {field: _values(kind, read.get(field, [])) for field, kind in kinds.items()}
        if not kinds:  # any are accepted
            fields |= {field: _values(_guessed(values), values) for field, values in read.items()}
        found.append(EventSample(name, dict(sorted(fields.items()))))
    return tuple(found)


def attribute_values(catalog: Catalog) -> dict[str, Values]:
    """Return the attributes of participants that a catalog reads, and values to try them with."""
    sources = (pair for name in events_of(catalog) for pair in expressions_of(catalog, name))
    found = _read(sources, "participant")
    return {path: _values(_guessed(values), values) for path, values in sorted(found.items())}


def nested(pairs: Iterable[tuple[str, Json]]) -> dict[str, Json]:
    """Return properties from dotted paths: `cart.total` is the total in the cart."""
    body: dict[str, Json] = {}
    for path, value in pairs:
        *way, last = path.split(".")
        inner = body
        for step in way:
            deeper = inner.setdefault(step, {})
            if not isinstance(deeper, dict):
                break
            inner = deeper
        else:
            inner[last] = value
    return body


def _read(
    sources: Iterable[tuple[str, str]], of: Literal["event", "participant"] = "event"
) -> dict[str, list[Json]]:
    """Return what expressions read of an event or a participant, and the values that it is compared with."""
    found: dict[str, list[Json]] = {}
    root = "participant." if of == "participant" else ""
    for source, kind in sources:
        condition = compile_condition(source)
        for field in condition.participant if of == "participant" else condition.fields:
            values = found.setdefault(field, [])
            if kind != "any" and not values:
                values.append(1 if kind == "number" else "a")
        for path, values in _compared(source):
            read = path.removeprefix(root)
            if path.startswith(root) and read in found:
                found[read].extend(values)
    return found


def _compared(source: str) -> Iterator[tuple[str, list[Json]]]:
    """Give each path that is compared, and the constants it is compared with."""
    for node in ast.walk(ast.parse(source.strip(), mode="eval")):
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            constants = [value for side in sides for value in _constants(side)]
            for side in sides:
                for part in ast.walk(side):
                    if isinstance(part, ast.Name | ast.Attribute):
                        yield ast.unparse(part), constants


def _constants(node: ast.expr) -> Iterator[Json]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, bool | int | float | str):
            yield part.value


def _guessed(values: list[Json]) -> str:
    """Return the kind of a property that is not declared, from what it is compared with."""
    kinds = {type(value) for value in values}
    if kinds & {int, float} and bool not in kinds:
        return "number" if float in kinds else "integer"
    return "text" if str in kinds else "boolean"


def _values(kind: str, compared: list[Json]) -> Values:
    """Return values of a kind: those it is compared with and their neighbours, then a few others."""
    found: list[Json]
    match kind:
        case "integer":
            whole = [int(value) for value in compared if isinstance(value, int | float)]
            found = [*(near for value in whole for near in (value - 1, value, value + 1)), *_NUMBERS]
        case "number":
            some = [value for value in compared if isinstance(value, int | float)]
            found = [*(near for value in some for near in (value - 0.5, value, value + 0.5)), *_NUMBERS, 0.5]
        case "boolean":
            found = [True, False]
        case "list":
            found = [[], *([value] for value in compared), ["a", "b"]]
        case _:
            found = [*(value for value in compared if isinstance(value, str)), *_WORDS]
    return tuple({(type(value), str(value)): value for value in found}.values())
