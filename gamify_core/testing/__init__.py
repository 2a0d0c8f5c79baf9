"""What an application tests its rules with, and the author of a store their store.

    from gamify_core.testing import play

    def test_a_good_lesson_leads_to_silver():
        play("game.toml").given(points=50).when("lesson_finished", score=97).then(points=+19, tier="silver")

`play` needs no test library. `strategies` and `laws` need Hypothesis, `contract` and `machine` (for stores) pytest and
Hypothesis: import them by name, from test code only. With pytest come the fixtures `clock` and `game`.
Names are loaded when they are first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gamify_core.testing.playing import Play, play

__all__ = ["Play", "play"]


def __getattr__(name: str) -> object:
    """Load a public name from the room it lives in."""
    if name not in __all__:
        detail = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(detail)
    from gamify_core.testing import playing  # noqa: PLC0415 - it brings the engine, which a store's author does not need

    value: object = getattr(playing, name)
    globals()[name] = value
    return value
