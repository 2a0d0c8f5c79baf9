from __future__ import annotations

import enum
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import (
    BadValue,
    Catalog,
    CatalogError,
    Engine,
    GamifyError,
    Limits,
    NotFound,
    PointsAwarded,
    StoreClosed,
    StoreError,
)
from tests.engine.conftest import MakeEngine

ANY_TIME = datetime(2026, 1, 1, tzinfo=UTC)  # instants are no part of what makes effects equal

CATALOG = Catalog.from_dict(
    {
        "badges": {"star": {}},
        "streaks": {"daily": {}},
        "ladders": {"tier": {"tiers": {"bronze": 0, "gold": 100}}},
        "leaderboards": {"all": {}},
    }
)
DEEP: Any = []
for _ in range(40):
    DEEP = [DEEP]


@pytest.fixture
def game(make_engine: MakeEngine) -> Engine:
    """Give an engine with somebody in it."""
    game = make_engine(CATALOG)
    game.points.award("ada", 10)
    return game


IDS = {
    "number": (42, "must be a string, not int: pass '42'"),
    "none": (None, "must be a string, not NoneType"),
    "true": (True, "must be a string, not bool"),
    "bytes": (b"ada", "must be a string, not bytes"),
    "empty": ("", "must be 1 to 255 characters, not 0"),
    "long": ("x" * 256, "must be 1 to 255 characters, not 256"),
    "nul": ("a\x00b", "contains a NUL character"),
    "surrogate": ("a\ud800", r"not valid Unicode text \(a lone surrogate at position 1\)"),
}
COMMANDS: dict[str, tuple[str, Callable[[Engine, Any], object]]] = {
    "award": ("participant_id", lambda g, v: g.points.award(v, 1)),
    "deduct": ("participant_id", lambda g, v: g.points.deduct(v, 1)),
    "sender": ("sender_id", lambda g, v: g.points.transfer(v, "bob", 1)),
    "recipient": ("recipient_id", lambda g, v: g.points.transfer("ada", v, 1)),
    "balance": ("participant_id", lambda g, v: g.points.balance(v)),
    "transactions": ("participant_id", lambda g, v: g.points.transactions(v)),
    "emit": ("participant_id", lambda g, v: g.events.emit(v, "e")),
    "event name": ("event_name", lambda g, v: g.events.emit("ada", v)),
    "explain": ("participant_id", lambda g, v: g.events.explain(v, "e")),
    "events": ("participant_id", lambda g, v: g.events.list(v)),
    "badge": ("participant_id", lambda g, v: g.badges.award(v, "star")),
    "revoke": ("participant_id", lambda g, v: g.badges.revoke(v, "star")),
    "badges": ("participant_id", lambda g, v: g.badges.list(v)),
    "streak": ("participant_id", lambda g, v: g.streaks.record(v, "daily")),
    "streaks": ("participant_id", lambda g, v: g.streaks.list(v)),
    "assign": ("participant_id", lambda g, v: g.tiers.assign(v, "gold")),
    "clear": ("participant_id", lambda g, v: g.tiers.clear(v)),
    "tier": ("participant_id", lambda g, v: g.tiers.current(v)),
    "rank": ("participant_id", lambda g, v: g.leaderboards.rank("all", v)),
    "around": ("participant_id", lambda g, v: g.leaderboards.around("all", v)),
    "upsert": ("participant_id", lambda g, v: g.participants.upsert(v)),
    "update": ("participant_id", lambda g, v: g.participants.update(v)),
    "get": ("participant_id", lambda g, v: g.participants.get(v)),
    "state": ("participant_id", lambda g, v: g.participants.state(v)),
    "key": (
        "idempotency_key",
        lambda g, v: g.points.award("ada", 1, idempotency_key=v) if v is not None else 1 / 0,
    ),
}


def refused(game: Engine, field: str, said: str, use: Callable[[], object]) -> None:
    """Expect one clear error that names the field, and no trace."""
    before = game.history.state_digest()
    with pytest.raises(BadValue, match=said) as caught:
        use()
    assert caught.value.field == field
    assert (caught.value.code, caught.value.http_status) == ("bad_value", 422)
    assert caught.value.to_dict() == {"detail": caught.value.detail}
    assert game.history.state_digest() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_names_are_sound_text(make_engine: MakeEngine, command: str) -> None:
    """Every command refuses a name that is no text, too long or not to be kept, and names the argument."""
    game = make_engine(CATALOG)
    field, use = COMMANDS[command]
    for value, said in IDS.values():
        if not (command == "key" and value is None):
            refused(game, field, said, partial(use, game, value))


AMOUNTS: dict[str, tuple[object, str]] = {
    "zero": (0, "amount must be from 1 to 9007199254740991, not 0"),
    "negative": (-5, "not -5"),
    "beyond": (2**53, "not 9007199254740992"),
    "enormous": (10**5000, "not a number of 16610 bits"),
    "true": (True, "must be a whole number, not bool True"),
    "float": (
        5.0,
        r"must be a whole number, not float 5\.0 \(points are integers; a currency with a scale has decimals\)",
    ),
    "nan": (math.nan, "not float nan"),
    "infinity": (math.inf, "not float inf"),
    "decimal": (Decimal(5), r"not Decimal Decimal\('5'\)"),
    "text": ("5", "not str '5'"),
    "none": (None, "not NoneType None"),
}


@pytest.mark.parametrize(("amount", "said"), AMOUNTS.values(), ids=AMOUNTS)
def test_amounts_are_whole_numbers_in_range(game: Engine, amount: Any, said: str) -> None:
    """Awards, deductions and transfers refuse what is no amount, saying what came."""
    for use in (
        lambda: game.points.award("ada", amount),
        lambda: game.points.deduct("ada", amount),
        lambda: game.points.transfer("ada", "bob", amount),
    ):
        with pytest.raises(BadValue) as caught:
            use()
        assert caught.value.field == "amount"
        assert re.search(said, str(caught.value))
    assert game.points.balance("ada").balance == 10


class Names(str, enum.Enum):  # noqa: UP042 - the older kind, whose str() is not its value
    """Text by name."""

    ADA = "ada"
    REASON = "Welcome"


class Sizes(enum.IntEnum):
    """Numbers by name."""

    SMALL = 5


def test_members_of_enums_are_what_they_stand_for(game: Engine) -> None:
    """Text and numbers of a kind of one's own are taken as the text and the numbers that they are."""
    answer = game.points.award(Names.ADA, Sizes.SMALL, reason=Names.REASON, metadata={Names.ADA: Names.ADA})
    assert (answer.participant_id, answer.new_balance) == ("ada", 15)
    movement = game.points.transactions("ada")[0]
    assert (movement.reason, movement.metadata) == ("Welcome", {"ada": "ada"})
    assert type(answer.amount) is int


JSON: dict[str, tuple[object, str, str]] = {
    "list": ([1], "{}", "must be a mapping of plain JSON values, not list"),
    "text": ("a", "{}", "must be a mapping"),
    "set": ({"a": {1}}, "{}.a", "is a set, which plain JSON cannot hold"),
    "object": ({"a": [object()]}, "{}.a[0]", "is a object, which plain JSON cannot hold"),
    "bytes": ({"a": b""}, "{}.a", "is a bytes"),
    "decimal": ({"a": Decimal(1)}, "{}.a", "is a Decimal"),
    "nan": ({"a": {"b": math.nan}}, "{}.a.b", "is nan, which JSON cannot hold"),
    "infinity": ({"a": -math.inf}, "{}.a", "is -inf"),
    "large": ({"a": 2**63}, "{}.a", "beyond 64 bits"),
    "small": ({"a": -(2**63) - 1}, "{}.a", "beyond 64 bits"),
    "enormous": ({"a": 10**5000}, "{}.a", "a number of 16610 bits, beyond 64 bits"),
    "key": ({1: "a"}, "{}", "has the key 1, which is no string"),
    "nul": ({"a": "\x00"}, "{}.a", "contains a NUL character"),
    "nul key": ({"\x00": 1}, "{}", "contains a NUL character"),
    "surrogate": ({"a": "\udfff"}, "{}.a", "lone surrogate"),
    "surrogate key": ({"\udfff": 1}, "{}", "lone surrogate"),
    "deep": ({"a": DEEP}, "{}.a" + "[0]" * 31, "nested deeper than 32 levels"),
    "wide": ({"a": [0] * 10_001}, "{}.a", "has 10001 members, more than 10000"),
}


@pytest.mark.parametrize(("value", "path", "said"), JSON.values(), ids=JSON)
def test_metadata_and_properties_are_plain_json(game: Engine, value: Any, path: str, said: str) -> None:
    """What JSON cannot hold exactly is refused, with the path to it, wherever JSON is taken."""
    uses: dict[str, Callable[[], object]] = {
        "metadata": lambda: game.points.award("ada", 1, metadata=value),
        "properties": lambda: game.events.emit("ada", "e", value),
        "attributes": lambda: game.participants.upsert("ada", attributes=value),
    }
    for field, use in uses.items():
        refused(game, path.format(field), said, use)


def test_a_structure_that_holds_itself_is_refused(game: Engine) -> None:
    """A circle is nested too deep, not a crash."""
    circle: dict[str, Any] = {}
    circle["again"] = circle
    with pytest.raises(BadValue, match="nested deeper"):
        game.events.emit("ada", "e", circle)


words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
numbers = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)


@given(value=plain)
def test_plain_json_comes_back_as_it_went_in(value: object) -> None:
    """Whatever is accepted is read back equal, of the same types, and replays as the same arguments."""
    game = Engine(Catalog())
    game.points.award("ada", 1, metadata={"value": value}, idempotency_key="k")
    assert repr(game.points.transactions("ada")[0].metadata["value"]) == repr(sorted_keys(value))
    assert game.points.award("ada", 1, metadata={"value": value}, idempotency_key="k").replayed


def sorted_keys(value: object) -> object:
    """Return the value as canonical JSON orders it."""
    if isinstance(value, dict):
        return {key: sorted_keys(value[key]) for key in sorted(value)}
    return [sorted_keys(member) for member in value] if isinstance(value, list) else value


UNKNOWN: dict[str, tuple[str, str | None, Callable[[Engine], object]]] = {
    "badge": ("Badge definition not found: stra", "star", lambda g: g.badges.award("ada", "stra")),
    "revoked badge": ("Badge definition not found: x", None, lambda g: g.badges.revoke("ada", "x")),
    "badge not held": ("'ada' does not hold the badge star", None, lambda g: g.badges.revoke("ada", "star")),
    "listed badge": (
        "Badge definition not found: x",
        None,
        lambda g: g.badges.list("ada", badge_codes=["x"]),
    ),
    "streak": ("Streak definition not found: dialy", "daily", lambda g: g.streaks.record("ada", "dialy")),
    "streak read": ("Streak definition not found: x", None, lambda g: g.streaks.get("ada", "x")),
    "tier": ("Tier definition not found: golden", "gold", lambda g: g.tiers.assign("ada", "golden")),
    "ladder": (
        "Ladder definition not found: tiers",
        "tier",
        lambda g: g.tiers.current("ada", ladder="tiers"),
    ),
    "board": ("Leaderboard definition not found: al", "all", lambda g: g.leaderboards.top("al")),
    "currency": (
        "Currency definition not found: gold",
        None,
        lambda g: g.points.balance("ada", currency="gold"),
    ),
    "participant": ("Participant not found: bob", None, lambda g: g.participants.get("bob")),
    "updated": ("Participant not found: bob", None, lambda g: g.participants.update("bob")),
    "neighbours": (
        "'bob' is not on the leaderboard all",
        None,
        lambda g: g.leaderboards.around("all", "bob"),
    ),
}


@pytest.mark.parametrize(("detail", "near", "use"), UNKNOWN.values(), ids=UNKNOWN)
def test_unknown_names(game: Engine, detail: str, near: str | None, use: Callable[[Engine], object]) -> None:
    """A name that is not known is a `NotFound` in the documents' words, with the nearest that is."""
    before = game.history.state_digest()
    with pytest.raises(NotFound) as caught:
        use(game)
    assert (caught.value.detail, caught.value.nearest, caught.value.http_status) == (detail, near, 404)
    if near:
        assert str(caught.value) == f"{detail} (did you mean {near!r}?)"
    assert game.history.state_digest() == before


CODES: dict[str, Callable[[Engine, Any], object]] = {
    "badge_code": lambda g, v: g.badges.award("ada", v),
    "streak_code": lambda g, v: g.streaks.record("ada", v),
    "tier_code": lambda g, v: g.tiers.assign("ada", v),
    "ladder": lambda g, v: g.tiers.current("ada", ladder=v),
    "leaderboard_code": lambda g, v: g.leaderboards.top(v),
    "currency": lambda g, v: g.points.award("ada", 1, currency=v),
    "event_name": lambda g, v: g.events.list("ada", event_name=v),
}


@pytest.mark.parametrize("field", CODES)
@pytest.mark.parametrize("bad", [5, ["star"], b"star"], ids=["int", "list", "bytes"])
def test_codes_are_text(game: Engine, field: str, bad: object) -> None:
    """A code that is no text is refused by the name of its argument."""
    refused(game, field, "must be a string", lambda: CODES[field](game, bad))


PAGES: dict[str, tuple[str, Callable[[Engine, Any], object]]] = {
    "page": ("page", lambda g, v: g.points.transactions("ada", page=v)),
    "page size": ("page_size", lambda g, v: g.events.list("ada", page_size=v)),
    "people": ("page_size", lambda g, v: g.participants.list(page_size=v)),
    "board": ("page", lambda g, v: g.leaderboards.page("all", page=v)),
    "top": ("limit", lambda g, v: g.leaderboards.top("all", limit=v)),
    "activity": ("limit", lambda g, v: g.history.activity(limit=v)),
}


@pytest.mark.parametrize(("field", "use"), PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("bad", [0, -1, True, 1.0, "1", None, 10**30], ids=repr)
def test_pages_are_whole_numbers_in_range(
    game: Engine, field: str, use: Callable[[Engine, Any], object], bad: Any
) -> None:
    """Page numbers and sizes out of range, or of another kind, are refused before anything is read."""
    refused(game, field, "must be a whole number from 1 to", lambda: use(game, bad))


OTHERS: dict[str, tuple[str, str, Callable[[Engine], object]]] = {
    "period": (
        "period",
        "period must be one of all_time",
        lambda g: g.leaderboards.top("all", period="fortnight"),
    ),
    "unhashable period": (
        "period",
        "period must be one of",
        lambda g: g.leaderboards.top("all", period=[]),  # type: ignore[arg-type]
    ),
    "radius": ("radius", "from 0 to 100, not 101", lambda g: g.leaderboards.around("all", "ada", radius=101)),
    "after": ("after", "from 0 to", lambda g: g.history.activity(after=-1)),
    "section": ("include", "include knows points", lambda g: g.participants.state("ada", include=["x"])),  # type: ignore[list-item]
    "zone": ("timezone", "Mars", lambda g: g.participants.upsert("ada", timezone="Mars/Olympus")),
    "name": ("display_name", "must be a string", lambda g: g.participants.upsert("ada", 5)),  # type: ignore[arg-type]
    "long name": ("display_name", "at most 1000", lambda g: g.participants.upsert("ada", "x" * 1001)),
    "reason": (
        "reason",
        "at most 10000 characters, not 10001",
        lambda g: g.points.award("ada", 1, reason="x" * 10001),
    ),
    "reason kind": ("reason", "must be a string, not int", lambda g: g.points.award("ada", 1, reason=5)),  # type: ignore[arg-type]
}


@pytest.mark.parametrize(("field", "said", "use"), OTHERS.values(), ids=OTHERS)
def test_other_arguments(game: Engine, field: str, said: str, use: Callable[[Engine], object]) -> None:
    """What else is wrong is refused by name, too."""
    refused(game, field, said, lambda: use(game))


SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "late number": ("accept_late", {"accept_late": 7}),
    "late negative": ("accept_late", {"accept_late": timedelta(seconds=-1)}),
    "early none": ("accept_early", {"accept_early": None}),
    "on_change": ("on_change", {"on_change": "panic"}),
    "limits": ("limits", {"limits": 100}),
    "seed text": ("seed", {"seed": "luck"}),
    "seed large": ("seed", {"seed": 2**64}),
    "clock": ("clock", {"clock": 5}),
}


@pytest.mark.parametrize(("field", "settings"), SETTINGS.values(), ids=SETTINGS)
def test_settings_of_an_engine(make_engine: MakeEngine, field: str, settings: dict[str, Any]) -> None:
    """A setting that makes no sense is found when the engine is made, by its name."""
    with pytest.raises(BadValue) as caught:
        make_engine(CATALOG, **settings)
    assert caught.value.field == field


def test_what_is_neither_catalog_nor_store(tmp_path: Path) -> None:
    """A catalog or store of the wrong kind, or a path to nothing sensible, is one of our errors."""
    wrong: list[Any] = [None, 5, {"badges": {}}]
    for bad in wrong:
        with pytest.raises(BadValue, match="catalog must be a Catalog or the path") as caught:
            Engine(bad)
        assert caught.value.field == "catalog"
    with pytest.raises(BadValue, match="store must be a store or the path"):
        Engine(CATALOG, 5)  # type: ignore[arg-type]
    with pytest.raises(GamifyError):
        Engine(tmp_path / "missing.toml")
    with pytest.raises(StoreError, match="directory"):
        Engine(CATALOG, tmp_path)
    for url in ("postgres://x", "sqlite:///", "", 5, None):
        with pytest.raises(BadValue, match="is not a store") as caught:
            Engine.open(CATALOG, url)  # type: ignore[arg-type]
        assert caught.value.field == "url"
    with pytest.raises(StoreError, match="there is no file"):
        Engine.reopen(tmp_path / "missing.db")
    assert not (tmp_path / "missing.db").exists()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A file of another kind is refused, and left as it was."""
    path = tmp_path / "notes.txt"
    path.write_text("dear diary, " * 100)
    with pytest.raises(StoreError, match=r"notes\.txt"):
        Engine(CATALOG, path)
    assert path.read_text() == "dear diary, " * 100


def test_urls_open_what_they_say(tmp_path: Path) -> None:
    """`sqlite:///` opens a file and `memory:` none."""
    with Engine.open(CATALOG, f"sqlite:///{tmp_path}/game.db") as game:
        game.points.award("ada", 5)
    with Engine.reopen(tmp_path / "game.db", read_only=True) as game:
        assert game.points.balance("ada").balance == 5
        assert game.catalog == CATALOG
        with pytest.raises(StoreError, match="reading only"):
            game.points.award("ada", 5)
    with Engine.open(CATALOG, "memory:") as game:
        assert game.points.balance("ada").balance == 0


def test_an_empty_file_carries_no_catalog(tmp_path: Path) -> None:
    """A file that was made but never written to cannot be reopened under its own catalog."""
    Engine(CATALOG, tmp_path / "game.db").close()
    with pytest.raises(CatalogError, match="carries no catalog"):
        Engine.reopen(tmp_path / "game.db")


def test_a_closed_engine_says_so(game: Engine) -> None:
    """After closing, writes, reads and blocks are refused; closing twice is harmless."""
    game.close()
    game.close()
    for use in (
        lambda: game.points.award("ada", 1),
        lambda: game.points.balance("ada"),
        lambda: game.events.explain("ada", "e"),
        game.history.state_digest,
        game.transaction().__enter__,
        game.dry_run().__enter__,
    ):
        with pytest.raises(StoreClosed):
            use()


def test_a_block_that_failed_to_open_holds_nothing(game: Engine) -> None:
    """A transaction that could not begin does not leave the thread inside one."""
    other = Engine(CATALOG)
    game.close()
    with pytest.raises(StoreClosed), game.transaction():
        pass
    with pytest.raises(StoreClosed):  # and not HandleInUse
        game.points.award("ada", 1)
    assert other.points.award("ada", 1).effects == (
        PointsAwarded("ada", "direct", "", ANY_TIME, 1, "points", 1),
    )


def test_limits_are_values() -> None:
    """The library's own bounds are the defaults."""
    assert Limits() == Limits(amount=2**53 - 1, reason=10_000, batch=None)


def test_the_largest_json_that_is_taken(game: Engine) -> None:
    """Ten thousand members, and 32 levels, are still kept."""
    levels: dict[str, Any] = {}
    for _ in range(31):
        levels = {"a": levels}
    game.events.emit("ada", "e", {"wide": [0] * 10_000})
    game.events.emit("ada", "e", levels)
    assert game.events.list("ada").total == 2
