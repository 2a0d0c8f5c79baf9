"""The fixed table of functions a condition may call.

Promise: text functions hand a missing value on (`lower(topic)` of a missing topic is missing), tests of a
missing value are false, number functions need numbers and say so. `round` goes half away from zero. `chance`
takes exactly one draw whatever the odds; `roll` is unbiased.
"""

from __future__ import annotations

import ast
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from difflib import get_close_matches
from typing import TYPE_CHECKING, Final, NamedTuple

from gamify_core.domain.condition_facts import Facts, Test, Work, is_path
from gamify_core.domain.condition_values import contained, number, shown, whole

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gamify_core.domain.condition_grammar import Place, Tree

__all__ = ["FUNCTIONS", "RANDOM", "TESTS", "Call", "called"]

DRAWS: Final = 2**64
MILLION: Final = 10**6
LARGEST_SPAN: Final = 2**63
MOST_REDRAWS: Final = 256

RANDOM: Final = frozenset({"chance", "roll"})
TESTS: Final = frozenset({"has", "startswith", "endswith", "contains", "chance"})
_ODDS: Final = Context(prec=200)


class Call(NamedTuple):
    """A call in the source: its text and place, its arguments as nodes, as texts and as closures."""

    text: str
    place: Place
    nodes: tuple[ast.expr, ...]
    texts: tuple[str, ...]
    works: tuple[Work, ...]


def called(tree: Tree, node: ast.Call, works: tuple[Work, ...]) -> Work:
    """Return the closure for a call, or refuse an unknown function or a wrong number of arguments."""
    place = tree.place(node)
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    if name not in FUNCTIONS:
        near = get_close_matches(name, FUNCTIONS, n=1)
        known = ", ".join(sorted(FUNCTIONS))
        raise place.error(
            f"there is no function {name}", f"did you mean {near[0]}?" if near else f"there are {known}"
        )
    least, most, build = FUNCTIONS[name]
    if not least <= len(works) <= most:
        many = f"{least}" if least == most else f"{least} or more"
        raise place.error(f"{name} takes {many} argument{'' if many == '1' else 's'}, not {len(works)}")
    texts = tuple([tree.text(argument) for argument in node.args])
    return build(Call(tree.text(node), place, tuple(node.args), texts, works))


def _has(call: Call) -> Test:
    """`has(x)`: whether the property is there and not null."""
    if not is_path(call.nodes[0]):
        raise call.place.error("has() asks for a property", "write has(score) or has(participant.level)")
    (read,) = call.works
    return lambda facts: read(facts) is not None


def _coalesce(call: Call) -> Work:
    """`coalesce(a, b, ...)`: the first that is not missing; those after it are not worked out."""
    works = call.works

    def first(facts: Facts) -> object:
        for work in works:
            value = work(facts)
            if value is not None:
                return value
        return None

    return first


def _metric(call: Call) -> Work:
    """`metric("lessons@weekly")`: the participant's value of a metric."""
    match call.nodes:
        case (ast.Constant(value=str(name)),) if name.strip():
            return lambda facts: facts.metric(name)
    raise call.place.error("metric() takes the name of a metric as text", 'write metric("lessons@weekly")')


def _chance(call: Call) -> Test:
    """`chance(p)`: true with probability p, from one draw."""
    (work,), (text,), place, name = call.works, call.texts, call.place, call.text

    def drawn(facts: Facts) -> int:
        draw = facts.luck()
        facts.drew(
            name, Decimal(draw * MILLION // DRAWS).scaleb(-6)
        )  # rounded down, so that it is no less than p
        return draw

    if isinstance(call.nodes[0], ast.Constant):
        fixed = _winning(work(Facts({})), text, place)
        return lambda facts: drawn(facts) < fixed

    def happens(facts: Facts) -> bool:
        winning = _winning(work(facts), text, place)
        return drawn(facts) < winning

    return happens


def _winning(value: object, text: str, place: Place) -> int:
    """Return how many of the 2**64 draws win at this probability."""
    odds = number(value, text, place)
    if not 0 <= odds <= 1:
        raise place.error(f"{shown(odds)} is no probability", "a probability lies between 0 and 1")
    scaled = _ODDS.multiply(Decimal(odds), DRAWS)
    return int(scaled.to_integral_value(rounding=ROUND_CEILING))


def _roll(call: Call) -> Work:
    """`roll(a, b)`: an integer from a to b, both included, each equally likely."""
    (low_work, high_work), (low_text, high_text) = call.works, call.texts
    place, name = call.place, call.text

    def rolled(facts: Facts) -> int:
        low = _side(low_work(facts), low_text, place)
        high = _side(high_work(facts), high_text, place)
        span = high - low + 1
        if not 1 <= span <= LARGEST_SPAN:
            raise place.error(f"cannot roll from {shown(low)} to {shown(high)}", "the lower bound goes first")
        # Draws past the last whole multiple of the span would favour low results, so they are drawn again.
        fair = DRAWS - DRAWS % span
        for _ in range(MOST_REDRAWS):
            draw = facts.luck()
            if draw < fair:
                facts.drew(name, low + draw % span)
                return low + draw % span
        raise place.error("the stream of luck repeats itself")

    return rolled


def _side(value: object, text: str, place: Place) -> int:
    """Return a bound of a roll, which must be whole."""
    given = number(value, text, place)
    if given != whole(given, ROUND_FLOOR, text, place):
        raise place.error(f"{shown(given)} is not whole", "use floor() or round()")
    return whole(given, ROUND_FLOOR, text, place)


def _length(call: Call) -> Work:
    """`len(x)`: characters of a text, items of a list."""
    (work,), (text,), place = call.works, call.texts, call.place

    def length(facts: Facts) -> object:
        value = work(facts)
        if value is None:
            return None
        if isinstance(value, str | tuple):
            return len(value)
        raise place.error(f"{text} = {shown(value)} has no length")

    return length


def _text(change: Callable[[str], str]) -> Callable[[Call], Work]:
    """Return the builder of a function from text to text."""

    def build(call: Call) -> Work:
        (work,), (text,), place = call.works, call.texts, call.place

        def changed(facts: Facts) -> object:
            value = work(facts)
            if isinstance(value, str):
                return change(value)
            if value is None:
                return None
            raise place.error(f"{text} = {shown(value)} is not a text")

        return changed

    return build


def _question(ask: Callable[[object, object], bool]) -> Callable[[Call], Test]:
    """Return the builder of a test of two values."""

    def build(call: Call) -> Test:
        first, second = call.works
        return lambda facts: ask(first(facts), second(facts))

    return build


def _starts(text: object, start: object) -> bool:
    """Return whether both are texts and one begins with the other."""
    return isinstance(text, str) and isinstance(start, str) and text.startswith(start)


def _ends(text: object, end: object) -> bool:
    """Return whether both are texts and one ends with the other."""
    return isinstance(text, str) and isinstance(end, str) and text.endswith(end)


def _contains(container: object, item: object) -> bool:
    """Return whether a list or text contains the item."""
    return contained(item, container)


def _extreme(choose: Callable[[list[int | Decimal]], int | Decimal]) -> Callable[[Call], Work]:
    """Return the builder of `min` or `max`."""

    def build(call: Call) -> Work:
        pairs, place = tuple(zip(call.works, call.texts, strict=True)), call.place
        return lambda facts: choose([number(work(facts), text, place) for work, text in pairs])

    return build


def _absolute(call: Call) -> Work:
    """`abs(x)`: the size of a number."""
    (work,), (text,), place = call.works, call.texts, call.place

    def absolute(facts: Facts) -> int | Decimal:
        value = number(work(facts), text, place)
        return abs(value) if isinstance(value, int) else value.copy_abs()

    return absolute


def _rounded(rounding: str) -> Callable[[Call], Work]:
    """Return the builder of `floor`, `ceil` or `round`."""

    def build(call: Call) -> Work:
        (work,), (text,), place = call.works, call.texts, call.place
        return lambda facts: whole(work(facts), rounding, text, place)

    return build


_MANY: Final = 200
FUNCTIONS: Final[Mapping[str, tuple[int, int, Callable[[Call], Work]]]] = {
    "has": (1, 1, _has),
    "coalesce": (1, _MANY, _coalesce),
    "metric": (1, 1, _metric),
    "chance": (1, 1, _chance),
    "roll": (2, 2, _roll),
    "len": (1, 1, _length),
    "lower": (1, 1, _text(str.lower)),
    "upper": (1, 1, _text(str.upper)),
    "startswith": (2, 2, _question(_starts)),
    "endswith": (2, 2, _question(_ends)),
    "contains": (2, 2, _question(_contains)),
    "min": (2, _MANY, _extreme(min)),
    "max": (2, _MANY, _extreme(max)),
    "abs": (1, 1, _absolute),
    "floor": (1, 1, _rounded(ROUND_FLOOR)),
    "ceil": (1, 1, _rounded(ROUND_CEILING)),
    "round": (1, 1, _rounded(ROUND_HALF_UP)),
}
