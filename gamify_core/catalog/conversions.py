"""How what a designer passes becomes what a definition holds: lists become tuples, types become words.

Promise: a conversion never fails and never guesses. What it cannot make sense of stays as it came, so that
the catalog can say where it stands, together with everything else that is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

if TYPE_CHECKING:
    from gamify_core.catalog.defining import Amount

__all__ = [
    "GIVEN",
    "KINDS",
    "Properties",
    "amounts",
    "day",
    "decimal",
    "edge",
    "gifts",
    "goals",
    "many",
    "moment",
    "names",
    "pairs",
    "points",
    "ranks",
    "title",
    "word_of",
]

Item = TypeVar("Item")

GIVEN: Final = ("points", "badge", "reward")
"""What a milestone or a prize gives."""
KINDS: Final = ("integer", "number", "text", "boolean", "list", "any")
_WORDS: Final[Mapping[object, str]] = {
    int: "integer",
    float: "number",
    Decimal: "number",
    str: "text",
    bool: "boolean",
    list: "list",
    tuple: "list",
    object: "any",
    dict: "any",
}
_DIGITS: Final = 20


class Properties(Mapping[str, str]):
    """The declared properties of an event and their kinds: a mapping that is never changed, so it hashes."""

    __slots__ = ("_words",)

    def __init__(self, words: Mapping[str, str]) -> None:
        """Keep a copy."""
        self._words = dict(words)

    def __getitem__(self, name: str) -> str:
        """Return the kind of a property."""
        return self._words[name]

    def __iter__(self) -> Iterator[str]:
        """Go through the names."""
        return iter(self._words)

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._words)

    def __hash__(self) -> int:
        """Hash alike whatever the order."""
        return hash(frozenset(self._words.items()))

    def __repr__(self) -> str:
        """Return the dictionary."""
        return repr(self._words)


def word_of(kind: type | str) -> str:
    """Return the word for a property's type; a word stays itself."""
    if isinstance(kind, type) and kind in _WORDS:
        return _WORDS[kind]
    return cast("str", kind)


def title(code: object) -> str:
    """Return a code as a name: `first_steps` is `First Steps`."""
    return " ".join(part.capitalize() for part in code.split("_") if part) if isinstance(code, str) else ""


def names(value: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return one name or several as a tuple; None is none."""
    if value is None:
        return ()
    if isinstance(value, list | tuple | set | frozenset):
        return tuple(sorted(value, key=str)) if isinstance(value, set | frozenset) else tuple(value)
    return (cast("str", value),)


def many(value: Iterable[Item] | Item) -> tuple[Item, ...]:
    """Return one definition or several as a tuple."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return tuple(value)
    return (cast("Item", value),)


def amounts(
    value: Amount | Mapping[str, Amount] | tuple[tuple[str, Amount], ...] | None,
) -> tuple[tuple[str, Amount], ...]:
    """Return amounts by currency as pairs in the order of the currencies' codes; a bare amount is points.

    Sorted, because what a rule gives must not depend on the order of keys, which JSON does not keep.
    """
    found = _sorted(value)
    return (("points", cast("Amount", value)),) if found is None else found


def _sorted(value: object) -> tuple[tuple[str, Any], ...] | None:
    """Return a mapping, or pairs, as pairs in the order of their keys; None for what is neither."""
    if value is None:
        return ()
    if isinstance(value, Mapping):
        value = tuple(value.items())
    if isinstance(value, tuple) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in value):  # noqa: PLR2004
        return tuple(sorted(value, key=lambda pair: str(pair[0])))
    return None


def gifts(
    value: Mapping[Any, object] | Iterable[Item] | Item | None,
    kind: Callable[..., Item],
    span_of: Callable[[Any], tuple[object, ...] | None],
    place: Callable[[Item], int],
) -> tuple[Item, ...]:
    """Return what is given at some places, in their order: a mapping of places to amounts, or to what is given there.

    `span_of` reads a place: the first arguments of what is made of it, or None.
    """
    if value is None:
        return ()
    if not isinstance(value, Mapping):
        return many(cast("Iterable[Item]", value))
    made: list[Item] = []
    for key, gift in value.items():
        given = gift if isinstance(gift, Mapping) else {"points": gift}
        known = {name: given.get(name) for name in GIVEN}
        span = span_of(key)
        sound = span is not None and not set(given) - set(known)
        made.append(kind(*span, **known) if span is not None and sound else cast("Item", {key: gift}))
    if all(not isinstance(each, Mapping) and type(place(each)) is int for each in made):
        made.sort(key=place)
    return tuple(made)


def points(
    value: int | Mapping[str, int] | tuple[tuple[str, int], ...] | None,
) -> tuple[tuple[str, int], ...]:
    """Return what a badge gives as pairs; 0 is nothing."""
    if type(value) is int and value == 0:
        return ()
    return cast("tuple[tuple[str, int], ...]", amounts(value))


def moment(value: datetime | str | None) -> datetime | None:
    """Return an instant in UTC; ISO 8601 text is read. What has no time zone stays as it is."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return cast("datetime", value)
    if isinstance(value, datetime) and value.utcoffset() is not None:
        try:
            return value.astimezone(UTC)
        except OverflowError:
            return value.replace(tzinfo=None)
    return value


def goals(value: Mapping[str, int] | tuple[tuple[str, int], ...] | None) -> tuple[tuple[str, int], ...]:
    """Return goals by metric as pairs in the order of the metrics' names; what is no mapping stays as it came."""
    found = _sorted(value)
    return cast("tuple[tuple[str, int], ...]", value) if found is None else found


def day(value: date | str | None) -> date | None:
    """Return a date; ISO 8601 text is read. What is none, an instant among that, stays as it is."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(str.__str__(value))
        except ValueError:
            return cast("date", value)
    return value


def edge(value: date | datetime | str) -> date | datetime:
    """Return where a season starts or ends: a date, or an instant in UTC; ISO 8601 text is read."""
    if isinstance(value, str):
        read = day(value)
        return read if isinstance(read, date) else cast("datetime", moment(value))
    return cast("datetime", moment(value)) if isinstance(value, datetime) else value


def ranks(value: object) -> tuple[int, int] | None:
    """Return the first and the last of some ranks, `1` or `"2-3"`; None for what is neither."""
    if type(value) is int:
        return value, value
    if not isinstance(value, str) or not all(
        part.isascii() and part.isdecimal() for part in value.split("-", 1)
    ):
        return None
    first, _, last = value.partition("-")
    if len(value) > _DIGITS:
        return None
    return int(first), int(last or first)


def decimal(value: float | str | Decimal | None) -> str | None:
    """Return a factor as the text of its shortest decimal (`"1.5"`); what is no number stays as it came."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return cast("str | None", value)
    try:
        number = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):  # Python itself refuses to write out an integer of 5,000 digits
        return cast("str", value)
    # What is far out of any range is not spelt out: `1e999999` would be a text of a million zeros
    if not number.is_finite() or len(number.as_tuple().digits) > _DIGITS or abs(number.adjusted()) > _DIGITS:
        return cast("str", value)
    return format(number.normalize(), "f")


def pairs(value: Mapping[str, str] | Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return a mapping as pairs."""
    if isinstance(value, Mapping):
        return tuple(value.items())
    found: tuple[tuple[str, str], ...] = many(value)
    return found
