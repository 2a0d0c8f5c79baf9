"""Git repositories made for tests: any author, date and offset, as `git fast-import` lets them through."""

from __future__ import annotations

import os
import random
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

QUIET = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")} | {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}
OFFSETS = ("+0000", "+0100", "-0500", "+1245", "-0930", "+0530", "+1400", "-1200", "+9999", "+0075")
AUTHORS = (
    b"Ada Lovelace <ada@example.org>",
    b"Ada <ADA@Example.org>",
    "Zo\u00eb Quinn <zoe@example.org>".encode("latin-1"),
    "\u6797\u3055\u3093 <hayashi@example.jp>".encode(),
    b" <nameless@example.org>",
    b"No Address <>",
    b"\xff\xfe\x1b[31m Red <\xffraw@example.org>",
)


class Made(NamedTuple):
    """A commit to make: the author as the bytes between `author ` and the date."""

    author: bytes
    seconds: int
    offset: str = "+0000"
    message: bytes = b"a change\n"
    files: tuple[tuple[str, bytes | None], ...] = ()
    parents: tuple[int, ...] | None = None


def make(path: Path, commits: Iterable[Made]) -> Path:
    """Make a repository of these commits, each the child of the one before unless it names its parents."""
    path.mkdir(parents=True, exist_ok=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    stream = bytearray()
    for mark, one in enumerate(commits, 1):
        stream += b"commit refs/heads/main\nmark :%d\n" % mark
        stream += b"author %b %d %b\n" % (one.author, one.seconds, one.offset.encode())
        # The committer's clock keeps the order, so that the log has one, whatever the authors' clocks say
        stream += b"committer C <c@example.org> %d +0000\n" % (1_600_000_000 + mark)
        stream += b"data %d\n%b\n" % (len(one.message), one.message)
        parents = one.parents if one.parents is not None else ((mark - 1,) if mark > 1 else ())
        for place, parent in enumerate(parents):
            stream += b"%b :%d\n" % (b"merge" if place else b"from", parent)
        for name, content in one.files:
            if content is None:
                stream += b"D %b\n" % name.encode()
            else:
                stream += b"M 100644 inline %b\ndata %d\n%b\n" % (name.encode(), len(content), content)
    git(path, "fast-import", "--quiet", "--date-format=raw-permissive", told=bytes(stream))
    return path


def git(path: Path, *arguments: str, told: bytes = b"") -> None:
    """Run git there, undisturbed by the settings of whoever runs the tests."""
    command = ["git", "-C", str(path), *arguments]
    subprocess.run(command, input=told, check=True, env=QUIET, capture_output=True)  # noqa: S603 - our own arguments


def wild(many: int, seed: int = 1) -> list[Made]:
    """Return a history with all that real ones have: dates out of order, odd offsets, raw bytes, merges."""
    luck = random.Random(seed)  # noqa: S311 - a history that is the same each time
    seconds = 1_500_000_000
    commits = []
    for number in range(1, many + 1):
        seconds += luck.randrange(60, 40_000)
        when = seconds - luck.choice((0, 0, 0, 0, 0, 3_600, 90_000, 2_000_000))
        author = luck.choice(AUTHORS)
        kind = luck.random()
        text = b"".join(b"line %d\n" % luck.randrange(1_000) for _ in range(luck.randrange(1, 60)))
        name = luck.choice(("a.txt", "b.txt", "dir/a b\tc.txt", "caf\u00e9.txt", "picture.bin"))
        content = b"\0\1\2" + text if name.endswith(".bin") else text
        message = luck.choice(
            (b"", b"fix\n", "gr\u00fc\u00dfe\n".encode("latin-1"), b"1\t2\tnot a count\n\nbody " * 30)
        )
        parents = (number - 1, number - 2) if kind < 0.05 and number > 2 else None
        files = () if kind < 0.1 else ((name.replace("\t", "-"), content),)
        commits.append(Made(author, when, luck.choice(OFFSETS), message, files, parents))
    if many > 3:
        commits[1] = commits[1]._replace(seconds=4_000_000_000)
        commits[2] = commits[2]._replace(seconds=0)
    return commits
