"""The page: headlines, goals, then what became of people, points, tiers, badges, streaks and rewards.

Promise: the same simulation gives the same bytes; every number that is drawn also stands in a table.
"""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING

from gamify_core.simulation.headlines import headlines, size_of
from gamify_core.simulation.report.sections import sections
from gamify_core.simulation.report.style import style
from gamify_core.simulation.results import spelt

if TYPE_CHECKING:
    from gamify_core.simulation.results import Estimate, Simulation

__all__ = ["html_of"]


def html_of(result: Simulation) -> str:
    """Return the whole page."""
    title = result.catalog.name or ("Live report" if result.source != "simulation" else "Simulated season")
    body = "".join(
        [_header(result, title), _cards(result), _goals(result), *sections(result), _footer(result)]
    )
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style()}</style></head>\n<body><main>{body}</main></body></html>\n"
    )


def _header(result: Simulation, title: str) -> str:
    live = result.source != "simulation"
    facts = [
        f"<b>{result.players:,}</b> {'participants' if live else 'invented players'}",
        f"<b>{result.days}</b> days",
    ]
    if not live:
        many = f"<b>{result.n}</b> repetitions" if result.n != 1 else "<b>1</b> repetition"
        facts += [many, f"seed <b>{result.seed}</b>"]
    facts.append(f"from {result.start:%d %B %Y}".replace(" 0", " "))
    notes = []
    if result.coupling:
        shared = ", ".join(result.coupling)
        notes.append(f"Everybody played in one world, in the order of time, for they share {escape(shared)}.")
    if any(day is not None for day in result.stopped):
        days = ", ".join(str(day) for day in result.stopped if day is not None)
        notes.append(f"Stopped early, at the end of day {days}.")
    notes += [
        f"Repetition {one.replication} failed and is left out: {escape(one.error)}."
        for one in result.failures
    ]
    told = "".join(f'<p class="note">{note}</p>' for note in notes)
    return f'<header><h1>{escape(title)}</h1><p class="facts">{" · ".join(facts)}</p>{told}</header>'


def _cards(result: Simulation) -> str:
    cards = []
    for label, each in headlines(result):
        value = spelt(each.value, share=each.measure.share)
        cards.append(
            f'<div class="card"><div class="what">{escape(label)}</div><div class="value">{value}</div>'
            f'<div class="range">{_range(each)}</div></div>'
        )
    how = (
        f"95 % t-intervals over {result.n} repetitions, on the logit of shares and the logarithm of what cannot be "
        f"below zero; seed {result.seed}"
        if result.n > 1
        else "95 % Wilson intervals where a number is a share of players; repetitions give the others theirs"
    )
    return f'<div class="cards">{"".join(cards)}</div><p class="small" style="margin-top:10px">{how}.</p>'


def _range(each: Estimate) -> str:
    if math.isnan(each.low):
        return ""
    share = each.measure.share
    return f"{spelt(each.low, share=share)} – {spelt(each.high, share=share)}"


def _goals(result: Simulation) -> str:
    goals = result.goals()
    if not goals:
        return ""
    rows = "".join(
        f'<tr><td><span class="pill {"good" if goal.met else "bad"}">{"met" if goal.met else "missed"}</span></td>'
        f"<td>{escape(str(goal.expected.measure))}</td><td>{escape(goal.expected.span.text)}</td>"
        f"<td>{escape(str(goal.estimate))}</td></tr>"
        for goal in goals
    )
    met = sum(goal.met for goal in goals)
    return (
        f"<h2>Goals</h2><p>{met} of {len(goals)} met.</p><figure><div class='scroll'><table><thead><tr><th></th>"
        f"<th>measure</th><th>wanted</th><th>found</th></tr></thead><tbody>{rows}</tbody></table></div></figure>"
    )


def _footer(result: Simulation) -> str:
    rows = [("Catalog", result.catalog.fingerprint)]
    if result.source == "simulation":
        many = f"{result.n} × {size_of(result)}"
        rows += [
            ("Behaviour", "is assumed: personas say who comes and what they do."),
            ("Rules", "are the catalog's own, decided by the code that decides them live."),
            ("Repeat it", f"seed {result.seed}, {many}: the same bytes on any number of workers."),
        ]
    else:
        rows.append(("Source", result.source))
    cells = "".join(f"<dt>{escape(name)}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    return f"<footer><dl>{cells}</dl></footer>"
