"""Make the golden file of the schema as it is: `python -m tests.storage.golden.make`, when the schema's number moves.

A file of each schema that was ever released stays here for ever, and `test_golden.py` holds every later version to it.
Never make one anew for a number that was released: that it cannot be opened any more is what the test is to find.
"""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path

from gamify_core import Award, Catalog, Emit, Engine, ManualClock, Side
from gamify_core.services.event_answers import EventAnswer
from gamify_core.storage.sqlite_schema import NUMBER

__all__ = ["told"]

FOLDER = Path(__file__).parent
CATALOG = Catalog.from_dict(
    {
        "timezone": "Europe/Paris",
        "events": {"lesson": {"score": "integer", "topic": "text"}},
        "metrics": {"lessons": {"on": "lesson"}, "topics": {"on": "lesson", "distinct": "topic"}},
        "rules": {
            "lesson": {
                "on": "lesson",
                "when": "score >= 60",
                "award": "10 + score // 10",
                "streak": "daily",
                "cap": {"points": 100, "per": "daily"},
            }
        },
        "streaks": {"daily": {"grace_period_hours": 4, "freeze_cap": 3, "freeze_every": 3}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 60, "gold": 200}}},
        "badges": {
            "first_steps": {"criteria": "lessons >= 1", "points": 50},
            "pioneer": {"criteria": "lessons >= 1", "max_supply": 100},
        },
        "leaderboards": {"all": {}, "weekly": {"period": "weekly"}},
        "rewards": {"mug": {"type": "physical", "points_cost": 50, "total_inventory": 5}},
    }
)


def play(game: Engine, clock: ManualClock) -> None:
    """Use a bit of everything that leaves rows."""
    game.participants.upsert("ada", display_name="Ada", timezone="Asia/Tokyo", attributes={"plan": "pro"})
    for day in range(6):
        for n, who in enumerate(("ada", "bob", "cleo", "dan")):
            if day % (n + 1) == 0:
                score = 60 + 7 * (day + n) % 40
                game.events.emit(
                    who, "lesson", {"score": score, "topic": f"t{day % 3}"}, idempotency_key=f"{who}-{day}"
                )
        clock.advance(days=1)
    game.settle()
    sent = game.events.emit_batch(
        [Emit("eve", "lesson", {"score": 90}), Emit("eve", "lesson", {"score": 10})]
    )
    game.points.award_batch([Award("ada", 200), Award("bob", 120)])
    game.points.transfer("ada", "bob", 30, idempotency_key="gift")
    paid = game.points.award("cleo", 40)
    game.points.reverse(paid.transaction_id)
    game.rewards.cancel(game.rewards.claim("mug", "ada").claim_id)
    game.rewards.claim("mug", "bob")
    copy = game.assets.mint("pioneer", "bob")
    game.trades.execute(Side("bob", assets=[copy.asset_id]), Side("ada", points=10))
    game.definitions.badges.create(
        {"code": "saver", "criteria": "points.balance >= 60"}, on_change="reevaluate"
    )
    game.scope("guild:42").events.emit("ada", "lesson", {"score": 77})
    lesson = sent.results[0].answer
    assert isinstance(lesson, EventAnswer)
    game.events.retract(lesson.event_id)
    game.participants.anonymize("dan")


def told(game: Engine) -> dict[str, object]:
    """Return what a golden file answers, whichever version asks."""
    return {
        "balances": {who: game.points.balance(who).balance for who in ("ada", "bob", "cleo", "eve")},
        "tiers": {
            who: str(game.tiers.current(who).to_dict().get("current_tier")) for who in ("ada", "bob", "cleo")
        },
        "badges": {
            who: sorted(b.code for b in game.badges.list(who, earned_only=True)) for who in ("ada", "bob")
        },
        "top": [[entry.participant_id, entry.score] for entry in game.leaderboards.top("all").entries[:3]],
        "streak": game.streaks.get("ada", "daily").longest_count,
        "copies": [[copy.badge, copy.edition] for copy in game.assets.list("ada").items],
        "guild": game.scope("guild:42").points.balance("ada").balance,
        "last": game.history.activity(after=0)[-1].kind,
    }


def _rung(game: Engine, who: str) -> str | None:
    reached = game.tiers.current(who).current_tier
    return reached.code if reached is not None else None


def main() -> None:
    """Write the file, and what it answers."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "golden.db"
        clock = ManualClock("2026-03-02T09:00+01:00")
        with Engine(CATALOG, path, clock=clock, seed=1) as game:
            play(game, clock)
            answers = {
                "now": clock.now().isoformat(),
                "digest": game.history.state_digest(),
                "told": told(game),
            }
        content = path.read_bytes()
    (FOLDER / f"schema{NUMBER}.db.gz").write_bytes(gzip.compress(content, 9, mtime=0))
    (FOLDER / f"schema{NUMBER}.json").write_text(json.dumps(answers, indent=1) + "\n", encoding="utf-8")
    print(f"schema{NUMBER}.db.gz: {len(content)} bytes")  # noqa: T201 - for whoever runs it


if __name__ == "__main__":
    main()
