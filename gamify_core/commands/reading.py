"""`gamify top` and `gamify show`: what a file says, by the catalog that it carries itself."""

from __future__ import annotations

from datetime import datetime

from gamify_core import Catalog, Currency, Engine, ManualClock
from gamify_core.commands.files import check_readable
from gamify_core.commands.output import Output, clean, count, table
from gamify_core.commands.run import board_lines

__all__ = ["opened", "profile_lines", "show", "top"]

_BAR = 20


def opened(db: str, now: datetime | None) -> Engine:
    """Open a file for reading; periods and streaks are as of `now`."""
    check_readable(db)
    return Engine.reopen(db, read_only=True, clock=ManualClock(now) if now is not None else None)


def top(  # noqa: PLR0913 - the options of the command, all by name
    db: str,
    board: str,
    output: Output,
    *,
    period: str | None,
    of: str | None,
    group: str | None,
    limit: int,
    now: datetime | None,
) -> int:
    """Show the first of a board, or of a group's."""
    with opened(db, now) as engine:
        found = engine.leaderboards.top(board, limit=limit, period=period, of=of, group=group)
        shown = engine.catalog.leaderboard(board)
    output.give(found.to_dict())
    people = count(found.total_participants, "participant")
    calendar = found.period.replace("_", " ")
    title = shown.name if calendar in shown.name.lower() else f"{shown.name} ({calendar})"
    if of is not None and found.of is not None:
        title = f"{title}, {found.of}"
    if group is not None:
        title = f"{title}, {group}"
    output.say(f"{clean(title)}, {people}", "")
    if found.table.begun:
        output.say(*board_lines(entry.to_dict() for entry in found.entries))
    else:  # it says when that is
        output.say(f"  {clean(str(found))}")
    return 0


def show(db: str, participant_id: str, output: Output, *, now: datetime | None) -> int:
    """Show all there is about a participant."""
    with opened(db, now) as engine:
        if output.json:
            output.give(_document(engine, participant_id))
        else:
            output.say(*profile_lines(engine, participant_id))
    return 0


def _document(engine: Engine, participant_id: str) -> dict[str, object]:
    """Return the profile, and beside it every streak and the ranks."""
    ranks = {
        board.code: engine.leaderboards.rank(board.code, participant_id).to_dict()
        for board in engine.catalog.leaderboards
    }
    profile = engine.participants.get(participant_id).to_dict()
    return {
        **profile,
        "wallets": [_wallet(engine, participant_id, currency) for currency in _currencies(engine.catalog)],
        "all_streaks": engine.streaks.list(participant_id).to_dict()["streaks"],
        "ranks": ranks,
    }


def _currencies(catalog: Catalog) -> list[Currency]:
    """Return every currency, `points` first, which is there undeclared."""
    return [catalog.currency("points"), *(one for one in catalog.currencies if one.code != "points")]


def _wallet(engine: Engine, participant_id: str, currency: Currency) -> dict[str, object]:
    held = engine.points.balance(participant_id, currency=currency.code)
    return {
        "currency": currency.code,
        "name": currency.name,
        "scale": currency.scale,
        **held.to_dict(),
    }


def _wallet_lines(engine: Engine, participant_id: str) -> list[str]:
    """Return a line for each currency, under its own name unless that is merely its code again."""
    lines = []
    for currency in _currencies(engine.catalog):
        held = engine.points.balance(participant_id, currency=currency.code)
        told = f"{held.balance:,} (earned {held.total_earned:,}, spent {held.total_spent:,})"
        name = currency.code if currency.name == Currency(currency.code).name else currency.name
        lines.append(f"  {clean(name):<9} {told}")
    return lines


def profile_lines(engine: Engine, participant_id: str) -> list[str]:
    """Return a profile for people."""
    profile = engine.participants.get(participant_id)
    who = profile.participant_id
    title = f"{profile.display_name} ({who})" if profile.display_name else who
    if who != participant_id:
        title += f", who is {participant_id} too"
    lines = [clean(title), "", *_wallet_lines(engine, participant_id)]
    # When somebody was last seen is another matter: points that lapse are seen too
    sent = [one for one in engine.events.list(participant_id).items if not one.retracted]
    last = f", the last on {sent[0].occurred_at:%Y-%m-%d}" if sent else ""
    lines += [f"  {'events':<10}{profile.total_events:,}{last}"]
    for ladder in engine.catalog.ladders:
        lines += _tier_lines(engine, participant_id, ladder.code)
    streaks = [
        (one.name, one.current_count, one.longest_count, _status(one.status, one.expires_at))
        for one in profile.streaks
    ]
    if streaks:
        lines += ["", *table(("streak", "now", "longest", ""), streaks)]
    badges = [(one.name, one.rarity, f"{one.earned_at:%Y-%m-%d}") for one in profile.badges if one.earned_at]
    if badges:
        lines += ["", *table(("badge", "rarity", "earned on"), badges)]
    ranks = [
        (
            board.name,
            rank.rank,
            f"of {rank.total_participants:,}",
            f"{rank.score or 0:,}",
        )
        for board in engine.catalog.leaderboards
        if (rank := engine.leaderboards.rank(board.code, participant_id)).rank is not None
    ]
    if ranks:
        lines += ["", *table(("board", "rank", "", "score"), ranks)]
    return lines


def _tier_lines(engine: Engine, participant_id: str, ladder: str) -> list[str]:
    standing = engine.tiers.current(participant_id, ladder=ladder)
    held, following = standing.current_tier, standing.next_tier
    line = f"  {ladder:<10}{clean(held.name) if held is not None else 'none yet'}"
    if following is None:
        return [f"{line}, the highest" if held is not None else line]
    done = following.share_of_way * _BAR // 100
    bar = "#" * done + "." * (_BAR - done)
    return [line, f"  {'':<10}[{bar}] {following.points_remaining:,} more to {clean(following.name)}"]


def _status(status: str, expires_at: datetime | None) -> str:
    alive = f" until {expires_at:%Y-%m-%d %H:%M} UTC" if expires_at is not None else ""
    return f"{status}{alive}" if status != "none" else "not begun"
