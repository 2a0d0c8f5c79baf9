"""Laws to point at one's own catalog: each searches for what breaks it, and says in words what it found.

    def test_my_catalog_is_sound():
        laws.conservation("game.toml")
        laws.no_dead_badge("game.toml")
        laws.no_unreachable_tier("game.toml")
        laws.no_farmable_loop("game.toml", at_most=300)

A law that fails raises `AssertionError` with the shortest history that was found to break it. One that does not has
only searched in vain: `examples` and `days` say how long. What is searched is the same each time.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import attrs

from gamify_core import border
from gamify_core.catalog import Catalog
from gamify_core.clock import ManualClock
from gamify_core.domain.decimals import Amount, worth
from gamify_core.effects import Effect, PointsAwarded
from gamify_core.engine import Engine
from gamify_core.game import Game
from gamify_core.services.events import Emit
from gamify_core.testing.expecting import gained
from gamify_core.testing.living import Step, live, shown
from gamify_core.testing.playing import MONDAY
from gamify_core.testing.searching import DEVOTED, Devoted, Sent
from gamify_core.testing.strategies import PEOPLE, events_for, histories_for

try:
    from hypothesis import HealthCheck, given, settings
    from hypothesis import strategies as st
except ImportError as _missing:  # pragma: no cover - it is there wherever this is tested
    _needs = "gamify_core.testing.laws needs Hypothesis: pip install hypothesis"
    raise ImportError(_needs) from _missing

__all__ = [
    "conservation",
    "no_dead_badge",
    "no_farmable_loop",
    "no_unreachable_tier",
    "order_independence",
]

Source = Catalog | str | os.PathLike[str]
Drawn = TypeVar("Drawn")
_MOST = 1_000_000


def _catalog(source: Source) -> Catalog:
    return source if isinstance(source, Catalog) else Catalog.load(os.fspath(source))


def _search(drawn: st.SearchStrategy[Drawn], broken: Callable[[Drawn], str], examples: int) -> None:
    """Look for the smallest thing of which something is to be said, and raise that."""
    __tracebackhide__ = True

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(drawn)
    def holds(one: Drawn) -> None:
        message = broken(one)
        if message:
            raise AssertionError(message)

    found = ""
    try:
        holds()
    except AssertionError as error:
        found = str(error)
    if found:  # without the trace of the search, and the notes that it leaves
        raise AssertionError(found)


def conservation(catalog: Source, *, examples: int = 50) -> None:
    """In no history are points made or lost between the entries: all that is derived is what the entries add up to.

    Histories are of events, other commands and time; each is audited by `history.verify`, and per currency what people
    hold is what was given to them less what was taken and what lapsed.
    """
    __tracebackhide__ = True
    game_of = _catalog(catalog)

    def broken(history: list[Step]) -> str:
        clock = ManualClock(MONDAY)
        game = Engine(game_of, clock=clock, seed=1)
        live(game, clock, history)
        report = game.history.verify()
        if not report.ok:
            return f"the books do not add up after\n{shown(history)}\n{report}"
        flows: dict[str, Amount] = defaultdict(int)
        for effect in _effects(game):
            if change := gained(effect):
                flows[getattr(effect, "currency", "")] += change
        for currency, flow in flows.items():
            held = sum(game.points.balance(who, currency=currency).balance for who in PEOPLE)
            if held != flow:
                return f"{currency}: people hold {held:,} and were given {flow:,} after\n{shown(history)}"
        return ""

    _search(histories_for(game_of), broken, examples)


def _effects(game: Engine) -> list[Effect]:
    found: list[Effect] = []
    after = 0
    while page := game.history.activity(after=after):
        found += [effect for activity in page for effect in activity.effects]
        after = page[-1].seq
    return found


def order_independence(catalog: Source, *, examples: int = 50) -> None:
    """Hold a late event against one in time: points, badges, tiers and streaks end the same, whatever arrives last.

    A phone that was off sends its event late, with the instant at which it happened. It is a law of catalogs whose
    rules rest on the events alone; rules that read metrics, cooldowns, and caps on unequal awards depend on what came
    first.
    """
    __tracebackhide__ = True
    game_of = _catalog(catalog)
    clock = ManualClock(MONDAY)
    begun = clock.now()
    clock.advance(days=6)
    game = Engine(game_of, clock=clock, accept_late=None, seed=1)
    game.points.award("somebody else", 1)  # from here on trying things out costs little
    gaps = st.sampled_from([timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)])
    sent = st.lists(st.tuples(gaps, events_for(game_of, people=("ada",))), min_size=2, max_size=6)

    def broken(drawn: tuple[list[tuple[timedelta, Emit]], int]) -> str:
        history, at = list[Emit](), begun
        for gap, emit in drawn[0]:
            at += gap
            history.append(attrs.evolve(emit, timestamp=at))
        late = drawn[1] % (len(history) - 1)
        in_time, too_late = _ends(game, history), _ends(game, [*_without(history, late), history[late]])
        if in_time == too_late:
            return ""
        listed = [
            f"    {name} {end}, not {in_time[name]}" for name, end in too_late.items() if end != in_time[name]
        ]
        title = f"the order of arrival decides: if number {late + 1} arrives last, ada ends with"
        return "\n".join([title, *listed, "after", shown(history)])

    _search(st.tuples(sent, st.integers(0, 5)), broken, examples)


def _without(history: Sequence[Emit], place: int) -> list[Emit]:
    return [*history[:place], *history[place + 1 :]]


def _ends(game: Engine, history: Sequence[Emit]) -> dict[str, object]:
    """Return where a history leads, once all of it has arrived."""
    with game.dry_run() as trial:
        live(trial, ManualClock(), history)
        return _ending(trial)


def _ending(game: Game) -> dict[str, object]:
    catalog = game.catalog
    ends: dict[str, object] = {
        f"{currency}:": game.points.balance("ada", currency=currency).balance
        for currency in ("points", *(one.code for one in catalog.currencies if one.code != "points"))
    }
    ends["badges:"] = ", ".join(badge.code for badge in game.badges.list("ada", earned_only=True)) or "none"
    for ladder in catalog.ladders:
        stands = game.tiers.current("ada", ladder=ladder.code).current_tier
        ends[f"ladder {ladder.code}:"] = stands.code if stands is not None else "none"
    for streak in catalog.streaks:
        ends[f"streak {streak.code}:"] = game.streaks.get("ada", streak.code).current_count
    return ends


# -- what a devoted player finds ------------------------------------------------------------------------------


def no_dead_badge(catalog: Source, *, days: int = 90, times: int = 8) -> None:
    """Every badge that events can lead to is earned by somebody who sends all of them, `times` a day for `days`.

    Badges that nothing gives but people are left out.
    """
    __tracebackhide__ = True
    game_of = _catalog(catalog)
    wanted = [badge.code for badge in game_of.badges if badge.criteria is not None]
    given_by = {code: f"rule {rule.code}" for rule in game_of.rules for code in rule.badge}
    for streak in game_of.streaks:
        given_by |= {code: f"streak {streak.code}" for mark in streak.milestones for code in mark.badge}
    given_by |= {code: f"challenge {one.code}" for one in game_of.challenges for code in one.badge}
    wanted += [code for code in given_by if code not in wanted]
    player = Devoted(game_of)

    def dead() -> list[str]:
        earned = {badge.code for badge in player.game.badges.list(DEVOTED) if badge.earned}
        return [code for code in wanted if code not in earned]

    if player.until(lambda: not dead(), days=days, times=times):
        return
    found = dead()
    lines = []
    for code in found:
        source = given_by.get(code)
        told = f"given by {source}" if source is not None else str(player.game.badges.progress(DEVOTED, code))
        lines.append(f"    {told}" if source is None else f"    {code} {told}{_never(player, source)}")
    raise AssertionError(_told(f"{len(found)} of {len(wanted)} badges", "earned", player, days, lines))


def _never(player: Devoted, source: str) -> str:
    """Say why a rule did not fire at the last of what was tried."""
    for sent in player.tries():
        why = player.game.events.explain(DEVOTED, sent.name, sent.properties)
        for verdict in why.rules:
            if f"rule {verdict.rule}" == source and not verdict.fires:
                return f": {verdict.reason}"
    return ""


def no_unreachable_tier(catalog: Source, *, days: int = 90, times: int = 8) -> None:
    """Every rung of every ladder that is not only assigned by hand is reached by somebody who sends all events."""
    __tracebackhide__ = True
    game_of = _catalog(catalog)
    player = Devoted(game_of)
    ladders = {
        ladder.code: [tier for tier in ladder.tiers if tier.award_type != "manual"]
        for ladder in game_of.ladders
    }

    def unreached() -> dict[str, list[str]]:
        found = {}
        for code, tiers in ladders.items():
            reached = {tier.code for tier in player.game.tiers.history(DEVOTED, ladder=code)}
            left = [tier.code for tier in tiers if tier.code not in reached]
            if left:
                found[code] = left
        return found

    if player.until(lambda: not unreached(), days=days, times=times):
        return
    lines = []
    for code, left in unreached().items():
        after = player.game.tiers.current(DEVOTED, ladder=code).next_tier
        metric = game_of.ladder(code).metric
        value = after.points_required - after.points_remaining if after is not None else 0
        near = f": {metric} {value:,} of {after.points_required:,}" if after is not None else ""
        lines.append(f"    {code} {', '.join(left)}{near}")
    count = sum(map(len, unreached().values()))
    raise AssertionError(
        _told(f"{count} of {sum(map(len, ladders.values()))} rungs", "reached", player, days, lines)
    )


def _told(what: str, verb: str, player: Devoted, days: int, lines: list[str]) -> str:
    title = f"{what} not {verb} by somebody who sent {player.sent:,} events in {days} days"
    return "\n".join([f"{title} (days=… looks longer):", *lines])


def no_farmable_loop(
    catalog: Source, *, at_most: int, days: int = 1, times: int = 200, currency: str = "points"
) -> None:
    """Nobody who repeats what pays best, `times` in `days`, gains more than `at_most` by it.

    What is earned once (badges, tiers) is earned before, on a day that does not count. Raises `NotFound` for a currency
    that there is not.
    """
    __tracebackhide__ = True
    game_of = _catalog(catalog)
    paid_in = game_of.currency(
        currency
    ).code  # which refuses what there is none of: of that nobody ever gains any
    border.whole(times, "times", 1, _MOST)
    border.whole(days, "days", 1, _MOST)
    player = Devoted(game_of)
    player.day(24)
    begun = player.next_monday()
    tried = [sent for _ in range(24) for sent in player.tries()]
    best = max(tried, key=lambda sent: _worth(player, sent, paid_in))
    sums: dict[str, Amount] = defaultdict(int)
    for n in range(times):
        player.clock.set(begun + timedelta(days=days) * n / times)
        for effect in player.send(best):
            if isinstance(effect, PointsAwarded) and effect.currency == paid_in:
                sums[effect.cause] += effect.amount
    total = sum(sums.values())
    if total > at_most:
        span = "a day" if days == 1 else f"{days} days"
        lines = [
            f"    {amount:>9,}  {cause.replace(':', ' ')}{_bound(game_of, cause)}"
            for cause, amount in sorted(sums.items(), key=lambda pair: -pair[1])
        ]
        often = "once" if times == 1 else f"{times} times"
        title = f"{worth(total, paid_in)} in {span} (at most {at_most:,}) for {best}, {often}:"
        raise AssertionError("\n".join([title, *lines]))


def _worth(player: Devoted, sent: Sent, currency: str) -> Amount:
    """Return what an event would give now."""
    effects = player.game.events.explain(DEVOTED, sent.name, sent.properties).effects
    return sum(
        effect.amount
        for effect in effects
        if isinstance(effect, PointsAwarded) and effect.currency == currency
    )


def _bound(catalog: Catalog, cause: str) -> str:
    """Say what bounds a rule, or that nothing does."""
    kind, _, code = cause.partition(":")
    if kind != "rule":
        return ""
    rule = catalog.rule(code)
    bounds = []
    if rule.cap is not None:
        limits = {"points": rule.cap.points, "times": rule.cap.times}
        told = " and ".join(
            f"{limit:,} {of if limit != 1 else of[:-1]}" for of, limit in limits.items() if limit is not None
        )
        bounds.append(f"its cap is {told} {rule.cap.per}")
    if rule.cooldown is not None:
        bounds.append(f"its cooldown is {rule.cooldown}")
    return f", {' and '.join(bounds) or 'it has no cap'}"
