"""How commands are cut into commits is of no consequence, and a dry run leaves no trace: whatever the commands are."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import Engine, GamifyError, ManualClock
from gamify_core.replay.again import differing_rows
from gamify_core.storage.memory import MemoryStore
from tests.engine.conftest import store_of
from tests.engine.playing import START
from tests.engine.test_replay_law import CATALOG, COMMANDS, STEPS

if TYPE_CHECKING:
    from gamify_core.game import Game

CUTS = st.lists(st.sampled_from(["alone", "together", "within", "tried"]), min_size=1, max_size=8)


def _told(game: Game, clock: ManualClock, command: tuple[Any, ...]) -> str:
    """Carry a command out, and give what came of it in words."""
    name, who, late, n, _ = command
    try:
        answer = STEPS[name](game, clock, who, late, n)
    except GamifyError as error:
        return f"{type(error).__name__}: {error}"
    return str(answer.to_dict()) if hasattr(answer, "to_dict") else str(answer)


def _game() -> tuple[Engine, ManualClock]:
    clock = ManualClock(START)
    return Engine(CATALOG, MemoryStore(), clock=clock, seed=7), clock


@settings(deadline=None, max_examples=max(8, settings().max_examples // 5))
@given(commands=COMMANDS, cuts=CUTS)
def test_commits_may_be_cut_anywhere(commands: list[tuple[Any, ...]], cuts: list[str]) -> None:
    """One by one, in transactions of any length, in parts of them, each tried out before: one state, one `seq`."""
    one, clock = _game()
    expected = []
    for command in commands:
        clock.advance(seconds=command[4])
        expected.append(_told(one, clock, command))
    other, again = _game()
    found = []
    with ExitStack() as open_:
        tx: Game | None = None
        for place, command in enumerate(commands):
            cut = cuts[place % len(cuts)]
            again.advance(seconds=command[4])
            if cut == "alone" and tx is not None:
                open_.pop_all().close()
                tx = None
            elif cut != "alone" and tx is None:
                tx = open_.enter_context(other.transaction())
            game: Game = tx if tx is not None else other
            if cut == "tried":
                with game.dry_run() as trial:
                    tried = _told(trial, again, command)
                found.append(_told(game, again, command))
                assert tried == found[-1]
            elif cut == "within":
                with game.transaction() as part:
                    found.append(_told(part, again, command))
            else:
                found.append(_told(game, again, command))
    assert found == expected
    with store_of(one).view() as mine, store_of(other).view() as theirs:
        assert differing_rows(mine, theirs) == {}
    assert one.history.state_digest() == other.history.state_digest()
