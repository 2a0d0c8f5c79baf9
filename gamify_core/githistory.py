"""A git history as events: one `commit` for each, oldest first, as `git log` tells them.

Promise: whatever a history holds (authors without a name, bytes in no encoding, clocks that were wrong) every
commit is a `Line`, with an event or with the reason why not. The participant is the author's e-mail in lower
case, the key the commit's hash, the instant the author's own with the offset of their clock.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import NamedTuple

from gamify_core import Emit, GamifyError
from gamify_core.importing import Line

__all__ = ["Commit", "GitHistory", "NoHistory", "commits_in", "line_of"]

_FORMAT = "%H%x00%aE%x00%aN%x00%ad%x00%P%x00%B"
_FIELDS = 6
_STAT = re.compile(rb"\n*([0-9]+|-)\t([0-9]+|-)\t")
_DATE = re.compile(r"(-?[0-9]{1,12}) ([+-])([0-9]{2,3})([0-9]{2})", re.ASCII)
_CHUNK = 1 << 16
_HOUR_SECONDS, _MINUTES, _DAY_SECONDS = 3600, 60, 86_400
_LONGEST_NAME = 200


class NoHistory(GamifyError):
    """There is no git history to read: no `git`, no repository there, or no commit in it."""

    code = "no_history"


class Commit(NamedTuple):
    """A commit, as far as it is told."""

    hash: str
    email: str
    name: str
    date: str
    parents: int
    message_length: int
    insertions: int
    deletions: int
    files: int


class GitHistory:
    """The history that leads to HEAD in the repository at, or above, a path. Raises `NoHistory`."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Find the repository and count its commits."""
        if not Path(path).is_dir():
            detail = f"there is no folder {os.fspath(path)!r}"
            raise NoHistory(detail)
        program = shutil.which("git")
        if program is None:
            detail = "the program git is not installed"
            raise NoHistory(detail)
        # Neither the repository's settings nor the environment (in a hook, say) may change what is told
        self._git = [
            program,
            "-C",
            os.fspath(path),
            "-c",
            "log.showSignature=false",
            "-c",
            "core.quotePath=false",
        ]
        self._env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
            "LC_ALL": "C"
        }
        self.path: str = os.fspath(path)
        self._told("rev-parse", "--git-dir")
        if not self._told("rev-list", "--max-count=1", "--all"):
            detail = f"the repository at {self.path} has no commits"
            raise NoHistory(detail)
        self.commits: int = int(self._told("rev-list", "--count", "HEAD"))
        self.names: dict[str, str] = {}

    def __iter__(self) -> Iterator[Line]:
        """Go through the commits, and remember the last name of each author in `names`."""
        arguments = ["log", "--reverse", "--numstat", "-z", "--no-renames", "--no-color", "--no-ext-diff"]
        arguments += [
            "--no-textconv",
            "--date=raw",
            "--encoding=UTF-8",
            f"--format=tformat:{_FORMAT}",
            "HEAD",
            "--",
        ]
        with subprocess.Popen(  # noqa: S603 - the program was found on the path, the arguments are ours
            [*self._git, *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=self._env
        ) as process:
            assert process.stdout is not None  # noqa: S101 - a pipe was asked for
            log = process.stdout
            for number, commit in enumerate(commits_in(iter(lambda: log.read(_CHUNK), b"")), 1):
                line = line_of(number, commit)
                if line.emit is not None and commit.name:
                    self.names[line.emit.participant_id] = commit.name
                yield line
        if process.returncode:
            detail = f"git log ended early, with status {process.returncode}"
            raise NoHistory(detail, hint=f"try git -C {self.path} fsck")

    def _told(self, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603 - as above
            [*self._git, *arguments], capture_output=True, env=self._env, check=False
        )
        if done.returncode:
            lines = done.stderr.decode(errors="replace").strip().splitlines()
            detail = lines[0].removeprefix("fatal: ") if lines else f"git ended with status {done.returncode}"
            raise NoHistory(detail)
        return done.stdout.decode(errors="replace").strip()


def commits_in(chunks: Iterable[bytes]) -> Iterator[Commit]:
    """Go through the commits of a `git log` whose every part ends in NUL.

    NUL is the one byte that no author, message or path can hold. Counts of lines are told by their tabs,
    which no hash has; so where one commit ends needs no further mark.
    """
    fields: list[bytes] = []
    insertions = deletions = files = 0
    for token in _tokens(chunks):
        stat = _STAT.match(token) if len(fields) == _FIELDS else None
        if stat is not None:
            files += 1
            insertions += 0 if stat[1] == b"-" else int(stat[1])
            deletions += 0 if stat[2] == b"-" else int(stat[2])
            continue
        if len(fields) == _FIELDS:
            if not token.strip():
                continue
            yield _commit(fields, insertions, deletions, files)
            fields, insertions, deletions, files = [], 0, 0, 0
        fields.append(token)
    if len(fields) == _FIELDS:
        yield _commit(fields, insertions, deletions, files)


def _tokens(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    if rest:
        yield rest


def _commit(fields: list[bytes], insertions: int, deletions: int, files: int) -> Commit:
    commit, email, name, date, parents, message = (field.decode(errors="replace") for field in fields)
    return Commit(
        commit.strip(),
        email.strip().lower() or "unknown",
        name.strip()[:_LONGEST_NAME],
        date.strip(),
        len(parents.split()),
        len(message.strip()),
        insertions,
        deletions,
        files,
    )


def line_of(number: int, commit: Commit) -> Line:
    """Return a commit as an event, or with what keeps it from being one."""
    place = f"commit {commit.hash[:10]}"
    at = _moment(commit.date)
    if at is None:
        return Line(number, place, None, f"its date {commit.date!r:.40} is no date after 1970")
    properties = {
        "insertions": commit.insertions,
        "deletions": commit.deletions,
        "files": commit.files,
        "message_length": commit.message_length,
        "hour": at.hour,
        "weekday": at.weekday(),
        "merge": commit.parents > 1,
    }
    return Line(number, place, Emit(commit.email, "commit", properties, at, commit.hash))


def _moment(date: str) -> datetime | None:
    """Return an instant with its offset. One that no clock can have counts as UTC."""
    found = _DATE.fullmatch(date)
    if found is None or int(found[1]) < 0:
        return None
    hours, minutes = int(found[3]), int(found[4])
    seconds = hours * _HOUR_SECONDS + minutes * _MINUTES
    zone = UTC
    if minutes < _MINUTES and seconds < _DAY_SECONDS:
        zone = timezone(timedelta(seconds=-seconds if found[2] == "-" else seconds))
    try:
        return datetime.fromtimestamp(int(found[1]), zone)
    except (OverflowError, ValueError, OSError):
        return None
