"""A whole history moves to another store and is the same there; a file that was cut or altered is refused."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import BadHistory, BadValue, Catalog, Engine, ReadOnly, StoreError
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import MakeEngine, store_of
from tests.engine.playing import played

if TYPE_CHECKING:
    from pathlib import Path


def exported(game: Engine) -> str:
    """Return a game's history as text."""
    lines = io.StringIO()
    game.history.export(lines)
    return lines.getvalue()


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Play in two scopes, with keys, a definition made at run time, and somebody who was erased."""
    game = played(store_of(make_engine()), 3, 40)
    game.scope("guild").points.award("ada", 5, idempotency_key="k")
    game.definitions.badges.create({"code": "kept", "criteria": "points.earned >= 1"})
    game.points.award("eve", 5, reason="what is erased")
    game.participants.anonymize("eve")
    return game


def test_a_history_is_the_same_in_another_store(
    game: Engine, make_engine: MakeEngine, tmp_path: Path
) -> None:
    """Through a file: state, seal, keys and what is left of erased words; and it goes on from there."""
    path = tmp_path / "history.jsonl"
    told: list[int] = []
    lines = game.history.export(path, progress=told.append)
    assert told[-1] == lines == len(path.read_text(encoding="utf-8").splitlines())
    assert "what is erased" not in path.read_text(encoding="utf-8")
    for other in (make_engine(game.catalog), Engine(game.catalog)):
        assert other.history.restore(path) == lines - 2
        assert other.history.state_digest() == game.history.state_digest()
        report = other.history.verify()
        assert report.ok, str(report)
        assert report.erased
        assert exported(other) == path.read_text(encoding="utf-8")
        assert other.scope("guild").points.balance("ada").balance == 5
    with pytest.raises(StoreError, match="empty"):
        game.history.restore(path)


def test_a_key_is_known_where_its_history_went(make_engine: MakeEngine) -> None:
    """A retry after the move is a replay."""
    one, other = make_engine(), make_engine()
    first = one.points.award("ada", 5, idempotency_key="k")
    other.history.restore(io.StringIO(exported(one)))
    again = other.points.award("ada", 5, idempotency_key="k")
    assert again.replayed
    assert again.transaction_id == first.transaction_id


HISTORY = exported(played(MemoryStore(), 3, 25))


@settings(deadline=None)
@given(st.data())
def test_a_file_that_was_cut_or_altered_is_refused_whole(data: st.DataObject) -> None:
    """Wherever it was cut, whatever character was changed, any line dropped, doubled or swapped: with the line."""
    lines = HISTORY.splitlines(keepends=True)
    at = data.draw(st.integers(0, len(lines) - 1))
    how = data.draw(st.sampled_from(["cut", "cut within", "change", "drop", "double", "swap", "more"]))
    whole = list(lines)
    match how:
        case "cut":
            whole = lines[:at]
        case "cut within":
            whole = [*lines[:at], lines[at][:-2]]
        case "change":
            place = data.draw(st.integers(0, len(lines[at]) - 2))
            other = data.draw(st.sampled_from('07xé\\"').filter(lambda char: char != lines[at][place]))
            whole[at] = lines[at][:place] + other + lines[at][place + 1 :]
        case "drop":
            del whole[at]
        case "double":
            whole.insert(at, lines[at])
        case "swap":
            whole[at - 1], whole[at] = whole[at], whole[at - 1]
        case _:
            whole.append("\n")
    game = Engine(Catalog())
    empty = game.history.state_digest()
    with pytest.raises(BadHistory) as refused:
        game.history.restore(io.StringIO("".join(whole)))
    assert abs(refused.value.line - (at + 1)) <= 1 or how == "more"
    assert game.history.state_digest() == empty


@pytest.mark.parametrize(
    "text", ["", "\n", "{}\n", "[1,2]\n", '[{"name":"x"},"y"]\n', "\0\n", "[" * 10_000 + "\n"]
)
def test_what_is_no_history_is_refused(make_engine: MakeEngine, text: str) -> None:
    """By its first line."""
    with pytest.raises(BadHistory, match="line 1"):
        make_engine().history.restore(io.StringIO(text))


def test_what_is_no_file_is_refused(make_engine: MakeEngine, tmp_path: Path) -> None:
    """A folder, a missing file, something else; a file that could not be written is not there."""
    game = make_engine()
    for wrong in (tmp_path, tmp_path / "no" / "file"):
        with pytest.raises(StoreError):
            game.history.export(wrong)
        with pytest.raises(StoreError):
            game.history.restore(wrong)
    for wrong_ in (7, None):
        with pytest.raises(BadValue):
            game.history.export(wrong_)  # type: ignore[arg-type]
        with pytest.raises(BadValue):
            game.history.restore(wrong_)  # type: ignore[arg-type]
    assert list(tmp_path.glob("*.part")) == []


def test_the_past_neither_exports_nor_restores(make_engine: MakeEngine) -> None:
    """An export is of all there is."""
    game = make_engine()
    past = game.at(game.points.award("ada", 1).recorded_at)
    with pytest.raises(ReadOnly):
        past.history.export(io.StringIO())
    with pytest.raises(ReadOnly):
        past.history.restore(io.StringIO(HISTORY))
