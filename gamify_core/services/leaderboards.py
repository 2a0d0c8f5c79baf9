"""`engine.leaderboards`: who is first, where somebody stands, and who is around them. Exact, and O(log n)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from gamify_core import border
from gamify_core.errors import BadValue, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.road import hiding
from gamify_core.road.commands import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.board_answers import (
    Among,
    Around,
    BoardPage,
    Entry,
    GroupEntry,
    GroupPage,
    Rank,
    ShownAnswer,
    Table,
)
from gamify_core.services.board_cursors import read_cursor
from gamify_core.services.board_groups import open_groups
from gamify_core.services.instances import Of, check_group, checked_period, place_of
from gamify_core.services.orders import key_of
from gamify_core.services.page_memory import PageMemory
from gamify_core.services.pages import Page
from gamify_core.services.standings import open_board, rank_in
from gamify_core.services.ways import way_to
from gamify_core.storage.tables.participants import PARTICIPANT, PARTICIPANT_BY_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.catalog import Leaderboard
    from gamify_core.road.plan import Plan
    from gamify_core.road.turn import Turn
    from gamify_core.services.board_cursors import Cursor
    from gamify_core.services.instances import Place
    from gamify_core.services.standings import Board
    from gamify_core.services.ways import Way
    from gamify_core.storage.protocol import Reader

__all__ = [
    "Among",
    "Around",
    "BoardPage",
    "Entry",
    "GroupEntry",
    "GroupPage",
    "Leaderboards",
    "Of",
    "Rank",
    "ShownAnswer",
]

_MOST_PEOPLE = 1_000
_WAYS_KEPT = 1_024
_NAMES = (str, type(None))


class _Opened(NamedTuple):
    """A board that is open, and which table of it that is."""

    board: Board
    table: Table
    place: Place


class Leaderboards:
    """Rankings by any metric, in calendar periods, rolling ones, and seasons.

    All readings take `period` (by default the board's own), `of` and `group`. `of` says which one of the period: the
    one that runs by default, `"previous"`, a date or an instant in it, or its name as answers show it (`"2026-W07"`,
    the name of a season). All of them stay readable. `group` is the board of a group, where the board has a
    `group_by`.

    A period that the board does not keep is answered by going through everybody's history: exact, but as slow as that
    is. A rolling one adds its days up: as dear as what they contain.
    """

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access
        self._pages = PageMemory()
        self._ways: dict[tuple[str, str | None], Way] = {}

    def top(  # noqa: PLR0913 - which table, and how much of it
        self,
        leaderboard_code: str,
        *,
        limit: int = 10,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
        change: bool = True,
    ) -> BoardPage:
        """Return the first `limit` (1 to 100) of a board.

        Inside a tie those come first who reached the score first. `change` compares with the period before, or on an
        all-time board with the start of today; `change=False` leaves it out (None). Who left an all-time board since
        then, hidden or below its `min_score`, is left out of what it is compared with.
        Raises `NotFound`, and `BadValue` for a period, group or `of` that the board does not have.

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("scorers", period="weekly")]))
        >>> _ = game.points.award("ada", 69)
        >>> print(game.leaderboards.top("scorers"))
        1. ada 69
        >>> print(game.leaderboards.top("scorers", of="previous"))
        nobody is on scorers yet
        """
        size = border.whole(limit, "limit", 1, 100)
        return self.page(leaderboard_code, page_size=size, period=period, of=of, group=group, change=change)

    def page(  # noqa: PLR0913 - as above
        self,
        leaderboard_code: str,
        *,
        page: int = 1,
        page_size: int = 20,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
        after: str | None = None,
        change: bool = True,
    ) -> BoardPage:
        """Return one page of a board, in order; the rest is as for `top`.

        By number, a page is the places from `(page - 1) * page_size` on as they are now. By cursor, `after` is the
        `next_cursor` of the page before, and what comes is what follows on its last entry, in the very table that it
        was of, also when the period is over by then. However others move meanwhile, whose score stays is shown exactly
        once; who overtakes the cursor may be missed, and who falls behind it comes again. Ranks are as of each page.
        Raises `BadValue` for a cursor of another board or table,
        an `of` that by now means another one among them.

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("scorers")]))
        >>> for who, points in (("ada", 3), ("bob", 2), ("cyd", 1)):
        ...     _ = game.points.award(who, points)
        >>> first = game.leaderboards.page("scorers", page_size=2)
        >>> print(game.leaderboards.page("scorers", page_size=2, after=first.next_cursor))
        3. cyd 1
        """
        number, size = border.page(page, page_size)
        change = border.flag(change, "change")
        cursor = None
        if after is not None:
            if number != 1:
                raise BadValue("page", page, "a page is asked for by its number or by a cursor, not by both")
            cursor = read_cursor(after, leaderboard_code, period, group)
        if cursor is None and of is None and group is None:
            return self._numbered(leaderboard_code, period, number, size, change=change)
        with self._access.read() as reader:
            if cursor is not None:
                if of is not None:
                    asked = self._opened(reader, leaderboard_code, cursor.period, of, group).table.of
                    if asked != cursor.of:
                        detail = f"the cursor is of {cursor.of}, and {in_words(of)} means {asked} now"
                        raise BadValue(
                            "of", of, detail, hint="leave `of` out: a cursor goes on in its own table"
                        )
                period, of = cursor.period, cursor.of
            opened = self._opened(reader, leaderboard_code, period, of, group)
            return _page(opened, number, size, cursor, change=change)

    def _numbered(self, code: str, period: str | None, number: int, size: int, *, change: bool) -> BoardPage:
        """Return a page of a board as it is now, which is what everybody asks for alike: read once in each version."""
        access = self._access
        with access.read() as reader:
            plan, now = access.road.plan_in(reader), access.road.now()[0]
            way = self._way(plan, code, period)
            asked = (way.definition.code, way.period, number, size, change)
            known = self._pages.recall(asked, reader, plan, now)
            if known is None:
                opened = self._opened(reader, code, period, None, None)
                known = _page(opened, number, size, None, change=change)
                self._pages.keep(asked, reader, plan, now, opened.place, known)
            return known

    def rank(
        self,
        leaderboard_code: str,
        participant_id: str,
        *,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
    ) -> Rank:
        """Return where a participant stands. Somebody who is not on the board has rank, score and percentile None."""
        who = border.participant(participant_id)
        period = exactly(period)
        if of is None and group is None:
            with self._access.read() as reader:
                way = self._way(self._access.road.plan_in(reader), leaderboard_code, period)
                if way.period != "season":
                    return rank_in(self._access, reader, way, who)
        return self.ranks(leaderboard_code, (who,), period=period, of=of, group=group)[0]

    def _way(self, plan: Plan, code: str, period: str | None) -> Way:
        """Return what ranks are read by, which is looked up and checked once in each plan."""
        if type(code) is not str or type(period) not in _NAMES:  # what may have no hash, or another's
            definition = _definition(plan, code)
            return way_to(plan, definition, checked_period(definition, period))
        way = self._ways.get((code, period))
        if way is None or way.plan is not plan:
            definition = _definition(plan, code)
            way = way_to(plan, definition, checked_period(definition, period))
            if len(self._ways) >= _WAYS_KEPT:
                self._ways.clear()
            self._ways[code, period] = way
        return way

    def ranks(
        self,
        leaderboard_code: str,
        participant_ids: Iterable[str],
        *,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
    ) -> tuple[Rank, ...]:
        """Return where some participants stand (up to 1,000), in the order asked, all from one snapshot."""
        people = _people(participant_ids)
        with self._access.read() as reader:
            board = self._opened(reader, leaderboard_code, period, of, group).board
            return tuple(board.rank(who) for who in people)

    def among(
        self,
        leaderboard_code: str,
        participant_ids: Iterable[str],
        *,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
    ) -> Among:
        """Return the board of some people, such as friends (up to 1,000), with their ranks on the whole one too.

        Who is not on the board is among the `absent`; `total_participants` are those who are.

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("scorers")]))
        >>> for who, points in (("ada", 3), ("bob", 2), ("cyd", 1)):
        ...     _ = game.points.award(who, points)
        >>> friends = game.leaderboards.among("scorers", ["cyd", "ada", "dan"])
        >>> [(entry.rank, entry.participant_id, entry.overall_rank) for entry in friends], friends.absent
        ([(1, 'ada', 1), (2, 'cyd', 3)], ('dan',))
        """
        people = _people(participant_ids)
        with self._access.read() as reader:
            board, table, _ = self._opened(reader, leaderboard_code, period, of, group)
            entries, absent = board.among(people)
            return Among(table, tuple(entries), len(entries), tuple(absent))

    def around(  # noqa: PLR0913 - which table, and how much of it
        self,
        leaderboard_code: str,
        participant_id: str,
        *,
        radius: int = 5,
        period: str | None = None,
        of: Of = None,
        group: str | None = None,
        change: bool = True,
    ) -> Around:
        """Return the participant with `radius` neighbours on each side; at the ends the window stays as long.

        The rest is as for `top`. Raises `NotFound` when the participant is not on the board.
        """
        who = border.participant(participant_id)
        radius = border.whole(radius, "radius", 0, 100)
        change = border.flag(change, "change")
        with self._access.read() as reader:
            board, table, _ = self._opened(reader, leaderboard_code, period, of, group)
            row = board.entry(who)
            if row is None:
                raise NotFound(
                    "participant", who, f"{who!r} is not on the leaderboard {table.leaderboard_code}"
                )
            entries, total = board.around(row, radius, change=change)
            return Around(table, tuple(entries), total)

    def groups(
        self,
        leaderboard_code: str,
        *,
        page: int = 1,
        page_size: int = 10,
        period: str | None = None,
        of: Of = None,
    ) -> GroupPage:
        """Return the board of groups: each with the sum of its ranked members' scores, or their average.

        Equal groups are in the order of their names, and share ranks as the board has it. Averages are exact to six
        decimals beyond those of the scores, rounded down. Raises `BadValue` for a board without `group_by`.

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("scorers", group_by="team")]))
        >>> for who, team, points in (("ada", "red", 3), ("bob", "blue", 2), ("cyd", "blue", 2)):
        ...     _ = game.participants.upsert(who, attributes={"team": team})
        ...     _ = game.points.award(who, points)
        >>> print(game.leaderboards.groups("scorers"))
        1. blue 4
        2. red 3
        >>> print(game.leaderboards.top("scorers", group="blue"))
        1. bob 2
        1. cyd 2
        """
        number, size = border.page(page, page_size)
        with self._access.read() as found:
            way, place, now = self._asked(found, leaderboard_code, period, of)
            reader = way.adopted(self._access, found)
            groups = open_groups(self._access, reader, way.plan, way.definition, place)
            entries = tuple(groups.entries((number - 1) * size, size))
            return GroupPage(way.table(reader, place, None, now), entries, groups.total(), number, size)

    def group_rank(
        self, leaderboard_code: str, group: str, *, period: str | None = None, of: Of = None
    ) -> GroupEntry | None:
        """Return where a group stands among groups, or None for one without a ranked member."""
        name = border.code(group, "group")
        with self._access.read() as found:
            way, place, _ = self._asked(found, leaderboard_code, period, of)
            reader = way.adopted(self._access, found)
            return open_groups(self._access, reader, way.plan, way.definition, place).entry(name)

    # -- who is shown -----------------------------------------------------------------------------------------

    def hide(
        self, participant_id: str, *, at: datetime | None = None, idempotency_key: str | None = None
    ) -> ShownAnswer:
        """Take a participant off all boards, those of closed periods too: ranks, totals and percentiles close up.

        What they do is counted as ever, so criteria, ladders and rewards know no difference. Prizes that were paid are
        theirs. Doing it again changes nothing. Raises `NotFound` for somebody who was erased, and `AdminRequired`.
        """
        return self._showing("hide", participant_id, hiding.hide, at, idempotency_key)

    def unhide(
        self, participant_id: str, *, at: datetime | None = None, idempotency_key: str | None = None
    ) -> ShownAnswer:
        """Show a participant again, where they would stand had they never been hidden. Raises as `hide`."""
        return self._showing("unhide", participant_id, hiding.unhide, at, idempotency_key)

    def hidden(self, *, page: int = 1, page_size: int = 50) -> Page[str]:
        """Return who is hidden, by id. It looks at everybody's row. Raises `AdminRequired`.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> print(game.leaderboards.hide("eve"))
        eve · hidden from the leaderboards
        >>> list(game.leaderboards.hidden())
        ['eve']
        """
        self._access.require_admin()
        number, size = border.page(page, page_size)
        with self._access.read() as reader:
            rows = reader.scan(PARTICIPANT, PARTICIPANT_BY_ID, (self._access.scope,))
        found = [row.participant_id for row in rows if row.is_hidden]
        first = (number - 1) * size
        return Page(found[first : first + size], len(found), number, size)

    def _showing(
        self,
        what: str,
        participant_id: str,
        decide: Callable[[Turn], None],
        at: datetime | None,
        key: str | None,
    ) -> ShownAnswer:
        self._access.require_admin()
        who = border.participant(participant_id)
        request = request_of(at, participant_id=who)
        return ShownAnswer(
            self._access.write(
                Ask(f"leaderboards.{what}", who, request, at, border.idempotency_key(key), decide)
            )
        )

    # -- which table ------------------------------------------------------------------------------------------

    def _opened(self, found: Reader, code: str, period: str | None, of: Of, group: str | None) -> _Opened:
        way, place, now = self._asked(found, code, period, of)
        within = check_group(way.definition, group)
        reader = way.adopted(self._access, found)
        board = open_board(self._access, reader, way.plan, way.definition, place, now, within)
        return _Opened(board, way.table(reader, place, within, now), place)

    def _asked(self, reader: Reader, code: str, period: str | None, of: Of) -> tuple[Way, Place, int]:
        """Return which table is asked for, and what it is read by, as of one instant."""
        road = self._access.road
        way, now = self._way(road.plan_in(reader), code, period), road.now()[0]
        if of is None:
            return way, way.running(now), now
        return way, place_of(way.plan, way.definition, way.period, of, now), now


def _page(opened: _Opened, number: int, size: int, cursor: Cursor | None, *, change: bool) -> BoardPage:
    board, table, _ = opened
    if cursor is None:
        first = (number - 1) * size
        rows = board.order.slice(first, size)
    else:
        rows = board.order.after(cursor.key, size)
        first = board.order.before(key_of(rows[0])) if rows else 0
    total = board.total()
    entries = tuple(board.listed(rows, first, change=change))
    more = rows and first + len(rows) < total
    last = key_of(rows[-1]) if more else None
    return BoardPage(table, entries, total, number if cursor is None else None, size, last)


def _definition(plan: Plan, code: str) -> Leaderboard:
    return plan.catalog.leaderboard(border.code(code, "leaderboard_code"))


def _people(participant_ids: Iterable[str]) -> list[str]:
    people = [border.participant(who) for who in border.several(participant_ids, "participant_ids")]
    if len(people) > _MOST_PEOPLE:
        detail = f"participant_ids are at most {_MOST_PEOPLE:,}, not {len(people):,}"
        raise BadValue("participant_ids", len(people), detail)
    return people
