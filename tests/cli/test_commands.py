from __future__ import annotations

import builtins
import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pytest

from gamify_core import Catalog, Engine, Leaderboard, Season
from gamify_core.cli import main
from gamify_core.commands.output import clean, table
from gamify_core.commands.progress import progress
from gamify_core.importing import Imported, Line, feed
from tests.cli.games import GIT, HISTORY, LESSONS, Said, gamify, line, ran, surroundings, written
from tests.cli.repositories import Made, make

NOW = "2025-05-11T20:00Z"


@pytest.fixture(scope="module")
def game(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file in which the bundled history was played."""
    db = tmp_path_factory.mktemp("game") / "game.db"
    assert ran("run", GIT, HISTORY, db).returncode == 0
    return db


# -- check --------------------------------------------------------------------------------------------------


def test_check_says_what_a_catalog_contains(said: Said) -> None:
    """Sections with their codes, and status 0."""
    out = said.by("check", GIT)
    assert said.status == 0
    assert "is sound" in out
    assert "2 streaks       daily, weekly" in out
    assert "newcomer < contributor" in out
    assert said.json("check", GIT)["leaderboards"] == ["all_time", "monthly", "weekly", "endurance"]


def test_check_says_everything_that_is_wrong(said: Said, tmp_path: Path) -> None:
    """Every fault with its line and what to write instead, and status 1."""
    broken = tmp_path / "broken.toml"
    broken.write_text(
        '[rules.a]\non = "x"\naward = "10 +"\n[leaderboards.b]\nmetric = "pionts.earned"\n', encoding="utf-8"
    )
    out = said.by("check", broken)
    assert said.status == 1
    assert "2 things are wrong" in out
    assert "line 3" in out
    assert "leaderboards.b.metric" in out
    assert "did you mean 'points.earned'?" in out
    document = said.json("check", broken)
    assert document["ok"] is False
    assert isinstance(document["faults"], list)
    assert [fault["line"] for fault in document["faults"]] == [3, 5]


def test_check_tells_notes(said: Said, tmp_path: Path) -> None:
    """What is legal and odd is said, and is no fault."""
    odd = tmp_path / "odd.toml"
    odd.write_text('[metrics]\nunread = { on = "x" }\n', encoding="utf-8")
    assert "- metrics.unread is counted and nothing reads it." in said.by("check", odd)
    assert said.status == 0


def test_check_of_no_file_is_a_fault_without_a_line(said: Said) -> None:
    """A name that was mistyped gets a sentence."""
    assert "cannot be read" in said.by("check", "nowhere.toml")
    assert said.status == 1


# -- run ----------------------------------------------------------------------------------------------------


def test_run_ends_with_a_summary(said: Said, tmp_path: Path) -> None:
    """Events, points, badges and participants, and the first board."""
    out = said.by("run", GIT, HISTORY, tmp_path / "game.db")
    assert said.status == 0
    assert "313 events: 313 new, 0 known already, 0 refused" in out
    assert "8 participants in all" in out
    assert "All Time" in out
    assert "ada@example.org" in out
    assert all(len(each) <= 80 for each in out.splitlines())


def test_run_answers_one_document(said: Said, tmp_path: Path) -> None:
    """With `--json` standard output is JSON and nothing beside it."""
    found = said.json("run", GIT, HISTORY, tmp_path / "game.db")
    assert (found["events"], found["new"], found["participants"], found["refusals"]) == (313, 313, 8, [])
    board = found["leaderboard"]
    assert isinstance(board, dict)
    assert board["entries"][0]["participant_id"] == "ada@example.org"


def test_run_counts_broken_lines_and_shows_the_first(said: Said, tmp_path: Path) -> None:
    """Numbers and reasons of twenty, all of them with `--json`; good lines are in, and the status tells."""
    events = written(tmp_path / "events.jsonl", [line(), *["{"] * 25, line(participant_id="bob")])
    out = said.by("run", LESSONS, events, tmp_path / "game.db")
    assert said.status == 1
    assert "25 lines were refused:" in out
    assert "line 2: not JSON" in out
    assert "line 21: not JSON" in out
    assert "line 22: " not in out
    assert "and 5 more" in out
    assert "27 events: 2 new" in out
    again = said.json("run", LESSONS, events, tmp_path / "game.db")
    assert isinstance(again["refusals"], list)
    assert [one["number"] for one in again["refusals"]] == list(range(2, 27))


def test_run_reads_standard_input_and_csv(tmp_path: Path) -> None:
    """A dash is standard input, and what comes there may be CSV."""
    heading = b"participant_id,event_name,timestamp,score,topic\n"
    rows = heading + b"ada,lesson_finished,2025-03-01T10:00:00+01:00,90,loops\n"
    done = ran("run", LESSONS, "-", tmp_path / "game.db", "--json", told=rows)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["points"] == 69


def test_run_without_a_board_has_no_top(said: Said, tmp_path: Path) -> None:
    """A catalog need not have a board."""
    catalog = tmp_path / "plain.toml"
    catalog.write_text('[rules.a]\non = "lesson_finished"\naward = 5\n', encoding="utf-8")
    events = written(tmp_path / "events.jsonl", [line()])
    assert said.by("run", catalog, events, tmp_path / "a.db").endswith("1 participant in all\n")
    assert said.json("run", catalog, events, tmp_path / "b.db")["leaderboard"] is None


def test_run_draws_luck_from_the_seed(said: Said, tmp_path: Path) -> None:
    """The same seed rolls the same, whenever and wherever; another seed rolls otherwise."""
    catalog = tmp_path / "luck.toml"
    catalog.write_text('[rules.a]\non = "lesson_finished"\naward = "roll(1, 1000000)"\n', encoding="utf-8")
    events = written(tmp_path / "events.jsonl", [line()])
    points = [
        said.json("run", catalog, events, tmp_path / f"{n}.db", "--seed", seed)["points"]
        for n, seed in enumerate(("7", "7", "8"))
    ]
    assert points[0] == points[1] != points[2]


@pytest.mark.parametrize("wrong", ["catalog", "events", "db", "folder", "heading"])
def test_what_cannot_be_opened_is_one_sentence(said: Said, tmp_path: Path, wrong: str) -> None:
    """No traceback, status 1, and no empty database where the events could not be read."""
    noise, db = written(tmp_path / "noise", ["not a database"] * 100), tmp_path / "game.db"
    heading = written(tmp_path / "heading.csv", ["participant_id,when"])
    catalog = tmp_path / "none.toml" if wrong == "catalog" else LESSONS
    events = {"events": tmp_path / "none.jsonl", "folder": tmp_path, "heading": heading}.get(wrong, HISTORY)
    said.by("run", catalog, events, noise if wrong == "db" else db)
    assert said.status == 1
    assert said.err.startswith("gamify: ")
    assert wrong == "heading" or not db.exists()
    assert "error" in said.json("run", catalog, events, noise if wrong == "db" else db)


# -- top, show, explain -------------------------------------------------------------------------------------


def test_top_of_a_season_to_come_says_when_it_begins(said: Said, tmp_path: Path) -> None:
    """And of one that has begun without anybody that nobody is there."""
    path = tmp_path / "game.db"
    cup = Leaderboard("cup", period="season", seasons=Season("spring", "2026-03-01", "2026-06-01"))
    with Engine(Catalog(leaderboards=[cup]), path) as engine:
        engine.participants.upsert("ada")
    out = said.by("top", path, "cup", "--now", "2026-02-01T00:00Z")
    assert "nobody is on cup yet: spring begins at 2026-03-01T00:00:00Z" in out
    assert "nobody is on it yet" in said.by("top", path, "cup", "--now", "2026-03-01T00:00Z")


def test_top_needs_the_file_alone(said: Said, game: Path) -> None:
    """The file carries its catalog, and the periods are those of the instant that is asked for."""
    out = said.by("top", game, "monthly", "--now", NOW)
    assert out.splitlines()[0] == "Monthly, 7 participants"
    assert (
        said.by("top", game, "endurance").splitlines()[0] == "Longest Daily Streak (all time), 8 participants"
    )
    entries = said.json("top", game, "all_time", "--limit", "3")["entries"]
    assert isinstance(entries, list)
    assert [entry["rank"] for entry in entries] == [1, 2, 3]
    assert (
        said.json("top", game, "all_time", "--period", "daily", "--now", "2025-03-03T20:00Z")["period"]
        == "daily"
    )
    assert "None" not in out
    before = said.by("top", game, "monthly", "--of", "previous", "--now", "2025-04-01T20:00Z")
    assert before.splitlines()[0].startswith("Monthly, 2025-03, ")
    assert "nobody is on it yet" in said.by("top", game, "weekly", "--now", "2025-12-01T00:00Z")
    march = said.json("top", game, "monthly", "--now", "2025-03-31T20:00Z")
    for of in ("previous", "2025-03", "2025-03-15"):
        assert (
            said.json("top", game, "monthly", "--of", of, "--now", "2025-04-01T20:00Z")["entries"]
            == march["entries"]
        )


def test_show_tells_all_about_a_participant(said: Said, game: Path) -> None:
    """Points, tier and what the next asks, streaks, badges and ranks."""
    out = said.by("show", game, "ada@example.org", "--now", NOW)
    for part in (
        "1,179 (earned 1,179, spent 0)",
        "Regular",
        "3,821 more to Core",
        "Whole Week",
        "2025-03-24",
        "of 8",
        "active until",
    ):
        assert part in out
    found = said.json("show", game, "ada@example.org", "--now", NOW)
    assert isinstance(found["ranks"], dict)
    assert found["ranks"]["all_time"]["rank"] == 1
    assert isinstance(found["all_streaks"], list)
    assert {streak["code"] for streak in found["all_streaks"]} == {"daily", "weekly"}


def test_show_does_not_take_what_time_did_for_an_event(said: Said, tmp_path: Path) -> None:
    """Points that lapsed long after the last event are no event, and one that was taken back is none either."""
    catalog, db = tmp_path / "a.toml", tmp_path / "a.db"
    catalog.write_text('[rules.a]\non = "lesson_finished"\naward = 5\nexpires = "30d"\n', encoding="utf-8")
    said.by("run", catalog, written(tmp_path / "e.jsonl", [line()]), db)
    sent = said.by("show", db, "ada", "--now", "2026-01-01T00:00Z").splitlines()[3]
    assert sent.split() == said.by("show", db, "ada", "--now", "2030-01-01T00:00Z").splitlines()[3].split()
    with Engine.reopen(db) as game:
        (only,) = game.events.list("ada").items
        assert sent == f"  events    1, the last on {only.occurred_at:%Y-%m-%d}"
        game.events.retract(only.id)
    assert said.by("show", db, "ada").splitlines()[3] == "  events    0"


def test_whoever_was_merged_is_shown_under_the_name_that_is_theirs_now(said: Said, tmp_path: Path) -> None:
    """Asked for by the other one, which is said; and what an event would bring is theirs, not somebody else's."""
    catalog, db = tmp_path / "a.toml", tmp_path / "a.db"
    catalog.write_text('[rules.a]\non = "lesson"\naward = 5\n', encoding="utf-8")
    with Engine(catalog, db) as game:
        game.points.award("ada", 5)
        game.events.emit("guest", "lesson")
        game.participants.merge("guest", into="ada")
    assert said.by("show", db, "guest").splitlines()[0] == "ada, who is guest too"
    assert said.by("show", db, "ada").splitlines()[0] == "ada"
    tried = said.by("try", catalog, "lesson", "--db", db, "--participant", "guest").splitlines()
    assert [each.split() for each in tried[:2]] == [["ada", "·", "lesson"], ["+5", "points", "rule", "a"]]
    assert "For ada as they stand:" in said.by("explain", db, "lesson", "--participant", "guest")


def test_show_of_a_bare_game_and_of_the_highest_rung(said: Said, tmp_path: Path) -> None:
    """Of what a catalog does not have nothing is said; and who stands on the top has no next rung."""
    catalog, db = tmp_path / "a.toml", tmp_path / "a.db"
    catalog.write_text('[rules.a]\non = "lesson_finished"\naward = 5\n', encoding="utf-8")
    said.by("run", catalog, written(tmp_path / "e.jsonl", [line()]), db)
    assert len(said.by("show", db, "ada").splitlines()) == 4
    catalog.write_text(
        catalog.read_text() + "[ladders.rank]\ntiers = { top = 1 }\n[ladders.high]\ntiers = { top = 99 }",
        encoding="utf-8",
    )
    said.by("run", catalog, tmp_path / "e.jsonl", tmp_path / "b.db")
    out = said.by("show", tmp_path / "b.db", "ada")
    assert "rank      Top, the highest" in out
    assert "high      none yet" in out
    assert "94 more to Top" in out


def test_top_of_a_group(said: Said, tmp_path: Path) -> None:
    """A group's own board, by name."""
    db = tmp_path / "teams.db"
    with Engine(Catalog(leaderboards=[Leaderboard("all_time", group_by="team")]), db) as engine:
        for who, team, points in (("ada", "red", 3), ("bob", "blue", 5), ("cyd", "red", 4)):
            engine.participants.upsert(who, attributes={"team": team})
            engine.points.award(who, points)
    out = said.by("top", db, "all_time", "--group", "red").splitlines()
    assert out[0] == "All Time, red, 2 participants"
    assert ["bob" in line for line in out] == [False] * len(out)
    entries = said.json("top", db, "all_time", "--group", "red")["entries"]
    assert isinstance(entries, list)
    assert [entry["participant_id"] for entry in entries] == ["cyd", "ada"]


def test_reading_writes_nothing(said: Said, game: Path) -> None:
    """A file on which one may not write can be looked at, and is byte for byte what it was."""
    before = game.read_bytes()
    said.by("top", game, "all_time")
    said.by("show", game, "ada@example.org")
    assert game.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("top", "{game}", "mothly"), "did you mean 'monthly'?"),
        (("top", "{game}", "weekly", "--group", "red"), "the leaderboard weekly has no groups"),
        (("show", "{game}", "nobody"), "Participant not found: nobody"),
        (("top", "none.db", "weekly"), "there is no file 'none.db'"),
        (("explain", str(GIT), "comit"), "did you mean 'commit'?"),
        (("explain", str(GIT), "commit", "merge"), "'merge' is not key=value"),
        (("explain", str(GIT), "commit", "--replay"), "an event that was sent, and here is none"),
        (("explain", str(GIT), "evt_1", "--replay"), "an event that was sent, and here is none"),
        (("explain", "{game}", "commit", "--replay"), "an event that was sent, and here is none"),
    ],
)
def test_names_that_are_unknown_get_the_nearest(
    said: Said, game: Path, arguments: tuple[str, ...], says: str
) -> None:
    """One sentence on standard error, or in the document, and status 1."""
    filled = [each.format(game=game) for each in arguments]
    said.by(*filled)
    assert said.status == 1
    assert says in said.err
    assert "error" in said.json(*filled)


def test_explain_says_which_rule_fires_and_why_not(said: Said) -> None:
    """The part of a condition that failed, with the value it saw, and what the event would bring."""
    out = said.by("explain", LESSONS, "lesson_finished", "score=41", "topic=loops")
    assert "lesson: no, score >= 60 is false (score = 41)" in out
    found = said.json("explain", LESSONS, "lesson_finished", "score=97")
    assert isinstance(found["effects"], list)
    assert any(effect.get("amount") == 19 for effect in found["effects"])


# -- demo ---------------------------------------------------------------------------------------------------


def test_demo_needs_no_input(said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A board, a profile, and commands to go on with, which work as they are printed."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    out = said.by("demo")
    assert said.status == 0
    assert "ada@example.org" in out
    assert "Whole Week" in out
    further = [each.split()[1:] for each in out.splitlines() if each.startswith("  gamify ")]
    assert len(further) == 3
    for command in further:
        said.by(*command)
        assert said.status == 0
        assert "nobody" not in said.out


def test_demo_plays_a_git_history_and_shows_names(said: Said, tmp_path: Path) -> None:
    """Authors stand on the board with the last name they used, and a later name replaces it."""
    path, db = tmp_path / "r", tmp_path / "game.db"
    commits = [Made(b"Ada <a@b>", 1_500_000_000), Made(b"Ada Lovelace <A@B>", 1_500_090_000)]
    make(path, commits)
    assert "Ada Lovelace (a@b)" in said.by("demo", "--git", path, "--db", db)
    make(path, [*commits, Made(b"Countess <a@b>", 1_500_099_000)])
    assert "Countess (a@b)" in said.by("demo", "--git", path, "--db", db)
    assert said.json("demo", "--git", path, "--db", db)["new"] == 0


def test_demo_falls_back_where_there_is_no_repository(said: Said, tmp_path: Path) -> None:
    """It says so, and plays the history that comes with the library."""
    out = said.by("demo", "--git", tmp_path, "--db", tmp_path / "game.db")
    assert "playing the history that comes with the library instead" in said.err
    assert "313 new" in out
    assert said.status == 0


def test_demo_of_nobody_shows_nobody(said: Said, tmp_path: Path) -> None:
    """A history all of which is refused has a board without anybody, and no profile."""
    path = make(tmp_path / "r", [Made(b"A <a@b>", 4_000_000_000)])
    out = said.by("demo", "--git", path, "--db", tmp_path / "game.db")
    assert said.status == 1
    assert "nobody is on it yet" in out
    assert "gamify show" not in out


def test_demo_that_is_interrupted_names_nobody(
    said: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names come after the last commit, so that going on later ends as if it had been played in one go."""

    def interrupted(engine: Engine, lines: Iterable[Line], **_: object) -> Imported:
        done = feed(engine, lines)
        done.interrupted = True
        return done

    monkeypatch.setattr("gamify_core.commands.demo.feed", interrupted)
    path = make(tmp_path / "r", [Made(b"Ada <a@b>", 1_500_000_000)])
    said.by("demo", "--git", path, "--db", tmp_path / "game.db")
    assert said.status == 130
    assert "Ada" not in said.out


# -- the terminal -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("fly",),
        ("top", "x"),
        ("run", "a", "b", "c", "--batch", "0"),
        ("top", "a", "b", "--now", "noon"),
        ("top", "a", "b", "--now", "2025-01-01T10:00"),
    ],
)
def test_a_command_that_is_not_understood_is_status_2(arguments: Sequence[str]) -> None:
    """Usage goes to standard error, with the status that shells know it by."""
    with pytest.raises(SystemExit) as stopped:
        main(list(arguments))
    assert stopped.value.code == 2


def test_data_cannot_write_to_the_terminal() -> None:
    """A name with control characters is shown without them, or a commit could clear the reader's screen."""
    assert clean("\x1b[2J\u202eada\n") == "\ufffd[2J\ufffdada\ufffd"


def test_tables_stand_in_line() -> None:
    """Numbers right, text left, wide and combining characters by the room they take, long ones shortened."""
    lines = table(
        ("n", "name", "x"), [(1, "\u6797\u3055\u3093", "a"), (1_000, "e\u0301" * 3, "b"), (12, "y" * 60, "c")]
    )
    assert lines[1] == "      1  " + "\u6797\u3055\u3093" + " " * 28 + "  a"
    assert lines[2] == "  1,000  " + "e\u0301" * 3 + " " * 31 + "  b"
    assert lines[3] == "     12  " + "y" * 33 + "\u2026  c"
    assert table(("a", "b"), []) == ["  a  b"]


def test_a_pipe_that_is_closed_is_no_error(game: Path) -> None:
    """`gamify top … | head -0` ends quietly: whoever reads has seen enough."""
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(  # noqa: S603 - our own command
        gamify("top", game, "all_time"),
        stdout=writing,
        stderr=subprocess.PIPE,
        env=surroundings(),
        check=False,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


def test_ctrl_c_before_anything_is_status_130(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also outside an import it ends with a word and without a traceback."""

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("gamify_core.catalog.Catalog.load", interrupted)
    said.by("check", LESSONS)
    assert (said.status, said.err) == (130, "gamify: interrupted\n")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say so."""
        return True


def test_progress_is_for_terminals_alone() -> None:
    """A file or a pipe gets nothing; a terminal gets a bar that takes itself away."""
    quiet, loud = io.StringIO(), Terminal()
    for stream in (quiet, loud):
        with progress(stream, 10) as advance:
            advance(10, 3_000)
    assert quiet.getvalue() == ""
    assert "3,000 events" in loud.getvalue()


@pytest.mark.parametrize(("whole", "says"), [(10, " 50 %  1,234 events"), (None, "\x1b[K1,234 events")])
def test_progress_without_rich_is_one_line(
    monkeypatch: pytest.MonkeyPatch, whole: int | None, says: str
) -> None:
    """Rich is a comfort: without it the same is said plainly, and taken away at the end."""
    real = builtins.__import__

    def without(name: str, spaces: Mapping[str, object] | None = None, *rest: object) -> object:
        if name.startswith("rich"):
            raise ImportError(name)
        return real(name, spaces, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    stream = Terminal()
    with progress(stream, whole) as advance:
        advance(5, 1_234)
    assert says in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


def test_the_command_line_loads_nothing_that_it_does_not_need() -> None:
    """`gamify --help` is quick: the database, the tests' tools and the bar are loaded by who uses them."""
    names = "('sqlite_utils', 'rich', 'hypothesis', 'csv')"
    code = f"import sys, gamify_core.cli; print([m for m in {names} if m in sys.modules])"
    done = subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, check=True, env=surroundings()
    )
    assert done.stdout.strip() == b"[]"


def test_the_examples_are_sound_and_ship(said: Said) -> None:
    """Both catalogs are read from the package without a fault and without a note."""
    for catalog in (GIT, LESSONS):
        assert said.json("check", catalog)["notes"] == []
    with Engine(LESSONS) as engine:
        assert engine.catalog.badge("explorer").rarity == "rare"


# -- verify -------------------------------------------------------------------------------------------------


def test_verify_says_that_all_adds_up_or_what_does_not(said: Said, game: Path, tmp_path: Path) -> None:
    """Status 0 and one line, or 1 and a line for each mismatch; decided again only where that was asked for."""
    out = said.by("verify", game)
    assert said.status == 0
    assert "everything adds up" in out
    assert "decided again" in said.by("verify", game, "--replay")
    spoilt = tmp_path / "spoilt.db"
    with Engine.reopen(game) as engine:
        engine._store.backup(spoilt)  # type: ignore[attr-defined]  # noqa: SLF001 - a copy to be spoilt
    connection = sqlite3.connect(spoilt)
    connection.execute("UPDATE gamify_activity SET outcome = '[]' WHERE seq = 3")
    connection.commit()
    connection.close()
    document = said.json("verify", spoilt)
    assert said.status == 1
    assert document["ok"] is False
    assert "activity.digest at 3" in said.by("verify", spoilt)


# -- export, import -----------------------------------------------------------------------------------------


def test_a_history_is_exported_and_imported(said: Said, game: Path, tmp_path: Path) -> None:
    """The same state on both sides; a file that was cut is refused with its line, and then there is no file."""
    lines, other = tmp_path / "history.jsonl", tmp_path / "other.db"
    digest = said.json("export", game, lines)["state_digest"]
    assert said.json("import", lines, other)["state_digest"] == digest
    assert "everything adds up" in said.by("verify", other)
    said.by("import", lines, other)
    assert said.status == 1
    assert "already" in said.err
    lines.write_text(
        "".join(lines.read_text(encoding="utf-8").splitlines(keepends=True)[:9]), encoding="utf-8"
    )
    said.by("import", lines, tmp_path / "none.db")
    assert said.status == 1
    assert "line 9" in said.err
    assert not (tmp_path / "none.db").exists()


def test_explain_speaks_of_a_participant_of_a_file(said: Said, game: Path) -> None:
    """As they stand there, and nothing is written: the file need not even be writable."""
    before = game.read_bytes()
    out = said.by("explain", game, "commit", "--participant", "ada@example.org")
    assert "For ada@example.org as they stand:" in out
    assert out.startswith("commit: yes")
    assert game.read_bytes() == before
    found = said.json("explain", game, "commit", "--participant", "ada@example.org")
    assert found["participant_id"] == "ada@example.org"
    assert found["thresholds"]


def test_explain_tells_why_of_an_event_that_was_sent(said: Said, game: Path) -> None:
    """By its id, from what the file recorded of it."""
    found = said.json("explain", game, "evt_3")
    assert (found["event_name"], found["as_recorded"]) == ("commit", True)
    assert said.by("explain", game, "evt_3").splitlines()[0] == f"{found['participant_id']} · commit"
    anew = said.json("explain", game, "evt_3", "--replay")
    assert (anew["as_recorded"], anew["effects"]) == (False, found["effects"])
    said.by("explain", game, "evt_999999")
    assert (said.status, "Event not found: evt_999999" in said.err) == (1, True)
