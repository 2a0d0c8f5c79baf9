"""Lines of keys in TOML files."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.catalog.toml_lines import lines_of

TEXT = '''# a comment with [brackets] = "and more"
timezone = "UTC" # here

[rules.lesson]   # a table
on = ["a",       # several lines
      "b]"]
when = """
score >= 60 \\""" # no comment
and x"""
award = \'\'\'first
second\'\'\'
cap = { points = 300, per = "da}ily", deep = { x = 1 } }
[badges]
"quoted \\"code\\"" = { points = 5 }
  'literal' = {}
a.b . c = 1979-05-27T07:32:00Z
[[tiers]]
code = "one"
[[ tiers ]]
code = 'two'
list = [ { x = 1 },
  { x = 2 } ]
[a."b.c"]
last = -1.5e3'''

LINES = [
    ("timezone", 2),
    ("rules", 4),
    ("rules.lesson", 4),
    ("rules.lesson.on", 5),
    ("rules.lesson.on[1]", 5),
    ("rules.lesson.when", 7),
    ("rules.lesson.award", 10),
    ("rules.lesson.cap", 12),
    ("rules.lesson.cap.points", 12),
    ("rules.lesson.cap.deep.x", 12),
    ("rules.lesson.unknown", 4),
    ("badges", 13),
    ('badges.quoted "code"', 14),
    ("badges.literal", 15),
    ("badges.a.b.c", 16),
    ("tiers[0]", 17),
    ("tiers[0].code", 18),
    ("tiers[1].code", 20),
    ("tiers[1].list", 21),
    ("tiers[1].list[1].x", 22),
    ("a.b.c", 23),
    ("a.b.c.last", 24),
    ("nowhere", None),
]


@pytest.mark.parametrize(("path", "line"), LINES)
def test_each_key_is_found_on_its_line(path: str, line: int | None) -> None:
    """A path has the line of its key, or of what is around it, or none."""
    tomllib.loads(TEXT)
    assert lines_of(TEXT).line(path) == line


def test_lines_within_a_text_of_several() -> None:
    """A text that starts on the line after its quotes is counted from there."""
    lines = lines_of(TEXT)
    assert (lines.line("rules.lesson.when", 1), lines.line("rules.lesson.when", 2)) == (8, 9)
    assert (lines.line("rules.lesson.award", 1), lines.line("rules.lesson.award", 2)) == (10, 11)


KEYS = st.text("ab.\"' #=[]{}\\é", min_size=1, max_size=4)
TABLES = st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(), max_size=3), max_size=4)


@given(TABLES)
def test_any_keys_are_found_where_they_were_written(tables: dict[str, dict[str, int]]) -> None:
    """Whatever characters a key has, its line is the one it was written on."""
    written: list[str] = []
    expected: dict[str, int] = {}
    for table, pairs in tables.items():
        written.append(f"[{_quoted(table)}]")
        expected.setdefault(table, len(written))
        for key, value in pairs.items():
            written.append(f"{_quoted(key)} = {value}")
            expected.setdefault(f"{table}.{key}", len(written))
    text = "\n".join(written)
    tomllib.loads(text)
    lines = lines_of(text)
    assert {path: lines.line(path) for path in expected} == expected


@given(st.text("ab.\"'#=[]{}\\\n, ", max_size=60))
def test_text_that_is_no_toml_does_no_harm(text: str) -> None:
    """The scanner ends, whatever it is given."""
    lines_of(text)


def _quoted(key: str) -> str:
    return '"' + key.replace("\\", "\\\\").replace('"', '\\"') + '"'
