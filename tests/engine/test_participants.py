"""People: who they are, how they change, and everything about one of them in one call."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pytest

from gamify_core import Badge, BadValue, Catalog, GamifyError, Ladder, ManualClock, NotFound, Streak

if TYPE_CHECKING:
    from .conftest import MakeEngine

CATALOG = Catalog(
    ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 100})],
    badges=[Badge("a"), Badge("b")],
    streaks=[Streak("daily"), Streak("weekly", period="weekly")],
)


# -- registering and updating --------------------------------------------------------------------------------


def test_upsert_registers_and_updates(make_engine: MakeEngine) -> None:
    """The first call makes somebody; later ones change the fields that are given and keep the others."""
    game = make_engine()
    first = game.participants.upsert(
        "ada", "Ada", "https://a.example/1.png", {"plan": "free"}, timezone="Asia/Tokyo"
    )
    assert (first.display_name, first.avatar_url, first.timezone) == (
        "Ada",
        "https://a.example/1.png",
        "Asia/Tokyo",
    )
    second = game.participants.upsert("ada", "Ada L.")
    assert (second.display_name, second.avatar_url, second.timezone) == (
        "Ada L.",
        "https://a.example/1.png",
        "Asia/Tokyo",
    )
    assert second.attributes == {"plan": "free"}
    assert game.participants.get("ada") == second


def test_upsert_again_changes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The same registration a second time writes not even activity."""
    game = make_engine()
    first = game.participants.upsert("ada", "Ada", attributes={"plan": "free"}, timezone="Asia/Tokyo")
    digest, activity = game.history.state_digest(), game.history.activity()
    clock.advance(days=1)
    assert game.participants.upsert("ada", "Ada", attributes={"plan": "free"}, timezone="Asia/Tokyo") == first
    assert (game.history.state_digest(), game.history.activity()) == (digest, activity)


def test_registering_somebody_is_activity(make_engine: MakeEngine) -> None:
    """Also when nothing but the id is known."""
    game = make_engine()
    game.participants.upsert("ada")
    assert [one.kind for one in game.history.activity()] == ["catalog.adopted", "participants.upsert"]


def test_update_merges_attributes_and_none_removes(make_engine: MakeEngine) -> None:
    """Attributes that are not named stay; one that is None goes; nested values are replaced whole."""
    game = make_engine()
    game.participants.upsert("ada", attributes={"plan": "free", "team": "x", "deep": {"a": 1, "b": None}})
    profile = game.participants.update(
        "ada", display_name="Ada", attributes={"plan": "pro", "team": None, "deep": {"b": 2}, "gone": None}
    )
    assert profile.attributes == {"plan": "pro", "deep": {"b": 2}}
    assert profile.display_name == "Ada"
    assert game.participants.update("ada", attributes={}).attributes == profile.attributes


@pytest.mark.parametrize("call", ["get", "update"])
def test_somebody_never_seen_is_not_found(make_engine: MakeEngine, call: str) -> None:
    """The document's sentence, and nobody appears because somebody asked."""
    game = make_engine()
    with pytest.raises(NotFound) as caught:
        getattr(game.participants, call)("ghost")
    assert (caught.value.detail, caught.value.http_status) == ("Participant not found: ghost", 404)
    assert caught.value.to_dict() == {"detail": "Participant not found: ghost"}
    assert game.participants.list().total == 0


@pytest.mark.parametrize(
    "fields",
    [
        {"display_name": 7},
        {"display_name": "a\x00b"},
        {"avatar_url": "x" * 2001},
        {"attributes": ["plan"]},
        {"attributes": {"when": object()}},
        {"attributes": {"n": float("nan")}},
        {"timezone": "Europe/Pariss"},
        {"timezone": 1},
    ],
)
def test_bad_fields_leave_no_trace(make_engine: MakeEngine, fields: dict[str, object]) -> None:
    """What cannot be kept is refused before anybody is made."""
    game = make_engine()
    with pytest.raises(GamifyError) as caught:
        game.participants.upsert("ada", **fields)  # type: ignore[arg-type]
    assert isinstance(caught.value, ValueError)
    assert next(iter(fields)) in str(caught.value) or "Pariss" in str(caught.value)
    assert game.participants.list().total == 0


@pytest.mark.parametrize(
    ("who", "sentence"), [(42, "pass '42'"), ("", "1 to 255"), ("x" * 256, "255"), (None, "str")]
)
def test_a_participant_id_is_the_applications_string(
    make_engine: MakeEngine, who: object, sentence: str
) -> None:
    """Anything else is refused, a number with the remedy."""
    game = make_engine()
    for call in (game.participants.upsert, game.participants.get, game.participants.state):
        with pytest.raises(BadValue, match=sentence):
            call(who)  # type: ignore[arg-type]


def test_people_appear_on_first_use(make_engine: MakeEngine) -> None:
    """Any command makes whoever it is about; reading makes nobody."""
    game = make_engine(CATALOG)
    game.participants.state("ada")
    game.points.balance("ada")
    game.tiers.current("ada")
    game.badges.list("ada")
    assert game.participants.list().total == 0
    game.points.award("ada", 1)
    game.events.emit("bob", "e")
    game.badges.award("cyd", "a")
    game.streaks.record("dan", "daily")
    game.tiers.assign("eve", "silver")
    game.points.transfer("ada", "fay", 1)
    assert [one.participant_id for one in game.participants.list()] == [
        "ada",
        "bob",
        "cyd",
        "dan",
        "eve",
        "fay",
    ]


# -- profile and state ---------------------------------------------------------------------------------------


def test_the_profile_is_all_in_one(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points, tier, badges, streaks, events and when they were first and last seen."""
    game = make_engine(CATALOG)
    game.participants.upsert("ada", "Ada")
    first = game.participants.get("ada").first_seen_at
    game.points.award("ada", 150)
    game.points.deduct("ada", 30)
    game.badges.award("ada", "b")
    game.events.emit("ada", "e")
    clock.advance(days=1)
    game.streaks.record("ada", "daily")
    profile = game.participants.get("ada")
    assert (profile.points.balance, profile.points.total_earned, profile.points.total_spent) == (120, 150, 30)
    assert profile.tier is not None
    assert (profile.tier.code, profile.next_tier) == ("silver", None)
    assert [(badge.code, badge.earned) for badge in profile.badges] == [("a", False), ("b", True)]
    assert [(streak.code, streak.current_count) for streak in profile.streaks] == [
        ("daily", 1),
        ("weekly", 0),
    ]
    assert (profile.total_events, profile.is_active) == (1, True)
    assert (profile.first_seen_at, profile.last_seen_at) == (first, clock.now())


def test_everything_in_a_profile_is_as_of_one_instant(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Time that passes while a profile or a state is read breaks no streak in the middle of it."""
    passing = False

    def now() -> datetime:
        if passing:
            clock.advance(days=1)
        return clock.now()

    codes = ("one", "two", "three")
    game = make_engine(Catalog(streaks=[Streak(code) for code in codes]), clock=now)
    for code in codes:
        game.streaks.record("ada", code)
    passing = True
    assert [streak.status for streak in game.participants.get("ada").streaks] == ["pending"] * 3
    assert [streak.status for streak in game.streaks.list("ada")] == ["broken"] * 3
    assert [streak.status for streak in game.participants.state("ada").streaks or ()] == ["broken"] * 3


def test_a_bare_profile(make_engine: MakeEngine) -> None:
    """Somebody who was only registered has zeros, no tier and no streaks."""
    profile = make_engine(CATALOG).participants.upsert("ada")
    assert (profile.points.balance, profile.tier, profile.total_events) == (0, None, 0)
    document = profile.to_dict()
    assert (document["tier"], document["badges"], document["streaks"]) == (None, [], None)


@pytest.mark.parametrize(
    "include",
    [
        ["points"],
        ["tier"],
        ["badges", "streaks"],
        ["challenges", "rewards"],
        [],
        ["rewards", "challenges", "streaks", "badges", "tier", "points"],
    ],
)
def test_state_has_the_sections_that_were_asked_for(make_engine: MakeEngine, include: list[str]) -> None:
    """No other key is in the document, and what was not asked for is not read."""
    game = make_engine(CATALOG)
    game.points.award("ada", 5)
    state = game.participants.state("ada", include=include)  # type: ignore[arg-type]
    assert set(state.to_dict()) == {"participant_id", *include}
    for section in ("points", "tier", "badges", "streaks"):
        assert (getattr(state, section) is not None) == (section in include)


def test_state_of_somebody_never_seen_is_zeros(make_engine: MakeEngine) -> None:
    """Unlike the profile, the state of an unknown person is no error."""
    state = make_engine(CATALOG).participants.state("ghost").to_dict()
    assert state["points"] == {"balance": 0, "total_earned": 0, "total_spent": 0}
    assert (state["tier"], state["streaks"]) == (None, {"current": 0, "longest": 0})


def test_an_unknown_section_is_refused(make_engine: MakeEngine) -> None:
    """The error names the sections there are; a bare text is not taken letter by letter."""
    game = make_engine()
    for include in (["point"], "points", [["points"]]):
        with pytest.raises(BadValue, match="include"):
            game.participants.state("ada", include=include)  # type: ignore[arg-type]


# -- lists ---------------------------------------------------------------------------------------------------


def test_people_are_listed_by_id(make_engine: MakeEngine) -> None:
    """In order of their ids, page by page, those of one scope."""
    game = make_engine()
    for who in ("cyd", "ada", "Bob", "dan", "émile"):
        game.participants.upsert(who)
    game.scope("elsewhere").participants.upsert("zoe")
    pages = [game.participants.list(page=number, page_size=2) for number in (1, 2, 3, 4)]
    assert [[one.participant_id for one in page] for page in pages] == [
        ["Bob", "ada"],
        ["cyd", "dan"],
        ["émile"],
        [],
    ]
    assert {page.total for page in pages} == {5}


@pytest.mark.parametrize(
    ("search", "found"),
    [("jane", ["user_1", "user_3"]), ("JANE", ["user_1", "user_3"]), ("_2", ["user_2"]), ("zzz", [])],
)
def test_search_looks_in_ids_and_names(make_engine: MakeEngine, search: str, found: list[str]) -> None:
    """Part of either, in any case."""
    game = make_engine()
    for who, name in (("user_1", "Jane Doe"), ("user_2", None), ("user_3", "Mary-Jane")):
        game.participants.upsert(who, name)
    page = game.participants.list(search=search)
    assert ([one.participant_id for one in page], page.total) == (found, len(found))


def test_search_is_paged_too(make_engine: MakeEngine) -> None:
    """The total is that of all that were found."""
    game = make_engine()
    for number in range(5):
        game.participants.upsert(f"user_{number}")
    page = game.participants.list(search="user", page=3, page_size=2)
    assert ([one.participant_id for one in page], page.total) == (["user_4"], 5)


@pytest.mark.parametrize(("page", "size"), [(0, 10), (1, 0), (1, 101), (True, 10), ("1", 10)])
def test_pages_are_bounded(make_engine: MakeEngine, page: object, size: object) -> None:
    """Pages count from 1 and hold 1 to 100."""
    with pytest.raises(BadValue, match="page"):
        make_engine().participants.list(page=page, page_size=size)  # type: ignore[arg-type]
