"""What a condition may look at: the facts of one event, and the names that reach them.

Promise: a bare name is an event property, dots go down into nested property dictionaries and never into
Python attributes, `participant.<attribute>` is the participant's, `event.local_hour`, `event.local_weekday`
(Monday is 0) and `event.local_date` are the event's wall time. A property that is absent or null is missing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from gamify_core.domain.condition_values import PLAIN, plain
from gamify_core.errors import ConditionError

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from gamify_core.domain.condition_grammar import Tree

__all__ = ["Facts", "Reading", "Test", "Work", "is_path", "read_path", "readings"]


def _no_metric(name: str) -> int:
    """Refuse to make a metric up."""
    raise ConditionError(f'metric("{name}")', f"no metrics were given to read {name} from")


def _no_local() -> datetime:
    """Refuse to make a wall time up."""
    detail = "no wall time was given"
    raise ConditionError("event.local_hour", detail)


def _no_luck() -> int:
    """Refuse to make luck up."""
    detail = "no stream of luck was given"
    raise ConditionError("chance", detail)


_NOTHING: Final[Mapping[str, object]] = MappingProxyType({})


class Facts:
    """The facts of one event: cheap to make, and what is costly (metrics, wall time, luck) is asked for late.

    `local` gives the event's wall time in its zone; `luck` gives the next 64-bit draw of a stream.
    """

    __slots__ = ("local", "luck", "metric", "participant", "properties")

    def __init__(
        self,
        properties: Mapping[str, object],
        participant: Mapping[str, object] = _NOTHING,
        metric: Callable[[str], int | Decimal] = _no_metric,
        local: Callable[[], datetime] = _no_local,
        luck: Callable[[], int] = _no_luck,
    ) -> None:
        self.properties: Mapping[str, object] = properties
        self.participant: Mapping[str, object] = participant
        self.metric: Callable[[str], int | Decimal] = metric
        self.local: Callable[[], datetime] = local
        self.luck: Callable[[], int] = luck

    def drew(self, call: str, value: object) -> None:
        """Hear what a call came to that draws luck: nobody asks, unless they want to know why."""


Work = Callable[[Facts], object]
Test = Callable[[Facts], bool]

_LOCAL: Final[Mapping[str, Work]] = {
    "local_hour": lambda facts: facts.local().hour,
    "local_weekday": lambda facts: facts.local().weekday(),
    "local_date": lambda facts: facts.local().date().isoformat(),
}
_WRITTEN_OTHERWISE: Final = {"true": "True", "false": "False", "null": "None", "none": "None", "nil": "None"}


class Reading(NamedTuple):
    """One name an expression reads: of which kind, the name itself, and where it stands first.

    `key` is the name as explanations show it: `cart.total`, `participant.level`, `metric("lessons@weekly")`.
    """

    kind: Literal["field", "participant", "event", "metric"]
    name: str
    key: str
    position: tuple[int, int]
    work: Work


def is_path(node: ast.expr) -> bool:
    """Return whether the node is a name or a dotted path of names."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def readings(tree: Tree, node: ast.expr) -> tuple[Reading, ...]:
    """Return what the node and all below it read, each once, in the order of the text."""
    found: dict[str, Reading] = {}
    waiting = [node]
    while waiting:
        current = waiting.pop()
        reading = None
        if is_path(current):
            reading = read_path(tree, current)
        elif isinstance(current, ast.Call):
            reading = _metric_read(tree, current)
            waiting.extend(current.args)
        else:
            waiting.extend(child for child in ast.iter_child_nodes(current) if isinstance(child, ast.expr))
        if reading is not None and (
            reading.key not in found or reading.position < found[reading.key].position
        ):
            found[reading.key] = reading
    return tuple(sorted(found.values(), key=lambda reading: reading.position))


def read_path(tree: Tree, node: ast.expr) -> Reading:
    """Return the reading of a name or dotted path, or refuse a name that can mean nothing."""
    root, *rest = _steps(node)
    where, position = tree.place(node), tree.position(node)
    if root == "participant":
        if not rest:
            raise where.error("is no value itself", "write participant.<attribute>")
        name = ".".join(rest)
        return Reading("participant", name, f"participant.{name}", position, _attribute(tree, node, rest))
    if root == "event":
        if len(rest) != 1 or rest[0] not in _LOCAL:
            near = get_close_matches(".".join(rest), _LOCAL, n=1)
            also = "event.local_hour, event.local_weekday and event.local_date are all there is"
            hint = f"did you mean event.{near[0]}?" if near else f"a property is written bare; {also}"
            raise where.error("is not known", hint)
        return Reading("event", rest[0], f"event.{rest[0]}", position, _LOCAL[rest[0]])
    if not rest and root in _WRITTEN_OTHERWISE:
        raise where.error("would be read as a property of that name", f"write {_WRITTEN_OTHERWISE[root]}")
    name = ".".join((root, *rest))
    work = _nested(tree, node, root, rest) if rest else _simple(tree, node, root)
    return Reading("field", name, name, position, work)


def _steps(node: ast.expr) -> list[str]:
    """Return the names of a dotted path, from the left."""
    if isinstance(node, ast.Attribute):
        return [*_steps(node.value), node.attr]
    return [node.id] if isinstance(node, ast.Name) else []


def _metric_read(tree: Tree, node: ast.Call) -> Reading | None:
    """Return the reading of `metric("name")`, None for any other call."""
    match node:
        case ast.Call(func=ast.Name(id="metric"), args=[ast.Constant(value=str(name)) as literal]):
            return Reading(
                "metric", name, f'metric("{name}")', tree.position(literal), lambda facts: facts.metric(name)
            )
    return None


def _simple(tree: Tree, node: ast.expr, name: str) -> Work:
    """Return the closure that reads a property."""
    where = tree.place(node)

    def read(facts: Facts) -> object:
        value = facts.properties.get(name)
        return value if type(value) in PLAIN else plain(value, where)

    return read


def _attribute(tree: Tree, node: ast.expr, path: list[str]) -> Work:
    """Return the closure that reads an attribute of the participant."""
    where = tree.place(node)
    return lambda facts: plain(_descend(facts.participant, path), where)


def _nested(tree: Tree, node: ast.expr, root: str, rest: list[str]) -> Work:
    """Return the closure that reads a property of a property."""
    where = tree.place(node)
    return lambda facts: plain(_descend(facts.properties.get(root), rest), where)


def _descend(value: object, path: list[str]) -> object:
    """Follow keys down; a step into what is no dictionary leads to a missing value."""
    for step in path:
        # dict first: asking the abstract class costs as much as all the rest
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value
