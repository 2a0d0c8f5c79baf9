from __future__ import annotations

import os
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import Catalog, Emit, Engine
from gamify_core.githistory import Commit, GitHistory, NoHistory, commits_in, line_of
from gamify_core.importing import Line, feed
from tests.cli.games import GIT
from tests.cli.repositories import Made, git, make, wild

MANY = 10_000 if os.environ.get("GAMIFY_DEEP") else 300
COMMIT = Commit("f00d", "ada@example.org", "Ada", "1500000000 +0000", 1, 3, 2, 1, 1)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with everything that real ones have."""
    return make(tmp_path_factory.mktemp("wild") / "repository", wild(MANY))


def emits(path: Path) -> list[Emit]:
    """Return the events of a repository, all of which must be good."""
    found = [line.emit for line in GitHistory(path)]
    assert all(found)
    return [emit for emit in found if emit is not None]


def test_a_commit_becomes_an_event(tmp_path: Path) -> None:
    """Lines, files, message, the author's own hour and weekday, and the hash as the key."""
    repository = make(
        tmp_path / "r",
        [
            Made(
                b"Ada <Ada@Example.ORG>",
                1_500_000_000,
                "+1245",
                b"first\n\n1\t2\tno count\n",
                (("a", b"1\n2\n"), ("b", b"\0")),
            ),
            Made(b"Ada <ada@example.org>", 1_500_000_100, "-0930", b"", (("a", b"2\n3\n4\n"), ("b", None))),
        ],
    )
    first, second = emits(repository)
    assert first.timestamp is not None
    assert first.timestamp.isoformat() == "2017-07-14T15:25:00+12:45"
    assert first.properties == {
        "insertions": 2,
        "deletions": 0,
        "files": 2,
        "message_length": 19,
        "hour": 15,
        "weekday": 4,
        "merge": False,
    }
    assert second.properties == {
        "insertions": 2,
        "deletions": 1,
        "files": 2,
        "message_length": 0,
        "hour": 17,
        "weekday": 3,
        "merge": False,
    }
    assert first.participant_id == second.participant_id == "ada@example.org"
    assert len(str(first.idempotency_key)) == 40
    assert first.idempotency_key != second.idempotency_key


def test_merges_are_told_and_count_no_lines(tmp_path: Path) -> None:
    """What a merge brings in was written in other commits, and is theirs."""
    base = Made(b"A <a@b>", 1_500_000_000, files=(("a", b"1\n"),))
    side = base._replace(files=(("b", b"1\n"),), parents=(1,))
    merge = base._replace(files=(), parents=(2, 3))
    found = emits(make(tmp_path / "r", [base, side, side._replace(files=(("c", b"1\n"),)), merge]))
    assert [(one.properties or {})["merge"] for one in found] == [False, False, False, True]
    assert (found[-1].properties or {})["insertions"] == 0


def test_authors_without_a_name_or_in_no_encoding_are_people_too(tmp_path: Path) -> None:
    """No address is `unknown`; bytes that are no text are replaced, so that the engine takes them."""
    authors = (
        b"No Address <>",
        b" <nameless@b>",
        b"\xffRed\x01 <\xff@b>",
        b"  Spaced   <  S@B >",
        "Zo\u00eb <z@b>".encode("latin-1"),
    )
    history = GitHistory(
        make(tmp_path / "r", [Made(author, 1_500_000_000 + n) for n, author in enumerate(authors)])
    )
    engine = Engine(Catalog.load(GIT), accept_late=None)
    done = feed(engine, history)
    assert (done.new, done.refused) == (5, [])
    assert {one.participant_id for one in engine.participants.list()} == {
        "unknown",
        "nameless@b",
        "\ufffd@b",
        "s@b",
        "z@b",
    }
    assert "nameless@b" not in history.names
    assert history.names["z@b"] == "Zo\ufffd"


@pytest.mark.parametrize(
    ("date", "offset"),
    [
        ("1500000000 +1245", timedelta(hours=12, minutes=45)),
        ("1500000000 -0930", -timedelta(hours=9, minutes=30)),
        ("1500000000 -0030", -timedelta(minutes=30)),
        ("1500000000 +2359", timedelta(hours=23, minutes=59)),
        ("1500000000 +2400", timedelta(0)),
        ("1500000000 +9999", timedelta(0)),
        ("1500000000 +0075", timedelta(0)),
        ("0 +0000", timedelta(0)),
    ],
)
def test_odd_offsets_are_kept_and_impossible_ones_are_utc(date: str, offset: timedelta) -> None:
    """The instant is right whatever the offset; only the calendar day may suffer from a nonsense clock."""
    emit = line_of(1, COMMIT._replace(date=date)).emit
    assert emit is not None
    assert emit.timestamp is not None
    assert emit.timestamp.utcoffset() == offset
    assert emit.timestamp.timestamp() == int(date.partition(" ")[0])


@pytest.mark.parametrize(
    "date", ["-1 +0000", "999999999999 +0000", "99999999999999999999 +0000", "", "yesterday", "1 0100"]
)
def test_a_date_that_is_none_refuses_its_commit_alone(date: str) -> None:
    """Before 1970, past the last year, or no date at all: a reason that names the commit, and no crash."""
    line = line_of(7, COMMIT._replace(date=date))
    assert line == Line(7, "commit f00d", None, f"its date {date!r} is no date after 1970")


def test_a_wild_history_goes_in_whole(repository: Path) -> None:
    """Of a history with everything in it only the commit from the future is refused."""
    engine = Engine(Catalog.load(GIT), accept_late=None)
    done = feed(engine, GitHistory(repository))
    assert (done.events, done.new, len(done.refused)) == (MANY, MANY - 1, 1)
    assert "lies in the future" in done.refused[0].reason
    assert done.refused[0].place.startswith("commit ")
    assert engine.participants.list().total == 6


def test_the_order_is_that_of_the_log(repository: Path) -> None:
    """Oldest first, and never sorted by dates that authors' clocks got wrong."""
    stamps = [one.timestamp for one in emits(repository) if one.timestamp is not None]
    assert stamps != sorted(stamps)
    assert GitHistory(repository).commits == MANY == len(stamps)


def test_settings_and_surroundings_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the repository's own settings or a hook's environment say does not change a history."""
    path = make(tmp_path / "r", wild(20, seed=2))
    before = emits(path)[3:]
    for key, value in (
        ("log.date", "relative"),
        ("log.showSignature", "true"),
        ("color.ui", "always"),
        ("log.follow", "true"),
        ("diff.renames", "copies"),
    ):
        git(path, "config", key, value)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.chdir(tmp_path)
    assert emits(path)[3:] == before


@pytest.mark.parametrize("kind", ["nothing", "folder", "empty"])
def test_where_there_is_no_history_it_says_so(tmp_path: Path, kind: str) -> None:
    """No such path, a folder that is no repository, and a repository without a commit are told apart."""
    path = tmp_path / kind
    if kind != "nothing":
        path.mkdir()
    if kind == "empty":
        git(path, "init", "--quiet")
    says = {"nothing": "there is no folder", "folder": "not a git repository", "empty": "has no commits"}[
        kind
    ]
    with pytest.raises(NoHistory, match=says):
        GitHistory(path)


def test_without_git_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git has no histories, and gets a sentence instead of a traceback."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoHistory, match="git is not installed"):
        GitHistory(tmp_path)


def test_a_damaged_repository_is_no_short_history(tmp_path: Path) -> None:
    """When git gives up half-way the error is raised: missing commits must not pass for a whole import."""
    path = make(
        tmp_path / "r", [Made(b"A <a@b>", 1_500_000_000 + n, files=(("a", b"%d\n" % n),)) for n in range(5)]
    )
    history = GitHistory(path)
    for pack in (path / ".git" / "objects" / "pack").glob("pack-*"):
        pack.unlink()
    for folder in (path / ".git" / "objects").glob("??"):
        for loose in folder.iterdir():
            loose.unlink()
    with pytest.raises(NoHistory, match="ended early"):
        list(history)


@given(st.lists(st.integers(0, 400), max_size=8))
def test_where_the_pipe_is_cut_makes_no_difference(cuts: list[int]) -> None:
    """The log comes in pieces of any size, cut inside a hash or a count; the commits are the same."""
    log = b"aa\0a@b\0A\x001 +0000\0\0one\n\0\n1\t2\tx\0-\t-\ty\0bb\0\0\x002 +0000\0p q\0\0"
    log += b"cc\0e\0n\x003 +0000\0p\0m\0\0\n5\t0\tz\0\0dd\0e\0n\x004 +0000\0\0last"
    places = sorted({0, len(log), *(min(cut, len(log)) for cut in cuts)})
    pieces = [log[start:end] for start, end in pairwise(places)]
    assert list(commits_in(pieces)) == [
        Commit("aa", "a@b", "A", "1 +0000", 0, 3, 1, 2, 2),
        Commit("bb", "unknown", "", "2 +0000", 2, 0, 0, 0, 0),
        Commit("cc", "e", "n", "3 +0000", 1, 1, 5, 0, 1),
        Commit("dd", "e", "n", "4 +0000", 0, 4, 0, 0, 0),
    ]
