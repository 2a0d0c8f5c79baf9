"""What participants do of their own accord when nobody has said: events that suit the catalog's own conditions.

Nothing here decides a rule. The numbers that conditions compare with are read so that what is invented falls on both
sides of them; whoever knows their participants better says so in a scenario.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import TYPE_CHECKING

from gamify_core.catalog.heard import events_of, expressions_of
from gamify_core.simulation.personas import Mix, Persona

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog

__all__ = ["BUILT_IN", "CLOCK", "mix_of"]

BUILT_IN = (
    Persona("casual", 0.6, activity=0.15, events_per_day=1.5, churn=0.01, spends=0.02, redeems=0.2),
    Persona("regular", 0.3, activity=0.45, events_per_day=2.0, churn=0.004, spends=0.05, redeems=0.4),
    Persona("devoted", 0.1, activity=0.85, events_per_day=3.0, churn=0.001, spends=0.10, redeems=0.6),
)
"""Three plain examples, not measurements of anybody."""

CLOCK = {"hour": {"clock": "hour"}, "weekday": {"clock": "weekday"}}
"""Properties that are told by the instant itself, where a catalog calls them so."""

_TOPICS = ["a", "b", "c", "d", "e", "f", "g", "h"]
_WORDS = frozenset({"True", "False", "None"})


def mix_of(catalog: Catalog) -> dict[str, Mix]:
    """Return every event that the catalog knows, all as likely, with properties that suit its conditions."""
    return {name: Mix(1.0, _properties(catalog, name)) for name in events_of(catalog)}


def _properties(catalog: Catalog, name: str) -> dict[str, object]:
    """Return where the properties of an event are drawn from."""
    read = _Read()
    for text, kind in expressions_of(catalog, name):
        read.expression(text, kind)
    declared: Mapping[str, str] = {event.code: event.properties for event in catalog.events}.get(name, {})
    kinds = dict(declared) or dict.fromkeys(sorted(read.names), "")
    return {field: CLOCK.get(field) or _source(field, kind, read) for field, kind in kinds.items()}


def _source(field: str, kind: str, read: _Read) -> object:
    numbers, words = read.numbers.get(field, []), read.words.get(field, [])
    if kind == "boolean" or (kind == "" and field in read.flags):
        return {"chance": 0.5}
    if kind == "text" or (kind == "" and words and not numbers):
        return [*words, *([word for word in _TOPICS if word not in words][: max(2, 8 - len(words))])]
    if kind == "list":
        return {"weights": {"": 1}}
    return {"uniform": [min([0, *numbers]), _beyond(max([0, *numbers]))]}


def _beyond(most: float) -> float:
    """Return a round number beyond the greatest that is compared with: 60 gives 100, 2000 gives 4000."""
    return 100 if 0 <= most <= 100 else most * 2  # noqa: PLR2004 - what most scores are out of


class _Read:
    """What expressions read, and what they compare it with."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.flags: set[str] = set()
        self.numbers: dict[str, list[float]] = {}
        self.words: dict[str, list[str]] = {}

    def expression(self, text: str, kind: str) -> None:
        """Read one more; it was found sound when the catalog was made. `kind` is what it comes to, as far as known."""
        tree = ast.parse(text.strip(), mode="eval")
        called = {
            node.func.id
            for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
        }
        dotted = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Name) and node.id not in called | _WORDS and id(node) not in dotted:
                self.names.add(node.id)
            elif isinstance(node, ast.Compare):
                self._compared([node.left, *node.comparators])
            elif isinstance(node, ast.BoolOp):
                self.flags |= {each.id for each in node.values if isinstance(each, ast.Name)}
            elif (
                isinstance(node, ast.UnaryOp)
                and isinstance(node.op, ast.Not)
                and isinstance(node.operand, ast.Name)
            ):
                self.flags.add(node.operand.id)
        if isinstance(tree.body, ast.Name):  # a name alone: what it is to come to says what it is
            name = tree.body.id
            match kind:
                case "number":
                    self.numbers.setdefault(name, []).append(0)
                case "text":
                    self.words.setdefault(name, []).append(_TOPICS[0])
                case _:
                    self.flags.add(name)

    def _compared(self, sides: list[ast.expr]) -> None:
        fields = [side.id for side in sides if isinstance(side, ast.Name)]
        values: list[object] = []
        for side in sides:
            if isinstance(side, ast.Constant):
                values.append(side.value)
            elif isinstance(side, ast.Tuple | ast.List):
                values += [each.value for each in side.elts if isinstance(each, ast.Constant)]
        for field in fields:
            for value in values:
                if isinstance(value, str):
                    self.words.setdefault(field, []).append(value)
                elif isinstance(value, int | float) and not isinstance(value, bool):
                    self.numbers.setdefault(field, []).append(value)
