"""Which table of a board is asked for: of which period, which one of these, and of which group.

A board has a table for each period of each kind. `of` says which: None is the one that runs, `"previous"` the one
before it, and a date, an instant, or the name that an answer showed (`2026-W07`, `spring`) the one that holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

import attrs

from gamify_core import border
from gamify_core.catalog.conversions import edge
from gamify_core.catalog.nearest import nearest
from gamify_core.clock import instant_of, iso
from gamify_core.domain.decimals import kept
from gamify_core.domain.periods import LONGEST_ROLLING, rolling
from gamify_core.errors import BadValue, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.road.compiled import ALL_TIME
from gamify_core.road.compiling import ranking
from gamify_core.road.groups import calendar_of_group, group_in
from gamify_core.road.meters import DAILY
from gamify_core.road.trial import Trial, beneath
from gamify_core.services.orders import Kept, Order, Rescan, Scanned
from gamify_core.services.reading import window_named
from gamify_core.services.rolling import rolled
from gamify_core.storage.tables.metrics import METRIC, METRIC_BY_RANK, WINDOW, WINDOW_BY_NAME
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.catalog import Leaderboard
    from gamify_core.history.past import Past
    from gamify_core.road.compiled import BoardPlan, Tracker
    from gamify_core.road.plan import Plan
    from gamify_core.services.access import Access
    from gamify_core.storage.protocol import Reader
    from gamify_core.storage.tables.metrics import MetricRow
    from gamify_core.storage.tables.participants import ParticipantRow

__all__ = [
    "Instance",
    "Of",
    "Place",
    "check_group",
    "checked_period",
    "open_instance",
    "people_of",
    "place_of",
]

Of = date | datetime | str | None
"""Which one of a period: see the module."""

_ALL: Final = 2**62
_PERIODS: Final = ("all_time", "yearly", "monthly", "weekly", "daily")


@attrs.frozen
class Place:
    """One table of a board: its tracker, its label there, what it is called, and whether the tracker is kept.

    Of a rolling period the label is that of its last day.
    """

    tracker: Tracker
    label: int
    name: str | None
    kept: bool
    days: int | None

    @property
    def due(self) -> int | None:
        """From when on nothing changes the table any more; None: it is never final."""
        return self.tracker.due(self.label)

    def bounds(self) -> tuple[int | None, int | None]:
        """Return the first instant of the table, and the first one after it; None where it has no such end."""
        starts_at, ends_at = self.tracker.bounds(self.label)
        return (
            starts_at if self.days is None else self.tracker.bounds(self.label - self.days + 1)[0]
        ), ends_at


@attrs.frozen
class Instance:
    """A table of a board, open for reading.

    `earlier` is the table that `change` compares with: None for all time, which looks at this morning. `begun` says
    whether there was any table before.
    """

    place: Place
    order: Order
    earlier: Callable[[], Order] | None
    begun: Callable[[], bool]


def checked_period(definition: Leaderboard, period: str | None) -> str:
    """Return the period that is asked for, or the board's own."""
    if period is None:
        return definition.period
    period = exactly(period)
    if isinstance(period, str) and (period in definition.periods or period in _PERIODS or rolling(period)):
        return period
    known = [each for each in dict.fromkeys((*definition.periods, *_PERIODS)) if rolling(each) is None]
    detail = f"period must be one of {', '.join(known)}, or last_1d to last_{LONGEST_ROLLING}d, not {in_words(period)}"
    near = nearest(period, known) if isinstance(period, str) else None
    raise BadValue("period", period, detail, hint=f"did you mean {near!r}?" if near else "")


def check_group(definition: Leaderboard, group: str | None) -> str | None:
    """Return the group that is asked for. Raises `BadValue` for a board that has none."""
    if group is None:
        return None
    if definition.group_by is None:
        detail = f"the leaderboard {definition.code} has no groups"
        raise BadValue("group", group, detail, hint='declare group_by = "team", say')
    return border.code(group, "group")


def place_of(plan: Plan, definition: Leaderboard, period: str, of: Of, now: int) -> Place:
    """Return which table is asked for. Raises `BadValue` and `NotFound`."""
    of = exactly(of)
    if of is not None and not isinstance(of, str | date):
        detail = f"of must name a period, not {in_words(of)}"
        raise BadValue("of", of, detail, hint="'previous', a date, an instant, or a period's name")
    board = plan.boards[definition.code]
    if period == "season":
        return _season(board, of, now)
    tracker = board.trackers.get(period)
    made = tracker if tracker is not None else attrs.evolve(ranking(plan, definition, period), delay=None)
    days = rolling(period)
    if days is not None and tracker is None:  # a board that keeps days has those of any rolling period
        tracker = board.trackers.get("daily") if definition.min_score is None else None
        tracker = next((board.trackers[each] for each in definition.periods if rolling(each)), tracker)
        tracker = tracker if tracker is None or tracker.delay is None else None
        made = tracker if tracker is not None else made
    if period == "all_time":
        if of is not None:
            raise BadValue(
                "of", of, "all time is but one period", hint="leave of out, or name another period"
            )
        return Place(made, 0, None, tracker is not None, None)
    current = made.calendar.label(now, made.zone)
    label = current if of is None else _label(made, of, current)
    if label > current:
        raise BadValue("of", of, f"of {in_words(of)} lies in the future")
    return Place(made, label, made.calendar.text(label), tracker is not None, days)


def _label(tracker: Tracker, of: Of, current: int) -> int:
    if of == "previous":
        return current - 1
    if isinstance(of, str):
        label = tracker.calendar.named(of)
        if label is not None:
            return label
    instant = _instant(tracker, of)
    if instant is None:
        detail = f"of {in_words(of)} names no period"
        hint = f"'previous', a date, an instant, or a name such as {tracker.calendar.text(current)!r}"
        raise BadValue("of", of, detail, hint=hint)
    return tracker.calendar.label(instant, tracker.zone)


def _instant(tracker: Tracker, of: Of) -> int | None:
    """Return an instant, or the first one of a date in the zone of a board; ISO 8601 text is read."""
    if isinstance(of, str):
        try:
            of = edge(of)
        except BadValue:
            return None
    if isinstance(of, datetime):
        return instant_of(of, "of")
    return DAILY.begins(of.toordinal(), tracker.zone) if isinstance(of, date) else None


def _season(board: BoardPlan, of: Of, now: int) -> Place:
    """Return a season; untold, the one that runs, or else the last that ran, or the first that will."""
    begun = [place for place, (_, tracker) in enumerate(board.seasons) if tracker.starts <= now]
    current = begun[-1] if begun else 0
    found: int | None = current
    if of == "previous":
        found = current - 1
    elif of is not None:
        codes = [season.code for season, _ in board.seasons]
        found = codes.index(of) if isinstance(of, str) and of in codes else None
        if found is None:
            instant = _instant(board.seasons[0][1], of)
            if instant is None:
                detail = f"Season not found: {of!s:.60}"
                raise NotFound("season", str(of), detail, nearest=nearest(str(of), codes))
            running = (n for n, (_, each) in enumerate(board.seasons) if each.label(instant) is not None)
            found = next(running, None)
    if found is None or found < 0:
        where = (
            f"before {board.seasons[0][0].code}"
            if of == "previous"
            else f"at {iso(of) if isinstance(of, datetime) else of!s:.60}"
        )
        raise BadValue("of", of, f"there is no season {where}")
    season, tracker = board.seasons[found]
    return Place(tracker, 0, season.code, kept=True, days=None)


def open_instance(  # noqa: PLR0913 - which table, and who reads it
    access: Access, reader: Reader, plan: Plan, definition: Leaderboard, place: Place, group: str | None
) -> Instance:
    """Open a table of a board."""
    tables = _Tables(access, reader, plan, definition, place, group)
    if place.tracker.calendar is not ALL_TIME:
        label = place.label
        return Instance(place, tables.order(label), lambda: tables.order(label - 1), tables.begun)
    if place.name is None:
        return Instance(place, tables.order(0), None, lambda: False)
    seasons = [each for _, each in plan.boards[definition.code].seasons]
    before = seasons[: seasons.index(place.tracker)]

    def begun() -> bool:
        windows = (window_named(access, reader, each.metric, each.text, 0) for each in reversed(before))
        return any(_ranked(reader, window) for window in windows)

    def earlier() -> Order:
        if not before:
            return Scanned([])
        there = attrs.evolve(place, tracker=before[-1])
        return _Tables(access, reader, plan, definition, there, group).order(0)

    return Instance(place, tables.order(0), earlier, begun)


def people_of(  # noqa: PLR0913 - which table, and which groups of it
    access: Access, reader: Reader, tracker: Tracker, label: int, attribute: str, rows: Iterable[MetricRow]
) -> list[ParticipantRow | None]:
    """Return whose these entries of a table are, in the groups by an attribute that count there.

    Who looks from an instant of the past at a table that was final by then finds everybody in the group that they were
    in when it became final, or when these groups were first asked for: the scores of such a table stay behind when
    somebody moves.
    """
    due = tracker.due(label)
    if not access.road.live and due is not None:
        past = cast("Past", beneath(reader))
        reader = past.kept_since(past.before(due), lambda plan: _grouped(plan, tracker, attribute)) or past
    return reader.get_many(PARTICIPANT, [(row.participant,) for row in rows])


def _grouped(plan: Plan, tracker: Tracker, attribute: str) -> bool:
    kept = plan.trackers.get(tracker.key)
    return kept is not None and any(each.attribute == attribute for each in kept.groupings)


class _Tables:
    """The tables of a board in one kind of period, by label."""

    def __init__(  # noqa: PLR0913 - as above
        self,
        access: Access,
        reader: Reader,
        plan: Plan,
        definition: Leaderboard,
        place: Place,
        group: str | None,
    ) -> None:
        self._access = access
        self._reader = reader
        self._plan = plan
        self._definition = definition
        self._place = place
        self._group = group
        self._scan = None if place.kept else Rescan(access, reader, plan, place.tracker)

    def order(self, label: int) -> Order:
        """Return the table with a label."""
        if self._place.days is not None:
            return self._members(self._rolled(label, self._place.days), label)
        if self._scan is not None:
            return self._members(self._scan.rows(label), label)
        text = self._place.tracker.text
        if self._group is not None and not self._access.road.live:
            everybody = window_named(self._access, self._reader, self._place.tracker.metric, text, label)
            return self._members(Kept(self._reader, everybody).slice(0, _ALL), label)
        if self._group is not None and self._definition.group_by is not None:
            text = calendar_of_group(text, self._definition.group_by, self._group)
        window = window_named(self._access, self._reader, self._place.tracker.metric, text, label)
        if isinstance(self._reader, Trial):
            # It keeps no order: rows are put in one once, and not by each question
            return Scanned(self._reader.scan(METRIC, METRIC_BY_RANK, (window,)) if window else [])
        return Kept(self._reader, window)

    def begun(self) -> bool:
        """Say whether there was anybody on a table before the one that is asked for.

        That a window was opened says less: what did so may have been taken back, and has come later for who looks
        from an instant of the past.
        """
        tracker, label = self._place.tracker, self._place.label
        if self._scan is not None:
            return any(at < label and self._scan.rows(at) for at in self._scan.windows)
        name = (self._access.scope, tracker.metric, tracker.text)
        stop: tuple[int, ...] = (label,)
        while windows := self._reader.scan(WINDOW, WINDOW_BY_NAME, name, stop=stop, reverse=True, limit=1):
            if _ranked(self._reader, windows[0].number):
                return True
            stop = (windows[0].label,)
        return False

    def _rolled(self, last: int, days: int) -> list[MetricRow]:
        tracker = self._place.tracker
        labels = range(last - days + 1, last + 1)
        least = _least(self._plan, self._definition)
        if self._scan is not None:
            windows = [self._scan.windows.get(label, 0) for label in labels]
            return rolled(self._scan.unit, self._plan, tracker, windows, least)
        windows = [
            window_named(self._access, self._reader, tracker.metric, tracker.text, label) for label in labels
        ]
        return rolled(self._reader, self._plan, tracker, windows, least)

    def _members(self, rows: list[MetricRow], label: int) -> Order:
        """Return the order of these entries, or of those that are a group's."""
        if self._group is None:
            return Scanned(rows)
        attribute = self._definition.group_by or ""
        people = people_of(self._access, self._reader, self._place.tracker, label, attribute, rows)
        pairs = zip(rows, people, strict=True)
        return Scanned(
            [
                row
                for row, who in pairs
                if who is not None and group_in(who.attributes, attribute) == self._group
            ]
        )


def _ranked(reader: Reader, window: int) -> bool:
    """Say whether anybody is on the table of a window."""
    return bool(window and reader.scan(METRIC, METRIC_BY_RANK, (window,), limit=1))


def _least(plan: Plan, definition: Leaderboard) -> int | None:
    if definition.min_score is None:
        return None
    return kept(Decimal(definition.min_score), plan.scale(definition.metric))
