"""The catalog as a whole: the one of the front page, lookups, in and out, fingerprint and differences."""

from __future__ import annotations

import functools
import json
import os
import pickle
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest

from gamify_core.catalog import (
    Badge,
    Cap,
    Catalog,
    Challenge,
    Currency,
    Event,
    Ladder,
    Leaderboard,
    Metric,
    Reward,
    Rule,
    Streak,
    Tier,
)
from gamify_core.errors import CatalogError, GamifyError, NotFound
from tests.front_page import FRONT_PAGE

if TYPE_CHECKING:
    from collections.abc import Callable

FRONT_PAGE_IN_PYTHON = Catalog(
    timezone="Europe/Paris",
    events=[Event("lesson_finished", score=int, topic=str)],
    metrics=[Metric("lessons", "lesson_finished"), Metric("topics", "lesson_finished", distinct="topic")],
    rules=[
        Rule(
            "lesson",
            "lesson_finished",
            when="score >= 60",
            award="10 + score // 10",
            streak="daily",
            cap=Cap(points=300, per="daily"),
        )
    ],
    streaks=[Streak("daily", grace_period_hours=4)],
    ladders=[Ladder("tier", {"bronze": 0, "silver": 60, "gold": 2000})],
    badges=[
        Badge("first_steps", criteria="lessons >= 1", points=50),
        Badge("explorer", criteria="topics >= 5 and streak.daily >= 7", points=200, rarity="rare"),
    ],
    leaderboards=[Leaderboard("weekly", period="weekly")],
)

EVERYTHING = Catalog(
    name="Everything",
    timezone="+05:30",
    week_start="sunday",
    events=[Event("visit"), Event("shop.order-paid:eu", price="number", items=list, gift=bool, cart=dict)],
    currencies=[Currency("gems", "Sparkling Gems", scale=2)],
    metrics=[
        Metric("orders", ("shop.order-paid:eu", "visit")),
        Metric("turnover", "shop.order-paid:eu", sum="floor(price * 100)", when="not gift"),
        Metric("largest", "shop.order-paid:eu", max="price"),
        Metric("smallest", "shop.order-paid:eu", min="price"),
    ],
    rules=[
        Rule(
            "second",
            "visit",
            award={"gems": 3, "points": "1 + 1"},
            badge=["regular", "shopper"],
            mint=["regular", "again"],
            reward="double",
            advance="calls",
            cooldown="1d",
        ),
        Rule(
            "first",
            "shop.order-paid:eu",
            when='price > 10 and metric("orders@weekly") < 5 and participant.pro and cart.total > 1',
            deduct={"gems": 1},
            streak=("shopping",),
            cap=Cap(times=3, per="weekly"),
            cooldown="10m",
            starts=datetime(2026, 3, 1, tzinfo=UTC),
            ends="2026-04-01T00:00:00+02:00",
            strict=True,
            rounding="floor",
            name="First of all",
        ),
    ],
    streaks=[
        Streak("shopping", "Shopping", "Buy daily", rest_days=["saturday", "sunday"], freeze_cap=2, target=2),
        Streak(
            "calling", period="weekly", timezone="event", week_start="monday", day_start="04:00", on="visit"
        ),
    ],
    ladders=[
        Ladder(
            "vip", [Tier("gold", "Gold!", 7, 100, "#fd0", "shiny", ("a", "b"), "manual", 3), Tier("iron")]
        ),
        Ladder("year", {"one": 5}, "turnover@yearly", "at_review", "Of the year"),
    ],
    badges=[
        Badge(
            "regular", "Regular", "Comes often", "https://x/y.png", "⭐", "social", secret=True, max_supply=9
        ),
        Badge("rich", criteria="gems.balance >= 9", permanent=False, transferable=False),
        Badge("shopper", points={"gems": 5, "points": 1}, condition="Buy ten", criteria="orders >= 10"),
        Badge(
            "again", repeatable=True, display_order=-1, criteria="smallest >= 10 or events.count@hourly >= 3"
        ),
    ],
    leaderboards=[
        Leaderboard(
            "top", "Top", "gems.earned", "monthly", ("daily", "monthly"), "dense", "UTC", "ascending"
        ),
        Leaderboard("runs", metric="streak.shopping.longest", week_start="friday", display_order=4),
    ],
    rewards=[
        Reward("ten_off", "Ten off", "coupon", "Off the next order", 500, "gems", 2, 100, display_order=1),
        Reward(
            "double",
            type="points_multiplier",
            factor=1.5,
            duration="24h",
            multiplies="gems",
            stacking="add",
            rounding="ceil",
            is_active=False,
        ),
    ],
    challenges=[
        Challenge(
            "marathon",
            "orders >= 10 and (points.balance >= 50 or challenge.calls)",
            "The Marathon",
            "Ten orders in March",
            starts="2026-03-01T00:00:00+01:00",
            ends="2026-04-01T00:00:00+02:00",
            points={"gems": 5, "points": 100},
            badge="regular",
            reward=["ten_off", "double"],
            display_order=-2,
        ),
        Challenge("calls", "challenge.calls >= 3", period="weekly", points=10, is_active=False),
    ],
)


def test_the_catalog_of_the_front_page_loads_and_says_nothing() -> None:
    """The first catalog a reader sees has no faults and no notes, and equals the one written in Python."""
    catalog = Catalog.from_toml(FRONT_PAGE)
    assert catalog == FRONT_PAGE_IN_PYTHON
    assert catalog.notes == ()
    assert catalog.fingerprint == FRONT_PAGE_IN_PYTHON.fingerprint


@pytest.mark.parametrize(
    "catalog", [Catalog(), FRONT_PAGE_IN_PYTHON, EVERYTHING], ids=["empty", "front", "all"]
)
def test_plain_data_and_back(catalog: Catalog) -> None:
    """A catalog survives JSON, even where a store sorts the keys, with its fingerprint."""
    text = json.dumps(catalog.to_dict(), sort_keys=True)
    again = Catalog.from_dict(json.loads(text))
    assert again == catalog
    assert again.fingerprint == catalog.fingerprint
    assert again.notes == catalog.notes
    assert hash(again) == hash(catalog)


def test_to_dict_leaves_out_what_is_as_by_default() -> None:
    """What was not written is not written out, and a cap, a time and an amount have their plain forms."""
    first = EVERYTHING.to_dict()["rules"][1]  # type: ignore[index]
    assert first == {
        "code": "first",
        "name": "First of all",
        "on": "shop.order-paid:eu",
        "when": 'price > 10 and metric("orders@weekly") < 5 and participant.pro and cart.total > 1',
        "deduct": {"gems": 1},
        "streak": "shopping",
        "cap": {"times": 3, "per": "weekly"},
        "cooldown": "10m",
        "starts": "2026-03-01T00:00:00Z",
        "ends": "2026-03-31T22:00:00Z",
        "strict": True,
        "rounding": "floor",
    }
    assert EVERYTHING.to_dict()["ladders"][0]["tiers"] == {  # type: ignore[index,call-overload]
        "iron": 0,
        "gold": {
            "name": "Gold!",
            "level": 7,
            "min_points": 100,
            "color": "#fd0",
            "description": "shiny",
            "benefits": ["a", "b"],
            "award_type": "manual",
            "display_order": 3,
        },
    }
    assert EVERYTHING.to_dict()["rewards"][1] == {  # type: ignore[index]
        "code": "double",
        "type": "points_multiplier",
        "is_active": False,
        "factor": "1.5",
        "duration": "24h",
        "multiplies": "gems",
        "stacking": "add",
        "rounding": "ceil",
    }
    assert EVERYTHING.to_dict()["challenges"][0] == {  # type: ignore[index]
        "code": "marathon",
        "goals": "orders >= 10 and (points.balance >= 50 or challenge.calls)",
        "name": "The Marathon",
        "description": "Ten orders in March",
        "starts": "2026-02-28T23:00:00Z",
        "ends": "2026-03-31T22:00:00Z",
        "points": {"gems": 5, "points": 100},
        "badge": "regular",
        "reward": ["ten_off", "double"],
        "display_order": -2,
    }
    assert Catalog().to_dict() == {}


def test_a_null_is_as_good_as_nothing() -> None:
    """Whoever writes JSON by machine may write out every key."""
    assert Catalog.from_dict({"badges": {"a": {"name": None, "points": None}}}) == Catalog(
        badges=[Badge("a")]
    )


def test_a_catalog_travels_to_another_process() -> None:
    """A pickled catalog is equal, and still answers."""
    again = pickle.loads(pickle.dumps(EVERYTHING))  # noqa: S301 - our own
    assert again == EVERYTHING
    assert again.badge("again") == EVERYTHING.badges[-1]


LOOKUPS: list[tuple[Callable[[str], object], str, str]] = [
    (EVERYTHING.event, "visit", "Event definition not found: visitt"),
    (EVERYTHING.currency, "gems", "Currency definition not found: gemst"),
    (EVERYTHING.currency, "points", "Currency definition not found: pointst"),
    (EVERYTHING.metric, "orders", "Metric definition not found: orderst"),
    (EVERYTHING.rule, "first", "Rule definition not found: firstt"),
    (EVERYTHING.streak, "shopping", "Streak definition not found: shoppingt"),
    (EVERYTHING.ladder, "vip", "Ladder definition not found: vipt"),
    (EVERYTHING.badge, "regular", "Badge definition not found: regulart"),
    (EVERYTHING.leaderboard, "top", "Leaderboard definition not found: topt"),
    (EVERYTHING.reward, "ten_off", "Reward definition not found: ten_offt"),
    (EVERYTHING.challenge, "marathon", "Challenge definition not found: marathont"),
    (EVERYTHING.ladder("vip").tier, "gold", "Tier definition not found: goldt"),
]


@pytest.mark.parametrize(("look", "code", "sentence"), LOOKUPS, ids=[sentence for *_, sentence in LOOKUPS])
def test_lookups_find_or_name_the_nearest(look: Callable[[str], object], code: str, sentence: str) -> None:
    """A known code gives its definition; an unknown one raises the sentence that a front end answers with."""
    assert getattr(look(code), "code") == code  # noqa: B009 - the definitions have no common type here
    with pytest.raises(NotFound) as caught:
        look(f"{code}t")
    assert caught.value.detail == sentence
    assert caught.value.nearest == code
    assert str(caught.value) == f"{sentence} (did you mean {code!r}?)"


@pytest.mark.parametrize("code", ["unknown_badge", "", None, ["a"], 5])
def test_a_lookup_of_anything_at_all_raises_not_found(code: object) -> None:
    """Whatever is passed as a code, the error is ours."""
    with pytest.raises(NotFound, match=r"^Badge definition not found: "):
        EVERYTHING.badge(code)  # type: ignore[arg-type]


def test_the_fingerprint_ignores_the_order_of_keys_and_of_sections() -> None:
    """Writing the same things in another order of keys, or of counters and boards, changes nothing."""
    one = Catalog.from_toml(
        '[metrics]\na = { on = "x", sum = "p" }\nb = { on = "y" }\n[badges.q]\npoints = 1\nname = "Q"'
    )
    two = Catalog.from_toml(
        '[badges.q]\nname = "Q"\npoints = 1\n[metrics]\nb = { on = "y" }\na = { sum = "p", on = "x" }'
    )
    assert one.fingerprint == two.fingerprint
    assert one.diff(two) == ()


def test_the_fingerprint_knows_the_order_of_rules() -> None:
    """Rules fire in declared order, so another order is another catalog, and diff says so."""
    rules = [Rule("a", "x", award=1), Rule("b", "x", award=2)]
    one, two = Catalog(rules=rules), Catalog(rules=rules[::-1])
    assert one.fingerprint != two.fingerprint
    assert one.diff(two) == ("rules are in another order: b, a",)


def test_diff_tells_what_changed_in_sentences() -> None:
    """Each change is one sentence with its path; new and lost definitions are named."""
    other = Catalog.from_toml(
        FRONT_PAGE.replace("300", "200")
        .replace("silver = 60", "silver = 90")
        .replace("[streaks.daily]", "[streaks.daily]\ntarget = 2")
        .replace("grace_period_hours = 4", "")
        .replace("explorer ", "walker ")
        .replace("Europe/Paris", "UTC")
    )
    assert FRONT_PAGE_IN_PYTHON.diff(other) == (
        "timezone is gone (it was 'Europe/Paris')",
        "rules.lesson.cap.points was 300 and is 200",
        "streaks.daily.grace_period_hours is gone (it was 4)",
        "streaks.daily.target is new: 2",
        "ladders.tier.tiers.silver was 60 and is 90",
        "badges.explorer is gone",
        "badges.walker is new",
    )
    assert FRONT_PAGE_IN_PYTHON.diff(FRONT_PAGE_IN_PYTHON) == ()


def test_an_opaque_rule_is_written_by_name_and_read_back_as_a_stand_in() -> None:
    """A Python callable is known by its name; what is read back means the same, travels, and decides nothing."""
    catalog = Catalog(rules=[Rule("luck", "x", when=_lucky, award=1)])
    data = catalog.to_dict()
    assert data["rules"] == [
        {"code": "luck", "on": "x", "when": {"python": f"{__name__}._lucky"}, "award": 1},
    ]
    assert catalog.fingerprint != Catalog(rules=[Rule("luck", "x", award=1)]).fingerprint
    again = Catalog.from_dict(json.loads(json.dumps(data)))
    assert (again.fingerprint, again.to_dict(), again.diff(catalog)) == (catalog.fingerprint, data, ())
    assert Catalog.from_dict(again.to_dict()) == again == pickle.loads(pickle.dumps(again))  # noqa: S301 - our own
    (rule,) = again.rules
    assert rule.opaque
    assert callable(rule.when)
    sentence = f"rule luck is decided by a Python function ({__name__}._lucky): open with Engine(catalog, …)"
    with pytest.raises(GamifyError) as refused:
        rule.when({})
    assert str(refused.value) == sentence


def _lucky(_properties: object) -> bool:
    return True


class _Luck:
    def __call__(self, _properties: object) -> bool:
        return True


def test_a_callable_without_a_name_goes_by_that_of_its_class() -> None:
    """The plain data is the same in every process: no address of an object ever stands in it."""
    prints = {Catalog(rules=[Rule("r", "x", when=_Luck(), award=1)]).fingerprint for _ in range(2)}
    assert len(prints) == 1
    (table,) = cast(
        "list[dict[str, object]]", Catalog(rules=[Rule("r", "x", when=_Luck())]).to_dict()["rules"]
    )
    assert table["when"] == {"python": f"{__name__}._Luck"}
    partial = Catalog(rules=[Rule("r", "x", when=functools.partial(_lucky))])
    assert "functools.partial" in str(partial.to_dict())
    assert " at 0x" not in str(partial.to_dict())


@pytest.mark.parametrize(
    "when", [{}, {"python": 5}, {"python": "a", "more": "b"}, {"pyton": "a.b"}, {"python": "a\0b"}]
)
def test_what_is_not_the_name_of_a_function_is_no_condition(when: object) -> None:
    """A table that is nearly a stand-in is a fault, and not a rule that decides nothing."""
    with pytest.raises(CatalogError, match=r"rules\.r\.when: a dict is not a condition"):
        Catalog.from_dict({"rules": {"r": {"on": "x", "when": when}}})


def test_a_catalog_made_in_python_loads_no_parser() -> None:
    """Whoever writes the catalog in Python pays neither for a TOML parser nor for the search for lines."""
    code = "import sys; from gamify_core.catalog import Catalog; Catalog(); print(*sys.modules)"
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    loaded = subprocess.run(  # noqa: S603 - our own words; measuring would load modules of its own
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=plain
    ).stdout.split()
    assert not {"tomllib", "gamify_core.catalog.toml_lines", "gamify_core.catalog.reading"} & set(loaded)
