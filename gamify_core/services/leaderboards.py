"""`engine.leaderboards`: who is first, where somebody stands, and who is around them. Exact, and O(log n)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gamify_core import border
from gamify_core.errors import BadValue, NotFound
from gamify_core.services.access import Access
from gamify_core.services.standings import Around, Board, BoardPage, Entry, Rank, open_board, rank_in

if TYPE_CHECKING:
    from gamify_core.catalog import Leaderboard
    from gamify_core.catalog.definitions import Period
    from gamify_core.road.plan import Plan
    from gamify_core.storage.protocol import Reader

__all__ = ["Around", "BoardPage", "Entry", "Leaderboards", "Rank"]

_PERIODS = ("all_time", "yearly", "monthly", "weekly", "daily")


class Leaderboards:
    """Rankings by any metric, in calendar periods."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def top(
        self, leaderboard_code: str, *, limit: int = 10, period: Period | None = None, change: bool = True
    ) -> BoardPage:
        """Return the first `limit` (1 to 100) of a board; `period` defaults to the definition's.

        Inside a tie those come first who reached the score first. A period that the board does not keep is
        answered by going through all participants' scores: exact, but as slow as that is. `change` compares with the
        period before, or on an all-time board with the start of today; `change=False` leaves it out (None).

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("scorers")]))
        >>> _ = game.points.award("ada", 69)
        >>> print(game.leaderboards.top("scorers"))
        1. ada 69
        """
        size = border.whole(limit, "limit", 1, 100)
        return self.page(leaderboard_code, page=1, page_size=size, period=period, change=change)

    def page(
        self,
        leaderboard_code: str,
        *,
        page: int = 1,
        page_size: int = 20,
        period: Period | None = None,
        change: bool = True,
    ) -> BoardPage:
        """Return one page of a board, in order; the rest is as for `top`."""
        number, size = border.page(page, page_size)
        change = border.flag(change, "change")
        with self._access.read() as reader:
            board = self._open(reader, leaderboard_code, period)
            entries = board.entries((number - 1) * size, size, change=change)
            return BoardPage(board.code, board.period, tuple(entries), board.total(), number, size)

    def rank(self, leaderboard_code: str, participant_id: str, *, period: Period | None = None) -> Rank:
        """Return where a participant stands. Somebody who is not on the board has rank, score and percentile None."""
        who = border.participant(participant_id)
        with self._access.read() as reader:
            plan = self._access.road.plan_in(reader)
            return rank_in(self._access, reader, plan, *_asked(plan, leaderboard_code, period), who)

    def around(
        self,
        leaderboard_code: str,
        participant_id: str,
        *,
        radius: int = 5,
        period: Period | None = None,
        change: bool = True,
    ) -> Around:
        """Return the participant with `radius` neighbours on each side; at the ends the window stays as long.

        `period` and `change` are as for `top`. Raises `NotFound` when the participant is not on the board.
        """
        who = border.participant(participant_id)
        border.whole(radius, "radius", 0, 100)
        change = border.flag(change, "change")
        with self._access.read() as reader:
            board = self._open(reader, leaderboard_code, period)
            place = board.place(who)
            if place is None:
                raise NotFound("participant", who, f"{who!r} is not on the leaderboard {board.code}")
            total = board.total()
            length = min(2 * radius + 1, total)
            first = max(0, min(place - radius, total - length))
            entries = tuple(board.entries(first, length, change=change))
            return Around(board.code, board.period, entries, total)

    def _open(self, reader: Reader, code: str, period: Period | None) -> Board:
        plan = self._access.road.plan_in(reader)
        return open_board(self._access, reader, plan, *_asked(plan, code, period))


def _asked(plan: Plan, code: str, period: Period | None) -> tuple[Leaderboard, Period]:
    board = plan.catalog.leaderboard(border.code(code, "leaderboard_code"))
    if period is None:
        return board, board.period
    if period not in _PERIODS:
        detail = f"period must be one of {', '.join(_PERIODS)}, not {period!r:.60}"
        raise BadValue("period", period, detail)
    return board, period
