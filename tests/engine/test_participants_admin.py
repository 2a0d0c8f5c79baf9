"""Lists of people, who may ask for them, and what is handed out about one person."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    AdminRequired,
    Award,
    BadValue,
    Catalog,
    Emit,
    Engine,
    ManualClock,
    NotFound,
)
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.participants import PARTICIPANT_BY_ID
from tests.engine.conftest import START, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.game import Game
    from gamify_core.services.people import ParticipantSummary

    from .conftest import MakeEngine

CATALOG = Catalog.from_dict(
    {
        "currencies": {"gems": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 100, "gold": 1000}}},
        "streaks": {"daily": {}},
        "badges": {"first": {}, "rare": {"max_supply": 3}},
        "metrics": {"lessons": {"on": "lesson"}},
    }
)


@pytest.fixture
def game(make_engine: MakeEngine, clock: ManualClock) -> Engine:
    """Give an engine with four people, each first seen an hour after the one before."""
    game = make_engine(CATALOG)
    for who, name, points, spent, events in (
        ("dan", "Jane Doe", 5000, 3500, 2),
        ("cyd", None, 100, 0, 0),
        ("bob", "anna", 100, 100, 1),
        ("ada", "Jane", 0, 0, 0),
    ):
        game.participants.upsert(who, name)
        if points:
            game.points.award(who, points)
        if spent:
            game.points.deduct(who, spent)
        for _ in range(events):
            game.events.emit(who, "lesson")
        clock.advance(hours=1)
    game.events.emit("dan", "lesson")
    return game


# -- lists ---------------------------------------------------------------------------------------------------


def test_a_list_is_the_documents_list(game: Engine) -> None:
    """Its keys and no others, for one who was found by a part of the name."""
    assert game.participants.list(search="jane d", sort_by="total_points", sort_order="desc").to_dict() == {
        "items": [
            {
                "participant_id": "dan",
                "display_name": "Jane Doe",
                "total_points": 5000,
                "available_points": 1500,
                "current_tier": "gold",
                "total_events": 3,
                "is_active": True,
            }
        ],
        "total": 1,
        "page": 1,
        "page_size": 50,
    }


ORDERS = {
    ("participant_id", "asc"): "ada bob cyd dan",
    ("participant_id", "desc"): "dan cyd bob ada",
    ("display_name", "asc"): "bob ada dan cyd",  # who has no name comes last …
    ("display_name", "desc"): "dan ada bob cyd",  # … whichever the way
    ("total_points", "asc"): "ada bob cyd dan",  # who is equal stands by id …
    ("total_points", "desc"): "dan bob cyd ada",  # … whichever the way
    ("available_points", "asc"): "ada bob cyd dan",
    ("available_points", "desc"): "dan cyd ada bob",
    ("total_events", "asc"): "ada cyd bob dan",
    ("total_events", "desc"): "dan bob ada cyd",
    ("first_seen_at", "asc"): "dan cyd bob ada",
    ("first_seen_at", "desc"): "ada bob cyd dan",
    ("last_seen_at", "asc"): "cyd bob ada dan",
    ("last_seen_at", "desc"): "dan ada bob cyd",
}


@pytest.mark.parametrize(("by", "way"), ORDERS, ids=[" ".join(order) for order in ORDERS])
def test_every_order(game: Engine, by: str, way: str) -> None:
    """Whole, and cut into pages, which continue each other."""
    expected = ORDERS[by, way].split()
    whole = game.participants.list(sort_by=by, sort_order=way)  # type: ignore[arg-type]
    assert [one.participant_id for one in whole] == expected
    pages = [
        game.participants.list(sort_by=by, sort_order=way, page=number, page_size=3)  # type: ignore[arg-type]
        for number in (1, 2, 3)
    ]
    assert [one.participant_id for page in pages for one in page] == expected
    assert [(len(page), page.total) for page in pages] == [(3, 4), (1, 4), (0, 4)]


def test_filters(game: Engine) -> None:
    """By activity and by rung, together with a search and an order."""
    game.participants.anonymize("cyd")

    def found(**asked: object) -> list[str]:
        return [one.participant_id for one in game.participants.list(**asked)]  # type: ignore[arg-type]

    assert found(is_active=True) == ["ada", "bob", "dan"]
    assert found(is_active=False) == ["anonymous:2"]
    assert found(tier="silver") == ["anonymous:2", "bob"]
    assert found(tier="silver", is_active=True) == ["bob"]
    assert found(tier="bronze") == []  # ada has never moved, and stands nowhere yet
    assert found(search="jane", tier="gold", sort_by="total_points") == ["dan"]
    assert found(search="JANE", sort_order="desc") == ["dan", "ada"]
    assert game.participants.list(is_active=True, page=2, page_size=2).total == 3


def test_the_tier_is_that_of_the_first_ladder(make_engine: MakeEngine) -> None:
    """`tier` where there is one, else the first; a rung out of an earlier catalog is stood on still."""
    game = make_engine(Catalog.from_dict({"ladders": {"rank": {"tiers": {"low": 0}}}}))
    game.points.award("ada", 1)
    assert game.participants.list(tier="low")[0].current_tier == "low"
    later = Catalog.from_dict({"ladders": {"rank": {"tiers": {"base": 0}}}})
    again = Engine(later, store_of(game), clock=ManualClock(START))
    assert again.participants.list(tier="low")[0].current_tier == "low"
    assert again.participants.list(tier="base").total == 0
    with pytest.raises(NotFound, match="lowest"):
        again.participants.list(tier="lowest")
    assert make_engine().participants.list().total == 0


@pytest.mark.parametrize(
    ("asked", "error", "sentence"),
    [
        ({"sort_by": "points"}, BadValue, "sort_by must be one of participant_id, display_name"),
        ({"sort_by": 1}, BadValue, "sort_by"),
        ({"sort_order": "up"}, BadValue, "sort_order must be one of asc, desc"),
        ({"is_active": 1}, BadValue, "is_active must be True or False"),
        ({"search": 7}, BadValue, "search"),
        ({"tier": 7}, BadValue, "tier"),
        ({"tier": "gould"}, NotFound, "Tier definition not found: gould"),
    ],
    ids=["sort_by", "sort_by kind", "sort_order", "is_active", "search", "tier kind", "tier"],
)
def test_what_cannot_be_asked(
    game: Engine, asked: dict[str, object], error: type[Exception], sentence: str
) -> None:
    """The error names the field and what it may be."""
    with pytest.raises(error, match=sentence):
        game.participants.list(**asked)  # type: ignore[arg-type]


def test_a_tier_without_ladders_is_not_found(make_engine: MakeEngine) -> None:
    """There is no rung to stand on."""
    with pytest.raises(NotFound):
        make_engine().participants.list(tier="gold")


def test_a_page_by_id_looks_at_its_own_people_only(
    make_engine: MakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many there are: the scan is bounded, and nobody else's wallet is opened."""
    store = MemoryStore()
    game = make_engine(store=store)
    for number in range(50):
        game.points.award(f"p{number:02}", 1)
    limits: list[object] = []
    wallets: list[object] = []
    view_kind = type(store.view())
    scan, last = view_kind.scan, view_kind.last

    def scan_seen(self: Any, table: Any, index: Any = None, /, *bounds: Any, **more: Any) -> Any:
        if index is PARTICIPANT_BY_ID:
            limits.append(more.get("limit"))
        return scan(self, table, index, *bounds, **more)

    def last_seen(self: Any, table: Any, prefix: Any = (), /) -> Any:
        if table is ENTRY:
            wallets.append(prefix)
        return last(self, table, prefix)

    monkeypatch.setattr(view_kind, "scan", scan_seen)
    monkeypatch.setattr(view_kind, "last", last_seen)
    page = game.participants.list(page=4, page_size=5)
    assert [one.participant_id for one in page] == [f"p{number}" for number in range(15, 20)]
    assert (limits, len(wallets)) == ([5], 5)


names = st.sampled_from(["p", "q", "Q", "é", "p2", "é2"])
acts = st.lists(
    st.tuples(names, st.sampled_from(["upsert", "award", "spend", "event", "delete"])), max_size=15
)


@settings(max_examples=40, deadline=None)
@given(
    acts,
    st.sampled_from(sorted({by for by, _ in ORDERS})),
    st.sampled_from(["asc", "desc"]),
    st.sampled_from([None, "p", "É"]),
    st.sampled_from([1, 2, 100]),
)
def test_pages_of_any_list_make_up_the_whole(
    steps: list[tuple[str, str]], by: str, way: str, search: str | None, size: int
) -> None:
    """Every person is on exactly one page, the total is right, and the order is that of the values, ties by id."""
    game = Engine(CATALOG, MemoryStore(), clock=ManualClock(START))
    for who, what in steps:
        match what:
            case "upsert":
                game.participants.upsert(who, who * 2)
            case "award":
                game.points.award(who, 5)
            case "spend" if game.points.balance(who).balance:
                game.points.deduct(who, 3 if game.points.balance(who).balance > 3 else 1)
            case "event":
                game.events.emit(who, "lesson")
            case "delete" if game.participants.list(search=who).total:
                if who in [one.participant_id for one in game.participants.list()]:
                    game.participants.delete(who)
    found: list[ParticipantSummary] = []
    number = 1
    while page := game.participants.list(
        search=search,
        sort_by=by,  # type: ignore[arg-type]
        sort_order=way,  # type: ignore[arg-type]
        page=number,
        page_size=size,
    ).items:
        found += page
        number += 1
    everybody = game.participants.list(page_size=100)
    wanted = [
        one for one in everybody if search is None or search.casefold() in one.participant_id.casefold()
    ]
    assert sorted(found, key=lambda one: one.participant_id) == sorted(
        wanted, key=lambda one: one.participant_id
    )
    if by in {"total_points", "available_points", "total_events"}:
        sign = -1 if way == "desc" else 1
        assert found == sorted(found, key=lambda one: (sign * getattr(one, by), one.participant_id))


# -- rights --------------------------------------------------------------------------------------------------

ADMIN: dict[str, Callable[[Game], object]] = {
    "list": lambda game: game.participants.list(),
    "anonymize": lambda game: game.participants.anonymize("ada"),
    "delete": lambda game: game.participants.delete("ada"),
    "definitions": lambda game: game.definitions.badges.create({"code": "new"}),
    "codes": lambda game: game.rewards.add_codes("mug", ["A"]),
    "gifts": lambda game: game.gifts.create("spring", "gold", 5),
}


@pytest.mark.parametrize("call", ADMIN.values(), ids=list(ADMIN))
def test_participant_facing_code_has_no_admin_rights(
    make_engine: MakeEngine, call: Callable[[Game], object]
) -> None:
    """The document's refusal, whatever the handle, and nothing is written; the engine itself may."""
    rewards = {"rewards": {"mug": {"type": "coupon"}}}
    game = make_engine(Catalog.from_dict({**CATALOG.to_dict(), **rewards}))
    game.points.award("ada", 5)
    before = game.history.state_digest()
    standard = game.standard()
    for handle in (standard, standard.scope("guild").scope(""), standard.standard()):
        with pytest.raises(AdminRequired) as caught:
            call(handle)
        assert (caught.value.http_status, caught.value.detail) == (403, "API key requires 'admin' scope")
        assert isinstance(caught.value, PermissionError)
    with standard.transaction() as tx:
        with pytest.raises(AdminRequired):
            call(tx)
        with tx.dry_run() as trial, pytest.raises(AdminRequired):
            call(trial)
    assert game.history.state_digest() == before
    call(game)


def test_participant_facing_code_plays_as_ever(make_engine: MakeEngine) -> None:
    """What participants do works, and is seen by the engine itself."""
    standard = make_engine(CATALOG).standard()
    assert standard.points.award("ada", 5).new_balance == 5
    assert standard.events.emit("ada", "lesson").event_name == "lesson"
    assert standard.participants.get("ada").points.balance == 5
    with standard.transaction() as tx:
        tx.participants.visit("ada")
        with pytest.raises(AdminRequired):
            tx.participants.list()


# -- profiles and exports ------------------------------------------------------------------------------------

CREATED = {
    *("participant_id", "display_name", "avatar_url", "attributes", "points", "tier", "badges", "streaks"),
    *("rewards_claimed", "total_events", "is_active", "created_at"),
}
READ = (CREATED - {"created_at"}) | {"first_seen_at", "last_seen_at"}


def test_a_profile_has_every_field_of_the_documents(game: Engine) -> None:
    """Those of the answer to a registration and those of the answer to a read, each in its shape."""
    game.badges.award("dan", "first")
    game.streaks.record("dan", "daily")
    document = game.participants.get("dan").to_dict()
    assert set(document) == READ
    assert document["points"] == {"balance": 1500, "total_earned": 5000, "total_spent": 3500}
    assert document["last_seen_at"] == "2026-03-02T13:00:00.000002Z"  # the third command of that instant
    tier = document["tier"]
    assert isinstance(tier, dict)
    assert tier.pop("achieved_at") == "2026-03-02T09:00:00Z"
    assert tier == {"code": "gold", "name": "Gold", "level": 3, "color": None, "next_tier": None}
    assert document["streaks"] == {"current": 1, "longest": 1, "last_activity_at": "2026-03-02T13:00:00Z"}
    new = game.participants.upsert("new", attributes={"plan": "premium"}).to_dict()
    assert set(new) == CREATED
    assert {key: new[key] for key in ("tier", "badges", "streaks", "rewards_claimed", "total_events")} == {
        "tier": None,
        "badges": [],
        "streaks": None,
        "rewards_claimed": 0,
        "total_events": 0,
    }


def test_an_export_has_everything(make_engine: MakeEngine) -> None:
    """Every section is filled from what somebody did, with the words it came with, and is plain JSON."""
    rewards = {"mug": {"points_cost": 10}, "voucher": {"type": "coupon", "points_cost": 5}}
    game = make_engine(Catalog.from_dict({**CATALOG.to_dict(), "rewards": rewards}))
    game.participants.upsert("ada", "Ada", attributes={"plan": "free"}, timezone="Asia/Tokyo")
    game.points.award("ada", 100, reason="Welcome", metadata={"n": 1})
    game.points.award("ada", 3, currency="gems")
    game.points.award("bob", 9)
    game.points.transfer("bob", "ada", 2, reason="thanks")
    game.events.emit("ada", "lesson", {"topic": "loops"})
    gone = game.events.emit("ada", "lesson", {"topic": "none"})
    game.events.retract(gone.event_id)
    game.badges.award("ada", "rare")
    game.streaks.record("ada", "daily")
    game.rewards.add_codes("voucher", ["A1B2"])
    game.rewards.claim("voucher", "ada")
    game.rewards.cancel(game.rewards.claim("mug", "ada").claim_id)
    game.tiers.assign("ada", "gold", reason="a friend")
    game.points.award_batch([Award("ada", 1), Award("bob", 1, "not hers")], idempotency_key="k")
    game.events.emit_batch([Emit("bob", "lesson")], idempotency_key="k")
    export = game.participants.export("ada")
    assert json.loads(json.dumps(export)) == export
    assert "not hers" not in json.dumps(export)
    assert export["profile"] == game.participants.get("ada").to_dict()
    told = {key: value for key, value in export.items() if isinstance(value, list)}
    assert [zone["timezone"] for zone in told["timezones"]] == ["Asia/Tokyo"]
    transactions = [
        (t["currency"], t["amount"], t["peer_id"], t["reason"])
        for t in told["transactions"]
        if t["source"] == "direct"
    ]
    assert [(c["reward_id"], c["code_value"], c["cancelled"]) for c in told["claims"]] == [
        ("voucher", "A1B2", False),
        ("mug", None, True),
    ]
    assert transactions == [
        ("gems", 3, None, None),
        ("points", 100, None, "Welcome"),
        ("points", 2, "bob", "thanks"),
        ("points", 1, None, None),
    ]
    assert told["transactions"][1]["metadata"] == {"n": 1}
    assert [(e["properties"], e["retracted"]) for e in told["events"]] == [
        ({"topic": "loops"}, False),
        ({"topic": "none"}, True),
    ]
    assert [(badge["code"], badge["earned"]) for badge in told["badges"]] == [("rare", True)]
    assert [(asset["badge"], asset["edition"]) for asset in told["assets"]] == [("rare", 1)]
    assert [(rung["code"], rung["how"]) for rung in told["tiers"]][-1] == ("gold", "assigned")
    assert [mark["code"] for mark in told["streaks"]] == ["daily"]
    assert [(m["metric"], m["value"]) for m in told["metrics"]] == [("lessons", 1)]
    kinds = [one["kind"] for one in told["activity"]]
    assert kinds.count("points.transfer") == 1
    assert kinds.count("points.award_batch") == 1
    assert "events.emit_batch" not in kinds
    assert (told["activity"][0]["request"]["display_name"], told["activity"][-1]["request"]) == ("Ada", None)


def test_an_export_of_nobody_is_not_found(make_engine: MakeEngine) -> None:
    """As a profile is."""
    with pytest.raises(NotFound, match="Participant not found: ghost"):
        make_engine().participants.export("ghost")


def test_what_is_erased_is_in_no_export(game: Engine) -> None:
    """An anonymous person can be exported: numbers without words."""
    game.participants.update("dan", attributes={"email": "dan@example.org"})
    alias = game.participants.anonymize("dan").participant_id
    export = game.participants.export(alias)
    assert "dan" not in json.dumps(export).replace(alias, "")
    assert export["activity"] == []
    assert len(export["transactions"]) == 2  # type: ignore[arg-type]
