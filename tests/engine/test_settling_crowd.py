"""What is due is done once, however many threads come upon it at the same time."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from gamify_core import Catalog, Engine, ManualClock, PointsAwarded, PointsExpired
from gamify_core.storage.protocol import Store


def test_each_due_thing_is_done_once(make_store: Callable[[], Store], clock: ManualClock) -> None:
    """Some settle, some award to the people concerned, on engines of their own: one lapse and one maturing for each."""
    store = make_store()
    engines = [Engine(Catalog(), store, clock=clock) for _ in range(4)]
    people = [f"p{n}" for n in range(20)]
    for who in people:
        engines[0].points.award(who, 10, expires="1d")
        engines[0].points.award(who, 7, matures="1d")
        engines[0].points.hold(who, 3, expires="1h")
    clock.advance(days=2)
    heard: list[object] = []
    for engine in engines:
        engine.on(PointsExpired, heard.append)
        engine.on(PointsAwarded, heard.append)

    def work(place: int) -> None:
        for n, who in enumerate(people):
            if (n + place) % 2:
                engines[place].settle(limit=3)
            else:
                engines[place].points.award(who, 1)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    engines[0].settle()
    for who in people:
        told = [row.amount for row in engines[0].points.transactions(who) if row.amount != 1]
        assert sorted(told) == [-10, 7, 10]
        assert engines[0].points.holds(who) == []
    assert sum(isinstance(effect, PointsExpired) for effect in heard) == len(people)
    assert engines[0].history.verify().mismatches == ()
