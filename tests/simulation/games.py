"""Small games for the tests of simulations: one whose participants are apart, and one where they share."""

from __future__ import annotations

from datetime import date

from gamify_core import Catalog, Mix, Persona, Scenario
from gamify_core.simulation.acting import Cast
from gamify_core.simulation.worlds import World

START = date(2026, 3, 23)  # the clocks go forward in Paris on the first Sunday

APART = Catalog.from_toml("""
timezone = "Europe/Paris"
[events.lesson]
score = "integer"
topic = "text"
[events.quiz]
score = "integer"
[metrics]
lessons = { on = "lesson" }
topics = { on = "lesson", distinct = "topic" }
[rules.lesson]
on = "lesson"
when = "score >= 60"
award = "10 + score // 10"
streak = "daily"
cap = { points = 40, per = "daily" }
[rules.quiz]
on = "quiz"
award = "score // 5"
cooldown = "6h"
[rules.late]
on = "lesson"
when = "event.local_hour >= 20"
award = 3
[rules.fee]
on = "quiz"
deduct = 4
[streaks.daily]
grace_period_hours = 4
[streaks.weekly]
period = "weekly"
on = "quiz"
[ladders.tier]
metric = "points.earned"
tiers = { bronze = 0, silver = 60, gold = 300 }
[badges]
first = { criteria = "lessons >= 1", points = 20 }
week = { criteria = "streak.daily >= 4", points = 30, rarity = "rare" }
topics = { criteria = "topics >= 3" }
[leaderboards.weekly]
period = "weekly"
""")

SHARED = Catalog.from_dict(
    {
        **APART.to_dict(),
        "badges": [
            *APART.to_dict()["badges"],  # type: ignore[misc]
            {"code": "pioneer", "criteria": "lessons >= 1", "max_supply": 5},
        ],
        "rewards": [
            {"code": "mug", "points_cost": 60, "total_inventory": 3},
            {"code": "sticker", "points_cost": 20, "max_claims_per_user": 2},
        ],
    }
)

PEOPLE = Scenario(
    [
        Persona("casual", 2, activity=0.3, churn=0.02),
        Persona(
            "keen",
            1,
            activity=0.8,
            events_per_day=2.5,
            events={"lesson": Mix(3, {"score": {"normal": [75, 15], "min": 0, "max": 100}}), "quiz": Mix(1)},
            retention={1: 0.9, 10: {"power": [1.0, -0.2]}},
            hours="18-23",
            timezone={"Europe/Paris": 1, "Asia/Tokyo": 1},
            spends=0.3,
        ),
    ],
    arrivals=5,
)


def world(catalog: Catalog, days: int, scenario: Scenario = PEOPLE) -> World:
    """Return a world for this many days."""
    return World(catalog, Cast(catalog, scenario, START, days))
