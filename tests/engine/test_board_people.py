"""Boards of some people: pages by cursor, many ranks, friends, groups, and who is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gamify_core import AdminRequired, BadValue, Catalog, Engine, Leaderboard, ManualClock, Metric, NotFound

from .conftest import store_of
from .replaying import difference

if TYPE_CHECKING:
    from .conftest import MakeEngine

SCORES = {"ada": 50, "bob": 70, "cyd": 50, "dan": 90, "eve": 50, "fay": 10}
TEAMS = {"ada": "red", "bob": "blue", "cyd": "blue", "dan": "red", "eve": "blue"}
GROUPED = Leaderboard("b", group_by="team", periods=["all_time", "weekly", "last_7d"], ties="dense")


def play(game: Engine, clock: ManualClock) -> Engine:
    """Award each their points, a minute apart, and put them into their teams."""
    for who, points in SCORES.items():
        if who in TEAMS:
            game.participants.upsert(who, attributes={"team": TEAMS[who]})
        game.points.award(who, points)
        clock.advance(minutes=1)
    return game


def people(game: Engine, **how: object) -> list[str]:
    """Return who is on a board, in order."""
    return [entry.participant_id for entry in game.leaderboards.top("b", **how)]  # type: ignore[arg-type]


def groups(game: Engine, code: str = "b", *, period: str | None = None) -> list[tuple[int, str, object, int]]:
    """Return the board of groups."""
    return [(e.rank, e.group, e.score, e.members) for e in game.leaderboards.groups(code, period=period)]


# -- cursors -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["all_time", "monthly"])
def test_cursors_go_through_the_whole_board(make_engine: MakeEngine, clock: ManualClock, period: str) -> None:
    """Kept or worked out, page after page, with the ranks of the board, until there is no cursor."""
    game = play(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock)
    seen, cursor = [], None
    for _ in range(3):
        page = game.leaderboards.page("b", page_size=2, period=period, after=cursor)
        seen += [(entry.rank, entry.participant_id) for entry in page]
        assert (page.page is None) is (cursor is not None)
        cursor = page.next_cursor
    assert seen == [(1, "dan"), (2, "bob"), (3, "ada"), (3, "cyd"), (3, "eve"), (6, "fay")]
    assert cursor is None


def test_a_cursor_holds_its_place_while_others_move(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Who stays is shown once, though somebody came in before, and the entry that it rests on has left."""
    game = play(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock)
    first = game.leaderboards.page("b", page_size=3)
    game.points.award("new", 99)
    game.points.award("ada", 100)  # the last of the first page
    page = game.leaderboards.page("b", page_size=3, after=first.next_cursor)
    assert [(entry.rank, entry.participant_id) for entry in page] == [(5, "cyd"), (5, "eve"), (7, "fay")]


def test_a_cursor_stays_in_its_period(make_engine: MakeEngine, clock: ManualClock) -> None:
    """What was begun on Sunday evening goes on with last week's board on Monday."""
    game = play(make_engine(Catalog(leaderboards=[Leaderboard("b", period="weekly")])), clock)
    first = game.leaderboards.page("b", page_size=5)
    clock.advance(days=7)
    game.points.award("new", 1)
    page = game.leaderboards.page("b", page_size=5, after=first.next_cursor)
    assert ([entry.participant_id for entry in page], page.of) == (["fay"], "2026-W10")
    for same in ("previous", "2026-W10"):
        assert game.leaderboards.page("b", page_size=5, after=first.next_cursor, of=same) == page
    with pytest.raises(BadValue, match="the cursor is of 2026-W10, and '2026-W11' means 2026-W11 now"):
        game.leaderboards.page("b", page_size=5, after=first.next_cursor, of="2026-W11")


@pytest.mark.parametrize("cursor", ["", "x", "bnVsbA==", "WzFd", "é", 7])
def test_what_is_no_cursor_is_refused(make_engine: MakeEngine, cursor: str) -> None:
    """With the field, whatever comes."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    with pytest.raises(BadValue, match="is not a cursor"):
        game.leaderboards.page("b", after=cursor)


def test_a_cursor_of_another_board_is_refused(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Of another board, period or group, or together with a number."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED, Leaderboard("c")])), clock)
    cursor = game.leaderboards.page("b", page_size=1).next_cursor
    for how in ({"leaderboard_code": "c"}, {"period": "weekly"}, {"group": "red"}, {"page": 2}):
        asked: dict[str, object] = {"leaderboard_code": "b", "after": cursor, **how}
        with pytest.raises(BadValue):
            game.leaderboards.page(**asked)  # type: ignore[arg-type]


# -- some people ---------------------------------------------------------------------------------------------


def test_ranks_of_many_are_those_of_each(make_engine: MakeEngine, clock: ManualClock) -> None:
    """In the order asked, whoever is not on the board included."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    asked = ["fay", "nobody", "dan", "fay"]
    for how in ({}, {"period": "weekly"}, {"group": "red"}):
        found = game.leaderboards.ranks("b", asked, **how)
        assert list(found) == [game.leaderboards.rank("b", who, **how) for who in asked]
    with pytest.raises(BadValue, match="at most"):
        game.leaderboards.ranks("b", ["ada"] * 1001)


@pytest.mark.parametrize(
    ("ties", "inside", "overall"),
    [
        ("competition", [1, 2, 2, 4], [1, 3, 3, 6]),
        ("dense", [1, 2, 2, 3], [1, 3, 3, 4]),
        ("ordinal", [1, 2, 3, 4], [1, 3, 5, 6]),
    ],
)
def test_among_friends(
    make_engine: MakeEngine, clock: ManualClock, ties: str, inside: list[int], overall: list[int]
) -> None:
    """Ranks in the set by the board's own policy, beside those on the whole board."""
    definition = Leaderboard("b", ties=ties)  # type: ignore[arg-type]
    game = play(make_engine(Catalog(leaderboards=[definition])), clock)
    found = game.leaderboards.among("b", ["eve", "fay", "dan", "zoe", "ada", "eve"])
    assert [entry.participant_id for entry in found] == ["dan", "ada", "eve", "fay"]
    assert [entry.rank for entry in found] == inside
    assert [entry.overall_rank for entry in found] == overall
    assert (found.absent, found.total_participants) == (("zoe",), 4)


# -- groups --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["all_time", "weekly", "last_7d", "monthly"])
def test_each_group_has_a_board_and_a_place_among_groups(
    make_engine: MakeEngine, clock: ManualClock, period: str
) -> None:
    """Kept, rolled or worked out; who is in no group is on the board of all alone."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    assert groups(game, period=period) == [(1, "blue", 170, 3), (2, "red", 140, 2)]
    assert people(game, period=period, group="blue") == ["bob", "cyd", "eve"]
    assert [e.rank for e in game.leaderboards.top("b", period=period, group="blue")] == [1, 2, 2]
    assert game.leaderboards.rank("b", "ada", period=period, group="red").total_participants == 2
    assert game.leaderboards.rank("b", "ada", period=period, group="blue").rank is None
    assert people(game, period=period, group="green") == []
    red = game.leaderboards.group_rank("b", "red", period=period)
    assert red is not None
    assert (red.rank, red.score) == (2, 140)
    assert game.leaderboards.group_rank("b", "green", period=period) is None
    assert str(game.leaderboards.groups("b", page=2)) == "b has 2 groups, none of them on page 2"
    assert str(make_engine(game.catalog).leaderboards.groups("b")) == "no group is on b yet"


def test_scores_go_with_whoever_changes_groups(make_engine: MakeEngine, clock: ManualClock) -> None:
    """To the other group, or to none, on all tables that are not final."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    game.participants.update("bob", attributes={"team": "red"})
    game.participants.update("dan", attributes={"team": None})
    game.participants.update("fay", attributes={"team": 7})
    assert groups(game) == [(1, "red", 120, 2), (2, "blue", 100, 2), (3, "7", 10, 1)]
    assert people(game, group="red") == people(game, group="red", period="weekly") == ["bob", "ada"]
    game.points.award("bob", 5)
    assert groups(game)[0] == (1, "red", 125, 2)
    assert game.history.verify().ok
    assert difference(game) == {}


def test_an_export_tells_each_score_once(make_engine: MakeEngine, clock: ManualClock) -> None:
    """The board of a group says the same as the board of all."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    exported = game.participants.export("ada")["metrics"]
    assert isinstance(exported, list)
    assert sorted(one["calendar"] for one in exported) == ["all_time", "daily UTC", "weekly UTC"]


def test_a_final_table_keeps_its_groups(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Who changes groups after a period is final has played it for the old one."""
    board = Leaderboard("b", period="weekly", group_by="team", finalize_after="1h")
    game = play(make_engine(Catalog(leaderboards=[board])), clock)
    clock.advance(days=8)
    game.participants.update("bob", attributes={"team": "red"})
    before = game.leaderboards.groups("b", of="previous")
    assert [(e.group, e.score) for e in before] == [("blue", 170), ("red", 140)]
    game.leaderboards.hide("bob")
    assert [(e.group, e.score) for e in game.leaderboards.groups("b", of="previous")] == [
        ("red", 140),
        ("blue", 100),
    ]
    game.leaderboards.unhide("bob")
    assert game.leaderboards.groups("b", of="previous") == before
    game.points.award("bob", 1)
    assert groups(game) == [(1, "red", 1, 1)]
    assert game.history.verify().ok


@pytest.mark.parametrize(
    ("ties", "ranks"), [("competition", [1, 2, 2, 4]), ("dense", [1, 2, 2, 3]), ("ordinal", [1, 2, 3, 4])]
)
@pytest.mark.parametrize("period", ["all_time", "monthly"])
def test_groups_share_ranks_as_people_do(
    make_engine: MakeEngine, ties: str, ranks: list[int], period: str
) -> None:
    """Equal ones in the order of their names."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b", group_by="team", ties=ties)]))  # type: ignore[arg-type]
    for who, team, points in (("a", "x", 1), ("b", "z", 5), ("c", "y", 5), ("d", "w", 9)):
        game.participants.upsert(who, attributes={"team": team})
        game.points.award(who, points)
    found = groups(game, period=period)
    assert [(rank, name) for rank, name, *_ in found] == [*zip(ranks, ["w", "y", "z", "x"], strict=True)]
    for rank, name, *_ in found:
        one = game.leaderboards.group_rank("b", name, period=period)
        assert one is not None
        assert one.rank == rank


def test_groups_may_be_ranked_by_their_average(make_engine: MakeEngine) -> None:
    """Exactly, as far as six decimals go, with the decimals of the scores."""
    board = Leaderboard("b", metric="km", group_by="team", group_score="average")
    game = make_engine(Catalog(metrics=[Metric("km", "run", sum="km", scale=1)], leaderboards=[board]))
    for who, team, km in (
        ("a", "x", 1.0),
        ("b", "x", 0.5),
        ("c", "y", 0.7),
        ("d", "z", 1),
        ("e", "z", 1),
        ("f", "z", 0),
    ):
        game.participants.upsert(who, attributes={"team": team})
        game.events.emit(who, "run", {"km": km})
    game.events.emit("f", "run", {"km": 0.2})
    assert [(name, str(score)) for _, name, score, _ in groups(game)] == [
        ("x", "0.75"),
        ("z", "0.7333333"),
        ("y", "0.7"),
    ]


def test_a_board_without_groups_says_so(make_engine: MakeEngine) -> None:
    """Whatever is asked of them."""
    game = make_engine(Catalog(leaderboards=[Leaderboard("b")]))
    for ask in (lambda: game.leaderboards.groups("b"), lambda: game.leaderboards.top("b", group="red")):
        with pytest.raises(BadValue, match="has no groups"):
            ask()


def test_a_board_may_begin_and_cease_to_have_groups(make_engine: MakeEngine, clock: ManualClock) -> None:
    """History fills the boards of groups; grouped otherwise, they are put together anew."""
    game = play(make_engine(Catalog(leaderboards=[Leaderboard("b")])), clock)
    store = store_of(game)
    for attribute, expected in (
        ("team", [("blue", 170), ("red", 140)]),
        ("city", []),
        ("team", [("blue", 172), ("red", 140)]),
    ):
        game = make_engine(Catalog(leaderboards=[Leaderboard("b", group_by=attribute)]), store=store)
        game.points.award("fay", 1)
        assert [(name, score) for _, name, score, _ in groups(game)] == expected
        assert game.history.verify().ok
        game.points.award("eve", 1)
    assert make_engine(Catalog(), store=store).points.award("ada", 1).points == 1


def test_who_is_erased_leaves_their_group(make_engine: MakeEngine, clock: ManualClock) -> None:
    """An anonymized participant has no attributes any more, a deleted one no score."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    game.participants.anonymize("bob")
    game.participants.delete("dan")
    assert groups(game) == [(1, "blue", 100, 2), (2, "red", 50, 1)]
    assert game.history.verify().ok


# -- hidden --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["all_time", "weekly", "last_7d", "monthly"])
def test_who_is_hidden_is_on_no_board(make_engine: MakeEngine, clock: ManualClock, period: str) -> None:
    """Ranks, totals, percentiles and groups are as if they were not there; shown again, they are where they belong."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    before = game.leaderboards.top("b", period=period)
    game.leaderboards.hide("dan")
    assert people(game, period=period) == ["bob", "ada", "cyd", "eve", "fay"]
    mine = game.leaderboards.rank("b", "bob", period=period)
    assert (mine.rank, mine.total_participants, mine.percentile) == (1, 5, 80.0)
    assert game.leaderboards.rank("b", "dan", period=period).rank is None
    assert groups(game, period=period) == [(1, "blue", 170, 3), (2, "red", 50, 1)]
    with pytest.raises(NotFound):
        game.leaderboards.around("b", "dan", period=period)
    game.leaderboards.unhide("dan")
    assert game.leaderboards.top("b", period=period) == before
    assert groups(game, period=period) == [(1, "blue", 170, 3), (2, "red", 140, 2)]


def test_what_happens_meanwhile_is_counted(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Points, changed groups and new periods; once shown again the history is as if they had never been hidden."""
    game, other = (make_engine(Catalog(leaderboards=[GROUPED])) for _ in range(2))
    for each in (game, other):
        clock.set("2026-03-02T09:00Z")
        play(each, clock)
        if each is game:
            each.leaderboards.hide("dan")
        clock.advance(hours=1)
        each.points.award("dan", 7)
        each.participants.update("dan", attributes={"team": "blue"})
        clock.advance(days=7)
        each.points.award("dan", 3)
        each.points.award("ada", 1)
    assert people(game, period="weekly") == ["ada"]
    game.leaderboards.unhide("dan")
    for period in ("all_time", "weekly", "last_7d"):
        one, two = (each.leaderboards.top("b", period=period) for each in (game, other))
        assert one.entries == two.entries
        assert groups(game, period=period) == groups(other, period=period)
    assert game.history.verify().ok
    assert difference(game) == {}


@pytest.mark.parametrize("moves", [False, True])
def test_what_is_scored_while_hidden_counts_for_the_group_of_its_week(
    make_engine: MakeEngine, clock: ManualClock, *, moves: bool
) -> None:
    """Who is shown again after the close stands where they would had they never been hidden, in their team too."""
    week = Leaderboard("b", period="weekly", group_by="team", finalize_after="1h", ties="dense")
    hiding, plain = (make_engine(Catalog(leaderboards=[week])) for _ in range(2))
    for game in (hiding, plain):
        game.participants.upsert("ada", attributes={"team": "red"})
        game.participants.upsert("bob", attributes={"team": "red"})
        game.points.award("bob", 4)
        if game is hiding:
            game.leaderboards.hide("ada")
        game.points.award("ada", 9)
        if moves:
            game.participants.update("ada", attributes={"team": "blue"})
    clock.advance(days=8)
    for game in (hiding, plain):
        game.participants.update("ada", attributes={"team": "green"})
    hiding.leaderboards.unhide("ada")

    def tables(game: Engine) -> list[object]:
        teams = [game.leaderboards.top("b", of="previous", group=team) for team in ("red", "blue", "green")]
        return [
            *teams,
            list(game.leaderboards.groups("b", of="previous")),
            game.leaderboards.top("b", of="previous"),
        ]

    assert tables(hiding) == tables(plain)
    assert hiding.history.verify().ok
    assert difference(hiding) == {}


def test_boards_print_what_is_not_there(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Who is not ranked, a group with nobody, and friends of whom none is on the board."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    boards = game.leaderboards
    assert str(boards.rank("b", "ada")) == "3. ada 50, of 6"
    assert str(boards.rank("b", "nobody")) == "nobody is not among the 6 who are ranked"
    assert str(boards.top("b", group="green")) == "nobody of green is on b yet"
    assert str(boards.among("b", ["gil"])) == "none of them is on b"
    assert str(boards.groups("b", page=2)) == "b has 2 groups, none of them on page 2"
    with pytest.raises(BadValue, match=r"or last_1d to last_3660d, not 'weakly' \(did you mean 'weekly'\?\)"):
        boards.top("b", period="weakly")


def test_hiding_twice_changes_nothing(make_engine: MakeEngine, clock: ManualClock) -> None:
    """Nor does showing who is shown; nothing is written then."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    game.leaderboards.hide("dan")
    digest = game.history.state_digest()
    game.leaderboards.hide("dan")
    game.leaderboards.unhide("ada")
    assert game.history.state_digest() == digest


def test_hiding_is_told_and_those_who_are_hidden_are_listed(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """In words of people; in each scope its own, by id and by pages."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    game.scope("guild").leaderboards.hide("eve")
    told = [str(game.leaderboards.hide(who)) for who in ("dan", "ada", "dan")]
    assert told == [
        "dan · hidden from the leaderboards",
        "ada · hidden from the leaderboards",
        "dan · hidden from the leaderboards already",
    ]
    assert (list(game.leaderboards.hidden()), game.leaderboards.hidden().total) == (["ada", "dan"], 2)
    assert list(game.leaderboards.hidden(page=2, page_size=1)) == ["dan"]
    clock.advance(minutes=1)
    then = clock.now()
    clock.advance(minutes=1)
    assert str(game.leaderboards.unhide("ada")) == "ada · shown on the leaderboards"
    keyed = [str(game.leaderboards.hide("fay", idempotency_key="k")) for _ in range(2)]
    assert keyed[1] == "fay · hidden from the leaderboards (replayed)"
    assert list(game.leaderboards.hidden()) == ["dan", "fay"]
    assert list(game.at(then).leaderboards.hidden()) == ["ada", "dan"]


def test_ranks_of_groups_are_alike_on_every_page(make_engine: MakeEngine) -> None:
    """Under each policy a page begins with the rank that the whole board has there, equals being cut in two."""
    scores = [9, 9, 7, 7, 7, 5, 3, 3]
    expected = {
        "competition": [1, 1, 3, 3, 3, 6, 7, 7],
        "dense": [1, 1, 2, 2, 2, 3, 4, 4],
        "ordinal": [1, 2, 3, 4, 5, 6, 7, 8],
    }
    boards = [Leaderboard(ties, ties=ties, group_by="team") for ties in expected]  # type: ignore[arg-type]
    game = make_engine(Catalog(leaderboards=boards))
    for number, score in enumerate(scores):
        game.participants.upsert(f"p{number}", attributes={"team": f"t{number}"})
        game.points.award(f"p{number}", score)
    for ties, ranks in expected.items():
        for size in (1, 3, 8):
            pages = [game.leaderboards.groups(ties, page=n, page_size=size) for n in range(1, 9)]
            assert [entry.rank for page in pages for entry in page] == ranks
        alone = [game.leaderboards.group_rank(ties, f"t{number}") for number in range(8)]
        assert [entry.rank for entry in alone if entry is not None] == ranks


def test_hiding_needs_admin_rights(make_engine: MakeEngine) -> None:
    """Code that speaks for participants hides nobody."""
    game = make_engine(Catalog()).standard()
    with pytest.raises(AdminRequired):
        game.leaderboards.hide("ada")
    with pytest.raises(AdminRequired):
        game.leaderboards.unhide("ada")
    with pytest.raises(AdminRequired):
        game.leaderboards.hidden()


def test_the_past_knows_who_was_in_which_group_and_who_was_hidden(
    make_engine: MakeEngine, clock: ManualClock
) -> None:
    """`engine.at` answers of groups and of hidden people what a reading answered then."""
    game = play(make_engine(Catalog(leaderboards=[GROUPED])), clock)
    changes = (
        lambda: game.points.award("fay", 1),
        lambda: game.participants.update("bob", attributes={"team": "red"}),
        lambda: game.leaderboards.hide("dan"),
        lambda: game.points.award("dan", 500),
        lambda: game.leaderboards.unhide("dan"),
        lambda: game.participants.update("ada", attributes={"team": "blue"}),
    )
    told = []
    for change in changes:
        change()
        told.append((clock.now(), groups(game), people(game), people(game, group="red")))
        clock.advance(minutes=1)
    for instant, *expected in told:
        then = game.at(instant)
        ranked = [(e.rank, e.group, e.score, e.members) for e in then.leaderboards.groups("b")]
        tops = (then.leaderboards.top("b"), then.leaderboards.top("b", group="red"))
        assert [ranked, *([e.participant_id for e in top] for top in tops)] == expected
        assert len(then.leaderboards.top("b", period="last_7d")) == len(tops[0])
