"""Whether a scenario makes sense: everything that is wrong is found in one go, each thing by its path."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from gamify_core.catalog import Catalog
from gamify_core.catalog.findings import Findings, shown
from gamify_core.catalog.nearest import nearest
from gamify_core.catalog.values import zone
from gamify_core.errors import NotFound
from gamify_core.simulation.personas import PICKS, Giveaway, Mix, Persona, day_of, hours_of
from gamify_core.simulation.sources import problem

if TYPE_CHECKING:
    from gamify_core.simulation.scenario import Scenario

__all__ = ["examine", "examine_against"]

_PAIR: Final = 2
_WRITE: Final = "write Mix(2, {'score': [1, 2, 3]})"
_MIX: Final = "write events={'lesson': Mix(2)}"
_MOST_EVENTS: Final = 200
_MOST: Final = 10_000_000


def examine(scenario: Any, findings: Findings) -> None:
    """Look at whatever has the fields of a scenario, sound or not."""
    _examine_whole(scenario, findings)
    _examine_gifts(scenario.gifts, findings)
    _examine_tables(scenario, findings)
    codes: set[str] = set()
    for place, persona in enumerate(scenario.personas):
        if not isinstance(persona, Persona):
            findings.fault(
                f"personas[{place}]", f"{shown(persona)} is not a Persona", 'write Persona("casual")'
            )
            continue
        path = f"personas.{persona.code}"
        if not isinstance(persona.code, str) or not persona.code or persona.code in codes:
            findings.fault(path, "a persona needs a code of its own", 'write Persona("casual")')
        codes.add(str(persona.code))
        _examine_persona(persona, path, findings)
    shares = [persona.share for persona in scenario.personas if isinstance(persona, Persona)]
    if shares and all(isinstance(each, int | float) for each in shares) and not any(shares):
        findings.fault("personas", "no persona has a share", "leave it out for all alike")


def examine_against(scenario: Scenario, catalog: Catalog, findings: Findings) -> None:
    """Look for what a sound scenario names and a catalog does not have: the catalog would refuse it in the middle."""
    for persona in scenario.personas:
        for name in persona.events if catalog.events else ():
            _named(findings, f"personas.{persona.code}.events.{name}", catalog.event, name)
    for gift in scenario.gifts:
        _named(findings, f"gifts.{gift.code}.currency", catalog.currency, gift.currency)
        if gift.badge is not None:
            _named(findings, f"gifts.{gift.code}.badge", catalog.badge, gift.badge)
    for code in scenario.codes:
        path = f"codes.{code}"
        if _named(findings, path, catalog.reward, code) and catalog.reward(code).type != "coupon":
            findings.fault(path, f"the reward {code} takes no codes", 'only one of type "coupon" does')
    for code in scenario.costs:
        _named(findings, f"costs.{code}", catalog.currency, code)


def _named(findings: Findings, path: str, find: Callable[[str], object], code: str) -> bool:
    """Say whether there is something of a name; if not, that is a fault."""
    try:
        find(code)
    except NotFound as error:
        findings.fault(path, str(error.detail), error.hint)
        return False
    return True


def _examine_whole(scenario: Any, findings: Findings) -> None:
    for field in ("players", "days"):
        value = getattr(scenario, field)
        if value is not None and not (type(value) is int and 1 <= value <= _MOST):
            findings.fault(field, f"{shown(value)} is not a whole number from 1 to {_MOST}")
    if not (type(scenario.arrivals) is int and 0 <= scenario.arrivals <= _MOST):
        findings.fault("arrivals", f"{shown(scenario.arrivals)} is not a number of days", "write 30, say")
    if scenario.start is not None and type(scenario.start) is not date:
        findings.fault("start", f"{shown(scenario.start)} is not a date", "write 2026-01-05")


def _examine_tables(scenario: Any, findings: Findings) -> None:
    for name, what in (("codes", "a number of codes"), ("costs", "a cost")):
        table = getattr(scenario, name)
        if not isinstance(table, Mapping):
            findings.fault(name, f"{shown(table)} is not a table", f"write [{name}]")
            continue
        for code, value in table.items():
            _number(findings, f"{name}.{code}", value, 0, _MOST, what)
            if name == "codes" and isinstance(value, float):
                findings.fault(f"codes.{code}", f"{shown(value)} is not a whole number")


def _examine_gifts(gifts: Any, findings: Findings) -> None:
    codes: set[str] = set()
    for place, gift in enumerate(gifts):
        if not isinstance(gift, Giveaway):
            findings.fault(f"gifts[{place}]", f"{shown(gift)} is no gift", 'write Giveaway("spring", 50)')
            continue
        path = f"gifts.{gift.code}"
        if not isinstance(gift.code, str) or not gift.code or gift.code in codes:
            findings.fault(path, "a gift needs a code of its own", 'write Giveaway("spring", 50)')
        codes.add(str(gift.code))
        if gift.reward == 0 and gift.badge is None:
            findings.fault(path, "it gives nothing", 'write reward = 50, or badge = "spring"')
        for name, least in (("reward", 0), ("day", 1), ("lasts", 1)):
            value = getattr(gift, name)
            if not (type(value) is int and least <= value <= _MOST) and not (
                name == "lasts" and value is None
            ):
                findings.fault(f"{path}.{name}", f"{shown(value)} is not a whole number from {least} on")
        for name in ("badge", "currency"):
            value = getattr(gift, name)
            if not isinstance(value, str) and not (name == "badge" and value is None):
                findings.fault(f"{path}.{name}", f"{shown(value)} is not a code")


def _examine_persona(persona: Persona, path: str, findings: Findings) -> None:
    for name in ("activity", "churn", "spends", "trades", "redeems", "sends"):
        _number(findings, f"{path}.{name}", getattr(persona, name), 0, 1, "a chance")
    _number(findings, f"{path}.share", persona.share, 0, _MOST, "a share")
    _number(
        findings,
        f"{path}.events_per_day",
        persona.events_per_day,
        1,
        _MOST_EVENTS,
        "a mean of events on an active day",
    )
    _number(findings, f"{path}.price", persona.price, 1, _MOST, "a price")
    if persona.picks not in PICKS:
        near = nearest(persona.picks, PICKS) if isinstance(persona.picks, str) else None
        remedy = f"did you mean {near!r}?" if near else f"one of {', '.join(PICKS)}"
        findings.fault(f"{path}.picks", f"{shown(persona.picks)} is not known", remedy)
    if persona.retention is not None:
        _retention(findings, f"{path}.retention", persona.retention)
    if persona.hours is not None and hours_of(persona.hours) is None:
        findings.fault(
            f"{path}.hours", f"{shown(persona.hours)} is not a time of day", 'write "18-23", or 24 weights'
        )
    _zones(findings, f"{path}.timezone", persona.timezone)
    _events(findings, f"{path}.events", persona.events)


def _events(findings: Findings, path: str, events: object) -> None:
    if not isinstance(events, Mapping):
        findings.fault(path, f"{shown(events)} is not a table", _MIX)
        return
    for name, mix in events.items():
        where = f"{path}.{name}"
        if not isinstance(mix, Mix):
            findings.fault(where, f"{shown(mix)} is not a Mix", _WRITE)
            continue
        if not isinstance(mix.properties, Mapping):
            findings.fault(where, f"{shown(mix.properties)} is not a table of properties", _WRITE)
            continue
        _number(findings, f"{where}.weight", mix.weight, 0, _MOST, "a weight")
        for key, value in mix.properties.items():
            if told := problem(value):
                findings.fault(f"{where}.{key}", told, "write { normal = [70, 15], min = 0, max = 100 }, say")
    weights = [mix.weight for mix in events.values() if isinstance(mix, Mix)]
    if weights and all(isinstance(each, int | float) for each in weights) and not any(weights):
        findings.fault(path, "no event has a weight", "leave the table out for all events alike")


def _number(findings: Findings, path: str, value: object, least: int, most: int, what: str) -> None:  # noqa: PLR0913
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= most:
        findings.fault(path, f"{shown(value)} is not {what}", f"write a number from {least} to {most}")


def _zones(findings: Findings, path: str, value: object) -> None:
    if isinstance(value, Mapping) and not any(value.values()):
        findings.fault(path, "no zone has a weight", "leave it out for the catalog's own")
    zones = value.items() if isinstance(value, Mapping) else [] if value is None else [(value, 1)]
    for name, weight in zones:
        if fault := zone(name):
            findings.fault(path, fault.message, fault.remedy)
        _number(findings, f"{path}.{name}", weight, 0, _MOST, "a weight")


def _retention(findings: Findings, path: str, value: object) -> None:
    if not isinstance(value, Mapping) or not value:
        findings.fault(path, f"{shown(value)} is not a retention", "write { 1 = 0.6, 7 = 0.4, 30 = 0.2 }")
        return
    for key, piece in value.items():
        power = piece if key == "power" else piece.get("power") if isinstance(piece, Mapping) else None
        day = 1 if key == "power" else day_of(key)
        if day is None:
            findings.fault(path, f"{shown(key)} is not a day after arriving", "write 7 = 0.4")
        elif power is not None:
            pair = (
                isinstance(power, list | tuple)
                and len(power) == _PAIR
                and all(isinstance(each, int | float) and math.isfinite(each) for each in power)
            )
            if not pair:
                findings.fault(
                    f"{path}.{key}", f"{shown(power)} is not a power law", "write { power = [0.6, -0.4] }"
                )
        else:
            _number(findings, f"{path}.{key}", piece, 0, 1, "a share")
