"""The names that a catalog makes known: codes, events with their properties, currencies and metrics.

Promise: whether a name is known, and what it was probably meant to be, is answered in one place and in the
same words.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal

from gamify_core.catalog.board_definitions import Season
from gamify_core.catalog.conversions import KINDS
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.values import Problem
from gamify_core.domain.periods import LONGEST_ROLLING, rolling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gamify_core.catalog.definitions import Definition, Event, Metric
    from gamify_core.catalog.parts import Parts

__all__ = ["WINDOWS", "Known", "Use", "is_level"]

Use = Literal["criteria", "goals", "ladder", "board", "expression"]

WINDOWS: Final = ("hourly", "daily", "weekly", "monthly", "yearly")
_ROLLING: Final = re.compile(r"last_([0-9]+)d", re.ASCII)
_WALLET: Final = ("earned", "spent", "balance")
_ALWAYS: Final = ("badges.count", "events.count")


def _codes(definitions: Iterable[Definition]) -> tuple[str, ...]:
    codes: list[object] = [each.code for each in definitions]
    return tuple(code for code in codes if isinstance(code, str))


def _kinds(event: Event) -> Mapping[str, str]:
    """Return the kinds of an event's properties; a misspelt one, which is told elsewhere, may be anything."""
    kinds: Mapping[str, object] = event.properties
    return {name: kind if isinstance(kind, str) and kind in KINDS else "any" for name, kind in kinds.items()}


def _adds_up(metric: Metric) -> bool:
    taken = metric.max, metric.min, metric.latest, metric.distinct
    return not metric.days and all(source is None for source in taken)


class Known:
    """What may be referred to in a catalog."""

    def __init__(self, parts: Parts) -> None:
        """Collect the codes of all sections."""
        self.currencies: tuple[str, ...] = tuple(dict.fromkeys(("points", *_codes(parts.currencies))))
        self.streaks: tuple[str, ...] = _codes(parts.streaks)
        self.by_goals: tuple[str, ...] = _codes(streak for streak in parts.streaks if streak.goals)
        self.badges: tuple[str, ...] = _codes(parts.badges)
        self.rewards: tuple[str, ...] = _codes(parts.rewards)
        self.challenges: tuple[str, ...] = _codes(parts.challenges)
        self.events: Mapping[str, Mapping[str, str]] = {
            event.code: _kinds(event) for event in parts.events if event.code in _codes([event])
        }
        self.declared: Mapping[str, bool] = {
            metric.code: _adds_up(metric) for metric in parts.metrics if metric.code in _codes([metric])
        }
        self.scales: Mapping[str, int] = {
            metric.code: metric.scale
            for metric in parts.metrics
            if type(metric.scale) is int and metric.scale > 0
        } | {
            f"{currency.code}.{part}": currency.scale
            for currency in parts.currencies
            if type(currency.scale) is int and currency.scale > 0 and currency.code in self.currencies
            for part in _WALLET
        }
        self.seasons: dict[str, set[str]] = {}
        for board in parts.leaderboards:
            for season in board.seasons:
                if isinstance(season, Season) and isinstance(season.code, str):
                    span = f"{season.starts} {season.ends} {board.timezone}"
                    self.seasons.setdefault(season.code, set()).add(span)
        self.metrics: tuple[str, ...] = (
            *_codes(parts.metrics),
            *(f"{currency}.{part}" for currency in self.currencies for part in _WALLET),
            *(f"streak.{code}{part}" for code in self.streaks for part in ("", ".longest")),
            *(f"challenge.{code}" for code in self.challenges),
            *_ALWAYS,
        )

    def event(self, name: str) -> Problem | None:
        """Say what is wrong with the name of an event; with none declared, any is known."""
        return unknown("event", name, self.events) if self.events else None

    def currency(self, code: str) -> Problem | None:
        """Say what is wrong with the code of a currency."""
        return unknown("currency", code, self.currencies)

    def streak(self, code: str) -> Problem | None:
        """Say what is wrong with the code of a streak."""
        return unknown("streak", code, self.streaks)

    def badge(self, code: str) -> Problem | None:
        """Say what is wrong with the code of a badge."""
        return unknown("badge", code, self.badges)

    def reward(self, code: str) -> Problem | None:
        """Say what is wrong with the code of a reward."""
        return unknown("reward", code, self.rewards)

    def challenge(self, code: str) -> Problem | None:
        """Say what is wrong with the code of a challenge."""
        return unknown("challenge", code, self.challenges)

    def property(self, event: str, name: str) -> Problem | None:
        """Say what is wrong with a property of an event; of an event that declares none, any is known."""
        properties = self.events.get(event)
        if not properties or name in properties:
            return None
        near = nearest(name, properties)
        remedy = f"did you mean {near!r}?" if near else f"it has {', '.join(properties)}"
        return Problem(f"event {event!r} has no property {name!r}", remedy)

    def kind(self, events: Iterable[str], name: str) -> str | None:
        """Return the kind of a property where all these events that declare it agree, else None."""
        kinds = {self.events.get(event, {}).get(name, "any") for event in events}
        return kinds.pop() if len(kinds) == 1 else None

    def added_up(self, name: str) -> Problem | None:
        """Say what is wrong with a metric as a goal of a streak: what events add to it is added up in a period."""
        if name not in self.declared:
            near = nearest(name, self.declared)
            remedy = f"did you mean {near!r}?" if near else f"declare it: {_declaration(name)}"
            return Problem(f"no metric {name!r} is declared", remedy)
        if name in self.scales:
            return _scaled(name)
        if not self.declared[name]:
            return Problem(
                f"{name} does not add up", "a goal is a metric that counts events or sums a property"
            )
        return None

    def recorded(self, code: str) -> Problem | None:
        """Say what is wrong with a streak that a rule is to record."""
        if code in self.by_goals:
            return Problem(f"streak {code!r} is recorded by its goals", "leave it out of the rule")
        return self.streak(code)

    def laddered(self, name: str) -> Problem | None:
        """Say what is wrong with a metric as the measure of a ladder."""
        return self.metric(name, "ladder")

    def ranked(self, name: str) -> Problem | None:
        """Say what is wrong with a metric as the score of a leaderboard."""
        return self.metric(name, "board")

    def metric(self, name: str, use: Use) -> Problem | None:
        """Say what is wrong with a metric's name, with or without a window, for this use of it."""
        base, at, window = name.partition("@")
        if base not in self.metrics:
            return self._unknown_metric(base, f"{at}{window}")
        if base.startswith("streak.") and not base.endswith(".longest") and use in ("ladder", "board"):
            return Problem(f"{base} falls without anybody doing anything", f"write '{base}.longest'")
        if base in self.scales and base in self.declared and use in ("criteria", "goals", "ladder"):
            return _scaled(base)
        return self._window(base, window, use) if at else None

    def _window(  # noqa: PLR0911 - one for each thing that may be wrong
        self, base: str, window: str, use: Use
    ) -> Problem | None:
        """Say what is wrong with reading a known metric in a window for this use of it."""
        if use == "goals":
            period = f" and period = {window!r}" if window in WINDOWS else ""
            return Problem("the challenge has the window, its goals have none", f"write {base!r}{period}")
        if use == "board":
            period = "season" if window in self.seasons else window
            return Problem(
                "a leaderboard keeps periods of its own", f"write metric = {base!r} and period = {period!r}"
            )
        if is_level(base):
            return Problem(f"{base} has no windows, only leaderboards keep its periods", f"write {base!r}")
        if window in WINDOWS:
            return None
        if found := _ROLLING.fullmatch(window):
            return _rolling(base, window, int(found[1][:6]), use)
        if spans := self.seasons.get(window):
            return None if len(spans) == 1 else _disputed(window)
        known = (*WINDOWS, *self.seasons)
        near = nearest(window, known)
        seasons = "" if self.seasons else ", a season of a leaderboard"
        there = f"a window is one of {', '.join(known)}{seasons}, or last_30d, say"
        remedy = f"did you mean '{base}@{near}'?" if near else there
        return Problem(f"unknown window {'@' + window!r}", remedy)

    def _unknown_metric(self, base: str, window: str) -> Problem:
        currency, _, part = base.rpartition(".")
        if (
            part in _WALLET
            and currency not in self.currencies
            and (near := nearest(currency, self.currencies))
        ):
            return Problem(f"unknown currency {currency!r}", f"did you mean '{near}.{part}{window}'?")
        near = nearest(base, self.metrics)
        remedy = f"did you mean '{near}{window}'?" if near else f"declare it: {_declaration(base)}"
        return Problem(f"unknown metric {base!r}", remedy)


def _rolling(base: str, window: str, days: int, use: Use) -> Problem | None:
    """Say what is wrong with reading a metric in its last so many days."""
    if rolling(window) is None:
        return Problem(
            f"@{window} is no number of days", f"write 1 to {LONGEST_ROLLING:,}, as in '{base}@last_30d'"
        )
    if use == "expression":
        return None
    near = min(WINDOWS, key=lambda each: abs(_DAYS[each] - days))
    detail = "a threshold on the last days would be lost by time alone, when nothing moves"
    return Problem(
        detail, f"write '{base}@{near}', or ask metric(\"{base}@{window}\") in the `when` of a rule"
    )


def _disputed(season: str) -> Problem:
    detail = f"leaderboards have different seasons {season!r}"
    return Problem(detail, "give them the same dates and zone, or other names")


def _scaled(name: str) -> Problem:
    return Problem(f"{name} has decimals, thresholds are whole numbers", "use a metric without a scale")


def is_level(base: str) -> bool:
    """Say whether a metric is a level that rises and falls, and not a sum of what flowed."""
    return base.startswith("streak.") or base.endswith(".balance")


def _declaration(base: str) -> str:
    """Return what would make a metric of this name known."""
    section, _, code = base.partition(".")
    if section in ("streak", "challenge") and code:
        return f"[{section}s.{code.partition('.')[0]}]"
    return f"[metrics] {base} = {{ on = … }}"


def unknown(what: str, name: str, known: Iterable[str]) -> Problem | None:
    """Return the problem with a name that is not known, or None."""
    known = tuple(known)
    if name in known:
        return None
    near = nearest(name, known)
    there = f"there are {', '.join(known)}" if known else f"no {what} is declared"
    return Problem(f"unknown {what} {name!r}", f"did you mean {near!r}?" if near else there)


_DAYS: Final[Mapping[str, float]] = {"hourly": 0, "daily": 1, "weekly": 7, "monthly": 30, "yearly": 365}
