"""What holds of assets after any sequence of mints, transfers, burns, trades and awards, on both stores alike."""

from __future__ import annotations

import tempfile
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gamify_core import (
    AssetMinted,
    Badge,
    Catalog,
    EditionTaken,
    Engine,
    GamifyError,
    ManualClock,
    NotOwner,
    Side,
    SoldOut,
)
from gamify_core.answers import Answer
from gamify_core.services.ownership import ownership
from gamify_core.storage.sqlite import SQLiteStore

PEOPLE = ("ada", "bob", "carl")
SUPPLY = {"endless": None, "few": 4, "earned": 5}
CATALOG = Catalog(
    badges=[Badge("endless"), Badge("few", max_supply=4), Badge("earned", max_supply=5, repeatable=True)]
)
people = st.sampled_from(PEOPLE)
badges = st.sampled_from(["endless", "endless", "few", "few", "earned"])
editions = st.one_of(st.none(), st.sampled_from([1, 2, 2, 3, 4, 5, 6]))
places = st.integers(0, 11)
earlier = st.sampled_from([0, 0, 1, 60])  # minutes: at one instant, a little before, and before much else


@attrs.define
class Copy:
    """A copy as the model knows it; `got` orders acquisitions: when, and as which command."""

    badge: str
    edition: int
    owner: str | None
    got: tuple[datetime, int]


class Property(RuleBasedStateMachine):
    """Both stores are given the same commands; a plain list of copies is kept beside them."""

    @initialize()
    def open(self) -> None:
        """Open one engine on each store."""
        self.clock = ManualClock("2026-03-01T23:00+00:00")
        self.folder = tempfile.TemporaryDirectory()
        store = SQLiteStore(Path(self.folder.name) / "game.db", durability="normal")
        self.games = [Engine(CATALOG, None, clock=self.clock), Engine(CATALOG, store, clock=self.clock)]
        self.copies: dict[str, Copy] = {}

    def both(self, call: str, *arguments: object, **named: object) -> Answer | GamifyError:
        """Do a command on both stores, which must answer alike."""
        answers: list[Answer | GamifyError] = []
        for game in self.games:
            service, _, method = call.partition(".")
            try:
                answers.append(getattr(getattr(game, service), method)(*arguments, **named))
            except GamifyError as error:
                answers.append(error)
        first, second = answers
        assert repr(first) == repr(second)
        if isinstance(first, Answer) and isinstance(second, Answer):
            assert first.to_dict() == second.to_dict()
        return first

    def known(self, place: int) -> tuple[str, Copy] | None:
        """Return one of the copies there ever were."""
        names = list(self.copies)
        return (names[place % len(names)], self.copies[names[place % len(names)]]) if names else None

    def used(self, badge: str) -> set[int]:
        """Return the editions that were ever minted."""
        return {copy.edition for copy in self.copies.values() if copy.badge == badge}

    def write_down(self, answer: Answer, owner: str) -> Copy:
        """Take a new copy over into the model."""
        (minted,) = [effect for effect in answer.effects if isinstance(effect, AssetMinted)]
        assert minted.edition not in self.used(minted.badge), "a number never stands for two copies"
        assert minted.asset_id not in self.copies
        copy = Copy(minted.badge, minted.edition, owner, (answer.occurred_at, answer.activity_id))
        self.copies[minted.asset_id] = copy
        return copy

    def at(self, minutes: int) -> datetime | None:
        """Return an instant some minutes ago, or None for now."""
        return self.clock.now() - timedelta(minutes=minutes) if minutes else None

    @rule(badge=badges, to=people, edition=editions, minutes=earlier)
    def mint(self, badge: str, to: str, edition: int | None, minutes: int) -> None:
        """Mint: the lowest number that was never used, or a free one by name, and never more than there may be."""
        used, limit = self.used(badge), SUPPLY[badge]
        answer = self.both("assets.mint", badge, to, edition=edition, at=self.at(minutes))
        if isinstance(answer, GamifyError):
            sold = limit is not None and len(used) >= limit
            beyond = limit is not None and edition is not None and edition > limit
            assert sold or beyond or edition in used
            assert isinstance(answer, SoldOut) == (sold and not beyond)
            assert isinstance(answer, EditionTaken) == (edition in used and not sold)
        else:
            lowest = min(set(range(1, len(used) + 2)) - used)
            assert self.write_down(answer, to).edition == (edition or lowest)

    @rule(to=people)
    def award(self, to: str) -> None:
        """Award the badge that comes with a number, as long as there is one."""
        used = self.used("earned")
        answer = self.both("badges.award", to, "earned")
        assert isinstance(answer, SoldOut) == (len(used) >= 5)
        if isinstance(answer, Answer):
            assert self.write_down(answer, to).edition == min(set(range(1, 6)) - used)

    @rule(place=places, sender=people, to=people, minutes=earlier)
    def transfer(self, place: int, sender: str, to: str, minutes: int) -> None:
        """Hand on: the owner may, to anybody else, and nobody else may."""
        known = self.known(place)
        if known is None:
            return
        name, copy = known
        answer = self.both("assets.transfer", name, sender, to, at=self.at(minutes))
        if isinstance(answer, Answer):
            assert copy.owner == sender
            copy.owner, copy.got = to, (answer.occurred_at, answer.activity_id)
        else:
            assert sender == to or (copy.owner != sender and isinstance(answer, NotOwner))

    @rule(place=places, owner=people)
    def burn(self, place: int, owner: str) -> None:
        """Burn: the owner may, once."""
        known = self.known(place)
        if known is None:
            return
        name, copy = known
        answer = self.both("assets.burn", name, owner)
        assert isinstance(answer, Answer) == (copy.owner == owner)
        if isinstance(answer, Answer):
            copy.owner = None

    @rule(
        sides=st.permutations(PEOPLE),
        ours=st.lists(places, max_size=2),
        theirs=st.lists(places, max_size=2),
        honest=st.booleans(),
    )
    def trade(self, sides: list[str], ours: list[int], theirs: list[int], honest: bool) -> None:  # noqa: FBT001 - Hypothesis draws it by name
        """Swap: everything changes hands when each side owns what it gives, each copy once, or else nothing."""
        one, other, _ = sides
        given: list[tuple[str, list[str]]] = []
        for who, chosen in ((one, ours), (other, theirs)):
            known = [found for place in chosen if (found := self.known(place)) is not None]
            given.append((who, [name for name, copy in known if copy.owner == who or not honest]))
        answer = self.both("trades.execute", *(Side(who, names) for who, names in given))
        listed = [name for _, names in given for name in names]
        owned = all(self.copies[name].owner == who for who, names in given for name in names)
        assert isinstance(answer, Answer) == bool(listed and owned and len(set(listed)) == len(listed))
        if isinstance(answer, Answer):
            for (_, names), to in zip(given, (other, one), strict=True):
                for name in names:
                    copy = self.copies[name]
                    copy.owner, copy.got = to, (answer.occurred_at, answer.activity_id)

    @rule()
    def wait(self) -> None:
        """Let an hour pass."""
        self.clock.advance(hours=1)

    @invariant()
    def the_ledgers_are_the_model(self) -> None:
        """Supplies, owners and everybody's copies, by every reading, are what the list says."""
        for game in self.games:
            for badge, limit in SUPPLY.items():
                self.agree(game, badge, limit)
            for who in PEOPLE:
                mine = {name: copy.got for name, copy in self.copies.items() if copy.owner == who}
                listed = [asset.asset_id for asset in game.assets.list(who, page_size=100)]
                assert sorted(listed) == sorted(mine)
                assert [mine[name] for name in listed] == sorted(mine.values(), reverse=True)

    def agree(self, game: Engine, badge: str, limit: int | None) -> None:
        """Hold one badge on one store against the model."""
        copies = {name: copy for name, copy in self.copies.items() if copy.badge == badge}
        alive = {name: copy for name, copy in copies.items() if copy.owner is not None}
        supply = game.assets.supply(badge)
        assert (supply.minted, supply.burned) == (len(copies), len(copies) - len(alive))
        assert supply.owners == len({copy.owner for copy in alive.values()})
        assert supply.remaining == (None if limit is None else limit - len(copies))
        assert limit is None or len(copies) <= limit
        found = ownership(game._access, badge)  # noqa: SLF001 - the reading itself
        assert (found.total_minted, found.total_owners) == (supply.minted, supply.owners)
        assert {(o.asset_id, o.participant_id, o.edition) for o in found} == {
            (name, copy.owner, copy.edition) for name, copy in alive.items()
        }
        order = [alive[owner.asset_id].got for owner in found]
        assert order == sorted(order, reverse=True)
        assert list(game.assets.owners(badge, page_size=100)) == list(found)

    @invariant()
    def the_stores_agree(self) -> None:
        """Every row is the same in both."""
        first, second = (game.history.state_digest() for game in self.games)
        assert first == second

    def teardown(self) -> None:
        """Hold every copy's way against who has it now, and close."""
        if hasattr(self, "games"):
            for name, copy in self.copies.items():
                way = list(self.games[1].assets.history(name, page_size=100))
                assert [step.what for step in way][:1] == ["minted"]
                assert way[-1].to == copy.owner
                assert all(after.sender == before.to for before, after in pairwise(way))
            for game in self.games:
                game.close()
            self.games[1]._store.close()  # noqa: SLF001 - the test opened it
            self.folder.cleanup()


TestProperty = Property.TestCase
TestProperty.settings = settings(stateful_step_count=40, max_examples=25, deadline=None)
TestProperty.__doc__ = (
    """Editions never repeat and are dense, supplies hold, and every ledger is what a plain list says."""
)
