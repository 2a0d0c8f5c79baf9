"""Laws of rewards: whatever is claimed and cancelled, nothing is handed out twice and nothing is lost."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gamify_core import Catalog, Engine, GamifyError, ManualClock, Reward
from gamify_core.domain.multiplying import Factor, combined, multiplied
from gamify_core.storage.sqlite import SQLiteStore

CATALOG = Catalog.from_dict(
    {
        "rewards": {
            "coupon": {"type": "coupon", "points_cost": 3, "max_claims_per_user": 2},
            "mug": {"type": "physical", "points_cost": 5, "total_inventory": 3},
            "free": {"max_claims_per_user": 1},
            "double": {"type": "points_multiplier", "factor": "2", "duration": "2h", "points_cost": 1},
        },
        "rules": {"won": {"on": "won", "award": 2, "reward": ["coupon", "mug", "free"]}},
    }
)
LIMITS = {"coupon": 2, "free": 1}
INVENTORY = 3
PEOPLE = ("ada", "bob", "carl")
people = st.sampled_from(PEOPLE)


class Shop(RuleBasedStateMachine):
    """Both stores are given the same commands; the shelves are counted by hand beside them."""

    @initialize()
    def open(self) -> None:
        """Open one engine on each store."""
        self.clock = ManualClock("2026-03-02T09:00+00:00")
        self.folder = tempfile.TemporaryDirectory()
        store = SQLiteStore(Path(self.folder.name) / "game.db", durability="normal")
        self.games = [
            Engine(CATALOG, None, clock=self.clock, seed=7),
            Engine(CATALOG, store, clock=self.clock, seed=7),
        ]
        self.pool: list[str] = []
        self.made: list[str] = []
        self.standing: dict[str, tuple[str, str, str | None, int]] = {}

    def both(self, use: Callable[[Engine], Any]) -> Any:
        """Do a command on both stores, which must answer alike; return the answer, or None where it is refused."""
        answers: list[Any] = []
        told = []
        for game in self.games:
            try:
                answers.append(use(game))
                told.append((answers[-1].activity_id, answers[-1].to_dict(), str(answers[-1])))
            except GamifyError as error:
                answers.append(None)
                told.append((0, {}, str(error)))
        assert told[0] == told[1]
        return answers[0]

    @rule(who=people, amount=st.sampled_from([1, 3, 5, 40]))
    def award(self, who: str, amount: int) -> None:
        """Give somebody something to spend."""
        self.both(lambda game: game.points.award(who, amount))

    @rule(minutes=st.sampled_from([0, 59, 60, 61, 120]))
    def wait(self, minutes: int) -> None:
        """Let time pass."""
        self.clock.advance(minutes=minutes)

    @rule(codes=st.lists(st.sampled_from("ABCDEFG"), min_size=1, max_size=4))
    def add(self, codes: list[str]) -> None:
        """Add codes; only new ones are added, at the end."""
        fresh = [code for code in dict.fromkeys(codes) if code not in self.pool]
        answer = self.both(lambda game: game.rewards.add_codes("coupon", codes))
        assert (answer.added, answer.duplicates) == (len(fresh), len(codes) - len(fresh))
        self.pool += fresh

    @rule(who=people, reward=st.sampled_from(["coupon", "mug", "free", "double"]), pays=st.booleans())
    def claim(self, who: str, reward: str, pays: bool) -> None:  # noqa: FBT001 - Hypothesis draws it by name
        """Claim something; it is handed out exactly when stock, codes, limit and balance allow it."""
        allowed = self.allowed(who, reward)
        cost = {"coupon": 3, "mug": 5, "free": 0, "double": 1}[reward] if pays else 0
        allowed = allowed and self.balance(who) >= cost
        code = self.next_code() if reward == "coupon" else None
        answer = self.both(lambda game: game.rewards.claim(reward, who, points_deduction=pays))
        assert (answer is not None) == allowed
        if answer is not None:
            assert (answer.code_value, answer.points_deducted) == (code, cost)
            self.keep(answer.claim_id, (reward, who, code, cost))

    @rule(who=people)
    def win(self, who: str) -> None:
        """Let a rule hand out what can be handed out, free of charge."""
        expected = [reward for reward in ("coupon", "mug", "free") if self.allowed(who, reward)]
        code = self.next_code()
        answer = self.both(lambda game: game.events.emit(who, "won"))
        claimed = [effect for effect in answer.effects if effect.tag == "reward_claimed"]
        assert [effect.reward for effect in claimed] == expected
        assert len(answer.skipped) == 3 - len(expected)
        for effect in claimed:
            name = effect.id.replace("fx_", "claim_")
            self.keep(name, (effect.reward, who, code if effect.reward == "coupon" else None, 0))

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """Cancel any claim there was, again perhaps; all that it took comes back, once."""
        if not self.made:
            return
        name = data.draw(st.sampled_from(self.made))
        claim = self.standing.pop(name, None)
        answer = self.both(lambda game: game.rewards.cancel(name))
        assert answer.already_cancelled == (claim is None)
        assert answer.points_returned == (claim[3] if claim is not None else 0)

    def keep(self, name: str, claim: tuple[str, str, str | None, int]) -> None:
        """Write a claim down."""
        self.made.append(name)
        self.standing[name] = claim

    def allowed(self, who: str, reward: str) -> bool:
        """Say whether anything but the price stands against a claim."""
        mine = [one for one in self.standing.values() if one[:2] == (reward, who)]
        if reward in LIMITS and len(mine) >= LIMITS[reward]:
            return False
        if reward == "mug":
            return sum(one[0] == "mug" for one in self.standing.values()) < INVENTORY
        return reward != "coupon" or self.next_code() is not None

    def next_code(self) -> str | None:
        """Return the first code that nobody has."""
        taken = {one[2] for one in self.standing.values()}
        return next((code for code in self.pool if code not in taken), None)

    def balance(self, who: str) -> int:
        """Return what somebody has."""
        return int(self.games[0].points.balance(who).balance)

    @invariant()
    def nothing_is_lost(self) -> None:
        """Stock, codes, claims and balances are what is written down, in both stores."""
        count: dict[str, int] = defaultdict(int)
        for reward, *_ in self.standing.values():
            count[reward] += 1
        codes = [one[2] for one in self.standing.values() if one[2] is not None]
        assert len(codes) == len(set(codes))
        for game in self.games:
            offers = {offer.id: offer for offer in game.rewards.list()}
            assert {code: offer.claimed for code, offer in offers.items()} == {
                code: count[code] for code in offers
            }
            assert offers["mug"].available == INVENTORY - count["mug"]
            assert offers["coupon"].available_codes == len(self.pool) - len(codes)
            for who in PEOPLE:
                claims = {one.claim_id: one for one in game.rewards.claims(who, page_size=100)}
                mine = {name: one for name, one in self.standing.items() if one[1] == who}
                assert {name for name, one in claims.items() if one.status == "claimed"} == set(mine)
                assert all(claims[name].code_value == one[2] for name, one in mine.items())
                assert game.participants.state(who, include=["rewards"]).rewards_claimed == len(mine)
                balance = game.points.balance(who)
                assert balance.total_spent == sum(one[3] for one in mine.values())
                assert balance.balance == balance.total_earned - balance.total_spent

    def teardown(self) -> None:
        """Both stores have come to the same rows."""
        if hasattr(self, "games"):
            assert self.games[0].history.state_digest() == self.games[1].history.state_digest()
            for game in self.games:
                game.close()
            self.folder.cleanup()


TestShop = Shop.TestCase
TestShop.settings = settings(max_examples=30, stateful_step_count=30, deadline=None)

HOUR = 60
boosts = st.tuples(
    st.sampled_from(["1.1", "1.5", "2", "0.5"]),
    st.sampled_from(["highest", "add", "multiply"]),
    st.sampled_from(["floor", "round", "ceil"]),
    st.sampled_from([1, 2, 24]),
    st.sampled_from([0, 1, HOUR - 1, HOUR]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(boosts, min_size=1, max_size=4), st.sampled_from([1, 2, 7, 19, 1000]), st.data())
def test_an_award_is_multiplied_by_what_runs_then(
    running: list[tuple[str, Any, Any, int, int]], amount: int, data: st.DataObject
) -> None:
    """Claims at any moments, in any order, and an award at any moment: what comes out is worked out by hand."""
    rewards = [
        Reward(
            f"r{n}",
            type="points_multiplier",
            factor=factor,
            stacking=stacking,
            rounding=rounding,
            duration=f"{hours}h",
        )
        for n, (factor, stacking, rounding, hours, _) in enumerate(running)
    ]
    clock = ManualClock("2026-03-04T00:00+00:00")
    game = Engine(Catalog(rewards=rewards), clock=clock)
    start = clock.now()
    clock.advance(days=2)
    for n, (*_, minute) in enumerate(running):
        game.rewards.claim(f"r{n}", "ada", at=start.replace(hour=minute // HOUR, minute=minute % HOUR))
    edges = sorted({minute + span * HOUR for *_, span, minute in running} | {one[4] for one in running})
    when = data.draw(
        st.sampled_from([edge + near for edge in edges for near in (-1, 0, 1) if edge + near >= 0])
    )
    clock.set(start)
    at = clock.advance(minutes=when)
    clock.set(start)
    clock.advance(days=2)
    active = [one for one in running if one[4] <= when < one[4] + one[3] * HOUR]
    expected = amount
    if active:
        factor = combined([Factor(text, stacking) for text, stacking, *_ in active])
        expected = multiplied(amount, factor, active[-1][2])
    assert game.points.award("ada", amount, at=at).amount == expected
