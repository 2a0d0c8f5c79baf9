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
from gamify_core.errors import BadValue, DefinitionExists, DefinitionFixed, NotFound
from gamify_core.ids import id_of
from gamify_core.road import reevaluation
from gamify_core.road.definitions import TIERS, Version, document_of, latest, versions, write
from gamify_core.road.road import Ask
from gamify_core.services.access import Access
from gamify_core.services.asking import request_of
from gamify_core.services.defined import Defined, DefinitionAnswer, definitions_in
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

        `on_change` says what it does to those who are there: `"keep"` lets it act from now on, `"reevaluate"` also
        gives what is reached already (see `update`). Raises `DefinitionExists`, and `CatalogError` with all that is
        wrong with it, its references included.

        >>> from gamify_core import Catalog, Engine
        >>> game = Engine(Catalog())
        >>> _ = game.definitions.badges.create({"code": "streak_master", "rarity": "epic"})
        >>> game.badges.award("ada", "streak_master").to_dict()["badge_name"]
        'Streak Master'
        """
        given = self._given(definition)
        code = border.code(str(given.pop("code")), "code") if "code" in given else None
        if code is None and self._section != "rewards":
            raise BadValue("code", None, f"a {self._called} needs a code")
        request = request_of(at, code=code, definition=given, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            name = code if code is not None else id_of("rwd", turn.seq)
            there = latest(turn.unit, self._section, name)
            if self._in_code(name) or (there is not None and not there.deleted):
                raise DefinitionExists(self._called, name)
            self._write(turn, name, given, on_change, deleted=False)

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
        `"reevaluate"` everybody is held against the new definitions, both ways: who is below a rung now leaves it
        (unless it was assigned), who reaches one now gets it, badges that are not permanent go with their criteria.
        That is a job in steps of some people, which the next process goes on with after a crash.
        Raises `NotFound`, `DefinitionFixed` for what stands in the catalog, `CatalogError`.
        """
        name = border.code(code, "code")
        given = border.properties(changes, "changes")
        if given.get("code", name) != name:
            raise BadValue("code", given["code"], f"the code of {self._called} {name} cannot be changed")
        given.pop("code", None)
        request = request_of(at, code=name, changes=given, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            there = self._there(turn, name)
            before = {str(key): value for key, value in there.document.items()}
            after = {
                key: value for key, value in {**before, **self._flat(given)}.items() if value is not None
            }
            if after == before:
                turn.say("=", None, self._section, name, there.n, 0)
                turn.rest(0)
                return
            self._write(turn, name, after, on_change, deleted=False)

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

        Raises `NotFound`, `DefinitionFixed`, and `CatalogError` where something else still refers to it.
        """
        name = border.code(code, "code")
        request = request_of(at, code=name, on_change=_effect(on_change))

        def decide(turn: Turn) -> None:
            there = self._there(turn, name)
            document = {str(key): value for key, value in there.document.items()}
            self._write(turn, name, document, on_change, deleted=True)

        return self._ask("delete", request, at, idempotency_key, decide)

    # -- reading ----------------------------------------------------------------------------------------------

    def get(self, code: str) -> Defined[Kind]:
        """Return a definition, a deleted one too (`is_active` is False then). Raises `NotFound`."""
        name = border.code(code, "code")
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
        needle = (border.text(search, "search") or "").casefold()
        found = [
            defined
            for defined in self._all()
            if defined.is_active == (is_active is not False)
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
            made = {version.code: version for version in versions(reader, self._section)}
            base = self._access.road.base.catalog
        own = [self._defined(each, None, ladder) for each, ladder in self._in(base)]
        codes = {each.id for each in own}
        active = {each.code: each for each, _ in self._in(catalog)}
        for version in made.values():
            if version.code not in codes:
                definition = active.get(version.code) or cast("Kind", version.definition)
                ladder = str(version.document.get("ladder", "tier")) if self._section == TIERS else None
                own.append(self._defined(definition, version, ladder))
        return own

    def _in(self, catalog: Catalog) -> Sequence[tuple[Kind, str | None]]:
        return cast("Sequence[tuple[Kind, str | None]]", [*definitions_in(catalog, self._section)])

    def _defined(self, definition: Kind, version: Version | None, ladder: str | None) -> Defined[Kind]:
        active = bool(getattr(definition, "is_active", True)) and not (
            version is not None and version.deleted
        )
        return Defined(
            definition.code,
            definition,
            active,
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
        given = border.properties(definition, "definition")
        return {key: value for key, value in self._flat(given).items() if value is not None}

    def _flat(self, given: Mapping[str, Json]) -> dict[str, Json]:
        """Return the fields of a tier with its threshold among them; the others as they are."""
        flat = dict(given)
        if self._section == TIERS and "criteria_config" in flat:
            config = flat.pop("criteria_config")
            if not isinstance(config, dict) or config.keys() - {"min_points"}:
                detail = f"criteria_config must be {{'min_points': …}}, not {config!r:.60}"
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
        return code in [definition.code for definition, _ in self._in(self._access.road.base.catalog)]

    def _write(
        self, turn: Turn, code: str, document: Mapping[str, Json], on_change: OnEdit, *, deleted: bool
    ) -> None:
        n = write(turn, self._section, code, document, deleted=deleted)
        turn.say("=", None, self._section, code, n, int(deleted))
        if on_change == "reevaluate":
            reevaluation.begin(turn)

    def _unknown(self, code: str) -> NotFound:
        return NotFound(self._called, code, f"{self._called.capitalize()} definition not found: {code}")


def _effect(on_change: OnEdit) -> str | None:
    if on_change not in {"keep", "reevaluate"}:
        detail = f"on_change must be 'keep' or 'reevaluate', not {on_change!r:.60}"
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
        """Tiers: rungs of a ladder, which comes into being with its first."""
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
