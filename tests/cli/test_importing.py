from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import BatchAnswer, BatchItem, Catalog, Emit, Engine, StoreClosed, StoreError
from gamify_core.eventfiles import read_events
from gamify_core.importing import Line, feed, keyed
from tests.cli.games import HISTORY, LESSONS, line, played

INSTANTS = (
    "2025-03-01T23:59:59+01:00",
    "2025-03-02T00:00:00+01:00",
    "2025-03-02T03:59:59+01:00",
    "2025-03-02T04:00:00+01:00",
    "2025-03-04T10:00:00-09:30",
    "2025-02-28T10:00:00+12:45",
)
HISTORIES = st.lists(
    st.builds(
        lambda who, at, score, key: line(
            participant_id=who, timestamp=at, properties={"score": score, "topic": "t"}, idempotency_key=key
        ).encode(),
        st.sampled_from(("ada", "bob", "")),
        st.sampled_from(INSTANTS),
        st.sampled_from((59, 60, 100, "many")),
        st.sampled_from((None, None, "k1", "k2")),
    ),
    max_size=12,
)


@settings(max_examples=30)
@given(HISTORIES, st.integers(1, 5))
def test_batch_size_changes_nothing(history: list[bytes], batch: int) -> None:
    """How many events share a commit is seen nowhere: not in the rows, the counts or the refusals."""
    one, by_one = played(LESSONS, history, 1)
    many, by_many = played(LESSONS, history, batch + 1)
    assert one.history.state_digest() == many.history.state_digest()
    assert by_one == by_many


@settings(max_examples=30)
@given(HISTORIES, st.integers(0, 12))
def test_the_same_again_and_more_continues(history: list[bytes], cut: int) -> None:
    """A part of a history and then the whole is the whole; and the whole once more is nothing new."""
    engine, _ = played(LESSONS, history[:cut], 3)
    feed(engine, read_events(history, engine.catalog), batch=4)
    whole, once = played(LESSONS, history)
    assert engine.history.state_digest() == whole.history.state_digest()
    again = feed(engine, read_events(history, engine.catalog))
    assert (again.new, again.points, again.badges) == (0, 0, 0)
    # The lines, not the reasons: a key that a later line has used by now is refused as such
    assert [one.number for one in again.refused] == [one.number for one in once.refused]
    assert engine.history.state_digest() == whole.history.state_digest()


def keys(*lines: str) -> list[str | None]:
    """Return the idempotency keys of lines."""
    given_keys = keyed(read_events([one.encode() for one in lines], Catalog.load(LESSONS), "jsonl"))
    return [one.emit.idempotency_key if one.emit is not None else None for one in given_keys]


def test_equal_lines_are_different_events() -> None:
    """Somebody may do the same twice in a second: the second of two equal lines has a key of its own."""
    first, second, other = keys(line(), line(), line(participant_id="bob"))
    assert len({first, second, other}) == 3


def test_a_key_follows_from_what_is_said_and_not_from_how_or_where() -> None:
    """Other spacing, or lines before it that say something else, leave a line's key as it was."""
    spaced = line().replace(": ", ":  ").replace('{"participant_id"', '{ "participant_id"')
    assert keys(line(participant_id="bob"), "broken", spaced)[2] == keys(line())[0]


def test_a_key_of_its_own_is_kept() -> None:
    """A line that has a key is asked for nothing else, and does not count among equal lines without."""
    assert keys(line(idempotency_key="mine"), line())[0] == "mine"
    assert keys(line(idempotency_key="mine"), line())[1] == keys(line())[0]


def test_text_that_the_engine_refuses_has_a_key_too() -> None:
    """A lone surrogate gets as far as the engine, whose reason is the one that is shown."""
    _, done = played(LESSONS, [line(participant_id="\ud800").encode()])
    assert "not valid Unicode" in done.refused[0].reason


def test_what_the_engine_refuses_is_told_with_its_place_and_good_lines_go_in() -> None:
    """Refused by the reader or by the engine: both are counted, in the file's order, and leave nothing."""
    lines = [
        line(),
        "broken",
        line(event_name="leson_finished"),
        line(properties={"score": "x"}),
        line(participant_id="bob"),
    ]
    lines += [
        line(timestamp="2999-01-01T00:00:00Z"),
        line(idempotency_key="k"),
        line(idempotency_key="k", participant_id="c"),
    ]
    engine, done = played(LESSONS, [one.encode() for one in lines])
    assert [(one.number, one.place) for one in done.refused] == [(n, f"line {n}") for n in (2, 3, 4, 6, 8)]
    assert "lesson_finished" in done.refused[1].reason
    assert (done.events, done.new, done.repeated) == (8, 3, 0)
    assert engine.participants.list().total == 2
    clean, _ = played(LESSONS, [lines[place].encode() for place in (0, 4, 6)])
    assert engine.history.state_digest() == clean.history.state_digest()


def test_the_report_counts_what_the_new_events_brought() -> None:
    """Points and badges of the report are those that stand in the wallets afterwards."""
    engine, done = played(HISTORY.with_name("git.toml"), HISTORY.read_bytes().splitlines())
    people = engine.participants.list(page_size=100)
    assert done.points == sum(engine.points.balance(one.participant_id).balance for one in people)
    assert done.badges == sum(engine.badges.list(one.participant_id).earned_count for one in people)
    assert done.new == done.events == 313


def test_progress_is_told_after_each_commit() -> None:
    """What is told is what is in the store: a bar that is ahead of the commits would lie."""
    engine = Engine(Catalog.load(LESSONS), accept_late=None)
    told: list[tuple[int, int]] = []

    def hear(events: int) -> None:
        told.append((events, len(engine.events.list("ada", page_size=100))))

    feed(engine, read_events([line().encode()] * 5, engine.catalog), batch=2, told=hear)
    assert told == [(2, 2), (4, 4), (5, 5)]


def test_ctrl_c_keeps_what_was_committed() -> None:
    """Interrupted while lines are read: whole batches stay, the half one goes, and the report says so."""
    engine = Engine(Catalog.load(LESSONS), accept_late=None)

    def interrupted() -> Iterator[Line]:
        yield from read_events([line().encode()] * 5, engine.catalog)
        raise KeyboardInterrupt

    done = feed(engine, interrupted(), batch=2)
    assert (done.interrupted, done.new) == (True, 4)
    assert engine.events.list("ada").total == 4


class Failing(Engine):
    """An engine whose store fails in the middle of a batch."""

    def __init__(self) -> None:
        super().__init__(Catalog())
        self.events = self  # type: ignore[assignment]

    def emit_batch(self, events: list[Emit], *, backfill: bool) -> BatchAnswer:
        """Answer the first event with the store's error, as a batch does with any error."""
        assert backfill
        return BatchAnswer(
            tuple(BatchItem(one.participant_id, None, StoreError("disk is full")) for one in events)
        )


def test_a_store_that_fails_within_a_batch_ends_the_import() -> None:
    """A disk that is full is nobody's broken line: it is raised, and nothing is counted as refused for it."""
    with pytest.raises(StoreError, match="disk is full"):
        feed(Failing(), read_events([line().encode()], Catalog()))


def test_a_store_that_is_gone_is_no_broken_line() -> None:
    """When the store is closed, the import ends with its error instead of calling every line refused."""
    engine = Engine(Catalog.load(LESSONS), accept_late=None)
    engine.close()
    with pytest.raises(StoreClosed):
        feed(engine, read_events([line().encode()], engine.catalog))
