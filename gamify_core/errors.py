"""Every error a caller can meet, with its facts.

Promise: whatever goes wrong, the caller sees a `GamifyError` whose `code` is stable, whose `http_status` and
`detail` are what a REST front end would answer, and whose facts are attributes. A refused command leaves no
trace in the store. `str()` adds a hint where one helps; `to_dict()` is `{"detail": ...}` and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

__all__ = [
    "BadValue",
    "CatalogError",
    "CommitOutcomeUnknown",
    "ConditionError",
    "Fault",
    "GamifyError",
    "HandleInUse",
    "IdempotencyConflict",
    "InsufficientPoints",
    "NotFound",
    "OutOfWindow",
    "Refused",
    "RuleFailed",
    "StoreBusy",
    "StoreClosed",
    "StoreConflict",
    "StoreCorrupt",
    "StoreError",
    "StoreNewer",
]


class GamifyError(Exception):
    """Base of every error this library raises on purpose.

    `detail` is one plain sentence for people, `hint` says what to do instead (or is empty).
    """

    code: ClassVar[str] = "error"
    http_status: ClassVar[int] = 400

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(detail)
        self.detail = detail
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence, and the hint after it where there is one."""
        return f"{self.detail} ({self.hint})" if self.hint else self.detail

    def to_dict(self) -> dict[str, object]:
        """Return the body a REST front end would send: `{"detail": ...}`."""
        return {"detail": self.detail}


class BadValue(GamifyError, ValueError):
    """An argument has the wrong type, shape or range; `field` names it and `value` is what came."""

    code = "bad_value"
    http_status = 422

    def __init__(self, field: str, value: object, detail: str, *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.field = field
        self.value = value


class OutOfWindow(BadValue):
    """An instant lies further ahead or behind than the engine accepts."""

    code = "out_of_window"
    http_status = 400


class NotFound(GamifyError, LookupError):
    """A name is not known: `kind` says of what, `name` which, `nearest` the closest known one (or None)."""

    code = "not_found"
    http_status = 404

    def __init__(self, kind: str, name: str, detail: str, *, nearest: str | None = None) -> None:
        super().__init__(detail, hint=f"did you mean {nearest!r}?" if nearest else "")
        self.kind = kind
        self.name = name
        self.nearest = nearest


class InsufficientPoints(GamifyError):
    """A deduction or transfer asks for more than is there."""

    code = "insufficient_points"

    def __init__(self, participant_id: str, currency: str, available: int, requested: int) -> None:
        super().__init__(f"Insufficient points. Available: {available}, requested: {requested}")
        self.participant_id = participant_id
        self.currency = currency
        self.available = available
        self.requested = requested


class IdempotencyConflict(GamifyError):
    """An idempotency key came back with other arguments; `fields` names those that differ."""

    code = "idempotency_conflict"
    http_status = 409

    def __init__(self, operation: str, key: str, fields: Sequence[str]) -> None:
        which = ", ".join(fields) if fields else "its arguments"
        verb = "differs" if len(fields) == 1 else "differ"
        super().__init__(f"Idempotency key {key!r} was used for another {operation}: {which} {verb}")
        self.operation = operation
        self.key = key
        self.fields: tuple[str, ...] = tuple(fields)


class RuleFailed(GamifyError):
    """A rule declared `strict` could not do what it says, so its event was refused."""

    code = "rule_failed"

    def __init__(self, rule: str, reason: str, detail: str) -> None:
        super().__init__(f"Rule {rule}: {detail}")
        self.rule = rule
        self.reason = reason


class Refused(GamifyError):
    """An item of a batch that was refused when the batch was first sent; `code` and `http_status` are those then."""

    def __init__(self, code: str, http_status: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code  # type: ignore[misc]  # that of the first refusal, for this one error
        self.http_status = http_status  # type: ignore[misc]


class ConditionError(GamifyError, ValueError):
    """An expression cannot be read or cannot be worked out; `line` and `column` count from 1 and 0."""

    code = "condition"
    http_status = 422

    def __init__(self, source: str, detail: str, *, line: int = 1, column: int = 0, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.source = source
        self.line = line
        self.column = column


def _printable(text: str) -> str:
    """Return text that any stream can take: a lone surrogate in a name must not hide what is wrong with it."""
    return text.encode(errors="backslashreplace").decode()


class Fault:
    """One thing wrong in a catalog: where (`path`), what, and what to write instead."""

    __slots__ = ("line", "message", "path", "remedy")

    def __init__(self, path: str, message: str, remedy: str = "", line: int | None = None) -> None:
        self.path: str = _printable(path)
        self.message: str = _printable(message)
        self.remedy: str = _printable(remedy)
        self.line: int | None = line

    def __str__(self) -> str:
        """Return `path (line n): message; remedy`."""
        where = f"{self.path} (line {self.line})" if self.line else self.path
        return f"{where}: {self.message}" + (f"; {self.remedy}" if self.remedy else "")

    def __repr__(self) -> str:
        """Return the sentence in brackets."""
        return f"<Fault {self}>"


class CatalogError(GamifyError, ValueError):
    """A catalog cannot be used; `faults` lists everything that is wrong with it, not the first thing alone."""

    code = "catalog"
    http_status = 422

    def __init__(self, faults: Sequence[Fault], *, source: str = "catalog") -> None:
        self.faults: tuple[Fault, ...] = tuple(faults)
        self.source = source
        many = f"{len(self.faults)} faults" if len(self.faults) != 1 else "1 fault"
        lines = "\n".join(f"  {fault}" for fault in self.faults)
        super().__init__(f"{source}: {many}\n{lines}")


class HandleInUse(GamifyError, RuntimeError):
    """The engine was used directly inside its own `with engine.transaction()` or `with engine.dry_run()`."""

    code = "handle_in_use"
    http_status = 500


class StoreError(GamifyError):
    """The store could not do its work; the driver's own error is the `__cause__`."""

    code = "store"
    http_status = 503


class StoreBusy(StoreError):
    """Another writer held the store for longer than the deadline; `waited` is in seconds."""

    code = "store_busy"

    def __init__(self, detail: str, *, waited: float = 0.0, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.waited = waited


class StoreClosed(StoreError):
    """The store was closed before this call."""

    code = "store_closed"


class StoreConflict(StoreError):
    """A fact that may stand once stands already; nothing of the change was written."""

    code = "store_conflict"
    http_status = 409


class StoreCorrupt(StoreError):
    """The file is not one of ours, or is damaged."""

    code = "store_corrupt"


class StoreNewer(StoreError):
    """The file was written by a newer version of this library; `found` and `known` are schema numbers."""

    code = "store_newer"

    def __init__(self, detail: str, *, found: int, known: int) -> None:
        super().__init__(detail, hint="upgrade gamify_core, or open a copy made by this version")
        self.found = found
        self.known = known


class CommitOutcomeUnknown(StoreError):
    """COMMIT itself failed: the change may or may not be there. Repeat the call with the same idempotency key."""

    code = "commit_outcome_unknown"
