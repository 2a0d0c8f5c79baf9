from __future__ import annotations

import io
import json
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core import Catalog, GamifyError
from gamify_core.eventfiles import FIELDS, Lines, read_events
from gamify_core.importing import Line
from tests.cli.games import LESSONS, line

CATALOG = Catalog.load(LESSONS)
HEADING = b"participant_id,event_name,timestamp,score,topic,extra\n"
AT = "2025-03-01T10:00:00+01:00"


def read(text: bytes | str) -> list[Line]:
    """Return the lines of a file."""
    data = text if isinstance(text, bytes) else text.encode()
    return list(read_events(Lines(io.BytesIO(data)), CATALOG))


def fault(text: bytes | str) -> str:
    """Return what is wrong with the one line of a file."""
    (one,) = read(text)
    assert one.emit is None
    return one.fault


def test_a_whole_line_is_an_event_with_its_offset_kept() -> None:
    """Streaks on a person's own clock need the offset the instant was written with, not the instant alone."""
    (one,) = read(line(timestamp="2025-03-01T23:30:00-08:00", idempotency_key="k1"))
    assert one.emit is not None
    assert one.emit.timestamp is not None
    assert one.emit.timestamp.utcoffset() == timedelta(hours=-8)
    assert (one.emit.participant_id, one.emit.event_name, one.emit.idempotency_key) == (
        "ada",
        "lesson_finished",
        "k1",
    )
    assert one.emit.properties == {"score": 90, "topic": "loops"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON: Expecting property name"),
        (b'{"participant_id": "\xff"}', "not UTF-8: the byte 0xff at position 21"),
        ("[" * 100_000, "nested too deeply"),
        ('{"x": ' + "9" * 5_000 + "}", "too many digits"),
        (
            '{"participant_id": "a", "participant_id": "b"}',
            "the key 'participant_id' stands twice in one object",
        ),
        (
            line(properties={"x": 1}).replace('"x": 1', '"x": 1, "x": 2'),
            "the key 'x' stands twice in one object",
        ),
        ("[1]", "a list instead of an object"),
        ("null", "null instead of an object"),
        ("12", "the number 12 instead of an object"),
        (line(participant_id=None), "participant_id is missing"),
        (line(event_name=None), "event_name is missing"),
        (line(timestamp=None), "timestamp is missing: write ISO 8601 with an offset"),
        (line(participant_id=7), "participant_id must be text, not the number 7"),
        (line(event_name=["a"]), "event_name must be text, not a list"),
        (line(idempotency_key=True), "idempotency_key must be text, not true or false"),
        (line(properties=[1]), "properties must be an object, not a list"),
        (line(timestamp=1_700_000_000), "timestamp must be text, not the number 1700000000"),
        (line(timestamp="yesterday"), "timestamp 'yesterday' is not a date and time"),
        (line(timestamp="2025-02-30T10:00:00Z"), "is not a date and time"),
        (line(timestamp="2025-03-01T10:00:00"), "has no time zone: add one, such as Z or +01:00"),
        (line(time="x"), "unknown field 'time'; there are participant_id"),
    ],
)
def test_a_broken_line_says_what_is_wrong(text: bytes | str, says: str) -> None:
    """Each way to break a line has its own reason, and reading goes on."""
    assert says in fault(text)
    data = text if isinstance(text, bytes) else text.encode()
    after = read(data + b"\n" + line().encode())
    assert [one.number for one in after] == [1, 2]
    assert after[1].emit is not None


def test_iso_forms_that_the_standard_library_lacks_are_read() -> None:
    """Midnight written as 24:00 is the start of the next day, as ISO 8601 has it."""
    (one,) = read(line(timestamp="2025-03-01T24:00:00+00:00"))
    assert one.emit is not None
    assert one.emit.timestamp == datetime.fromisoformat("2025-03-02T00:00:00+00:00")


def test_blank_lines_and_a_mark_of_byte_order_are_nothing() -> None:
    """They are skipped, and the numbers stay those of an editor."""
    found = read("\ufeff" + line() + "\n\n  \r\n" + line())
    assert [one.number for one in found] == [1, 4]
    assert all(one.emit for one in found)


def test_an_endless_line_costs_a_megabyte_and_not_the_memory() -> None:
    """A line that is too long is one broken line, whatever its length, and the next one is read."""
    source = Lines(io.BytesIO(b'{"a": "' + b"x" * 3_500_000 + b'"}\n' + line().encode()))
    first, second = read_events(source, CATALOG)
    assert first.fault == "longer than 1,000,000 bytes"
    assert second.emit is not None
    assert source.done == 3_500_010 + len(line())


def test_an_empty_file_has_no_events() -> None:
    """Nothing in, nothing out."""
    assert read(b"") == []


# -- CSV ----------------------------------------------------------------------------------------------------


def test_csv_columns_become_properties_as_declared_or_as_written() -> None:
    """A declared text stays text though it looks like a number; undeclared it would be a number."""
    cells = ("97,404,1.5", "97,x,007", "97,x,true")
    rows = "".join(f"ada,lesson_finished,{AT},{each}\n" for each in cells)
    found = [one.emit.properties for one in read(HEADING + rows.encode()) if one.emit is not None]
    assert found == [
        {"score": 97, "topic": "404", "extra": 1.5},
        {"score": 97, "topic": "x", "extra": "007"},
        {"score": 97, "topic": "x", "extra": True},
    ]


def test_csv_and_json_lines_tell_the_same_event() -> None:
    """Which of the two a history is written in makes no difference to its events."""
    heading = b"timestamp,properties,event_name,participant_id,idempotency_key\n"
    row = f'{AT},"{{""score"": 90, ""topic"": ""loops""}}",lesson_finished,ada,\n'
    assert [one.emit for one in read(heading + row.encode())] == [one.emit for one in read(line())]


def test_csv_columns_are_added_to_the_column_of_properties() -> None:
    """Both may be used; a further column wins."""
    heading = b"participant_id,event_name,timestamp,properties,score\n"
    (one,) = read(heading + f'ada,lesson_finished,{AT},"{{""topic"": ""x"", ""score"": 1}}",90\n'.encode())
    assert one.emit is not None
    assert one.emit.properties == {"topic": "x", "score": 90}


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"ada,lesson_finished," + AT.encode() + b",1,x,y,z\n", "7 cells under a heading of 6"),
        (b"ada,lesson_finished," + AT.encode() + b",1,\xff,y\n", "not UTF-8"),
        (b"ada,lesson_finished\n", "timestamp is missing"),
        (b',lesson_finished,"' + AT.encode() + b'"\n', "participant_id is missing"),
        (b'ada,"lesson"_finished,x\n', "not CSV"),
    ],
)
def test_a_broken_record_says_what_is_wrong(row: bytes, says: str) -> None:
    """A broken record costs itself alone."""
    first, second = read(HEADING + row + f"ada,lesson_finished,{AT}\n".encode())
    assert says in first.fault
    assert (first.number, second.number) == (2, 3)
    assert second.emit is not None


def test_csv_properties_that_are_no_json_are_a_fault() -> None:
    """The column of properties is a JSON object, or the record is broken."""
    heading = b"participant_id,event_name,timestamp,properties,score\n"
    rows = f"ada,lesson_finished,{AT},nonsense,1\nada,lesson_finished,{AT},[1],1\n"
    rows += f'ada,lesson_finished,{AT},"{{""x"": 1, ""x"": 2}}",1\n'
    assert [one.fault for one in read(heading + rows.encode())] == [
        "properties is not JSON",
        "properties must be an object, not a list",
        "the key 'x' stands twice in one object",
    ]


def test_a_record_over_several_lines_is_named_by_its_first() -> None:
    """A quoted cell may hold line breaks; the number is where the record begins."""
    rows = f'ada,lesson_finished,{AT},1,"two\nlines",\nada,lesson_finished,,,,\n\n'
    first, second = read(HEADING + rows.encode())
    assert first.emit is not None
    assert first.emit.properties == {"score": 1, "topic": "two\nlines"}
    assert (second.number, second.place) == (4, "line 4")


@pytest.mark.parametrize(
    ("heading", "says"),
    [
        (b"participant_id,when\n", "lacks event_name, timestamp"),
        (b"participant_id,event_name,timestamp,a,a\n", "has 'a' twice"),
        (
            b'participant_id,event_name,timestamp,"a"b\n',
            "of the CSV file cannot be read: ',' expected after '\"'",
        ),
        (b"participant_id,event_name,timestamp,\xff\n", "of the CSV file cannot be read: it is not UTF-8"),
    ],
)
def test_a_heading_that_cannot_be_used_is_an_error_of_the_file(heading: bytes, says: str) -> None:
    """Without its heading no record could be right, so the file is refused and not every line of it."""
    with pytest.raises(GamifyError, match=says):
        read(heading)


def test_the_format_can_be_named() -> None:
    """A CSV file whose heading stands elsewhere is read as asked, not as guessed."""
    (one,) = read_events([line().encode()], CATALOG, "jsonl")
    assert one.emit is not None
    with pytest.raises(GamifyError, match="lacks participant_id"):
        list(read_events([b"who,what\n"], CATALOG, "csv"))


# -- laws ---------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.binary(max_size=40)))
def test_no_bytes_make_reading_fail(lines: list[bytes]) -> None:
    """Whatever bytes a file holds, every line is an event or a fault, never an exception."""
    for one in read_events(lines, CATALOG, "jsonl"):
        assert (one.emit is None) == bool(one.fault)
    for one in read_events([HEADING, *lines], CATALOG, "csv"):
        assert (one.emit is None) == bool(one.fault)


@given(st.dictionaries(st.sampled_from((*FIELDS, "other")), VALUES | st.just(AT)))
def test_no_values_make_reading_fail(fields: dict[str, object]) -> None:
    """Whatever JSON stands in the fields, a line is an event or a fault."""
    (one,) = read_events([json.dumps(fields).encode()], CATALOG)
    assert (one.emit is None) == bool(one.fault)
