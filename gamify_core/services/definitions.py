"""`engine.definitions`: badges, tiers, leaderboards, streaks, rewards and challenges that are made at run time.

They live in the store, each with all its versions, and act like those of the catalog the engine was opened with: other
processes on the file go by them with their next command, without a restart. What stands in the catalog is listed
here too, and changed there. Deleting is soft: history keeps the name, and a code created anew goes on where it ended.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Generic, Literal, TypeVar, cast

from gamify_core import border
from gamify_core.catalog import Badge, Challenge, Leaderboard, Reward, Streak, Tier
from gamify_core.catalog.definitions import Definition
from gamify_core.clock import moment
from gamify_core.errors import BadValue, DefinitionExists, DefinitionFixed, NotFound, in_words
from gamify_core.exactly import exactly
from gamify_core.ids import id_of
from gamify_core.road import reevaluation
from gamify_core.road.commands import Ask
from gamify_core.road.definitions import TIERS, Version, document_of, latest, tier_id, versions, write
from gamify_core.road.edits import refuse_misspelt, refuse_referred
from gamify_core.road.gifts import refuse_to_empty
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.defined import Defined, DefinitionAnswer, definitions_in, id_in
from gamify_core.services.definition_fields import (
    BadgeFields,
    ChallengeFields,
    LeaderboardFields,
    RewardFields,
    StreakFields,
    TierFields,
)
from gamify_core.services.pages import Page

if TYPE_CHECKING:
    from gamify_core.border import Json
    from gamify_core.catalog import Catalog
    from gamify_core.road.turn import Turn

__all__ = ["Defined", "DefinitionAnswer", "Definitions", "Resource"]

OnEdit = Literal["keep", "reevaluate"]

Kind = TypeVar("Kind", bound=Definition)
Fields = TypeVar("Fields", bound=Mapping[str, object])


class Resource(Generic[Kind, Fields]):
    """The definitions of one kind: list, create, get, update, delete."""

    def __init__(self, access: Access, section: str, kind: type[Kind]) -> None:
        """Hang off an engine."""
        self._access = access
        self._section = section
        self._kind = kind
        self._called = kind.__name__.lower()

    def create(
        self,
        definition: Kind | Fields,
        *,
        on_change: OnEdit = "keep",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> DefinitionAnswer:
        """Create a definition, from a value such as `Badge(…)` or from the fields of the document.

        `on_change` says what it does to those who are there: with `"keep"` it acts from now on, on who comes to reach
        it; what is reached already comes with `"reevaluate"` only (see `update`). Raises `DefinitionExists`, and
        `CatalogError` with all that is wrong with it, its references included. A tier goes to the ladder that its field
        `ladder` names (`tier` unless it is given), which is founded where there is none; for a name that looks like a
        slip of the pen `NotFound` asks which was meant.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.definitions.badges.create({"code": "streak_master", "rarity": "epic"})
        >>> game.badges.award("ada", "streak_master").to_dict()["badge_name"]
        'Streak Master'
        """
        given = self._given(definition)
        code = border.code(given.pop("code"), "code") if "code" in given else None
        if code is None and self._section != "rewards":
            raise BadValue("code", None, f"a {self._called} needs a code")
        request = request_of(at, code=code, definition=given, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            name = self._named(code, given.get("ladder")) if code is not None else id_of("rwd", turn.seq)
            there = latest(turn.unit, self._section, name)
            if self._in_code(name) or (there is not None and not there.deleted):
                raise DefinitionExists(self._called, name)
            document = dict(given)
            if self._section == TIERS and ":" in name:
                document["ladder"] = name.rpartition(":")[0]
            if self._section == TIERS and "ladder" in document:
                refuse_misspelt(turn, str(document["ladder"]))
            self._write(turn, name, document, on_change, deleted=False)

        return self._ask("create", request, at, idempotency_key, decide)

    def update(
        self,
        code: str,
        changes: Fields,
        *,
        on_change: OnEdit = "keep",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> DefinitionAnswer:
        """Change some fields; None sets one back to its default.

        With `on_change="keep"` those who hold the tier or badge keep it, and the change acts from now on. With
        `"reevaluate"` everybody is held against all definitions in force, and not this one alone, both ways: who is
        below a rung now leaves it (unless it was assigned), who reaches one now gets it, badges that are not permanent
        go with their criteria. That is a job in steps of some people; after a crash others go on with it.
        A streak is always judged by the definition in force, from its first activity on: an edit judges it anew, and
        says nothing, whatever `on_change` is. So is a metric, whose values are worked out again from history.
        Raises `NotFound`, `DefinitionFixed` for what stands in the catalog, `CatalogError`.
        """
        name = self._named(border.code(code, "code"))
        given = border.properties(_text_keys(changes), "changes")
        for key, same in self._fixed(name).items():
            if given.get(key, same[0]) not in same:
                raise BadValue(key, given[key], f"the {key} of {self._called} {name} cannot be changed")
            given.pop(key, None)
        request = request_of(at, code=name, changes=given, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            there = self._there(turn, name)
            before = {str(key): value for key, value in there.document.items()}
            after = {
                key: value for key, value in {**before, **self._flat(given)}.items() if value is not None
            }
            if after == before:
                turn.say("=", None, self._section, name, there.n, 0)
                turn.rest(there.activity)
                return
            changed = sorted(key for key in {**before, **after} if before.get(key) != after.get(key))
            self._write(turn, name, after, on_change, changed, deleted=False)

        return self._ask("update", request, at, idempotency_key, decide)

    def delete(
        self,
        code: str,
        *,
        on_change: OnEdit = "keep",
        at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> DefinitionAnswer:
        """Take a definition out of force. History, and what people hold, stays readable under its name.

        Who holds a badge that is gone, or stands on a rung that is, does so still, as it was last defined; somebody on
        such a rung goes on from there to the next that they reach (with `on_change="reevaluate"` at once, to where the
        ladder has them). Nobody is offered it any more; a streak, board or challenge is not listed any more at all.
        Raises `NotFound`, `DefinitionFixed`, `CatalogError` where something else still refers to it, and
        `DefinitionInUse` for a badge that comes with a gift which has not expired.
        """
        name = self._named(border.code(code, "code"))
        request = request_of(at, code=name, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            there = self._there(turn, name)
            if self._section == "badges":
                refuse_to_empty(turn, name)
            if self._section == "rewards":
                refuse_referred(turn.plan.catalog, name)
            document = {str(key): value for key, value in there.document.items()}
            self._write(turn, name, document, on_change, deleted=True)

        return self._ask("delete", request, at, idempotency_key, decide)

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, code: str) -> Defined[Kind]:
        """Return a definition, a deleted one too (`is_active` is False then). Raises `NotFound`."""
        name = self._named(border.code(code, "code"))
        for defined in self._all():
            if defined.id == name:
                return defined
        raise self._unknown(name)

    def list(
        self,
        *,
        is_active: bool | None = None,
        search: str | None = None,
        page: int = 1,
        page_size: int = 50,
    ) -> Page[Defined[Kind]]:
        """Return definitions by `display_order`: those in force, or with `is_active=False` those that are not.

        `search` keeps those whose code or name contains it.
        """
        number, size = border.page(page, page_size)
        active = is_active is None or border.flag(is_active, "is_active")
        needle = (border.text(search, "search") or "").casefold()
        found = [
            defined
            for defined in self._all()
            if defined.is_active == active
            and (
                needle in defined.id.casefold()
                or needle in str(getattr(defined.definition, "name", "")).casefold()
            )
        ]
        found.sort(key=lambda defined: getattr(defined.definition, "display_order", 0))
        first = (number - 1) * size
        return Page(found[first : first + size], len(found), number, size)

    def _all(self) -> Sequence[Defined[Kind]]:
        with self._access.read() as reader:
            catalog = self._access.road.plan_in(reader).catalog
            made = versions(reader, self._section)
            base = self._access.road.base.catalog
        own = [self._defined(each, None, ladder) for each, ladder in self._in(base)]
        codes = {each.id for each in own}
        active = {id_in(self._section, each, ladder): each for each, ladder in self._in(catalog)}
        for version in made:
            if version.code not in codes:
                definition = active.get(version.code) or cast("Kind", version.readable)
                in_force = version.code in active
                own.append(self._defined(definition, version, version.ladder, in_force=in_force))
        return own

    def _in(self, catalog: Catalog) -> Sequence[tuple[Kind, str | None]]:
        return cast("Sequence[tuple[Kind, str | None]]", [*definitions_in(catalog, self._section)])

    def _defined(
        self, definition: Kind, version: Version | None, ladder: str | None, *, in_force: bool = True
    ) -> Defined[Kind]:
        deleted = version is not None and version.deleted
        return Defined(
            id_in(self._section, definition, ladder),
            definition,
            in_force and not deleted and bool(getattr(definition, "is_active", True)),
            "code" if version is None else "runtime",
            0 if version is None else version.n,
            moment(version.created_at) if version is not None else None,
            moment(version.updated_at) if version is not None else None,
            ladder,
        )

    # -- deciding ---------------------------------------------------------------------------------------------

    def _ask(
        self,
        what: str,
        request: dict[str, Json],
        at: datetime | None,
        key: str | None,
        decide: Callable[[Turn], None],
    ) -> DefinitionAnswer:
        self._access.require_admin()
        kind = f"definitions.{self._section}.{what}"
        ask = Ask(kind, "", request, at, border.idempotency_key(key), decide, edits=True)
        return DefinitionAnswer(self._access.write(ask))

    def _given(self, definition: Kind | Fields) -> dict[str, Json]:
        """Return what was passed as plain fields."""
        if isinstance(definition, self._kind):
            return {"code": definition.code, **document_of(definition)}
        if isinstance(definition, Definition) or not isinstance(definition, Mapping):
            detail = (
                f"definition must be a {self._kind.__name__} or its fields, not {type(definition).__name__}"
            )
            raise BadValue("definition", definition, detail)
        given = border.properties(_text_keys(definition), "definition")
        return {key: value for key, value in self._flat(given).items() if value is not None}

    def _flat(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a tier with its threshold among them; the others as they are."""
        flat = dict(given)
        if self._section == TIERS and "criteria_config" in flat:
            config = flat.pop("criteria_config")
            if not isinstance(config, dict) or config.keys() - {"min_points"}:
                detail = f"criteria_config must be {{'min_points': …}}, not {in_words(config)}"
                raise BadValue("criteria_config", config, detail)
            flat |= config
        return flat

    def _there(self, turn: Turn, code: str) -> Version:
        """Return the version in force of a definition that may be changed here."""
        there = latest(turn.unit, self._section, code)
        if self._in_code(code):
            raise DefinitionFixed(self._called, code)
        if there is None or there.deleted:
            raise self._unknown(code)
        return there

    def _in_code(self, code: str) -> bool:
        """Say whether a code stands in the catalog that the engine was opened with."""
        own = self._in(self._access.road.base.catalog)
        return code in [id_in(self._section, definition, ladder) for definition, ladder in own]

    def _named(self, code: str, ladder: Json = None) -> str:
        """Return the id that a code means: `gold` and `tier:gold` are the same tier, `level:gold` is another."""
        if self._section != TIERS:
            return code
        within, _, own = code.rpartition(":")
        if within and ladder is not None and ladder != within:
            raise BadValue("ladder", ladder, f"tier {code} is not on ladder {in_words(ladder)}")
        return tier_id(within or str(ladder or "tier"), own)

    def _fixed(self, name: str) -> dict[str, tuple[Json, ...]]:
        """Return the fields that make out which definition it is, each with what it may be called."""
        if self._section != TIERS:
            return {"code": (name,)}
        ladder, _, own = name.rpartition(":")
        whole = f"{ladder or 'tier'}:{own}"
        return {"code": (own, whole), "ladder": (ladder,) if ladder else ("tier", None)}

    def _write(  # noqa: PLR0913 - what is written, and what it does
        self,
        turn: Turn,
        code: str,
        document: Mapping[str, Json],
        on_change: OnEdit,
        changed: Sequence[str] = (),
        *,
        deleted: bool,
    ) -> None:
        n = write(turn, self._section, code, document, deleted=deleted)
        turn.say("=", None, self._section, code, n, int(deleted), *changed)
        if on_change == "reevaluate":
            reevaluation.begin(turn)

    def _unknown(self, code: str) -> NotFound:
        return NotFound(self._called, code, f"{self._called.capitalize()} definition not found: {code}")


def _text_keys(given: Mapping[str, object]) -> Mapping[str, object]:
    """Return fields as JSON can say them: the lengths of milestones and the ranks of prizes as text."""
    if not isinstance(given, Mapping):
        return given
    told = {exactly(name): value for name, value in border.members(given, "definition")}
    for name in ("milestones", "prizes"):
        if isinstance(table := told.get(name), Mapping):
            told[name] = {str(exactly(key)): gives for key, gives in border.members(table, name)}
    return told


def _effect(on_change: OnEdit) -> str | None:
    on_change = exactly(on_change)
    if not isinstance(on_change, str) or on_change not in {"keep", "reevaluate"}:
        detail = f"on_change must be 'keep' or 'reevaluate', not {in_words(on_change)}"
        raise BadValue("on_change", on_change, detail)
    return on_change if on_change != "keep" else None


class Definitions:
    """Definitions made and changed at run time, by kind."""

    def __init__(self, access: Access) -> None:
        """Hang off an engine."""
        self._access = access

    @cached_property
    def badges(self) -> Resource[Badge, BadgeFields]:
        """Badges."""
        return Resource(self._access, "badges", Badge)

    @cached_property
    def tiers(self) -> Resource[Tier, TierFields]:
        """Tiers: rungs of a ladder, which comes into being with its first.

        The id of one on the ladder `tier` is its code, `gold` or in full `tier:gold`; on another ladder its id begins
        with that, `level:gold`. Which ladder it is on cannot be changed.
        """
        return Resource(self._access, TIERS, Tier)

    @cached_property
    def leaderboards(self) -> Resource[Leaderboard, LeaderboardFields]:
        """Leaderboards. A new one is filled from history."""
        return Resource(self._access, "leaderboards", Leaderboard)

    @cached_property
    def streaks(self) -> Resource[Streak, StreakFields]:
        """Streaks."""
        return Resource(self._access, "streaks", Streak)

    @cached_property
    def rewards(self) -> Resource[Reward, RewardFields]:
        """Rewards. One that is deleted is listed no more; what was claimed of it runs on."""
        return Resource(self._access, "rewards", Reward)

    @cached_property
    def challenges(self) -> Resource[Challenge, ChallengeFields]:
        """Challenges."""
        return Resource(self._access, "challenges", Challenge)
