from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gamify_core import Catalog, Engine, GamifyError, InsufficientPoints, Leaderboard, Metric, Rule
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.conftest import MakeEngine

CATALOG = Catalog(
    metrics=[Metric("lessons", "lesson")],
    rules=[Rule("lesson", on="lesson", award=1)],
    leaderboards=[Leaderboard("all", ties="dense"), Leaderboard("week", metric="lessons", period="weekly")],
)
THREADS = 4
TIMES = 25


def at_once(work: Callable[[int], None], number: int = THREADS) -> None:
    """Run the work in threads that start together; what any of them raises is raised here."""
    start, errors = threading.Barrier(number), list[BaseException]()

    def run(n: int) -> None:
        start.wait()
        try:
            work(n)
        except BaseException as error:  # noqa: BLE001 - handed to the test
            errors.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def assert_whole(game: Engine, commands: int) -> None:
    """Expect the spine to be without gaps, and boards to count what wallets hold."""
    seqs: list[int] = []
    while page := game.history.activity(after=seqs[-1] if seqs else 0):
        seqs += [row.seq for row in page]
    assert seqs == list(range(1, commands + 2))
    for entry in game.leaderboards.top("all", limit=100).entries:
        assert game.points.balance(entry.participant_id).total_earned == entry.score


def test_threads_lose_nothing(make_engine: MakeEngine) -> None:
    """Awards and events of many threads, to one person and to many, all arrive."""
    game = make_engine(CATALOG)

    def work(n: int) -> None:
        for _ in range(TIMES):
            game.points.award("ada", 1)
            game.events.emit(f"p{n}", "lesson")

    at_once(work)
    assert game.points.balance("ada").balance == THREADS * TIMES
    assert [game.points.balance(f"p{n}").balance for n in range(THREADS)] == [TIMES] * THREADS
    assert_whole(game, 2 * THREADS * TIMES)


def test_a_storm_of_one_key_is_one_effect(make_engine: MakeEngine) -> None:
    """Of many threads that send the same command under the same key one does it, all others replay it."""
    game = make_engine(CATALOG)
    replayed: list[bool] = []

    def work(_: int) -> None:
        replayed.extend(game.points.award("ada", 5, idempotency_key=f"k{key}").replayed for key in range(10))

    at_once(work)
    assert Counter(replayed) == {False: 10, True: 10 * (THREADS - 1)}
    assert game.points.balance("ada").balance == 50


def test_nobody_overdraws_under_contention(make_engine: MakeEngine) -> None:
    """When more is asked for than is there, exactly what is there is paid out."""
    game = make_engine(CATALOG)
    game.points.award("ada", 50)
    outcomes: list[str] = []

    def work(_: int) -> None:
        for _ in range(TIMES):
            try:
                game.points.deduct("ada", 1)
                outcomes.append("paid")
            except InsufficientPoints as error:
                outcomes.append(f"refused with {error.available} left")

    at_once(work)
    assert Counter(outcomes) == {"paid": 50, "refused with 0 left": THREADS * TIMES - 50}
    assert game.points.balance("ada").to_dict() == {"balance": 0, "total_earned": 50, "total_spent": 50}


def test_transfers_in_a_circle_conserve_points(make_engine: MakeEngine) -> None:
    """Transfers in both directions at once neither deadlock nor make or lose a point."""
    game = make_engine(CATALOG)
    people = ("ada", "bob")
    for who in people:
        game.points.award(who, 10)

    def work(n: int) -> None:
        sender, recipient = people if n % 2 else people[::-1]
        for _ in range(TIMES):
            with suppress(InsufficientPoints):
                game.points.transfer(sender, recipient, 3)

    at_once(work)
    balances = [game.points.balance(who).balance for who in people]
    assert sum(balances) == 20
    assert min(balances) >= 0


def test_readers_see_whole_commits(make_engine: MakeEngine) -> None:
    """A read beside a writer sees a transaction whole or not at all, and each answer is of one moment."""
    game = make_engine(CATALOG)
    done = threading.Event()

    def work(n: int) -> None:
        if n == 0:
            try:
                for _ in range(TIMES):
                    with game.transaction() as tx:
                        tx.points.award("ada", 1)
                        tx.points.award("ada", 1)
            finally:
                done.set()
        while not done.is_set():
            assert game.points.balance("ada").balance % 2 == 0
            page = game.points.transactions("ada", page_size=100)
            assert len(page) == min(page.total, 100)

    at_once(work)
    assert game.points.balance("ada").balance == 2 * TIMES


CHILD = """
import sys
from pathlib import Path
from gamify_core import Engine, GamifyError
from gamify_core.storage.sqlite import SQLiteStore
from tests.engine.test_concurrency import CATALOG

n, path = sys.argv[1:]
game = Engine(CATALOG, SQLiteStore(path, durability="normal"))
print("ready", flush=True)
sys.stdin.readline()
done = {"spent": 0, "fresh": 0}
for turn in range(40):
    game.points.award("ada", 1)
    game.events.emit("p" + n, "lesson")
    done["fresh"] += not game.points.award("key", 1, idempotency_key=str(turn)).replayed
    try:
        game.points.deduct("purse", 1)
        done["spent"] += 1
    except GamifyError:
        pass
game.close()
print(done["spent"], done["fresh"])
"""


def test_processes_lose_nothing(tmp_path: Path) -> None:
    """Two processes on one file: every award arrives, each key counts once, the purse is paid out exactly."""
    path = tmp_path / "game.db"
    with Engine(CATALOG, SQLiteStore(path, durability="normal")) as game:
        game.points.award("purse", 50)
        children = [
            subprocess.Popen(  # noqa: S603 - our own interpreter and text
                [sys.executable, "-c", CHILD, str(n), str(path)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            for n in range(2)
        ]
        for child in children:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
        outputs = []
        for child in children:
            assert child.stdin is not None
            child.stdin.write("\n")
            child.stdin.flush()
        for child in children:
            out, _ = child.communicate(timeout=60)
            assert child.returncode == 0
            outputs.append([int(word) for word in out.split()])
        assert [sum(column) for column in zip(*outputs, strict=True)] == [50, 40]
        assert game.points.balance("ada").balance == 80
        assert [game.points.balance(who).balance for who in ("p0", "p1", "key", "purse")] == [40, 40, 40, 0]
        assert_whole(game, 1 + 80 + 80 + 40 + 50)


def test_two_engines_of_one_process_share_a_file(tmp_path: Path) -> None:
    """Two engines on one file see each other's people, windows and keys."""
    path = tmp_path / "game.db"
    games = [Engine(CATALOG, SQLiteStore(path, durability="normal")) for _ in range(2)]

    def work(n: int) -> None:
        for k in range(TIMES):
            games[n].events.emit(f"p{k}", "lesson")

    try:
        at_once(work, 2)
        for game in games:
            assert game.leaderboards.rank("week", "p0").score == 2
            assert game.leaderboards.top("week").total_participants == TIMES
        games[0].points.award("ada", 1, idempotency_key="k")
        assert games[1].points.award("ada", 1, idempotency_key="k").replayed
        assert_whole(games[1], 2 * TIMES + 1)
    finally:
        for game in games:
            game.close()


def test_opening_a_new_file_at_once(tmp_path: Path) -> None:
    """Engines that open one new file at the same moment all succeed, and adopt its catalog once."""
    path = tmp_path / "game.db"

    def work(n: int) -> None:
        with Engine(CATALOG, SQLiteStore(path, durability="normal")) as game:
            game.points.award(f"p{n}", 1)

    at_once(work)
    with Engine(CATALOG, SQLiteStore(path, durability="normal")) as game:
        assert_whole(game, THREADS)
        assert [row.kind for row in game.history.activity()].count("catalog.adopted") == 1


def test_a_refusal_beside_a_writer_harms_nobody(make_engine: MakeEngine) -> None:
    """Threads whose commands are refused, and threads whose are not, do not disturb each other."""
    game = make_engine(CATALOG)

    def work(n: int) -> None:
        for _ in range(TIMES):
            if n % 2:
                game.points.award("ada", 1)
            else:
                with pytest.raises(GamifyError):
                    game.points.deduct(f"poor{n}", 1)

    at_once(work)
    assert game.points.balance("ada").balance == THREADS // 2 * TIMES
    assert game.participants.list().total == 1
