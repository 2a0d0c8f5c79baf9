"""Erasing people: nothing of what was said about them is left, and everything that was counted still adds up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gamify_core import (
    Award,
    Catalog,
    Emit,
    Engine,
    GamifyError,
    IdempotencyConflict,
    ManualClock,
    NotFound,
    PointsDeducted,
    Side,
)
from gamify_core.road.erasing import NOWHERE
from gamify_core.road.seal import FIRST, payload_hash, seal
from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.tables import TABLES
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD
from gamify_core.storage.tables.ledger import ENTRY
from gamify_core.storage.tables.metrics import METRIC, SCORE_LEVEL, WINDOW
from tests.engine.conftest import START, store_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gamify_core.game import Game
    from gamify_core.storage.protocol import Store

    from .conftest import MakeEngine

ADA = "ada@secret.example"
SECRET = "secret"  # noqa: S105 - a word to look for, not to be let in by
CATALOG = Catalog.from_dict(
    {
        "currencies": {"gems": {}},
        "metrics": {"towns": {"on": "lesson", "distinct": "town"}, "lessons": {"on": "lesson"}},
        "rules": {
            "lesson": {
                "on": "lesson",
                "award": 10,
                "streak": "daily",
                "cooldown": "1s",
                "cap": {"points": 500},
            }
        },
        "streaks": {"daily": {}},
        "badges": {
            "first": {"criteria": "towns >= 1"},
            "rare": {"max_supply": 10},
            "common": {"criteria": "lessons >= 2"},
        },
        "ladders": {"tier": {"tiers": {"bronze": 0, "silver": 15}}},
        "leaderboards": {"all": {}, "week": {"period": "weekly", "ties": "dense"}},
    }
)


def a_life(game: Game) -> None:
    """Let ada do a bit of everything, each with words that nobody should keep."""
    game.participants.upsert(
        ADA, f"{SECRET} Ada", f"https://{SECRET}", {"plan": SECRET}, timezone="Asia/Tokyo"
    )
    game.events.emit(ADA, "lesson", {"town": f"{SECRET} Paris"}, idempotency_key="lesson")
    game.points.award(ADA, 30, reason=f"{SECRET} reason", metadata={"order": SECRET}, idempotency_key="award")
    game.points.award(ADA, 7, currency="gems")
    game.points.award("bob", 50)
    game.points.transfer("bob", ADA, 5, reason=f"{SECRET} gift")
    game.points.transfer(ADA, "bob", 2, reason=f"{SECRET} thanks")
    game.badges.award(ADA, "rare", metadata={"why": SECRET})
    game.tiers.assign(ADA, "silver", reason=SECRET)
    game.streaks.record(ADA, "daily")
    game.points.award_batch(
        [Award("bob", 1), Award(ADA, 1, SECRET), Award(ADA, -1)], idempotency_key="some awarded"
    )
    game.points.award_batch([Award("bob", 1), Award(ADA, -1)], idempotency_key="only refused")
    game.events.emit_batch([Emit(ADA, "lesson", {"town": SECRET})], idempotency_key="events")


def cells(store: Store) -> list[tuple[str, str]]:
    """Return every text in every table."""
    found = []
    with store.view() as view:
        for table in TABLES:
            for row in view.scan(table):
                found += [(table.name, value) for value in row if isinstance(value, str)]
    return found


def check_chain(store: Store) -> None:
    """Hold every digest against the one before it, whether the payload is there or only its hash."""
    previous = FIRST
    with store.view() as view:
        for row in view.scan(ACTIVITY):
            payload = view.get(PAYLOAD, (row.seq,))
            assert payload is not None
            if payload.salt is not None and payload.request is not None:
                hashed = payload_hash(payload.salt, payload.request)
            else:
                assert (payload.salt, payload.request) == (None, None)
                assert payload.hash is not None
                hashed = payload.hash
            key = row.key.hex() if row.key else ""
            words = [row.seq, row.recorded_at, row.occurred_at, row.scope, row.kind, row.participant or 0]
            words += [row.catalog, row.semantics, key, row.fingerprint.hex() if row.fingerprint else ""]
            previous = seal(previous, "|".join(map(str, [*words, row.outcome])), hashed)
            assert row.digest == previous


def check_sums(store: Store) -> None:
    """Hold each wallet against its movements; what all wallets hold came from or went to system accounts."""
    with store.view() as view:
        heads: dict[tuple[int, str], int] = {}
        for row in view.scan(ENTRY):
            name = (row.participant, row.currency)
            assert row.balance == heads.get(name, 0) + row.amount
            heads[name] = row.balance
        through_accounts = sum(row.amount for row in view.scan(ENTRY) if row.account is not None)
        assert sum(heads.values()) == through_accounts


def check_levels(store: Store) -> None:
    """Hold what dense boards count against the scores there are."""
    with store.view() as view:
        dense = {row.number for row in view.scan(WINDOW) if row.calendar.startswith("weekly")}
        counted: dict[tuple[int, int], int] = {}
        for row in view.scan(METRIC):
            if row.window in dense and row.down is not None:
                counted[row.window, row.down] = counted.get((row.window, row.down), 0) + 1
        assert {row[:2]: row.holders for row in view.scan(SCORE_LEVEL) if row.holders} == counted


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine in which ada has left traces everywhere."""
    game = make_engine(CATALOG, seed=1)
    a_life(game)
    return game


ERASING: list[tuple[str, Callable[[Game, str], Any]]] = [
    ("anonymize", lambda game, who: game.participants.anonymize(who)),
    ("delete", lambda game, who: game.participants.delete(who)),
]
either = pytest.mark.parametrize("erase", [erase for _, erase in ERASING], ids=[name for name, _ in ERASING])


# -- what goes -----------------------------------------------------------------------------------------------


@either
def test_no_word_about_them_is_left_anywhere(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """No text in any table holds their id, their name, a reason, a property or what a distinct metric met."""
    assert any(SECRET in text for _, text in cells(store_of(game)))
    erase(game, ADA)
    assert [(table, text) for table, text in cells(store_of(game)) if SECRET in text] == []


@either
def test_the_chain_and_the_sums_stay(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """The digests still follow from each other, the ledger still adds up, and dense ranks still count."""
    erase(game, ADA)
    game.points.award("bob", 1)
    store = store_of(game)
    check_chain(store)
    check_sums(store)
    check_levels(store)


@either
def test_outcomes_and_the_words_of_others_stay(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """Activity keeps its effects under the alias; a command about somebody else keeps its arguments."""
    before = {one.seq: one for one in game.history.activity()}
    game.points.award("bob", 3, reason="kept")
    alias = erase(game, ADA).participant_id
    after = {one.seq: one for one in game.history.activity()}
    for seq, one in before.items():
        assert [effect.tag for effect in after[seq].effects] == [effect.tag for effect in one.effects]
        if one.participant_id == ADA:
            assert (after[seq].participant_id, after[seq].request) == (alias, None)
    assert game.points.transactions("bob", page_size=1)[0].reason == "kept"
    assert game.points.transactions("bob").items[-2].peer_id == alias


@either
def test_the_old_id_is_free(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """Nobody is found under it, and whoever comes with it is a new person with nothing."""
    erase(game, ADA)
    with pytest.raises(NotFound, match="Participant not found"):
        game.participants.get(ADA)
    assert game.participants.profile(ADA).points == 0
    assert game.points.award(ADA, 1).new_balance == 1
    assert game.participants.get(ADA).total_events == 0


@either
def test_somebody_never_seen_cannot_be_erased(
    make_engine: MakeEngine, erase: Callable[[Game, str], Any]
) -> None:
    """The document's sentence, and nobody appears because of it."""
    game = make_engine(CATALOG)
    with pytest.raises(NotFound, match="Participant not found: ghost"):
        erase(game, "ghost")
    assert game.participants.list().total == 0


@either
def test_only_this_scope_is_touched(make_engine: MakeEngine, erase: Callable[[Game, str], Any]) -> None:
    """The same id in another scope is another person."""
    game = make_engine(CATALOG)
    a_life(game)
    a_life(game.scope("guild"))
    before = game.scope("guild").participants.export(ADA)
    erase(game, ADA)
    assert game.scope("guild").participants.export(ADA) == before


# -- keys ----------------------------------------------------------------------------------------------------


@either
def test_keys_stay_used(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """What was asked for once is not done twice because its author was erased; the answer names whoever asked."""
    erase(game, ADA)
    options = {"reason": f"{SECRET} reason", "metadata": {"order": SECRET}}
    again = game.points.award(ADA, 30, idempotency_key="award", **options)  # type: ignore[arg-type]
    assert (again.replayed, again.participant_id, again.new_balance) == (True, ADA, 40)
    assert str(again).startswith(ADA)
    with pytest.raises(IdempotencyConflict, match="its arguments differ") as refused:
        game.points.award(ADA, 31, idempotency_key="award")
    assert refused.value.fields == ()  # which of them, nobody can say any more
    awards = [Award("bob", 1), Award(ADA, 1, SECRET), Award(ADA, -1)]
    batch = game.points.award_batch(awards, idempotency_key="some awarded")
    assert (batch.replayed, [item.error is None for item in batch]) == (True, [True, True, False])
    assert [item.answer.participant_id for item in batch if item.answer is not None] == ["bob", ADA]
    assert game.participants.list(search=ADA).total == 0


@either
def test_a_repeated_command_does_not_say_who_an_alias_is(
    make_engine: MakeEngine, erase: Callable[[Game, str], Any]
) -> None:
    """Whoever knows the key and the old id learns no alias: not of the author, nor of the other side."""
    game = make_engine(CATALOG)
    copy = game.assets.mint("rare", "bob").asset_id
    game.points.award("ada", 50)
    game.points.award("bob", 50)
    calls: list[Callable[[], Any]] = [
        lambda: game.points.transfer("ada", "bob", 5, idempotency_key="t"),
        lambda: game.points.transfer("bob", "ada", 5, idempotency_key="u"),
        lambda: game.trades.execute(Side("ada", points=1), Side("bob", assets=[copy]), idempotency_key="s"),
        lambda: game.events.emit("ada", "lesson", {"town": "Paris"}, idempotency_key="e"),
        lambda: game.participants.update("ada", display_name="Ada", idempotency_key="n"),
        lambda: game.participants.visit("ada", idempotency_key="v"),
    ]
    first = [call().to_dict() for call in calls[:4]]
    for call in calls[4:]:
        call()
    aliases = [erase(game, who).participant_id for who in ("ada", "bob")]
    again = [call() for call in calls]
    assert [answer.to_dict() for answer in again[:4]] == first
    for answer in again:
        assert answer.replayed
        names = {effect.participant_id for effect in getattr(answer, "effects", ())}
        assert {answer.participant_id, *names} <= {"ada", "bob"}
    for answer in again[:-1]:  # the page of a visit shows the first five, and they are aliases
        told = f"{answer} {answer!r} {answer.to_dict()}"
        assert not [alias for alias in aliases if alias in told]


@either
def test_a_repeated_registration_answers(make_engine: MakeEngine, erase: Callable[[Game, str], Any]) -> None:
    """Its answer is a profile of now: of somebody without a name."""
    game = make_engine(CATALOG)
    game.participants.upsert(ADA, "Ada", idempotency_key="k")
    game.participants.visit(ADA, idempotency_key="v")
    erase(game, ADA)
    again = game.participants.upsert(ADA, "Ada", idempotency_key="k")
    assert (again.participant_id, again.display_name, again.is_active, again.replayed) == (
        ADA,
        None,
        False,
        True,
    )
    assert game.participants.visit(ADA, idempotency_key="v").replayed


@either
def test_erasing_again_under_the_same_key_is_the_same(
    make_engine: MakeEngine, erase: Callable[[Game, str], Any]
) -> None:
    """A retry finds its answer, though nobody is left under the id; without a key there is nobody to erase."""
    game = make_engine(CATALOG)
    a_life(game)
    call = game.participants.delete if erase is ERASING[1][1] else game.participants.anonymize
    first = call(ADA, idempotency_key="gone")
    assert call(ADA, idempotency_key="gone") == first
    assert call(ADA, idempotency_key="gone").replayed
    with pytest.raises(NotFound):
        call(ADA)


# -- anonymize -----------------------------------------------------------------------------------------------


def test_an_anonymous_person_stays_in_place(game: Engine) -> None:
    """Boards, balances, badges and streaks are as they were, under the alias; lists show them as inactive."""
    top, profile = game.leaderboards.top("all"), game.participants.get(ADA)
    streak = game.streaks.get(ADA, "daily")
    answer = game.participants.anonymize(ADA)
    alias = answer.participant_id
    assert alias == "anonymous:1"
    now = game.participants.get(alias)
    assert (now.display_name, now.avatar_url, now.attributes, now.is_active) == (None, None, {}, False)
    assert (now.points.balance, now.tier, now.badges) == (
        profile.points.balance,
        profile.tier,
        profile.badges,
    )
    assert (now.timezone, game.streaks.get(alias, "daily")) == ("Asia/Tokyo", streak)
    renamed = [(alias if e.participant_id == ADA else e.participant_id, e.score) for e in top]
    assert [(entry.participant_id, entry.score) for entry in game.leaderboards.top("all")] == renamed
    assert game.leaderboards.rank("week", alias).rank == 2
    (listed,) = game.participants.list(search="anonymous")
    assert (listed.is_active, listed.display_name) == (False, None)
    assert answer.to_dict() == {
        "participant_id": alias,
        "erased": "anonymized",
        "already_erased": False,
        "commands_blanked": 13,
        "balances": {},
        "assets_burned": [],
    }


def test_ties_follow_the_alias(make_engine: MakeEngine) -> None:
    """Inside a tie at one instant the order is by id, and the alias is the id."""
    game = make_engine(CATALOG)
    for who in ("zoe", "bob"):
        game.points.award(who, 5)
    assert [entry.participant_id for entry in game.leaderboards.top("all")] == ["bob", "zoe"]
    game.participants.anonymize("zoe")
    assert [entry.participant_id for entry in game.leaderboards.top("all")] == ["anonymous:1", "bob"]
    assert game.leaderboards.rank("all", "anonymous:1").total_participants == 2


@pytest.mark.parametrize(
    "command",
    [
        lambda game, who: game.points.award(who, 1),
        lambda game, who: game.points.transfer("bob", who, 1),
        lambda game, who: game.events.emit(who, "lesson"),
        lambda game, who: game.participants.upsert(who, "Back"),
        lambda game, who: game.participants.visit(who),
    ],
    ids=["award", "receive", "event", "register", "visit"],
)
def test_nothing_happens_to_an_alias(game: Engine, command: Callable[[Game, str], Any]) -> None:
    """An alias is for reading: who was erased is not brought back by writing to what stands for them."""
    alias = game.participants.anonymize(ADA).participant_id
    before = game.history.state_digest()
    with pytest.raises(NotFound, match="Participant not found: anonymous:1"):
        command(game, alias)
    assert game.history.state_digest() == before


@either
def test_what_they_did_is_not_undone_any_more(
    make_engine: MakeEngine, erase: Callable[[Game, str], Any]
) -> None:
    """Reaching an erased person by what an event, a movement or a claim is called changes nothing for anybody."""
    game = make_engine(Catalog.from_dict({**CATALOG.to_dict(), "rewards": {"mug": {"points_cost": 5}}}))
    event = game.events.emit("ada", "lesson", {"town": "Paris"})
    award = game.points.award("ada", 10)
    claim = game.rewards.claim("mug", "ada")
    undo: list[Callable[[], object]] = [
        lambda: game.events.retract(event.event_id),
        lambda: game.points.reverse(award.transaction_id),
        lambda: game.rewards.cancel(claim.claim_id, idempotency_key="cancelled"),
    ]
    undo[-1]()
    alias = erase(game, "ada").participant_id
    undo[-1]()  # a key that was used answers
    before = game.history.state_digest()
    for command in (*undo[:2], lambda: game.points.award(alias, 1), lambda: game.participants.delete("ada")):
        with pytest.raises(NotFound):
            command()
    assert game.history.state_digest() == before


def test_anonymizing_an_alias_is_idle(game: Engine) -> None:
    """There is nothing left to do, and nothing is written."""
    alias = game.participants.anonymize(ADA).participant_id
    before = game.history.state_digest()
    again = game.participants.anonymize(alias)
    assert (again.already_erased, again.participant_id, again.commands_blanked) == (True, alias, 0)
    assert game.history.state_digest() == before


def test_an_alias_is_nobody_elses_id(make_engine: MakeEngine) -> None:
    """Where an application's own id looks like the alias, the alias is another."""
    game = make_engine(CATALOG)
    game.points.award("ada", 1)
    game.points.award("anonymous:1", 2)
    assert game.participants.anonymize("ada").participant_id == "anonymous:1'"
    assert game.points.award("anonymous:1", 2).new_balance == 4


def test_who_is_anonymous_can_be_deleted(game: Engine) -> None:
    """First the name goes, later the rest."""
    alias = game.participants.anonymize(ADA).participant_id
    answer = game.participants.delete(alias)
    assert (answer.participant_id, answer.erased, answer.commands_blanked) == (alias, "deleted", 0)
    assert [one.participant_id for one in game.participants.list()] == ["bob"]


# -- delete --------------------------------------------------------------------------------------------------


def test_balances_go_to_an_account_and_assets_are_burnt(game: Engine) -> None:
    """Every currency by a movement of its own, and the answer lists what was taken."""
    held = {currency: game.points.balance(ADA, currency=currency).balance for currency in ("points", "gems")}
    held_assets: Any = game.participants.export(ADA)["assets"]
    answer = game.participants.delete(ADA)
    assert answer.balances == held
    assert answer.burned == tuple(asset["asset_id"] for asset in held_assets)
    assert len(answer.burned) == 1
    assert {effect.cause for effect in answer.effects} == {"deleted"}
    with store_of(game).view() as view:
        moved = {row.currency: -row.amount for row in view.scan(ENTRY) if row.account == "@deleted"}
        spent = [row.spent for row in view.scan(ENTRY) if row.account == "@deleted"]
    assert (moved, spent) == (held, [0, 0])  # neither earned nor spent


def test_the_deleted_are_nowhere(game: Engine) -> None:
    """On no board, in no list and under no id, whatever is asked; others close the ranks."""
    alias = game.participants.delete(ADA).participant_id
    for board in ("all", "week"):
        assert [entry.participant_id for entry in game.leaderboards.top(board)] == ["bob"]
        assert game.leaderboards.rank(board, "bob").rank == 1
    assert str(game.leaderboards.top("all", period="daily")) == "1. bob 52"  # worked out from history
    assert [one.participant_id for one in game.participants.list()] == ["bob"]
    assert (game.participants.list().total, game.participants.list(search="anonymous").total) == (1, 0)
    for who in (alias, ADA):
        for call in (game.participants.get, game.participants.export, game.participants.delete):
            with pytest.raises(NotFound):
                call(who)
        assert game.participants.state(who).to_dict()["points"] == {
            "balance": 0,
            "total_earned": 0,
            "total_spent": 0,
        }
    with pytest.raises(GamifyError, match="scope"):
        game.scope(NOWHERE)


def test_a_new_board_does_not_bring_them_back(game: Engine) -> None:
    """What a changed catalog asks for is rebuilt from history, without those who were deleted."""
    game.participants.delete(ADA)
    more = Catalog.from_dict(
        {
            **CATALOG.to_dict(),
            "leaderboards": {"fresh": {"period": "monthly"}, "counted": {"metric": "lessons"}},
        }
    )
    again = Engine(more, store_of(game), clock=ManualClock(START))
    again.points.award("bob", 1)
    assert [entry.participant_id for entry in again.leaderboards.top("fresh")] == ["bob"]
    assert list(again.leaderboards.top("counted")) == []


def test_nothing_derived_is_left_of_the_deleted(game: Engine) -> None:
    """Only chains and what was used up still have their number."""
    number = 1
    game.participants.delete(ADA)
    with store_of(game).view() as view:
        left = {
            table.name
            for table in TABLES
            if table.columns[0] == "participant" and view.scan(table, None, (number,))
        }
    assert left == {"badge", "entry", "event", "standing", "zone_change"}


def test_a_dense_rank_still_counts(make_engine: MakeEngine) -> None:
    """A score that others hold as well stays a level; one that nobody holds any more is none."""
    game = make_engine(CATALOG)
    for who, points in (("ada", 9), ("bob", 9), ("cyd", 7), ("dan", 5)):
        game.points.award(who, points)
    game.participants.delete("ada")
    assert [game.leaderboards.rank("week", who).rank for who in ("bob", "cyd", "dan")] == [1, 2, 3]
    game.participants.delete("cyd")
    assert [game.leaderboards.rank("week", who).rank for who in ("bob", "dan")] == [1, 2]


def test_debts_go_too(make_engine: MakeEngine) -> None:
    """A balance below zero is made up for by the account, and shown below zero."""
    game = make_engine()
    award = game.points.award("ada", 10)
    game.points.deduct("ada", 8)
    game.points.reverse(award.transaction_id, on_insufficient="allow_negative")
    answer = game.participants.delete("ada")
    assert answer.balances == {"points": -8}
    check_sums(store_of(game))


def test_nothing_to_take(make_engine: MakeEngine) -> None:
    """Somebody with an empty wallet is deleted without a movement."""
    game = make_engine()
    game.points.award("ada", 1)
    game.points.deduct("ada", 1)
    answer = game.participants.delete("ada")
    assert (answer.balances, answer.effects) == ({}, ())


# -- handles, dry runs, listeners, rights --------------------------------------------------------------------


@either
def test_one_transaction_erases_and_begins_anew(
    make_engine: MakeEngine, erase: Callable[[Game, str], Any]
) -> None:
    """Within a handle too the old id is free at once, and names the new person from then on."""
    game = make_engine(CATALOG)
    with game.transaction() as tx:
        tx.points.award("ada", 5)
        erase(tx, "ada")
        assert tx.points.award("ada", 7).new_balance == 7
        assert tx.points.balance("ada").total_earned == 7
    assert game.points.balance("ada").balance == 7
    with game.transaction() as tx:
        assert tx.points.award("ada", 1).new_balance == 8


@either
def test_a_dry_run_erases_nobody(game: Engine, erase: Callable[[Game, str], Any]) -> None:
    """The answer is the real one, and everything is still there; likewise when a nested part is taken back."""
    before = game.history.state_digest()
    with game.dry_run() as trial:
        told = erase(trial, ADA)
    assert game.history.state_digest() == before
    with game.transaction() as tx:
        with tx.dry_run() as trial:
            erase(trial, ADA)
        assert tx.points.balance(ADA).total_earned == 41
        assert tx.participants.get(ADA).display_name == f"{SECRET} Ada"
    assert erase(game, ADA) == told


def test_listeners_hear_of_it_without_the_name(game: Engine) -> None:
    """What is told is told about the alias."""
    heard: list[str] = []
    game.on(PointsDeducted, lambda effect: heard.append(effect.participant_id))
    game.participants.delete(ADA)
    assert heard == ["anonymous:1", "anonymous:1"]


def test_a_long_history_is_gone_through_in_stretches(make_engine: MakeEngine) -> None:
    """More commands than are looked at in one stretch are all blanked, and only theirs."""
    game = make_engine()
    events = [Emit(("ada", "bob")[n % 2], "e", {"n": n}) for n in range(2_400)]
    game.events.emit_batch(events)
    assert game.participants.anonymize("ada").commands_blanked == 1_200
    assert game.events.list("anonymous:1").items[0].properties == {}
    assert game.events.list("bob").items[0].properties == {"n": 2_399}
    check_chain(store_of(game))


# -- laws ----------------------------------------------------------------------------------------------------

people = st.sampled_from(["ada", "bob", "cyd"])
step = st.one_of(
    st.tuples(st.just("award"), people, st.sampled_from([1, 5, 5, 20])),
    st.tuples(st.just("deduct"), people, st.sampled_from([1, 5])),
    st.tuples(st.just("transfer"), st.permutations(["ada", "bob", "cyd"]), st.sampled_from([1, 5])),
    st.tuples(st.just("lesson"), people, st.sampled_from(["x", "y"])),
    st.tuples(st.just("rare"), people, st.just(0)),
    st.tuples(st.just("anonymize"), people, st.just(0)),
    st.tuples(st.just("delete"), people, st.just(0)),
)


def play(game: Game, what: str, who: Any, value: Any) -> None:
    """Do one step; what is refused is no step."""
    try:
        match what:
            case "award":
                game.points.award(who, value)
            case "deduct":
                game.points.deduct(who, value)
            case "transfer":
                game.points.transfer(who[0], who[1], value, reason="r")
            case "lesson":
                game.events.emit(who, "lesson", {"town": value})
            case "rare":
                game.badges.award(who, "rare")
            case _:
                getattr(game.participants, what)(who)
    except GamifyError:
        pass


@settings(max_examples=40, deadline=None)
@given(st.lists(step, max_size=25), people, st.sampled_from(["anonymize", "delete"]))
def test_erasing_leaves_everybody_else_as_they_were(
    steps: list[tuple[str, Any, Any]], who: str, how: str
) -> None:
    """Whatever happened before: sums, chain and dense levels hold, and others keep all that is theirs."""
    store = MemoryStore()
    game = Engine(CATALOG, store, clock=ManualClock(START), seed=1)
    for name in ("ada", "bob", "cyd"):
        game.participants.upsert(name)
    for each in steps:
        play(game, *each)
    others = [one.participant_id for one in game.participants.list() if one.participant_id != who]

    def theirs() -> list[object]:
        told: list[object] = [game.participants.get(other).to_dict() for other in others]
        return [
            *told,
            *(game.streaks.list(other) for other in others),
            *(game.badges.list(o) for o in others),
        ]

    def ranked(board: str) -> list[tuple[str, int]]:
        return [(entry.participant_id, int(entry.score)) for entry in game.leaderboards.top(board)]

    before, boards = theirs(), {board: ranked(board) for board in ("all", "week")}
    known = game.participants.list(search=who).items
    erased = (
        getattr(game.participants, how)(who).participant_id
        if known and known[0].participant_id == who
        else who
    )
    assert theirs() == before
    for board, rows in boards.items():
        left = [row for row in rows if row[0] != who]
        assert [row for row in ranked(board) if row[0] != erased] == left
        assert game.leaderboards.top(board).total_participants == len(rows) - (
            how == "delete" and len(left) < len(rows)
        )
    check_chain(store)
    check_sums(store)
    check_levels(store)
