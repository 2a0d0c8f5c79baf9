"""Hand-written programs that do an award's durable work and nothing else: the floors the engine stands on.

A floor knows no catalog, no rules, no undo, no idempotency and no ranks. It promises to leave the rows that
the engine leaves for one award, on the same physical layout, by the fewest statements an experienced hand
would write. The engine's rate over the floor's, both taken in one run, is what generality costs.

The file of `SQLiteFloor` has the engine's STRICT tables `gamify_participant`, `gamify_catalog`,
`gamify_activity`, `gamify_payload` and `gamify_window` (by their integer key), `gamify_entry` and
`gamify_metric` (WITHOUT ROWID, clustered by participant), and its indexes `participant_by_id`,
`activity_by_key`, `catalog_by_fingerprint`, `window_by_name`, `metric_by_rank` and `metric_by_morning`.

What a floor leaves out, always in its own favour: the counts beside `metric_by_rank`, periods that end (each
window is opened once and never looked up again), the check of an idempotency key and of foreign keys, and
the lock between processes. Collecting a batch's rows for `executemany` was tried: it gains nothing (ratios
of 0.99 to 1.05), because pages written are the cost, not calls.
"""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal, NamedTuple

from benchmarks.measure import PARTICIPANTS, environment, everyone, in_batches, rate, singly, table

__all__ = ["LAYOUT", "MemoryFloor", "SQLiteFloor"]

Boards = Literal[0, 2, 5]
Durability = Literal["full", "normal"]

DAY = 86_400_000_000
CURRENCY = "points"
CALENDARS = ("all_time", "weekly UTC", "daily UTC", "monthly UTC", "yearly UTC")

LAYOUT = """
CREATE TABLE gamify_participant (
  number INTEGER PRIMARY KEY, scope TEXT NOT NULL, participant_id TEXT NOT NULL, display_name TEXT,
  avatar_url TEXT, timezone TEXT, attributes TEXT NOT NULL, is_active INTEGER NOT NULL,
  created_at INTEGER NOT NULL, erased TEXT, is_hidden INTEGER NOT NULL, due INTEGER,
  is_closed INTEGER NOT NULL, person INTEGER REFERENCES gamify_participant (number)
) STRICT;
CREATE UNIQUE INDEX participant_by_id ON gamify_participant (scope, participant_id);
CREATE INDEX participant_due ON gamify_participant (due) WHERE due IS NOT NULL;
CREATE INDEX participant_by_person ON gamify_participant (person, number) WHERE person IS NOT NULL;
CREATE TABLE gamify_catalog (
  number INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, document TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX catalog_by_fingerprint ON gamify_catalog (fingerprint);
CREATE TABLE gamify_activity (
  seq INTEGER PRIMARY KEY, recorded_at INTEGER NOT NULL, occurred_at INTEGER NOT NULL, scope TEXT NOT NULL,
  kind TEXT NOT NULL, participant INTEGER REFERENCES gamify_participant (number),
  catalog INTEGER NOT NULL REFERENCES gamify_catalog (number), semantics INTEGER NOT NULL,
  key BLOB, fingerprint BLOB, outcome TEXT NOT NULL, digest BLOB NOT NULL, late INTEGER
) STRICT;
CREATE UNIQUE INDEX activity_by_key ON gamify_activity (key) WHERE key IS NOT NULL;
CREATE INDEX activity_late ON gamify_activity (late, seq) WHERE late IS NOT NULL;
CREATE TABLE gamify_payload (
  seq INTEGER PRIMARY KEY REFERENCES gamify_activity (seq), salt BLOB, request TEXT, hash BLOB
) STRICT;
CREATE TABLE gamify_entry (
  participant INTEGER NOT NULL REFERENCES gamify_participant (number), currency TEXT NOT NULL,
  version INTEGER NOT NULL, activity INTEGER NOT NULL REFERENCES gamify_activity (seq),
  ordinal INTEGER NOT NULL, amount INTEGER NOT NULL, account TEXT,
  peer INTEGER REFERENCES gamify_participant (number),
  balance INTEGER NOT NULL, earned INTEGER NOT NULL, spent INTEGER NOT NULL, occurred_at INTEGER NOT NULL,
  source TEXT, base INTEGER, reverses INTEGER, PRIMARY KEY (participant, currency, version)
) STRICT, WITHOUT ROWID;
CREATE TABLE gamify_window (
  number INTEGER PRIMARY KEY, scope TEXT NOT NULL, metric TEXT NOT NULL, calendar TEXT NOT NULL,
  label INTEGER NOT NULL, starts_at INTEGER, ends_at INTEGER
) STRICT;
CREATE UNIQUE INDEX window_by_name ON gamify_window (scope, metric, calendar, label);
CREATE TABLE gamify_metric (
  participant INTEGER NOT NULL REFERENCES gamify_participant (number),
  window INTEGER NOT NULL REFERENCES gamify_window (number), value INTEGER NOT NULL,
  reached_at INTEGER NOT NULL, down INTEGER, tie TEXT, day INTEGER, day_down INTEGER, day_reached INTEGER,
  PRIMARY KEY (participant, window)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_by_rank ON gamify_metric
  (window, down, reached_at, tie, participant, day, value, day_down, day_reached)
  WHERE down IS NOT NULL;
CREATE INDEX metric_by_morning ON gamify_metric (window, day_down, day_reached, tie, participant, day)
  WHERE day_down IS NOT NULL;
"""

HEAD = "SELECT seq, recorded_at, digest FROM gamify_activity ORDER BY seq DESC LIMIT 1"
FIND = "SELECT number FROM gamify_participant WHERE scope = ? AND participant_id = ?"
JOIN = (
    "INSERT INTO gamify_participant"
    " (scope, participant_id, attributes, is_active, created_at, is_hidden, is_closed)"
    " VALUES ('', ?, '{}', 1, ?, 0, 0)"
)
WALLET = (
    "SELECT version, balance, earned, spent FROM gamify_entry WHERE participant = ? AND currency = ?"
    " ORDER BY version DESC LIMIT 1"
)
ACT = "INSERT INTO gamify_activity VALUES (?, ?, ?, '', 'points.award', ?, 1, 1, NULL, NULL, ?, ?, NULL)"
ASK = "INSERT INTO gamify_payload VALUES (?, ?, ?, NULL)"
ENTER = "INSERT INTO gamify_entry VALUES (?, ?, ?, ?, 0, ?, '@issued', NULL, ?, ?, ?, ?, NULL, NULL, NULL)"
OPEN = "INSERT INTO gamify_window VALUES (?, '', 'points.earned', ?, 0, ?, ?)"
SCORE = "SELECT value, reached_at, down, day FROM gamify_metric WHERE participant = ? AND window = ?"
KEEP = (
    "INSERT INTO gamify_metric VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (participant, window) DO UPDATE"
    " SET value = excluded.value, reached_at = excluded.reached_at, down = excluded.down,"
    " day = excluded.day, day_down = excluded.day_down, day_reached = excluded.day_reached"
)
# An upsert that names `day` rewrites `metric_by_morning` each time; within a day there is nothing to rewrite.
MOVE = "UPDATE gamify_metric SET value = ?, reached_at = ?, down = ? WHERE participant = ? AND window = ?"

text = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


class MemoryEntry(NamedTuple):
    """One movement, as the memory floor keeps it."""

    participant_id: str
    version: int
    amount: int
    balance: int
    earned: int
    occurred_at: int


class MemoryFloor:
    """Awards kept in plain dicts and lists: a wallet, a ledger, an activity, two boards without ranks."""

    def __init__(self) -> None:
        self.wallets: dict[str, MemoryEntry] = {}
        self.ledger: list[MemoryEntry] = []
        self.activity: list[tuple[int, int, str, str, int]] = []
        self.boards: tuple[dict[str, tuple[int, int]], ...] = ({}, {})

    def award(self, participant_id: str, amount: int) -> int:
        """Award points and return the balance."""
        now = time.time_ns() // 1000
        held = self.wallets.get(participant_id)
        _, version, _, balance, earned, _ = held or (participant_id, 0, 0, 0, 0, now)
        entry = MemoryEntry(participant_id, version + 1, amount, balance + amount, earned + amount, now)
        self.wallets[participant_id] = entry
        self.ledger.append(entry)
        self.activity.append((len(self.activity) + 1, now, "points.award", participant_id, amount))
        for board in self.boards:
            score = board.get(participant_id)
            board[participant_id] = (amount, now) if score is None else (score[0] + amount, now)
        return entry.balance


class SQLiteFloor:
    """Awards written by prepared statements; each commit makes the engine's rows, but no counts for ranks."""

    def __init__(self, path: str | Path, durability: Durability = "full", boards: Boards = 0) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None, cached_statements=64)
        self.cursor = self.connection.cursor()
        self.windows = range(1, boards + 1)
        # A page cache that holds the whole file, so that nobody beats the floor by a setting.
        for pragma in ("journal_mode = WAL", f"synchronous = {durability.upper()}", "cache_size = -65536"):
            self.cursor.execute(f"PRAGMA {pragma}").fetchall()
        self.connection.executescript(f"BEGIN IMMEDIATE; {LAYOUT} COMMIT")
        self.cursor.execute("BEGIN IMMEDIATE")
        self.cursor.execute("INSERT INTO gamify_catalog VALUES (1, 'floor', '{}')")
        # The bounds only make the rows as large as the engine's: a run is over before a period is.
        midnight = int(datetime.now(UTC).timestamp()) * 1_000_000 // DAY * DAY
        for window in self.windows:
            bounds = (None, None) if window == 1 else (midnight, midnight + DAY)
            self.cursor.execute(OPEN, (window, CALENDARS[window - 1], *bounds))
        self.cursor.execute("COMMIT")

    def award(self, participant_id: str, amount: int) -> int:
        """Award points in a transaction of their own and return the balance."""
        return self.award_batch([(participant_id, amount)])[0]

    def award_batch(self, awards: Iterable[tuple[str, int]]) -> list[int]:
        """Award points to many in one transaction and return the balance after each."""
        cursor = self.cursor
        cursor.execute("BEGIN IMMEDIATE")
        head = cursor.execute(HEAD).fetchone()
        seq, recorded_at, digest = head if head is not None else (0, 0, bytes(32))
        balances = []
        for participant_id, amount in awards:
            seq += 1
            recorded_at = max(time.time_ns() // 1000, recorded_at + 1)
            found = cursor.execute(FIND, ("", participant_id)).fetchone()
            if found is None:
                number = cursor.execute(JOIN, (participant_id, recorded_at)).lastrowid
            else:
                (number,) = found
            held = cursor.execute(WALLET, (number, CURRENCY)).fetchone()
            version, balance, earned, spent = held if held is not None else (0, 0, 0, 0)
            balance += amount
            outcome = text([["points_awarded", number, "direct", amount, CURRENCY, balance]])
            request = text({"amount": amount, "participant_id": participant_id})
            salt = os.urandom(16)
            words = f"{seq}|{recorded_at}|{recorded_at}||points.award|{number}|1|1|||{outcome}"
            payload = hashlib.sha256(salt + request.encode()).digest()
            digest = hashlib.sha256(digest + payload + words.encode()).digest()
            cursor.execute(ACT, (seq, recorded_at, recorded_at, number, outcome, digest))
            cursor.execute(ASK, (seq, salt, request))
            entry = (number, CURRENCY, version + 1, seq, amount, balance, earned + amount, spent, recorded_at)
            cursor.execute(ENTER, entry)
            for window in self.windows:
                self._score(number, participant_id, window, amount, recorded_at)
            balances.append(balance)
        cursor.execute("COMMIT")
        return balances

    def _score(self, number: int | None, participant_id: str, window: int, amount: int, at: int) -> None:
        """Move a board's row; the all-time one (window 1) also keeps what it was as the day began."""
        day = at // DAY if window == 1 else None
        row = self.cursor.execute(SCORE, (number, window)).fetchone()
        value, reached_at, down, last_day = row if row is not None else (0, None, None, None)
        value += amount
        if row is not None and last_day == day:
            self.cursor.execute(MOVE, (value, at, -value, number, window))
            return
        self.cursor.execute(KEEP, (number, window, value, at, -value, participant_id, day, down, reached_at))

    def close(self) -> None:
        """Let go of the file."""
        self.connection.close()


def main() -> None:
    """Print what the floors do per second."""
    print(environment())
    print(f"{PARTICIPANTS:,} participants picked uniformly, medians of 5 rounds\n")
    rows = [("memory", 2, "singly", rate(singly(MemoryFloor().award), 50_000))]
    durabilities: tuple[Durability, ...] = ("normal", "full")
    sizes: tuple[Boards, ...] = (0, 2, 5)
    for durability in durabilities:
        for boards in sizes:
            with TemporaryDirectory() as folder:
                floor = SQLiteFloor(Path(folder, "floor.db"), durability, boards)
                floor.award_batch((participant_id, 10) for participant_id in everyone())
                store = f"SQLite {durability.upper()}"
                rows.append((store, boards, "singly", rate(singly(floor.award), 500)))
                rows.append((store, boards, "by 100", rate(in_batches(floor.award_batch, 100), 2_000)))
                floor.close()
    print(table(("floor", "boards", "awards", "per second"), rows))


if __name__ == "__main__":
    main()
