"""What a person finds in the file: views with plain words, names instead of numbers, and ISO timestamps.

Promise: each view reads only tables of ours and is made once those exist, unless its name is taken. Nothing
in the library reads them.
"""

from __future__ import annotations

import re

import attrs

__all__ = ["VIEWS", "SQLView", "written"]


def written(column: str) -> str:
    """Return SQL that writes microseconds since 1970 as `2026-02-14T08:15:00.000000Z`.

    Integers throughout: `strftime` with fractions goes through a double and loses the last digits. The
    seconds are rounded down, so instants before 1970 come out right too.
    """
    fraction = f"((({column} % 1000000) + 1000000) % 1000000)"
    seconds = f"(({column} - {fraction}) / 1000000)"
    return f"strftime('%Y-%m-%dT%H:%M:%S', {seconds}, 'unixepoch') || printf('.%06dZ', {fraction})"


@attrs.frozen
class SQLView:
    """The text of a view; the tables it needs are read off it."""

    select: str

    @property
    def tables(self) -> set[str]:
        """Return the names of the tables that must exist."""
        return set(re.findall(r"\bgamify_\w+", self.select))


def decimal(column: str, scale: str) -> str:
    """Return SQL that writes an integer of a scale as the number it stands for: the text `12.34` for 1234 of scale 2.

    Where there is no scale the integer stays one. As text, because SQL's own numbers with decimals are not exact.
    """
    digits = f"printf('%0*d', {scale} + 1, abs({column}))"
    written = (
        f"CASE WHEN {column} < 0 THEN '-' ELSE '' END || substr({digits}, 1, length({digits}) - {scale})"
        f" || '.' || substr({digits}, -{scale})"
    )
    return f"CASE WHEN {scale} IS NULL THEN {column} ELSE {written} END"


_NAMES = "p.scope, p.participant_id"
_WITH = "JOIN gamify_participant p ON p.number = x.participant"

_PARTICIPANTS = f"""
SELECT {_NAMES}, p.display_name, p.timezone, p.attributes, p.is_active,
    {written("p.created_at")} AS created_at,
    p.number, o.participant_id AS merged_into
FROM gamify_participant p LEFT JOIN gamify_participant o ON o.number = p.person AND p.person <> p.number"""

# The catalog in force, which the file carries as JSON, says what has decimals. All is read by `json_each`, since SQLite
# before 3.41 trusts no JSON function in a view.
_IN_FORCE = "c.number = (SELECT a.catalog FROM gamify_activity a ORDER BY a.seq DESC LIMIT 1)"
_SCALES = """
SELECT code.value AS name, scale.value AS scale
FROM gamify_catalog c
JOIN json_each(c.document, '$.{section}') d
JOIN json_each(d.value, '$.code') code
JOIN json_each(d.value, '$.scale') scale
WHERE {in_force}"""
_CURRENCIES = _SCALES.format(section="currencies", in_force=_IN_FORCE)
_METRIC_SCALES = f"""{_SCALES.format(section="metrics", in_force=_IN_FORCE)}
UNION ALL
SELECT of.name || part.value, of.scale
FROM ({_CURRENCIES}) of JOIN json_each('[".earned", ".spent", ".balance"]') part"""

_BALANCES = f"""
SELECT {_NAMES}, x.currency, {decimal("x.balance", "s.scale")} AS balance,
    {decimal("x.earned", "s.scale")} AS total_earned, {decimal("x.spent", "s.scale")} AS total_spent,
    x.version AS transactions, {written("x.occurred_at")} AS last_at
FROM gamify_entry x {_WITH} LEFT JOIN ({_CURRENCIES}) s ON s.name = x.currency
WHERE x.version = (
    SELECT MAX(y.version) FROM gamify_entry y WHERE y.participant = x.participant AND y.currency = x.currency
)"""

_TRANSACTIONS = f"""
SELECT 'txn_' || x.activity || '_' || x.ordinal AS transaction_id, {_NAMES}, x.currency,
    {decimal("x.amount", "s.scale")} AS amount, {decimal("x.balance", "s.scale")} AS balance_after,
    COALESCE(x.account, o.participant_id) AS other_side, x.source,
    {written("x.occurred_at")} AS occurred_at, x.activity
FROM gamify_entry x {_WITH} LEFT JOIN gamify_participant o ON o.number = x.peer
LEFT JOIN ({_CURRENCIES}) s ON s.name = x.currency"""

_TIERS = f"""
SELECT {_NAMES}, x.ladder, x.tier, x.how, {written("x.occurred_at")} AS occurred_at,
    x.n = (SELECT MAX(y.n) FROM gamify_standing y WHERE y.participant = x.participant AND y.ladder = x.ladder)
    AND COALESCE(p.person, p.number) = p.number AS is_current, x.activity
FROM gamify_standing x {_WITH}"""

_BADGES = f"""
SELECT {_NAMES}, x.badge, {written("x.occurred_at")} AS earned_at, x.source, x.activity
FROM gamify_badge x {_WITH}
WHERE x.held = 1 AND x.n = (
    SELECT MAX(y.n) FROM gamify_badge y WHERE y.participant = x.participant AND y.badge = x.badge
)"""

_STREAKS = f"""
SELECT {_NAMES}, x.streak, x.run AS run_at_last_activity, x.longest,
    {written("x.longest_at")} AS longest_reached_at, x.stock AS freezes,
    {written("x.last_at")} AS last_activity_at
FROM gamify_streak x {_WITH}"""

# The catalog in force says which boards are kept in which calendars, too; what is as by default it leaves out.
# Two boards may share one window: their codes then stand side by side.
_KEPT = """
SELECT b.metric,
    CASE
        WHEN b.period = 'all_time' AND b.zone = b.home THEN b.period
        WHEN b.period = 'weekly' AND b.week_start <> 'monday' THEN 'weekly/' || b.week_start || ' ' || b.zone
        WHEN b.period LIKE 'last^_%' ESCAPE '^' THEN 'daily ' || b.zone
        WHEN b.period = 'days' THEN 'days/' || b.days || ' ' || b.zone
        WHEN b.period = 'season' THEN 'season/' || b.season || ' ' || b.zone || ' ' || b.span
        ELSE b.period || ' ' || b.zone
    END || b.sense
    || CASE WHEN b.period LIKE 'last^_%' ESCAPE '^' THEN '' ELSE b.least END
    || CASE WHEN b.period LIKE 'last^_%' ESCAPE '^' OR b.period = 'all_time' THEN '' ELSE b.final END AS calendar,
    group_concat(b.code, ', ') AS board
FROM (
    SELECT code.value AS code, COALESCE(metric.value, 'points.earned') AS metric,
        COALESCE(kept.value, shown.value, 'all_time') AS period, COALESCE(home.value, 'UTC') AS home,
        COALESCE(zone.value, home.value, 'UTC') AS zone, COALESCE(week.value, start.value, 'monday') AS week_start,
        CASE sense.value WHEN 'ascending' THEN ' ascending' ELSE '' END AS sense,
        days.value || COALESCE('/' || anchor.value, '') AS days, season.key AS season,
        starts.value || '/' || ends.value AS span, COALESCE(' from ' || least.value, '') AS least,
        COALESCE(' final ' || final.value, '') AS final
    FROM gamify_catalog c
    JOIN json_each(c.document, '$.leaderboards') d
    JOIN json_each(d.value, '$.code') code
    LEFT JOIN json_each(d.value, '$.metric') metric
    LEFT JOIN json_each(d.value, '$.period') shown
    LEFT JOIN json_each(d.value, '$.periods') kept
    LEFT JOIN json_each(d.value, '$.order') sense
    LEFT JOIN json_each(d.value, '$.timezone') zone
    LEFT JOIN json_each(d.value, '$.week_start') week
    LEFT JOIN json_each(d.value, '$.days') days
    LEFT JOIN json_each(d.value, '$.anchor') anchor
    LEFT JOIN json_each(d.value, '$.min_score') least
    LEFT JOIN json_each(d.value, '$.finalize_after') final
    LEFT JOIN json_each(d.value, '$.seasons') season ON COALESCE(kept.value, shown.value) = 'season'
    LEFT JOIN json_each(season.value, '$.starts') starts
    LEFT JOIN json_each(season.value, '$.ends') ends
    LEFT JOIN json_each(c.document, '$.timezone') home
    LEFT JOIN json_each(c.document, '$.week_start') start
    WHERE c.number = (SELECT a.catalog FROM gamify_activity a ORDER BY a.seq DESC LIMIT 1)
) b
GROUP BY 1, 2"""

_BOARDS = f"""
WITH kept AS ({_KEPT})
SELECT w.scope, k.board, w.metric, w.calendar,
    {written("w.starts_at")} AS starts_at, {written("w.ends_at")} AS ends_at,
    rank() OVER (PARTITION BY x.window ORDER BY x.down) AS rank, p.participant_id, p.display_name,
    {decimal("x.value", "s.scale")} AS score, {written("x.reached_at")} AS reached_at
FROM gamify_metric x {_WITH} JOIN gamify_window w ON w.number = x.window
LEFT JOIN ({_METRIC_SCALES}) s ON s.name = w.metric
LEFT JOIN kept k ON k.metric = w.metric AND k.calendar = w.calendar
WHERE x.down IS NOT NULL"""

_METRICS = f"""
SELECT {_NAMES}, w.metric, w.calendar,
    {written("w.starts_at")} AS starts_at, {written("w.ends_at")} AS ends_at,
    {decimal("x.value", "s.scale")} AS value, {written("x.reached_at")} AS reached_at
FROM gamify_metric x {_WITH} JOIN gamify_window w ON w.number = x.window
LEFT JOIN ({_METRIC_SCALES}) s ON s.name = w.metric"""

_EVENTS = f"""
SELECT {_NAMES}, x.name AS event_name, {written("x.occurred_at")} AS occurred_at, q.request, x.activity
FROM gamify_event x {_WITH} LEFT JOIN gamify_payload q ON q.seq = x.activity"""

_ACTIVITY = f"""
SELECT x.seq, {written("x.recorded_at")} AS recorded_at, {written("x.occurred_at")} AS occurred_at, x.scope,
x.kind,
    p.participant_id, q.request, x.outcome
FROM gamify_activity x LEFT JOIN gamify_participant p ON p.number = x.participant
LEFT JOIN gamify_payload q ON q.seq = x.seq"""

VIEWS: dict[str, SQLView] = {
    "participants": SQLView(_PARTICIPANTS),
    "balances": SQLView(_BALANCES),
    "transactions": SQLView(_TRANSACTIONS),
    "tiers": SQLView(_TIERS),
    "badges": SQLView(_BADGES),
    "streaks": SQLView(_STREAKS),
    "boards": SQLView(_BOARDS),
    "metrics": SQLView(_METRICS),
    "events": SQLView(_EVENTS),
    "activity": SQLView(_ACTIVITY),
}
