"""What is kept of a command that was decided: the row of activity, sealed, with what was asked and what came of it.

The road asks a recorder for the last activity and hands it the next. Whoever needs no history, because nobody will
ever ask for it (a simulation), gives the road a recorder that keeps none; what is decided is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from gamify_core.domain.periods import HOUR
from gamify_core.road.seal import canonical, payload_hash, salt, seal, sealed_words
from gamify_core.storage.tables.activity import ACTIVITY, PAYLOAD, ActivityRow, PayloadRow

if TYPE_CHECKING:
    from gamify_core.road.turn import Turn
    from gamify_core.storage.unit import Unit

__all__ = ["SEALED", "SEMANTICS", "Recorder"]

SEMANTICS = 1
"""The version of what commands mean; it changes when the same command would be decided otherwise."""

_row = tuple.__new__


class Recorder(Protocol):
    """Where commands go once they are decided."""

    def text(self, request: dict[str, Any], /) -> str:
        """Return what was asked, as it is kept: canonical JSON, for hashes of it are compared."""
        ...

    def last(self, unit: Unit, /) -> ActivityRow | None:
        """Return the last activity, or None before the first."""
        ...

    def record(  # noqa: PLR0913 - the columns of the row
        self,
        unit: Unit,
        turn: Turn,
        kind: str,
        request: str,
        catalog: int,
        hashed: bytes | None,
        fingerprint: bytes | None,
        previous: bytes,
        erases: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        """Keep a command that was decided; of what `erases` only the hash of its arguments."""
        ...


class _Sealed:
    """Every command is a row in a chain of digests, in the same unit as what it brought about."""

    __slots__ = ()

    text = staticmethod(canonical)

    def last(self, unit: Unit) -> ActivityRow | None:
        """Return the head of the chain."""
        return unit.last(ACTIVITY)

    def record(  # noqa: PLR0913 - the columns of the row
        self,
        unit: Unit,
        turn: Turn,
        kind: str,
        request: str,
        catalog: int,
        hashed: bytes | None,
        fingerprint: bytes | None,
        previous: bytes,
        erases: bool = False,  # noqa: FBT001, FBT002 - as above
    ) -> None:
        """Append the row and its payload, sealed."""
        outcome = canonical(turn.outcome)
        salted = salt()
        words = sealed_words(
            turn.seq,
            turn.recorded_at,
            turn.occurred_at,
            turn.scope,
            kind,
            turn.who.number,
            catalog,
            SEMANTICS,
            hashed,
            fingerprint,
            outcome,
        )
        sealed = seal(previous, words, hashed_payload := payload_hash(salted, request))
        keep = unit.append if hashed is None else unit.add
        keep(
            ACTIVITY,
            _row(
                ActivityRow,
                (
                    turn.seq,
                    turn.recorded_at,
                    turn.occurred_at,
                    turn.scope,
                    kind,
                    turn.who.number or None,
                    catalog,
                    SEMANTICS,
                    hashed,
                    fingerprint,
                    outcome,
                    sealed,
                    turn.occurred_at if abs(turn.recorded_at - turn.occurred_at) > HOUR else None,
                ),
            ),
        )
        kept = (turn.seq, None, None, hashed_payload) if erases else (turn.seq, salted, request, None)
        unit.append(PAYLOAD, _row(PayloadRow, kept))


SEALED: Final[Recorder] = _Sealed()
