"""What is expected of a played game, held against what is the case; and what to say where they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import TYPE_CHECKING

import attrs

from gamify_core import border
from gamify_core.catalog.nearest import nearest
from gamify_core.domain.decimals import exact, worth
from gamify_core.effects import (
    SKIPPED,
    BadgeEarned,
    ChallengeCompleted,
    Effect,
    PointsAwarded,
    PointsDeducted,
    PointsExpired,
    PointsReversed,
    Skipped,
)
from gamify_core.errors import BadValue, NotFound
from gamify_core.printing import lines_of
from gamify_core.road.compiling import natural
from gamify_core.services.reading import snapshot, value_for
from gamify_core.testing.giving import by_code, numbers

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog, Tier
    from gamify_core.domain.decimals import Amount
    from gamify_core.game import Game
    from gamify_core.reasons import Explained
    from gamify_core.road.plan import Plan
    from gamify_core.services.history import Activity
    from gamify_core.testing.giving import Number

__all__ = ["Expected", "Story", "gained", "shortfalls"]

_MOST_LINES = 12
_MOST = 2**53


@attrs.frozen(kw_only=True)
class Expected:
    """What `then` was given; None is nothing in particular."""

    points: Number | Mapping[str, Number] | None
    balance: Number | Mapping[str, Number] | None
    badge: str | None
    badges: tuple[str, ...] | None
    tier: str | Mapping[str, str] | None
    streak: int | Mapping[str, int] | None
    rank: int | Mapping[str, int] | None
    metrics: Mapping[str, Number] | None
    challenge: str | None
    skipped: str | None
    nothing: bool


@attrs.define
class Story:
    """What has happened since it was last looked at: the steps, why events came out as they did, and from where on."""

    steps: list[str] = attrs.field(factory=list)
    reasons: list[Explained] = attrs.field(factory=list)
    after: int = 0
    over: bool = False

    def begin(self, game: Game) -> None:
        """Begin a step; where the story was looked at, it begins anew."""
        if self.over:
            self.steps, self.reasons, self.over = [], [], False
            for activity in _since(game, self.after):
                self.after = activity.seq

    def add(self, step: str, why: Explained | None = None) -> None:
        """Add what was done."""
        self.steps.append(step)
        if why is not None:
            self.reasons.append(why)

    def title(self, who: str) -> str:
        """Return `ada · 3 × lesson_finished(score=97), Tue 03 Mar 09:00`."""
        steps = [step if n == 1 else f"{n} × {step}" for step, n in _together(self.steps)]
        shown = steps if len(steps) <= 4 else [steps[0], "…", *steps[-2:]]  # noqa: PLR2004 - what a line can hold
        return " · ".join([who, ", ".join(shown)]) if shown else who


def _since(game: Game, after: int) -> Iterator[Activity]:
    """Go through what was recorded after number `after`."""
    while page := game.history.activity(after=after):
        yield from page
        after = page[-1].seq


def shortfalls(game: Game, who: str, story: Story, expected: Expected) -> str:
    """Return what to say of whatever is otherwise than expected; nothing if all is."""
    if not any(value is not None and value is not False for value in attrs.astuple(expected, recurse=False)):
        detail = "then() expects nothing in particular"
        raise BadValue(
            "then", None, detail, hint="such as then(points=+19, tier='silver'), or then(nothing=True)"
        )
    effects = [effect for activity in _since(game, story.after) for effect in activity.effects]
    mine = [effect for effect in effects if effect.participant_id == who]
    wrong = [*_come_of(game, who, mine, expected), *_standing(game, who, expected)]
    if not wrong:
        return ""
    width = max(len(label) for label, _ in wrong)
    lines = [story.title(who), *(f"    {label:<{width}}  {told}" for label, told in wrong)]
    if story.reasons:  # of several events the last was the one to bring it about
        lines += ["why:", *(f"    {line}" for line in str(story.reasons[-1]).splitlines())]
    told = [line[2:] for line in lines_of(mine, game.catalog, who)]
    shown = [f"{line}  (× {n})" if n > 1 else line for line, n in _together(told)]
    if len(shown) > _MOST_LINES:
        shown = [f"… {len(shown) - _MOST_LINES} more", *shown[-_MOST_LINES:]]
    return "\n".join([*lines, "what happened:", *(f"    {line}" for line in shown or ["nothing"])])


def _together(lines: list[str]) -> list[tuple[str, int]]:
    """Return lines with how often each comes in a row."""
    return [(line, len(list(same))) for line, same in groupby(lines)]


# -- what has come of it --------------------------------------------------------------------------------------


def _come_of(game: Game, who: str, mine: list[Effect], expected: Expected) -> Iterator[tuple[str, str]]:
    catalog = game.catalog
    for currency, amount in numbers(expected.points, ["points"], "points").items():
        code = catalog.currency(currency).code
        change = sum(gained(effect) for effect in mine if getattr(effect, "currency", "") == code)
        if change != amount:
            yield currency, f"expected {_signed(amount)}, got {_signed(change)}"
    earned = [effect.code for effect in mine if isinstance(effect, BadgeEarned)]
    if expected.badge is not None and catalog.badge(expected.badge).code not in earned:
        near = game.badges.progress(who, expected.badge)
        yield "badge", f"expected {expected.badge}, got {_listed(earned)} ({near})"
    if expected.badges is not None:
        codes = [catalog.badge(code).code for code in expected.badges]
        if sorted(codes) != sorted(earned):
            yield "badges", f"expected {_listed(codes)}, got {_listed(earned)}"
    completed = [effect.code for effect in mine if isinstance(effect, ChallengeCompleted)]
    if expected.challenge is not None and catalog.challenge(expected.challenge).code not in completed:
        yield "challenge", f"expected {expected.challenge}, got {_listed(completed)}"
    passed = [effect.code for effect in mine if isinstance(effect, Skipped)]
    if expected.skipped is not None and _skip_code(expected.skipped) not in passed:
        yield "skipped", f"expected {expected.skipped}, got {_listed(passed)}"
    if expected.nothing and mine:
        yield "nothing", f"expected, got {len(mine)} effect{'s' if len(mine) > 1 else ''}"


def _skip_code(code: str) -> str:
    """Return a code of what rules pass over. Raises `NotFound` for one that there is not."""
    if code not in SKIPPED:
        near = nearest(code, SKIPPED)
        raise NotFound("skipped", code, f"nothing is ever skipped as {code}", nearest=near)
    return code


def _rung(catalog: Catalog, ladder: str, code: str) -> Tier:
    """Return a rung of a ladder. Raises `NotFound`, which says of which other ladder it is one."""
    rungs = catalog.ladder(ladder)
    try:
        return rungs.tier(code)
    except NotFound as error:
        others = [other.code for other in catalog.ladders if code in {tier.code for tier in other.tiers}]
        if others:
            error.hint = f'it is a rung of {others[0]}: tier={{"{others[0]}": "{code}"}}'
        raise


def gained(effect: Effect) -> Amount:
    """Return by how much an effect changes a balance, of whichever currency."""
    match effect:
        case PointsAwarded(amount=amount) | PointsReversed(amount=amount):
            return amount
        case PointsDeducted(amount=amount) | PointsExpired(amount=amount):
            return -amount
        case _:
            return 0


def _signed(amount: Amount) -> str:
    return f"{amount:+,}".replace("-", "−") if amount else "none"


def _listed(codes: list[str]) -> str:
    return ", ".join(codes) or "none"


# -- how things stand -----------------------------------------------------------------------------------------


def _standing(game: Game, who: str, expected: Expected) -> Iterator[tuple[str, str]]:
    catalog = game.catalog
    for currency, amount in numbers(expected.balance, ["points"], "balance").items():
        held = game.points.balance(who, currency=currency).balance
        if held != amount:
            yield "balance", f"expected {worth(amount, currency)}, got {held:,}"
    for ladder, rung in by_code(expected.tier, ["tier"], "tier").items():
        wanted = _rung(catalog, ladder, rung).code
        state = game.tiers.current(who, ladder=ladder)
        stands = state.current_tier.code if state.current_tier is not None else None
        if stands != wanted:
            after = state.next_tier
            near = f" ({after.points_remaining:,} short of {after.code})" if after is not None else ""
            yield ladder, f"expected {wanted}, got {stands or 'none'}{near}"
    streaks = [streak.code for streak in catalog.streaks]
    for code, given in by_code(expected.streak, streaks, "streak").items():
        length = border.whole(given, "streak", 0, _MOST)
        run = game.streaks.get(who, code)
        if run.current_count != length:
            told = f" ({run.status})" if run.status != "none" else ""
            yield f"streak {code}", f"expected {length}, got {run.current_count}{told}"
    boards = [board.code for board in catalog.leaderboards]
    for code, given in by_code(expected.rank, boards, "rank").items():
        place = border.whole(given, "rank", 1, _MOST)
        rank = game.leaderboards.rank(code, who)
        if rank.rank != place:
            score = "not on the board" if rank.score is None else f"with {rank.score:,}"
            yield f"rank {code}", f"expected {place}, got {rank.rank or 'none'} ({score})"
    if expected.metrics:
        yield from _metrics(game, who, expected.metrics)


def _metrics(game: Game, who: str, values: Mapping[str, Number]) -> Iterator[tuple[str, str]]:
    access = game._access  # noqa: SLF001 - what a metric is at is read in many places, and told in none
    with snapshot(access) as seen:
        person = access.person(seen.reader, who)
        for name, value in numbers(values, (), "metrics").items():
            _check_kept(seen.plan, name)
            found = exact(value_for(seen, person, name), seen.plan.scale(name))
            if found != value:
                yield name, f"expected {value:,}, got {found:,}"


def _check_kept(plan: Plan, name: str) -> None:
    """Refuse a metric that is not kept: it would always be 0."""
    base = name.partition("@")[0]
    if base.startswith("streak."):
        plan.streak(base.split(".")[1])
    elif natural(base) and base != "events.count":
        plan.catalog.currency(base.rpartition(".")[0])
    elif base not in plan.metrics:
        plan.catalog.metric(base)
    if ("@" in name or not natural(name)) and plan.reading(name).key not in plan.trackers:
        detail = f"nothing in the catalog reads {name}, so it is not kept"
        raise BadValue(
            "metrics", name, detail, hint="a rule, a badge, a ladder or a board that reads it keeps it"
        )
