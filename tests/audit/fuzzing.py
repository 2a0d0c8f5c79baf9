"""Every public call with anything at all: documented errors alone, and no trace of what was refused.

The calls are read off the public signatures, so that a new service or a new method is fuzzed from its first day on.
`python -m tests.audit.fuzzing [calls] [seed]` prints the figure.
"""

from __future__ import annotations

import contextlib
import inspect
import math
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from functools import cached_property
from typing import Any, NoReturn

import attrs

from gamify_core import Award, Emit, Engine, GamifyError, Side
from gamify_core.game import Game
from gamify_core.storage.memory import MemoryStore
from tests.engine.playing import played

__all__ = ["Fuzzed", "calls_of", "fuzzed"]

_FRESH_AFTER = 150
_TURNED = 0.03


class Hostile:
    """Nothing that can be asked of it goes well."""

    def _refuse(self, *_: object) -> NoReturn:
        raise RuntimeError("hostile")

    __str__ = __repr__ = __format__ = __len__ = __iter__ = __eq__ = __bool__ = __int__ = _refuse
    __hash__ = object.__hash__


def _refuse(*_: object) -> NoReturn:
    raise RuntimeError("hostile")


_ASKED = [
    "str",
    "repr",
    "format",
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "len",
    "iter",
    "contains",
    "getitem",
    "bool",
]
_ASKED += [
    "int",
    "index",
    "float",
    "add",
    "sub",
    "radd",
    "rsub",
    "mul",
    "floordiv",
    "mod",
    "neg",
    "abs",
    "hash",
]
_NAMED = [
    "encode",
    "isascii",
    "strip",
    "split",
    "partition",
    "startswith",
    "utcoffset",
    "isoformat",
    "astimezone",
]
_NAMED += ["replace", "toordinal", "items", "keys", "get", "as_tuple", "is_finite", "adjusted"]


def hostile(kind: type) -> Any:
    """Return a kind of a built-in type of which nothing that can be asked goes well."""
    refused = {f"__{name}__": _refuse for name in _ASKED if hasattr(kind, f"__{name}__")}
    refused |= {name: _refuse for name in _NAMED if hasattr(kind, name)}
    return type(f"Hostile{kind.__name__.title()}", (kind,), refused)


Text, Whole, Real, When, Exact = (hostile(kind) for kind in (str, int, float, datetime, Decimal))
Table, Row = (hostile(kind) for kind in (dict, list))


class Zone(tzinfo):
    """A time zone that tells nothing."""

    utcoffset = dst = tzname = _refuse


def _turned(value: Any) -> Any:
    """Return something plausible as a hostile kind of itself: what it is, is told by the built-in type alone."""
    if type(value) in (str, int, float):
        return {str: Text, int: Whole, float: Real}[type(value)](value)
    if isinstance(value, datetime):
        return When.combine(value.date(), value.timetz())
    if isinstance(value, dict):
        return {key: _turned(each) for key, each in value.items()}
    return [_turned(each) for each in value] if isinstance(value, list) else value


def _cyclic() -> dict[str, Any]:
    found: dict[str, Any] = {}
    found["self"] = found
    return found


def _deep(levels: int = 10_000) -> list[Any]:
    found: list[Any] = []
    for _ in range(levels):
        found = [found]
    return found


HUGE = "x" * 10_000_000
ANYTHING: list[Callable[[], Any]] = [
    lambda: None,
    lambda: True,
    lambda: 0,
    lambda: -1,
    lambda: 1,
    lambda: 2**53,
    lambda: 2**63,
    lambda: -(2**63) - 1,
    lambda: 10**5000,
    lambda: 1.5,
    lambda: math.nan,
    lambda: math.inf,
    lambda: "",
    lambda: "\0",
    lambda: "\ud800",
    lambda: HUGE,
    lambda: "ada",
    lambda: "e\u0301",
    lambda: b"bytes",
    list,
    lambda: [None],
    dict,
    lambda: {1: 2},
    _cyclic,
    _deep,
    lambda: {"a": math.nan},
    lambda: {"a": 2**70},
    lambda: {"\ud800": 1},
    object,
    Hostile,
    lambda: Text("ada"),
    lambda: Text("2026-03-02T09:00:00Z"),
    lambda: Text("7d"),
    lambda: Whole(5),
    lambda: Real(1.5),
    lambda: Exact("1.5"),
    lambda: When(2026, 3, 2, 9, tzinfo=UTC),
    lambda: datetime(2026, 3, 2, 9, tzinfo=Zone()),
    lambda: Table(a=1),
    lambda: Row([1]),
    lambda: {"a": Hostile()},
    lambda: [Hostile()],
    lambda: datetime.fromisoformat("2026-03-02"),
    lambda: datetime.max.replace(tzinfo=UTC),
    lambda: datetime.min.replace(tzinfo=UTC),
    lambda: datetime(2026, 3, 2, 9, tzinfo=timezone(timedelta(hours=14))),
    lambda: timedelta(1),
    lambda: lambda *_: None,
    lambda: ["ada"] * 1000,
    lambda: {str(n): n for n in range(2000)},
    lambda: (n for n in range(3)),
    lambda: 3 + 4j,
    lambda: "evt_999999999999999999999",
    lambda: "asset_1_0",
    lambda: "0" * 300,
    lambda: frozenset("ab"),
]
"""What nobody should send, and some of what people do."""

PLAUSIBLE: dict[str, list[Any]] = {
    "participant_id": ["ada", "bob", "cay"],
    "sender_id": ["ada"],
    "recipient_id": ["bob"],
    "sender": ["ada"],
    "to": ["bob"],
    "owner": ["ada"],
    "source": ["ada", "bob"],
    "into": ["cay", "dee"],
    "amount": [1, 5, 100],
    "value": [1, 7],
    "currency": ["points"],
    "badge": ["card", "pioneer"],
    "badge_code": ["card", "keen", "first"],
    "tier_code": ["gold"],
    "ladder": ["tier"],
    "streak_code": ["daily", "often"],
    "leaderboard_code": ["top", "topics"],
    "reward_id": ["mug", "double"],
    "event_name": ["lesson"],
    "metric": ["points", "tier"],
    "action": ["posted"],
    "window": ["7d", "1h"],
    "period": ["weekly", None],
    "page": [1, 2],
    "page_size": [5, 100],
    "limit": [1, 20],
    "properties": [{"score": 90, "topic": "a"}, {}],
    "metadata": [{"a": 1}],
    "event": ["evt_2"],
    "transaction_id": ["txn_2_0"],
    "asset": ["asset_2_1"],
    "claim_id": ["claim_2_1"],
    "gift_id": ["gift_2"],
    "name": ["gift"],
    "tier": ["gold"],
    "reward": [5],
    "code": ["made_1"],
    "definition": [{"code": "made_1", "criteria": "lessons >= 2"}],
    "changes": [{"points": 3}],
    "instant": [datetime(2026, 3, 3, tzinfo=UTC)],
    "reason": ["why"],
    "timezone": ["Asia/Tokyo"],
    "display_name": ["Ada"],
    "attributes": [{"a": 1}],
    "number": [1],
    "idempotency_key": ["k1", "k2", None],
    "items": [[Award("ada", 1)]],
    "awards": [[Award("ada", 1)]],
    "events": [[Emit("ada", "lesson", {"score": 80})]],
    "first": [Side("ada", points=1)],
    "second": [Side("bob", points=1)],
    "codes": [["A", "B"]],
    "after": [0],
}

_UNASKED = {
    "transaction",
    "dry_run",
    "scope",
    "standard",
    "on",
    "close",
    "at",
    "backup",
    "open",
    "reopen",
    "migrate",
}
"""What hands out engines, or lets go of one: `at`, `scope` and the rest are tried by themselves."""


@attrs.frozen
class Fuzzed:
    """What came of it: how many calls of how many methods, and how many of them were refused by what."""

    calls: int
    methods: int
    answered: int
    refused: Counter[str]
    slowest: float

    def __str__(self) -> str:
        """Return the line to be quoted."""
        return (
            f"{self.calls:,} fuzzed calls of {self.methods} methods: {self.answered:,} answered, "
            f"{sum(self.refused.values()):,} refused by {len(self.refused)} documented errors, none by another; "
            f"state unchanged after each refusal; slowest {self.slowest:.2f} s of processor time"
        )


def calls_of(game: Game) -> dict[str, Callable[..., Any]]:
    """Return every public method of every service, by its dotted name."""
    found: dict[str, Callable[..., Any]] = {}
    for name, member in vars(Game).items():
        if name.startswith("_"):
            continue
        if isinstance(member, cached_property):
            _methods(getattr(game, name), name, found)
        elif inspect.isfunction(member) and name not in _UNASKED:
            found[name] = getattr(game, name)
    return found


def _methods(service: Any, path: str, found: dict[str, Callable[..., Any]]) -> None:
    for name in dir(type(service)):
        if name.startswith("_"):
            continue
        member = getattr(service, name)
        if inspect.ismethod(member):
            found[f"{path}.{name}"] = member
        elif type(member).__module__.startswith("gamify_core.services"):
            _methods(member, f"{path}.{name}", found)


def _arguments(call: Callable[..., Any], luck: random.Random) -> tuple[list[Any], dict[str, Any]]:
    """Draw arguments: most of them plausible, so that calls come as far as they can before something is wrong."""
    given: list[Any] = []
    named: dict[str, Any] = {}
    wrong = luck.random()
    for name, parameter in inspect.signature(call).parameters.items():
        needed = parameter.default is inspect.Parameter.empty
        if not needed and luck.random() < 0.7:
            continue
        if name in PLAUSIBLE and luck.random() > wrong * 0.6:
            value = luck.choice(PLAUSIBLE[name])
            value = _turned(value) if luck.random() < _TURNED else value
        else:
            value = luck.choice(ANYTHING)()
        if parameter.kind is inspect.Parameter.KEYWORD_ONLY or named:
            named[name] = value
        else:
            given.append(value)
    return given, named


@contextlib.contextmanager
def _elsewhere() -> Iterator[None]:
    """Stand in a folder of its own: some calls write files."""
    before = os.getcwd()  # noqa: PTH109 - to come back to
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)


def fuzzed(make: Callable[[int], Engine], calls: int, seed: int = 0) -> Fuzzed:
    """Make so many calls, on a game that is begun anew now and then; fails on the first that breaks the promise."""
    luck = random.Random(seed)  # noqa: S311 - meant to be repeatable
    refused: Counter[str] = Counter()
    answered, slowest, names = 0, 0.0, []
    with _elsewhere():
        for n in range(calls):
            if n % _FRESH_AFTER == 0:
                game = make(n // _FRESH_AFTER)
                found = calls_of(game)
                names = sorted(found)
                digest = game.history.state_digest()
            name = luck.choice(names)
            arguments = _arguments(found[name], luck)
            began = time.thread_time()
            try:
                found[name](*arguments[0], **arguments[1])
            except GamifyError as error:
                refused[error.code] += 1
                str(error), error.to_dict(), repr(error)
                assert game.history.state_digest() == digest, f"{name} left a trace: {_shown(arguments)}"
            except BaseException as error:
                error.add_note(f"call {n} of seed {seed}: {name} {_shown(arguments)}")
                raise
            else:
                answered += 1
                digest = game.history.state_digest()
            spent = time.thread_time() - began
            slowest = max(slowest, spent)
    return Fuzzed(calls, len(names), answered, refused, slowest)


def _shown(arguments: object) -> str:
    try:
        return f"{arguments!r:.500}"
    except Exception:  # noqa: BLE001 - they are hostile
        return "(arguments that cannot be shown)"


def small_game(draws: int) -> Engine:
    """Return a small game with a bit of everything in it."""
    return played(MemoryStore(), draws, 12)


if __name__ == "__main__":
    COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000
    print(fuzzed(small_game, COUNT, int(sys.argv[2]) if len(sys.argv) > 2 else 0))  # noqa: T201 - a figure
