"""`engine.participants`: who people are, and everything about one of them in one call."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

import attrs

from gamify_core import border
from gamify_core.answers import Answer, BatchAnswer
from gamify_core.domain.zones import zone
from gamify_core.errors import BadValue, GamifyError, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.road import erasing, merging, streaks
from gamify_core.road.batches import Batch, Item
from gamify_core.road.commands import Ask, Decided
from gamify_core.road.erasing import ANONYMIZED, DELETED
from gamify_core.road.joined import the_one
from gamify_core.road.registering import is_new, register
from gamify_core.services.access import Access
from gamify_core.services.asking import batch_of, request_of
from gamify_core.services.erasing import ErasedAnswer
from gamify_core.services.exporting import exported
from gamify_core.services.merging import MergedAnswer
from gamify_core.services.openings import Opening, OpeningAnswer, OpeningBalance, ask_of
from gamify_core.services.pages import Page
from gamify_core.services.people import ParticipantSummary, SortBy, SortOrder, listing, people
from gamify_core.services.profiles import Profile, Sections, profile_of, state_of
from gamify_core.services.reading import snapshot
from gamify_core.services.visiting import ProfileDocument, document, streak_of
from gamify_core.storage.tables.participants import PARTICIPANT

if TYPE_CHECKING:
    from gamify_core.domain.decimals import Amount
    from gamify_core.road.turn import Turn

__all__ = ["ParticipantSummary", "Participants", "Profile", "ProfileDocument", "Section", "Sections"]

Section = Literal["points", "tier", "badges", "streaks", "challenges", "rewards"]
SECTIONS: tuple[Section, ...] = ("points", "tier", "badges", "streaks", "challenges", "rewards")


class Participants:
    """People. They appear on first use; registering them first is a choice."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    def upsert(  # noqa: PLR0913 - the fields of the document
        self,
        participant_id: str,
        display_name: str | None = None,
        avatar_url: str | None = None,
        attributes: Mapping[str, object] | None = None,
        *,
        timezone: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Profile:
        """Register a participant, or update the fields that are given. Doing it again changes nothing.

        Returns the profile. Under an idempotency key that was used before it is flagged `replayed`, and is the
        profile of now: names are personal, and no outcome keeps them.
        `timezone` is an IANA name or a fixed offset such as `+05:30`: whose midnight counts for their streaks.

        >>> from gamify_core import Catalog, Engine
        >>> Engine(Catalog()).participants.upsert("ada", "Ada Lovelace").display_name
        'Ada Lovelace'
        """
        return self._write(
            "participants.upsert",
            participant_id,
            display_name,
            avatar_url,
            attributes,
            timezone,
            at,
            idempotency_key,
        )

    def update(  # noqa: PLR0913 - as above
        self,
        participant_id: str,
        *,
        display_name: str | None = None,
        avatar_url: str | None = None,
        attributes: Mapping[str, object] | None = None,
        timezone: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Profile:
        """Update a participant. Attributes are merged; one that is None is removed. Raises `NotFound`."""
        return self._write(
            "participants.update",
            participant_id,
            display_name,
            avatar_url,
            attributes,
            timezone,
            at,
            idempotency_key,
        )

    def _write(  # noqa: PLR0913 - the fields of a participant
        self,
        kind: str,
        participant_id: str,
        display_name: str | None,
        avatar_url: str | None,
        attributes: Mapping[str, object] | None,
        timezone: str | None,
        at: datetime | None,
        key: str | None,
    ) -> Profile:
        who = border.participant(participant_id)
        name = border.text(display_name, "display_name", 1000)
        avatar = border.text(avatar_url, "avatar_url", 2000)
        given = border.properties(attributes, "attributes") if attributes is not None else None
        where = border.text(timezone, "timezone", 100)
        if where is not None:
            zone(where)
        request = request_of(
            at, participant_id=who, display_name=name, avatar_url=avatar, attributes=given, timezone=where
        )

        def decide(turn: Turn) -> None:
            if kind == "participants.update" and is_new(turn):
                raise _unknown(who)
            register(turn, name, avatar, where, given or {})

        decided = self._access.write(Ask(kind, who, request, at, border.idempotency_key(key), decide))
        registered = kind == "participants.upsert"
        return attrs.evolve(self._profile(decided), replayed=decided.replayed, registered=registered)

    def _profile(self, decided: Decided) -> Profile:
        """Return the profile, as of now, of whom a command was about, in the name that it was asked with.

        Under a repeated key they may have been erased since, and whoever asks is not told as whom they go on.
        """
        number = next(n for n, name in decided.people.items() if name == decided.participant_id)
        with snapshot(self._access) as seen:
            row = seen.reader.get(PARTICIPANT, (number,))
            assert row is not None  # noqa: S101 - rows of people are never removed
            person = the_one(seen.reader, row)
            name = decided.participant_id if person is row else person.participant_id
            return profile_of(seen, person._replace(participant_id=name))

    def visit(
        self,
        participant_id: str,
        *,
        streak: str | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> ProfileDocument:
        """Record that a participant was here, which extends their login streak, and return the profile after it.

        The streak is the one named, else `login`, `daily_login` or the first of the catalog; where there is none a
        visit registers the participant and no more. `badge_awarded` is the first badge that this visit earned. Under
        an idempotency key that was used before, `badge_awarded` and `effects` are those of the first visit, and the
        rest is as of now. Raises `NotFound` (streak), `OutOfWindow`.

        >>> from gamify_core import Badge, Catalog, Engine, Streak
        >>> badge = Badge("regular", criteria="streak.login >= 1", points=50)
        >>> visit = Engine(Catalog(streaks=[Streak("login")], badges=[badge])).participants.visit("ada")
        >>> visit.streak, visit.badge_awarded, visit.points
        (1, 'regular', 50)
        """
        who = border.participant(participant_id)
        code = border.code(streak, "streak") if streak is not None else None
        request = request_of(at, participant_id=who, streak=code)

        def decide(turn: Turn) -> None:
            plan = streak_of(turn.plan, code)
            if plan is not None and (code is not None or not plan.streak.goals):
                streaks.directly(turn, plan)
            elif not is_new(turn):
                turn.rest(0)

        key = border.idempotency_key(idempotency_key)
        decided = self._access.write(Ask("participants.visit", who, request, at, key, decide))
        answer = Answer(decided)
        with snapshot(self._access) as seen:
            read = document(seen, decided.participant_id, None, code)
        first = answer.badges[0].code if answer.badges else None
        return attrs.evolve(read, badge_awarded=first, effects=answer.effects, replayed=decided.replayed)

    # -- day one ----------------------------------------------------------------------------------------------

    def opening(  # noqa: PLR0913 - all that somebody may come with
        self,
        participant_id: str,
        *,
        balances: Mapping[str, Amount | str | OpeningBalance] | None = None,
        streaks: Mapping[str, tuple[int, int, datetime]] | None = None,
        metrics: Mapping[str, Amount | str | Iterable[str]] | None = None,
        badges: Iterable[str] | None = None,
        tiers: Mapping[str, str] | None = None,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> OpeningAnswer:
        """Begin with what somebody has in an application that was there before. Nothing is given, and nobody is told.

        - `balances`: what is in each wallet (`OpeningBalance` where more was earned, or parts lapse). The other side is
          the account `@opening`; it cannot be reversed.
        - `streaks`: for each the current run, the longest, and when it was last recorded. Both count on from there;
          what lies before cannot be healed, and a run that is over by now is not said to break.
        - `metrics`: what declared ones have come to (with a scale, decimals as an amount has them: 12 is 12.00); of one
          that counts different values, those that were seen. One that counts days begins with today.
        - `badges` that are held, without what they give. Numbered ones are minted (`assets.mint`) afterwards.
        - `tiers`: the rung on a ladder, where that is another one than the metric has earned. Without it people stand
          on the rung that they come with the points for.

        Nobody knows how what adds up was spread over time: it counts in all-time boards, ladders and criteria, and in
        no week, year or season. Badges, challenges and milestones that it reaches and that are not named are neither
        held nor handed out, as when a catalog changes: what is reached from now on is, and a reevaluation
        (`on_change="reevaluate"`) gives the badges. What is asked of a balance in a period counts as it stands.

        It comes once, before anything but a registration is recorded about the person: else `AlreadyUnderWay`. Raises
        `NotFound` (a code), `BadValue`, `OutOfWindow`. For administrators.

        >>> from gamify_core import Catalog, Engine, Ladder, OpeningBalance
        >>> game = Engine(Catalog(ladders=[Ladder("tier", tiers={"bronze": 0, "silver": 1000})]))
        >>> _ = game.participants.opening("ada", balances={"points": OpeningBalance(300, earned=1_200)})
        >>> game.points.balance("ada").total_earned, game.tiers.current("ada").current_tier.code
        (1200, 'silver')
        """
        self._access.require_admin()
        key = border.idempotency_key(idempotency_key)
        come = Opening(
            participant_id,
            {} if balances is None else balances,
            {} if streaks is None else streaks,
            {} if metrics is None else metrics,
            () if badges is None else badges,
            {} if tiers is None else tiers,
        )
        return OpeningAnswer(self._access.write(ask_of(come, at, key)))

    def opening_batch(
        self,
        openings: Iterable[Opening],
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> BatchAnswer:
        """Open many people in one commit, each decided in turn; one that is refused fails alone.

        With an `idempotency_key`, repeating the batch answers with the whole first outcome, refusals included. An `at`
        in no zone is refused as a whole (`BadValue`); one beyond the window, by each item. For administrators.

        >>> from gamify_core import Catalog, Engine, Opening
        >>> game = Engine(Catalog())
        >>> done = game.participants.opening_batch([Opening("ada", {"points": 5}), Opening("ada", {"points": 7})])
        >>> done.processed, done.failed
        (1, 1)
        """
        self._access.require_admin()
        listed = border.several(openings, "openings")
        if at is not None:
            border.at(at)
        key = border.idempotency_key(idempotency_key)
        asks: list[Item] = []
        for place, one in enumerate(listed):
            try:
                if not isinstance(one, Opening):
                    detail = f"openings[{place}] must be an Opening, not {type(one).__name__}"
                    raise BadValue(f"openings[{place}]", one, detail)
                asks.append(ask_of(one, at, None))
            except GamifyError as error:
                asks.append(error)
        people = [str(getattr(one, "participant_id", "")) for one in listed]
        return batch_of(
            Batch("participants.opening_batch", asks, key, "openings"), people, self._access, OpeningAnswer
        )

    # -- erasing ----------------------------------------------------------------------------------------------

    def anonymize(
        self, participant_id: str, *, at: datetime | None = None, idempotency_key: str | None = None
    ) -> ErasedAnswer:
        """Let nobody know any more who a participant is. Everything that was counted stays.

        The id becomes an alias (`anonymous:17`), under which they are on boards and in lists, inactive. Name, avatar
        and attributes are cleared, and so are the arguments of every command about them: properties of events, reasons
        and metadata, also those of a transfer to or from somebody else, and of whole batches they were named in. What
        stays are the ledger, outcomes and the chain of digests, which name people by number; the zone they lived in,
        by which their streaks are judged; and the hashes of arguments and idempotency keys, so that a key that was
        used stays used. The old id is free: whoever comes with it is a new person. Writing under the alias raises
        `NotFound`. It goes through the whole history, a stretch at a time, in one commit. What the database file held
        may linger in pages it does not use any more until it is vacuumed, and in backups.
        Raises `NotFound` for somebody never seen. For administrators.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 5)
        >>> game.participants.anonymize("ada").participant_id
        'anonymous:1'
        """
        return self._erase(ANONYMIZED, participant_id, at, idempotency_key)

    def delete(
        self, participant_id: str, *, at: datetime | None = None, idempotency_key: str | None = None
    ) -> ErasedAnswer:
        """Take a participant out of the game, after all that `anonymize` does; an alias of its may be deleted too.

        Every balance goes to the account `@deleted`, assets are burnt (both are in the answer), and scores on boards,
        metrics, streaks and zones are removed. In no list, on no board and under no id are they to be found after.
        What stays, under a number and without a name, is what sums and chains rest on: movements of the ledger, since
        per currency everything sums to zero; the activity with its outcomes, since each digest is made from the one
        before; the steps of badges, tiers and events, which are numbered; claims and redemptions, since stock and codes
        were used up; and the way of each asset. Raises `NotFound` for somebody never seen. For administrators.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.points.award("ada", 5)
        >>> game.participants.delete("ada").balances
        {'points': 5}
        """
        return self._erase(DELETED, participant_id, at, idempotency_key)

    def _erase(self, how: str, participant_id: str, at: datetime | None, key: str | None) -> ErasedAnswer:
        self._access.require_admin()
        who = border.participant(participant_id)
        request = request_of(at, participant_id=who)

        def decide(turn: Turn) -> None:
            if is_new(turn):
                raise _unknown(who)
            if turn.who.erased == how:
                turn.say("=", turn.who.number, how, 1, 0)
                turn.rest(0)
                return
            blanked = erasing.anonymize(turn) if how == ANONYMIZED else erasing.delete(turn)
            turn.say("=", turn.who.number, how, 0, blanked)

        kind = "participants.anonymize" if how == ANONYMIZED else "participants.delete"
        ask = Ask(kind, who, request, at, border.idempotency_key(key), decide, erases=True)
        return ErasedAnswer(self._access.write(ask))

    def merge(
        self,
        source: str,
        into: str,
        *,
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> MergedAnswer:
        """Fold the participant `source` into another one: two accounts turn out to be one person's.

        From then on the name `source` is one more name of `into`: every call that names it, for reading or writing,
        means `into`, and so does what comes late or is taken back. History is joined: metrics, streaks, boards and
        badges are those of somebody who did what both did. Nobody gets an award twice, and none is taken; what both
        together reach is reached now, and is in the answer. Points that lapse, that wait or that are held come along
        with their dates and ids; so do claims, copies of badges, and whatever rules remember. A badge or a rung that
        both have is kept once (the badge since the earlier, the rung that is higher). What `into` lacks of name,
        picture, time zone and attributes is filled in from `source`. Final tables of leaderboards stay as they were,
        and `engine.at` shows two people before. There is no way back: try it out in `engine.dry_run()`.

        `into` may be new (somebody signs up who was a guest until then). Who was merged into `source` before comes
        along. To merge again what is merged already changes nothing (`already_merged`). Raises `NotFound` for a source
        that was never seen, or for who was erased, `NotMergeable` for one person under two names and for a source that
        was merged into somebody else, and `WalletClosed` for an account that is closed. For administrators.

        >>> from gamify_core import Catalog, Engine, Leaderboard
        >>> game = Engine(Catalog(leaderboards=[Leaderboard("top")]))
        >>> for who, amount in (("ada", 5), ("guest:7", 9), ("bob", 12)):
        ...     _ = game.points.award(who, amount)
        >>> print(game.participants.merge("guest:7", into="ada"))
        ada · guest:7 merged
          +9 points               of guest:7, earned 9, spent 0
        >>> print(game.leaderboards.top("top"))
        1. ada 14
        2. bob 12
        >>> game.points.balance("guest:7").balance
        14
        """
        self._access.require_admin()
        name, who = border.participant(source, "source"), border.participant(into, "into")
        request = request_of(at, source=name, into=who)

        def decide(turn: Turn) -> None:
            merging.merge(turn, name, who)

        ask = Ask(merging.KIND, who, request, at, border.idempotency_key(idempotency_key), decide, (name,))
        return MergedAnswer(self._access.write(ask))

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, participant_id: str) -> Profile:
        """Return the rich profile. Raises `NotFound` (`Participant not found: …`) for somebody never seen."""
        who = border.participant(participant_id)
        with snapshot(self._access, who) as seen:
            person = self._access.person(seen.reader, who)
            if person is None:
                raise _unknown(who)
            return profile_of(seen, person)

    def state(self, participant_id: str, *, include: Iterable[Section] | None = None) -> Sections:
        """Return the sections asked for (all by default); somebody never seen has zeros."""
        who = border.participant(participant_id)
        asked: Sequence[object] = SECTIONS
        if include is not None:
            asked = [exactly(section) for section in border.several(include, "include")]
        for section in asked:
            if not isinstance(section, str) or section not in SECTIONS:
                detail = f"include knows {', '.join(SECTIONS)}, not {in_words(section)}"
                raise BadValue("include", section, detail)
        wanted = tuple(section for section in SECTIONS if section in asked)
        with snapshot(self._access, who) as seen:
            return state_of(seen, self._access.person(seen.reader, who), who, wanted)

    def profile(
        self, participant_id: str, *, ladder: str | None = None, streak: str | None = None
    ) -> ProfileDocument:
        """Return what a participant sees of themselves: level, streak, badges, the first five. Reading writes nothing.

        The ladder is the one named, else `level`, `tier` or the first of the catalog; the streak is chosen as in
        `visit`. The first five and the rank come from the first all-time board on the ladder's metric. Where there is
        no such board they are worked out from everybody's value, which takes time with the number of people. Somebody
        never seen has zeros. Raises `NotFound` (ladder, streak).

        >>> from gamify_core import Catalog, Engine, Ladder
        >>> game = Engine(Catalog(ladders=[Ladder("level", tiers={"newcomer": 0, "beginner": 100, "expert": 500})]))
        >>> _ = game.points.award("ada", 150)
        >>> profile = game.participants.profile("ada")
        >>> profile.level, profile.title, profile.next_level, profile.progress
        (2, 'Beginner', 500, 30)
        """
        who = border.participant(participant_id)
        named = border.code(ladder, "ladder") if ladder is not None else None
        run = border.code(streak, "streak") if streak is not None else None
        with snapshot(self._access, who) as seen:
            return document(seen, who, named, run)

    def export(self, participant_id: str) -> dict[str, object]:
        """Return everything that is held about a participant, as plain JSON (a copy that is the caller's own).

        It goes through the whole history, for there every command about them is found. Raises `NotFound`.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.events.emit("ada", "signed_up", {"plan": "free"})
        >>> game.participants.export("ada")["events"][0]["properties"]
        {'plan': 'free'}
        """
        who = border.participant(participant_id)
        with snapshot(self._access) as seen:
            person = self._access.person(seen.reader, who)
            if person is None:
                raise _unknown(who)
            return exported(seen, person)

    def list(  # noqa: PLR0913 - the parameters of the document
        self,
        *,
        search: str | None = None,
        is_active: bool | None = None,
        tier: str | None = None,
        sort_by: SortBy = "participant_id",
        sort_order: SortOrder = "asc",
        page: int = 1,
        page_size: int = 50,
    ) -> Page[ParticipantSummary]:
        """Return the participants of this scope, by id or in another order; ties are by id, no value comes last.

        `search` keeps those whose id or name contains it, in any case; `tier` those who stand on a rung of the first
        ladder. By id, without a search or a filter, only the people of the page are looked at; everything else
        goes through everybody in the scope. Raises `BadValue`, `NotFound` (tier). For administrators.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> for who, amount in (("ada", 5), ("bob", 9)):
        ...     _ = game.points.award(who, amount)
        >>> [one.participant_id for one in game.participants.list(sort_by="total_points", sort_order="desc")]
        ['bob', 'ada']
        """
        self._access.require_admin()
        asked = listing(search, is_active, tier, sort_by, sort_order, page, page_size)
        with snapshot(self._access) as seen:
            return people(seen, asked)


def _unknown(participant_id: str) -> NotFound:
    return NotFound("participant", participant_id, f"Participant not found: {participant_id}")
