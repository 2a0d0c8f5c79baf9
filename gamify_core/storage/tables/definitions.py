"""Definitions made at run time, each with its versions, and work that an edit has left to do."""

from __future__ import annotations

from typing import NamedTuple

from gamify_core.storage.protocol import Table

__all__ = ["DEFINITION", "JOB", "DefinitionRow", "JobRow"]


class DefinitionRow(NamedTuple):
    """Version `n` of a definition, as JSON; a deleted one keeps its last document, with `deleted` = 1."""

    section: str
    code: str
    n: int
    document: str
    deleted: int
    recorded_at: int
    activity: int


class JobRow(NamedTuple):
    """Work that goes on over several commits: everybody from number `following` on is still to be looked at."""

    name: str
    following: int
    activity: int


DEFINITION = Table("definition", DefinitionRow, key=3, chain=True, parents={"activity": "activity"})
JOB = Table("job", JobRow, key=1, parents={"activity": "activity"})
