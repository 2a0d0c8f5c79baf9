"""The catalog that people see first, as they write it: a rule, a streak, a ladder, badges, a board."""

from __future__ import annotations

__all__ = ["FRONT_PAGE"]

FRONT_PAGE = """
timezone = "Europe/Paris"                # whose midnight, for people who have set none
[events.lesson_finished]                 # declared, so a misspelt name is found by `gamify check`
score = "integer"
topic = "text"
[metrics]
lessons = { on = "lesson_finished" }
topics  = { on = "lesson_finished", distinct = "topic" }
[rules.lesson]
on     = "lesson_finished"
when   = "score >= 60"
award  = "10 + score // 10"
streak = "daily"
cap    = { points = 300, per = "daily" }
[streaks.daily]
grace_period_hours = 4
[ladders.tier]
metric = "points.earned"
tiers  = { bronze = 0, silver = 60, gold = 2000 }
[badges]
first_steps = { criteria = "lessons >= 1", points = 50 }
explorer    = { criteria = "topics >= 5 and streak.daily >= 7", points = 200, rarity = "rare" }
[leaderboards.weekly]
period = "weekly"
"""
