from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gamify_core import Award, Catalog, Emit, Engine, GamifyError, InsufficientPoints, ManualClock
from gamify_core.game import Game
from gamify_core.storage.sqlite import SQLiteStore

CATALOG = Catalog.from_dict(
    {
        "currencies": {"gems": {}},
        "metrics": {"lessons": {"on": "lesson"}, "topics": {"on": "lesson", "distinct": "topic"}},
        "rules": {
            "pay": {
                "on": "lesson",
                "award": {"points": "score", "gems": 1},
                "streak": "daily",
                "cap": {"points": 25},
            },
            "tax": {"on": "lesson", "when": "score > 7", "deduct": 20},
            "luck": {"on": "lesson", "when": "chance(0.5)", "award": "roll(1, 6)"},
            "fee": {"on": "entry", "deduct": 5, "strict": True},
        },
        "streaks": {"daily": {}},
        "badges": {"third": {"criteria": "lessons >= 3", "points": 4}, "wide": {"criteria": "topics >= 2"}},
        "ladders": {
            "tier": {"metric": "points.balance", "demotion": "immediate", "tiers": {"low": 0, "high": 20}}
        },
        "leaderboards": {
            "all": {"ties": "dense"},
            "week": {"metric": "points.balance", "periods": ["weekly", "daily"]},
        },
    }
)
PEOPLE = ("ada", "bob", "carl")
people = st.sampled_from(PEOPLE)
currencies = st.sampled_from(["points", "points", "gems"])
amounts = st.sampled_from([1, 2, 5, 19, 20, 21])
scopes = st.sampled_from(["", "", "guild"])

commands = st.one_of(
    st.tuples(st.just("award"), scopes, people, amounts, currencies),
    st.tuples(st.just("deduct"), scopes, people, amounts, currencies),
    st.tuples(st.just("transfer"), scopes, people, amounts, people),
    st.tuples(st.just("lesson"), scopes, people, st.integers(0, 9), st.sampled_from(["loops", "types"])),
    st.tuples(st.just("entry"), scopes, people, st.just(0), st.just("")),
)
Command = tuple[str, str, str, int, str]


def carry_out(game: Game, command: Command) -> object:
    """Do a command; return what it answered, or the error it was refused with."""
    kind, scope, who, number, word = command
    game = game.scope(scope)
    todo: dict[str, Callable[[], Any]] = {
        "award": lambda: game.points.award(who, number, currency=word),
        "deduct": lambda: game.points.deduct(who, number, currency=word),
        "transfer": lambda: game.points.transfer(who, word, number),
        "lesson": lambda: game.events.emit(who, "lesson", {"score": number, "topic": word}),
        "entry": lambda: game.events.emit(who, "entry"),
    }
    try:
        answer = todo[kind]()
    except GamifyError as error:
        return str(error)
    return answer.activity_id, answer.to_dict(), str(answer)


class Ledger(RuleBasedStateMachine):
    """Both stores are given the same commands; the books are kept by hand beside them."""

    @initialize()
    def open(self) -> None:
        """Open one engine on each store."""
        self.clock = ManualClock("2026-03-01T23:00+00:00")
        self.folder = tempfile.TemporaryDirectory()
        store = SQLiteStore(Path(self.folder.name) / "game.db", durability="normal")
        self.games = [
            Engine(CATALOG, None, clock=self.clock, seed=7),
            Engine(CATALOG, store, clock=self.clock, seed=7),
        ]
        self.books: dict[tuple[str, str, str], list[int]] = defaultdict(list)

    def write_down(self, game: Game, scope: str) -> None:
        """Take over what the wallets of a scope say was moved."""
        for who in PEOPLE:
            for currency in ("points", "gems"):
                page = game.scope(scope).points.transactions(who, currency=currency, page_size=100)
                self.books[scope, who, currency] = [int(movement.amount) for movement in reversed(page.items)]

    def both(self, command: Command) -> object:
        """Do a command on both stores, which must answer alike."""
        first, second = (carry_out(game, command) for game in self.games)
        assert first == second
        return first

    @rule(command=commands)
    def do(self, command: Command) -> None:
        """Do a command; what can be paid is paid, and only that."""
        kind, scope, who, number, word = command
        held = sum(self.books.get((scope, who, word if kind == "deduct" else "points"), ()))
        answer = self.both(command)
        if kind == "deduct" or (kind == "transfer" and who != word):
            assert (number <= held) == isinstance(answer, tuple)
            if number > held:
                assert answer == f"Insufficient points. Available: {held}, requested: {number}"
        self.write_down(self.games[0], scope)

    @rule(these=st.lists(commands, max_size=4), keep=st.booleans())
    def together(self, these: list[Command], keep: bool) -> None:  # noqa: FBT001 - Hypothesis draws it by name
        """Do some commands in a transaction, and keep or drop it."""
        digests = [game.history.state_digest() for game in self.games]
        answers = []
        for game in self.games:
            try:
                with game.transaction() as tx:
                    answers.append([carry_out(tx, command) for command in these])
                    _ = 1 / keep
            except ZeroDivisionError:
                assert not keep
        assert answers[0] == answers[1]
        if not keep:
            assert [game.history.state_digest() for game in self.games] == digests
        for scope in ("", "guild"):
            self.write_down(self.games[0], scope)

    @rule(these=st.lists(commands, max_size=4))
    def try_out(self, these: list[Command]) -> None:
        """Try commands: a trial answers what the real thing then answers, and leaves no trace."""
        digests = [game.history.state_digest() for game in self.games]
        tried = []
        for game in self.games:
            with game.dry_run() as trial:
                tried.append([carry_out(trial, command) for command in these])
        assert [game.history.state_digest() for game in self.games] == digests
        assert tried[0] == tried[1]
        assert [self.both(command) for command in these] == tried[0]
        for scope in ("", "guild"):
            self.write_down(self.games[0], scope)

    @rule(hours=st.sampled_from([0.5, 1, 24]))
    def wait(self, hours: float) -> None:
        """Let time pass."""
        self.clock.advance(hours=hours)

    @invariant()
    def the_books_balance(self) -> None:
        """Hold every wallet against the books and against its own movements."""
        for (scope, who, currency), moved in self.books.items():
            for game in self.games:
                points = game.scope(scope).points
                balance = points.balance(who, currency=currency)
                page = points.transactions(who, currency=currency, page_size=100)
                assert balance.balance == balance.available == sum(moved) >= 0
                assert page.total == len(moved)
                running = 0
                for movement in reversed(page.items):
                    running += int(movement.amount)
                    assert movement.balance_after == running >= 0
                earned = sum(m.amount for m in page if m.account == "@issued")
                spent = -sum(m.amount for m in page if m.account == "@spent")
                assert (balance.total_earned, balance.total_spent) == (earned, spent)
                assert balance.balance == earned - spent + sum(m.amount for m in page if m.peer_id)

    @invariant()
    def transfers_cancel_out(self) -> None:
        """Expect what was sent to be what was received."""
        for scope in ("", "guild"):
            points = self.games[1].scope(scope).points
            sides = [m for who in PEOPLE for m in points.transactions(who, page_size=100) if m.peer_id]
            assert sum(m.amount for m in sides) == 0

    @invariant()
    def both_stores_are_in_the_same_state(self) -> None:
        """Compare every row of the two stores."""
        memory, sqlite = (game.history.state_digest() for game in self.games)
        assert memory == sqlite

    def teardown(self) -> None:
        """Close the engines and remove the file."""
        if hasattr(self, "games"):
            for game in self.games:
                game.close()
            self.folder.cleanup()


Ledger.TestCase.settings = settings(max_examples=20, stateful_step_count=12, deadline=None)
TestLedger = Ledger.TestCase
TestLedger.__doc__ = (
    """Points are conserved and never negative, the two stores agree, and trials leave no trace."""
)


def groups(sequence: list[Any], cuts: set[int]) -> list[list[Any]]:
    """Cut a sequence before these places."""
    places = [0, *sorted(cut for cut in cuts if 0 < cut < len(sequence)), len(sequence)]
    return [sequence[low:high] for low, high in pairwise(places)]


def fresh() -> Engine:
    """Return an engine whose clock stands still."""
    return Engine(CATALOG, clock=ManualClock("2026-03-01T23:00+00:00"), seed=7)


@settings(max_examples=30)
@given(sequence=st.lists(commands, max_size=12), cuts=st.sets(st.integers(0, 12)))
def test_cutting_into_transactions_changes_nothing(sequence: list[Command], cuts: set[int]) -> None:
    """However commands are gathered into transactions, answers, ids and state are those of one by one."""
    apart, gathered = fresh(), fresh()
    expected = [carry_out(apart, command) for command in sequence]
    answers = []
    for group in groups(sequence, cuts):
        with gathered.transaction() as tx:
            answers += [carry_out(tx, command) for command in group]
    assert answers == expected
    assert gathered.history.state_digest() == apart.history.state_digest()


@settings(max_examples=30)
@given(
    sequence=st.lists(
        st.tuples(people, st.integers(0, 9), st.sampled_from(["loops", "types"]), st.booleans()), max_size=12
    ),
    cuts=st.sets(st.integers(0, 12)),
)
def test_cutting_into_batches_changes_nothing(
    sequence: list[tuple[str, int, str, bool]], cuts: set[int]
) -> None:
    """However events are gathered into batches, refused ones among them, outcomes, ids and state stay."""
    events = [
        Emit(who, "lesson" if fine else "entry", {"score": score, "topic": topic})
        for who, score, topic, fine in sequence
    ]
    apart, gathered = fresh(), fresh()
    expected = [
        (item.answer and item.answer.to_dict(), str(item.error))
        for e in events
        for item in apart.events.emit_batch([e])
    ]
    items = [item for group in groups(events, cuts) for item in gathered.events.emit_batch(group)]
    assert [(item.answer and item.answer.to_dict(), str(item.error)) for item in items] == expected
    assert gathered.history.state_digest() == apart.history.state_digest()


@given(amounts=st.lists(amounts, max_size=12), size=st.integers(1, 5))
def test_pages_of_transactions_concatenate(amounts: list[int], size: int) -> None:
    """The pages of any size, laid end to end, are the wallet from newest to oldest, each movement once."""
    game = Engine(Catalog())
    game.points.award_batch(Award("ada", amount) for amount in amounts)
    pages = [
        game.points.transactions("ada", page=n, page_size=size) for n in range(1, len(amounts) // size + 2)
    ]
    assert [m.amount for page in pages for m in page] == amounts[::-1]
    assert len({m.transaction_id for page in pages for m in page}) == len(amounts)
    assert {page.total for page in pages} == {len(amounts)}


@given(amounts=st.lists(st.integers(-30, 30).filter(bool), max_size=20))
def test_a_wallet_is_the_sum_of_what_went_in_and_out(amounts: list[int]) -> None:
    """Whatever is tried in whatever order, what was accepted adds up, and what was refused was too much."""
    game, held = Engine(Catalog()), 0
    refused, expected = list[tuple[int, int]](), list[tuple[int, int]]()
    for amount in amounts:
        try:
            (game.points.award if amount > 0 else game.points.deduct)("ada", abs(amount))
        except InsufficientPoints as error:
            refused.append((int(error.available), int(error.requested)))
            expected.append((held, -amount))
        else:
            held += amount
    assert game.points.balance("ada").balance == held
    assert refused == expected
    assert all(requested > available for available, requested in refused)
