"""Rewards, challenges and numbered badges in a catalog: from a file and back, and what changes between two."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.catalog import Badge, Catalog, Challenge, Ladder, Leaderboard, Metric, Reward, Rule, Tier
from gamify_core.catalog.conversions import decimal
from gamify_core.catalog.definitions import Period, RewardType, Stacking
from gamify_core.catalog.reading import definition_of
from gamify_core.errors import CatalogError
from gamify_core.road.plan import compile_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

SHOP = """
[metrics]
kilometres = { on = "run", sum = "km" }

[badges.finisher]
max_supply   = 100
transferable = false

[rewards.ten_off]
type                = "coupon"
points_cost         = 500
max_claims_per_user = 1

[rewards.double_day]
type     = "points_multiplier"
factor   = 2
duration = "24h"

[rules.run]
on      = "run"
reward  = "double_day"
mint    = ["finisher"]
advance = "marathon"

[challenges.marathon]
goals  = "kilometres >= 42 and challenge.marathon >= 3"
starts = 2026-03-01T00:00:00Z
ends   = 2026-04-01T00:00:00Z
points = 100
badge  = "finisher"
reward = "ten_off"
"""


def test_the_sections_of_a_file_are_the_definitions_of_python() -> None:
    """The same words in TOML and Python make the same catalog, without a note."""
    catalog = Catalog.from_toml(SHOP)
    assert catalog.notes == ()
    assert catalog == Catalog(
        metrics=[Metric("kilometres", "run", sum="km")],
        badges=[Badge("finisher", max_supply=100, transferable=False)],
        rewards=[
            Reward("ten_off", type="coupon", points_cost=500, max_claims_per_user=1),
            Reward("double_day", type="points_multiplier", factor=Decimal(2), duration="24h"),
        ],
        rules=[Rule("run", "run", reward="double_day", mint="finisher", advance="marathon")],
        challenges=[
            Challenge(
                "marathon",
                "kilometres >= 42 and challenge.marathon >= 3",
                starts="2026-03-01T00:00:00Z",
                ends="2026-04-01T00:00:00Z",
                points=100,
                badge="finisher",
                reward="ten_off",
            )
        ],
    )
    assert catalog.reward("double_day").factor == "2"
    assert catalog.challenge("marathon").points == (("points", 100),)


COSTS = st.sampled_from([0, 1, 2**53 - 1])
LIMITS = st.sampled_from([None, 1, 2**53 - 1])
FACTORS = st.sampled_from([0.000001, "1.10", 1, "2.5", Decimal("999.999999"), 1000])
NAMES = st.lists(st.sampled_from(["w0", "w1"]), max_size=2, unique=True)
MOMENTS = ["2026-02-28T23:59:59.999999-01:00", "2026-03-01T01:00:00Z"]
REWARDS = st.one_of(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["coupon", "voucher", "physical", "digital"]),
            "points_cost": COSTS,
            "max_claims_per_user": LIMITS,
            "total_inventory": LIMITS | st.just(0),
            "is_active": st.booleans(),
        }
    ),
    st.fixed_dictionaries(
        {
            "type": st.just("points_multiplier"),
            "factor": FACTORS,
            "duration": st.sampled_from(["1s", "36525d"]),
            "stacking": st.sampled_from(["highest", "add", "multiply"]),
            "rounding": st.sampled_from(["floor", "round", "ceil"]),
        }
    ),
)
CHALLENGES = st.fixed_dictionaries(
    {
        "goals": st.sampled_from(["challenge.c0", "points.balance >= 5 or (streak.s >= 2 and events.count)"]),
        "period": st.sampled_from(["all_time", "hourly", "yearly"]),
        "starts": st.sampled_from([None, MOMENTS[0]]),
        "ends": st.sampled_from([None, MOMENTS[1]]),
        "points": st.sampled_from([0, 1, {"gems": 2, "points": 2**53 - 1}]),
        "badge": st.sampled_from([(), "b", ["b", "d"]]),
        "reward": NAMES,
        "is_active": st.booleans(),
    }
)


@given(st.lists(REWARDS, min_size=2, max_size=3), st.lists(CHALLENGES, min_size=1, max_size=3), NAMES, LIMITS)
def test_any_shop_survives_plain_data(
    rewards: list[dict[str, object]],
    challenges: list[dict[str, object]],
    handed: list[str],
    supply: int | None,
) -> None:
    """What is sound is written and read back to an equal catalog, and its plan can be compiled."""
    catalog = Catalog.from_dict(
        {
            "currencies": {"gems": {}},
            "streaks": {"s": {}},
            "badges": {"b": {"max_supply": supply, "permanent": supply is None}, "d": {}},
            "rewards": {f"w{place}": reward for place, reward in enumerate(rewards)},
            "challenges": {f"c{place}": challenge for place, challenge in enumerate(challenges)},
            "rules": {"r": {"on": "x", "mint": ["b", "d"], "reward": handed, "advance": "c0"}},
        }
    )
    again = Catalog.from_dict(json.loads(json.dumps(catalog.to_dict(), sort_keys=True)))
    assert again == catalog
    assert again.fingerprint == catalog.fingerprint
    assert again.diff(catalog) == ()
    assert compile_plan(catalog).catalog is catalog


@pytest.mark.parametrize(
    ("given_factor", "text"),
    [
        (2, "2"),
        (1.1, "1.1"),
        ("1.50", "1.5"),
        (" 3 ", "3"),
        (100, "100"),
        (Decimal("0.5"), "0.5"),
        (1e-5, "0.00001"),
        (0, "0"),
        (None, None),
        ("twice", "twice"),
        ("1e999999999", "1e999999999"),
        ("0." + "1" * 21, "0." + "1" * 21),
        ("inf", "inf"),
    ],
)
def test_a_factor_is_the_text_of_its_shortest_decimal(
    given_factor: float | str | Decimal | None, text: str | None
) -> None:
    """However a factor is written it is the same text; what cannot be spelt out stays for the checks to refuse."""
    assert Reward("w", factor=given_factor).factor == text


ODD = [True, [2], b"2", float("nan"), Decimal("sNaN"), 10**5000, -(10**5000), 1e300]


@pytest.mark.parametrize("odd", ODD, ids=[f"odd{place}" for place in range(len(ODD))])
def test_what_is_no_factor_is_kept_and_refused(odd: object) -> None:
    """A conversion never fails and never guesses, not even for a number that Python does not write out."""
    assert decimal(odd) is odd  # type: ignore[arg-type]
    with pytest.raises(CatalogError, match=r"rewards\.w\.factor: .* is not a factor"):
        Catalog(rewards=[Reward("w", type="points_multiplier", duration="1h", factor=odd)])


@pytest.mark.parametrize("stacking", ["highest", "add", "multiply"])
@pytest.mark.parametrize("factor", ["0.000001", "1000"])
@pytest.mark.parametrize("duration", ["1s", "36525d"])
def test_the_bounds_of_a_multiplier_are_within(stacking: Stacking, factor: str, duration: str) -> None:
    """The smallest and the greatest that the faults name are accepted."""
    reward = Reward(
        "w", type="points_multiplier", factor=factor, duration=duration, stacking=stacking, points_cost=1
    )
    assert Catalog(rewards=[reward]).reward("w") == reward


@pytest.mark.parametrize("kind", ["coupon", "voucher", "physical", "digital"])
def test_what_multiplies_nothing_needs_no_factor(kind: RewardType) -> None:
    """Every other type of reward stands without the fields of a multiplier."""
    assert Catalog(rewards=[Reward("w", type=kind, points_cost=1)]).notes == ()


@pytest.mark.parametrize("period", ["all_time", "hourly", "daily", "weekly", "monthly", "yearly"])
def test_a_challenge_may_have_any_period(period: Period) -> None:
    """Each period is a window for goals."""
    assert Catalog(challenges=[Challenge("c", "events.count >= 3", period=period)]).notes == ()


def test_what_rules_advance_is_a_metric_like_any_other() -> None:
    """`challenge.<code>` can be ranked, climbed, asked for with a window, and read in conditions."""
    catalog = Catalog(
        challenges=[Challenge("quest", "challenge.quest >= 3")],
        rules=[
            Rule("step", "x", advance="quest"),
            Rule("more", "x", 'metric("challenge.quest") > 1', award=1),
        ],
        badges=[Badge("b", criteria="challenge.quest@weekly >= 2")],
        ladders=[Ladder("l", {"a": 1}, "challenge.quest@yearly")],
        leaderboards=[Leaderboard("t", metric="challenge.quest", period="daily")],
    )
    assert catalog.notes == ()


def test_the_order_of_challenges_means_something_and_that_of_rewards_nothing() -> None:
    """Challenges fire in the order of the catalog, as badges do; rewards are only looked up."""
    rewards = [Reward("v", points_cost=1), Reward("w", points_cost=2)]
    challenges = [Challenge("c", "events.count >= 1"), Challenge("d", "events.count >= 2")]
    one = Catalog(rewards=rewards, challenges=challenges)
    swapped = Catalog(rewards=rewards[::-1], challenges=challenges)
    assert one.fingerprint == swapped.fingerprint
    assert one.diff(swapped) == ()
    other = Catalog(rewards=rewards, challenges=challenges[::-1])
    assert one.fingerprint != other.fingerprint
    assert one.diff(other) == ("challenges are in another order: d, c",)


def test_a_repeatable_badge_through_a_challenge_is_no_loop() -> None:
    """A challenge is completed once in each window, so whatever it gives comes to an end."""
    Catalog(
        badges=[Badge("b", criteria="gems.earned >= 1", points=5, repeatable=True)],
        challenges=[Challenge("c", "points.earned >= 5", period="daily", points={"gems": 1})],
        currencies=Catalog.from_toml("[currencies.gems]").currencies,
    )


def test_diff_says_what_changes_in_a_shop() -> None:
    """Every changed field is a sentence with its path, values as they are written."""
    before = Catalog.from_toml(SHOP.replace(" and challenge.marathon >= 3", ""))
    after = Catalog.from_toml(
        SHOP.replace("points_cost         = 500", "points_cost = 450")
        .replace("factor   = 2", "factor = 1.5\nstacking = 'add'")
        .replace("max_supply   = 100\n", "permanent = false\ncriteria = 'kilometres'\n")
        .replace('mint    = ["finisher"]\n', "")
        .replace("kilometres >= 42 and challenge.marathon >= 3", "kilometres >= 21")
        .replace("2026-04-01", "2026-05-01")
        .replace("[challenges.marathon]", "[challenges.marathon]\nis_active = false")
        .replace(
            "points = 100\n",
            "points = { gems = 1, points = 100 }\n[currencies.gems]\n[challenges.marathon.x]\n",
        )
        .replace('[challenges.marathon.x]\nbadge  = "finisher"\nreward = "ten_off"\n', "")
        + "[rewards.mug]\npoints_cost = 9\n"
    )
    assert before.diff(after) == (
        "currencies.gems is new",
        "rules.run.mint is gone (it was 'finisher')",
        "badges.finisher.max_supply is gone (it was 100)",
        "badges.finisher.criteria is new: 'kilometres'",
        "badges.finisher.permanent is new: False",
        "rewards.ten_off.points_cost was 500 and is 450",
        "rewards.double_day.factor was '2' and is '1.5'",
        "rewards.double_day.stacking is new: 'add'",
        "rewards.mug is new",
        "challenges.marathon.goals was 'kilometres >= 42' and is 'kilometres >= 21'",
        "challenges.marathon.ends was '2026-04-01T00:00:00Z' and is '2026-05-01T00:00:00Z'",
        "challenges.marathon.points.gems is new: 1",
        "challenges.marathon.badge is gone (it was 'finisher')",
        "challenges.marathon.reward is gone (it was 'ten_off')",
        "challenges.marathon.is_active is new: False",
    )


def test_diff_tells_short_and_long_forms_alike() -> None:
    """A tier that gains a colour and an amount that gains a currency change in that alone."""
    before = Catalog(ladders=[Ladder("l", {"a": 0, "b": 60})], badges=[Badge("b", points={"points": 1})])
    after = Catalog(
        ladders=[Ladder("l", [Tier("a"), Tier("b", min_points=60, color="red")])],
        badges=[Badge("b", points={"points": 2, "gems": 1})],
        currencies=Catalog.from_toml("[currencies.gems]").currencies,
    )
    assert before.diff(after) == (
        "currencies.gems is new",
        "ladders.l.tiers.b.color is new: 'red'",
        "badges.b.points.points was 1 and is 2",
        "badges.b.points.gems is new: 1",
    )
    assert after.diff(before)[1:] == (
        "ladders.l.tiers.b.color is gone (it was 'red')",
        "badges.b.points.gems is gone (it was 1)",
        "badges.b.points.points was 2 and is 1",
    )


DOCUMENTS: list[tuple[str, Mapping[object, object], object]] = [
    ("rewards", {"type": "coupon", "points_cost": 5}, Reward("w", type="coupon", points_cost=5)),
    ("challenges", {"goals": "events.count", "points": 5}, Challenge("w", "events.count", points=5)),
    ("badges", {"max_supply": 5, "name": None}, Badge("w", max_supply=5)),
    ("tiers", {"min_points": 5, "ladder": "tier"}, Tier("w", min_points=5)),
]


@pytest.mark.parametrize(("section", "table", "made"), DOCUMENTS)
def test_one_definition_is_read_from_its_table(
    section: str, table: Mapping[object, object], made: object
) -> None:
    """A table alone makes the definition that it makes within a file."""
    assert definition_of(section, "w", table) == made


def test_one_table_with_an_unknown_key_is_refused_by_its_path() -> None:
    """The fault of a single table has the path and the remedy that it has within a file."""
    with pytest.raises(CatalogError, match=r"rewards\.w\.point_cost: .* did you mean 'points_cost'\?"):
        definition_of("rewards", "w", {"point_cost": 5})


def test_the_first_hundred_authors_are_numbered() -> None:
    """The bundled catalog of a git history has a badge of a hundred copies, and nothing to remark upon."""
    text = files("gamify_core").joinpath("examples/git.toml").read_text(encoding="utf-8")
    catalog = Catalog.from_toml(text)
    assert catalog.badge("pioneer").max_supply == 100
    assert catalog.notes == ()
