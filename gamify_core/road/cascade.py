"""What moves set off: thresholds, breadth first, in catalog order, until nothing more is reached.

Once-only nodes (a badge that is held, a rung already stood on, a challenge that is complete in its window) end every
loop a catalog may have; catalogs with loops of repeatable nodes only are refused when built. The limit on rounds is
the last guard.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core.road import badges, challenges
from gamify_core.road.compiled import BadgePlan, LadderPlan
from gamify_core.road.ladders import climb
from gamify_core.road.recount import recount

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn

__all__ = ["fire_reached"]

ROUNDS = 100


def fire_reached(turn: Turn) -> None:
    """Fire what the turn has reached, and what that reaches, to the fixed point."""
    rounds = 0
    while turn.reached or turn.stale:
        recount(turn)
        rounds += 1
        reached, turn.reached = turn.reached, []
        if rounds > ROUNDS:
            turn.say("skipped", turn.who.number, "cascade", "cascade", "cascade", ROUNDS)
            turn.reached = []
            return
        reached.sort(key=lambda pair: pair[1].order)
        for who, node in reached:
            if isinstance(node, LadderPlan):
                climb(turn, who, node)
            elif isinstance(node, BadgePlan):
                badges.consider(turn, who, node)
            else:
                challenges.consider(turn, who, node)
