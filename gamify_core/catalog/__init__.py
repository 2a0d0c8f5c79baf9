"""What a designer writes: definitions as plain values, and the validated `Catalog` they are put into."""

from gamify_core.catalog.catalog import Catalog as Catalog
from gamify_core.catalog.definitions import Badge as Badge
from gamify_core.catalog.definitions import Cap as Cap
from gamify_core.catalog.definitions import Challenge as Challenge
from gamify_core.catalog.definitions import Currency as Currency
from gamify_core.catalog.definitions import Event as Event
from gamify_core.catalog.definitions import Ladder as Ladder
from gamify_core.catalog.definitions import Leaderboard as Leaderboard
from gamify_core.catalog.definitions import Metric as Metric
from gamify_core.catalog.definitions import Milestone as Milestone
from gamify_core.catalog.definitions import Prize as Prize
from gamify_core.catalog.definitions import Reward as Reward
from gamify_core.catalog.definitions import Rule as Rule
from gamify_core.catalog.definitions import Season as Season
from gamify_core.catalog.definitions import Streak as Streak
from gamify_core.catalog.definitions import Tier as Tier

__all__ = [
    "Badge",
    "Cap",
    "Catalog",
    "Challenge",
    "Currency",
    "Event",
    "Ladder",
    "Leaderboard",
    "Metric",
    "Milestone",
    "Prize",
    "Reward",
    "Rule",
    "Season",
    "Streak",
    "Tier",
]
