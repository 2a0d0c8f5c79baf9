"""What the commands say: of files that are none, of catalogs that change, of imports and of participants."""

from __future__ import annotations

import json
import sqlite3
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from gamify_core import Catalog, Engine, Leaderboard, Rule
from gamify_core.cli import main
from tests.cli.games import HISTORY, LESSONS, Said, digest, line, written

# -- files that are none, and what is said about them -----------------------------------------------------


@pytest.mark.parametrize("command", ["top", "show"])
@pytest.mark.parametrize("what", ["empty", "foreign", "text", "unwritten", "folder", "nowhere", "none"])
def test_what_holds_no_game_is_called_what_it_is(said: Said, tmp_path: Path, command: str, what: str) -> None:
    """One sentence with the name that was given, no talk of locks or tables, and the file stays as it was."""
    path = {"folder": tmp_path, "nowhere": tmp_path / "no" / "x.db"}.get(what, tmp_path / "x.db")
    if what in {"empty", "text"}:
        path.write_text("" if what == "empty" else "not a database, " * 100, encoding="utf-8")
    elif what == "foreign":
        foreign(path)
    elif what == "unwritten":
        Engine(LESSONS, path).close()
    before = path.read_bytes() if path.is_file() else None
    said.by(command, path, "weekly")
    assert said.status == 1
    says = {
        "folder": f"gamify: {path} is a directory, not a file\n",
        "nowhere": f"gamify: there is no folder {str(path.parent)!r}\n",
        "text": f"gamify: {path} holds no game: it is no SQLite file, or its beginning is damaged\n",
        "none": f"gamify: there is no file {str(path)!r}\n",
    }.get(what, f"gamify: {path} holds no game (gamify run makes one of a catalog and recorded events)\n")
    assert said.err == says
    assert (path.read_bytes() if path.is_file() else None) == before


def test_an_event_of_a_file_without_a_game_is_not_explained(said: Said, tmp_path: Path) -> None:
    """A database of something else is told to be one, as every other command does."""
    foreign(tmp_path / "x.db")
    said.by("explain", tmp_path / "x.db", "lesson")
    assert (said.status, said.err.split(" (")[0]) == (1, f"gamify: {tmp_path / 'x.db'} holds no game")


def foreign(path: Path) -> None:
    """Make a SQLite file of some other application."""
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id INTEGER)")
    connection.commit()
    connection.close()


def test_a_damaged_database_is_one_sentence(said: Said, tmp_path: Path) -> None:
    """A file that begins as a database does and goes on as none is told by its name."""
    path = tmp_path / "x.db"
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)
    said.by("top", path, "weekly")
    assert (said.status, said.err) == (1, f"gamify: {path}: file is not a database\n")


def test_a_game_damaged_within_is_one_sentence(said: Said, tmp_path: Path) -> None:
    """Only the first page is whole, so it opens, and what was written cannot be read: no bare error of the driver."""
    path = tmp_path / "x.db"
    with Engine(LESSONS, path) as engine:
        engine.points.award("ada", 5)
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096))
    said.by("top", path, "weekly")
    assert said.status == 1
    assert said.err == f"gamify: {path}: database disk image is malformed\n"


@pytest.mark.parametrize("command", ["run", "demo"])
def test_a_game_in_no_folder_or_in_place_of_one_names_the_folder(
    said: Said, tmp_path: Path, command: str
) -> None:
    """What cannot be written to is refused by its own name, before anything is played."""
    for path, says in (
        (tmp_path / "no" / "x.db", f"there is no folder {str(tmp_path / 'no')!r}"),
        (tmp_path, f"{tmp_path} is a directory, not a file"),
    ):
        said.by(*(("run", LESSONS, HISTORY, path) if command == "run" else ("demo", "--db", path)))
        assert (said.status, said.err) == (1, f"gamify: {says}\n")


def test_a_catalog_that_is_not_there_is_one_sentence(said: Said, tmp_path: Path) -> None:
    """No list of faults, no line: the file cannot be read, and why."""
    sentence = "nowhere.toml cannot be read: No such file or directory\n"
    assert said.by("check", "nowhere.toml") == sentence
    said.by("run", "nowhere.toml", HISTORY, tmp_path / "x.db")
    assert (said.out, said.err) == ("", f"gamify: {sentence}")


def test_faults_of_a_catalog_wrap_wherever_they_are_told(said: Said, tmp_path: Path) -> None:
    """`run` tells them as `check` does, no line of it wider than a terminal; JSON, which has no lines, names none."""
    broken = tmp_path / "b.json"
    monkey = {"on": "x", "award": "__import__('os')"}
    broken.write_text(json.dumps({"rules": {"a": monkey}}), encoding="utf-8")
    checked = said.by("check", broken)
    said.by("run", broken, HISTORY, tmp_path / "x.db")
    assert said.err == f"gamify: {checked}"
    assert "line" not in checked.removeprefix(str(broken)).partition("rules.a.award")[0]
    assert all(len(each) <= 80 for each in said.err.splitlines()[1:])
    assert "conditions call no Python" in checked


def test_a_file_called_csv_is_csv(said: Said, tmp_path: Path) -> None:
    """The extension is trusted, so a bad heading is told as such and not as twenty lines that are no JSON."""
    events = written(tmp_path / "events.CSV", ["who,what,when", "ada,lesson_finished,now"])
    said.by("run", LESSONS, events, tmp_path / "x.db")
    assert said.status == 1
    assert "the heading of the CSV file lacks participant_id, event_name, timestamp" in said.err


# -- what a file goes on under ------------------------------------------------------------------------------


def test_going_on_under_another_catalog_is_said(said: Said, tmp_path: Path) -> None:
    """Once, before it happens; nothing is said of a new file or of the same catalog."""
    catalog, db = tmp_path / "a.toml", tmp_path / "game.db"
    events = written(tmp_path / "e.jsonl", [line()])
    says = f"gamify: {db} was last written under another catalog; adopting this one\n"
    heard: list[str] = []
    for award in (5, 5, 6, 6):
        catalog.write_text(f'[rules.a]\non = "lesson_finished"\naward = {award}\n', encoding="utf-8")
        written(events, [line(idempotency_key=f"k{len(heard)}")])
        said.by("run", catalog, events, db)
        heard.append(said.err)
    assert heard == ["", "", says, ""]
    said.by("demo", "--db", db)
    assert said.err == says
    said.by("demo", "--db", db)
    assert said.err == ""


def test_demo_of_no_folder_is_not_understood(said: Said, tmp_path: Path) -> None:
    """A path that was mistyped is status 2; only a folder without a history falls back."""
    with pytest.raises(SystemExit) as stopped:
        said.by("demo", "--git", tmp_path / "no", "--db", tmp_path / "x.db")
    assert stopped.value.code == 2
    assert not (tmp_path / "x.db").exists()


def test_a_rule_in_python_lets_a_file_be_read_and_not_be_played(said: Said, tmp_path: Path) -> None:
    """What was decided shows; what would have to be decided names the function and the way to it."""
    db, catalog = tmp_path / "game.db", tmp_path / "game.json"
    made = Catalog(
        rules=[Rule("py", "lesson_finished", when=lucky, award=5)], leaderboards=[Leaderboard("weekly")]
    )
    with Engine(made, db) as engine:
        engine.events.emit("ada", "lesson_finished", {"score": 1})
    assert "ada" in said.by("top", db, "weekly")
    assert "5 (earned 5, spent 0)" in said.by("show", db, "ada")
    catalog.write_text(json.dumps(made.to_dict()), encoding="utf-8")
    sentence = (
        f"gamify: rule py is decided by a Python function ({__name__}.lucky): open with Engine(catalog, …)\n"
    )
    before = digest(db)
    events = written(tmp_path / "e.jsonl", [line()])
    for arguments in (("run", catalog, events, db), ("explain", catalog, "lesson_finished")):
        said.by(*arguments)
        assert (said.status, said.err) == (1, sentence)
    assert digest(db) == before
    assert "rules.py decides in Python" in said.by("check", catalog)


def lucky(_properties: object) -> bool:
    """Decide in Python."""
    return True


# -- what is told of an import and of a participant ---------------------------------------------------------


def test_run_tells_what_was_skipped(said: Said, tmp_path: Path) -> None:
    """By rule and reason, the most frequent first, in the table and in the document; a repetition skips nothing."""
    catalog = tmp_path / "a.toml"
    catalog.write_text(
        '[rules.pay]\non = "lesson_finished"\ndeduct = "score"\n'
        '[rules.mean]\non = "lesson_finished"\naward = 10\ncap = { points = 15, per = "daily" }\n',
        encoding="utf-8",
    )
    events = written(tmp_path / "e.jsonl", [line(idempotency_key=str(n)) for n in range(4)])
    out = said.by("run", catalog, events, tmp_path / "a.db")
    assert "7 effects were skipped:" in out
    assert "  4 × rule:pay, deduct: Insufficient points. Available: 0, requested: 90" in out
    assert out.index("rule:pay") < out.index("3 × rule:mean, award: the daily cap of 15 leaves 5")
    assert all(len(each) <= 80 for each in out.splitlines())
    found = said.json("run", catalog, events, tmp_path / "b.db")["skipped"]
    assert isinstance(found, list)
    assert [(one["cause"], one["effect"], one["code"], one["count"]) for one in found] == [
        ("rule:pay", "deduct", "insufficient_points", 4),
        ("rule:mean", "award", "cap", 3),
    ]
    assert said.json("run", catalog, events, tmp_path / "b.db")["skipped"] == []


def test_run_shows_the_first_reasons_and_counts_the_others(said: Said, tmp_path: Path) -> None:
    """A catalog in which every rule fails does not flood the terminal."""
    catalog = tmp_path / "a.toml"
    rules = (f'[rules.r{n}]\non = "lesson_finished"\ndeduct = 1\n' for n in range(22))
    catalog.write_text("".join(rules), encoding="utf-8")
    out = said.by("run", catalog, written(tmp_path / "e.jsonl", [line()]), tmp_path / "a.db")
    assert out.count("1 × rule:r") == 20
    assert "… and 2 other reasons; --json lists them all" in out


def test_run_speaks_of_the_timestamp(said: Said, tmp_path: Path) -> None:
    """What the engine calls `at` is the file's `timestamp`, and settings of the library are not spoken of."""
    events = written(tmp_path / "e.jsonl", [line(timestamp="2100-01-01T00:00:00Z")])
    out = said.by("run", LESSONS, events, tmp_path / "a.db")
    assert "line 1: timestamp 2100-01-01T00:00:00Z lies in the future" in out
    assert "accept_early" not in out


def test_show_lists_every_wallet_in_its_own_scale(said: Said, tmp_path: Path) -> None:
    """Each currency with its name and its decimals, on boards and ladders of it too; in JSON decimals are text."""
    catalog, db = tmp_path / "a.toml", tmp_path / "a.db"
    catalog.write_text(
        '[currencies.cents]\nname = "Euro"\nscale = 2\n[currencies.gems]\n'
        '[rules.a]\non = "lesson_finished"\naward = { cents = "1234.05", points = 3 }\n'
        '[ladders.rich]\nmetric = "cents.earned"\ntiers = { poor = 0, rich = 2000 }\n'
        '[leaderboards.wealth]\nmetric = "cents.balance"\n[leaderboards.points]\n',
        encoding="utf-8",
    )
    assert "1,234.05" in said.by("run", catalog, written(tmp_path / "e.jsonl", [line()]), db)
    out = said.by("show", db, "ada").splitlines()
    assert out[2:5] == [
        "  points    3 (earned 3, spent 0)",
        "  Euro      1,234.05 (earned 1,234.05, spent 0.00)",
        "  gems      0 (earned 0, spent 0)",
    ]
    assert "  " + " " * 10 + "[############........] 765.95 more to Rich" in out
    assert any(each.split()[:1] == ["Wealth"] and each.endswith(" 1,234.05") for each in out)
    assert "1,234.05" in said.by("top", db, "wealth")
    assert said.by("top", db, "points").splitlines()[-1].split()[:3] == ["1", "ada", "3"]
    wallets = said.json("show", db, "ada")["wallets"]
    assert isinstance(wallets, list)
    assert [(one["currency"], one["balance"], one["scale"]) for one in wallets] == [
        ("points", 3, 0),
        ("cents", "1234.05", 2),
        ("gems", 0, 0),
    ]


def test_version(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The version is told and nothing else; of a copy that is not installed, that it is none."""
    monkeypatch.setattr("importlib.metadata.version", lambda _: "1.2.3")
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert (stopped.value.code, capsys.readouterr().out) == (0, "gamify 1.2.3\n")

    def nowhere(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.version", nowhere)
    with pytest.raises(SystemExit):
        main(["--version"])
    assert capsys.readouterr().out == "gamify (not installed)\n"
