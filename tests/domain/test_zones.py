"""Zones by name, and the line of a participant who moves."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest

from gamify_core.domain.zones import CARRIED, ZoneLine, fixed, zone
from gamify_core.errors import BadValue, GamifyError


def test_zones_have_one_name_and_one_object() -> None:
    """The same name gives the same zone, fixed offsets included."""
    assert zone("Europe/Paris") is zone("Europe/Paris")
    assert zone("UTC") is UTC
    assert zone("+05:30") is fixed(19_800)
    assert zone("-03:30").utcoffset(None) == timedelta(hours=-3, minutes=-30)


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("Europe/Pariss", "did you mean 'Europe/Paris'"),
        ("america/new_yorc", "did you mean 'America/New_York'"),
        ("Europe", "did you mean"),
        ("localtime", ""),
        ("right/Europe/Paris", "did you mean 'Europe/Paris'"),
        ("", "an IANA name"),
        ("../../etc/passwd", ""),
        ("\ud800", "an IANA name"),
        ("+24:00", ""),
        ("+5:30", ""),
    ],
)
def test_unknown_zones_are_refused_with_the_nearest(name: str, hint: str) -> None:
    """A name that is no zone is a `BadValue` with the nearest known name; the machine's own zone is none."""
    with pytest.raises(BadValue) as caught:
        zone(name)
    assert caught.value.field == "timezone"
    assert hint in caught.value.hint


def test_offsets_of_a_day_are_refused() -> None:
    """A fixed offset is less than a day."""
    for seconds in (86_400, -86_400, 1 << 80):
        with pytest.raises(GamifyError):
            fixed(seconds)


def test_a_zone_line_steps_at_its_changes() -> None:
    """A zone holds from the instant of its change until the next one."""
    paris, tokyo = zone("Europe/Paris"), zone("Asia/Tokyo")
    line = ZoneLine((UTC,)).then(10, paris).then(20, tokyo)
    assert [line.at(t) for t in (0, 9, 10, 19, 20, 99)] == [UTC, UTC, paris, paris, tokyo, tokyo]
    assert ZoneLine((UTC,)).at(0) is UTC
    assert CARRIED.carried
    assert not line.carried


def test_a_zone_line_that_makes_no_sense_is_refused() -> None:
    """Changes rise, and there is one zone more than changes."""
    with pytest.raises(BadValue, match="rise strictly"):
        ZoneLine((UTC, UTC, UTC), (5, 5))
    with pytest.raises(BadValue, match="one zone more"):
        ZoneLine((UTC,), (5,))
