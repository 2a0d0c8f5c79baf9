"""The unit of work over both stores: whatever is put, appended, removed or taken back, it is as a model says."""

from __future__ import annotations

import copy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gamify_core.storage.memory import MemoryStore
from gamify_core.storage.sqlite import SQLiteStore
from gamify_core.storage.unit import Unit
from gamify_core.testing.toys import (
    LETTER,
    PERSON,
    PERSON_BY_NAME,
    RUNNER,
    TOYS,
    LetterRow,
    PersonRow,
    RunnerRow,
)

if TYPE_CHECKING:
    from gamify_core.storage.protocol import Store

ORDER = {table: place for place, table in enumerate(TOYS)}
SMALL = st.integers(1, 3)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("run"), SMALL, SMALL, st.integers(-3, 3)),
        st.tuples(st.just("stop"), SMALL, SMALL),
        st.tuples(st.just("write"), SMALL, st.sampled_from("ab")),
        st.tuples(st.just("join"), st.sampled_from("xyz")),
        st.tuples(st.just("note"), st.sampled_from("xyz"), st.text("uv", max_size=2)),
        st.tuples(st.sampled_from(("mark", "rewind", "release", "flush", "commit"))),
    ),
    max_size=40,
)


class Model:
    """The same rows, kept in the plainest way."""

    def __init__(self) -> None:
        self.runners: dict[tuple[int, int], RunnerRow] = {}
        self.letters: dict[tuple[int, str], list[LetterRow]] = {}
        self.people: list[PersonRow] = []


def _step(unit: Unit, model: Model, step: tuple[object, ...]) -> None:
    """Do one step in the unit and in the model."""
    match step:
        case ("run", int(person), int(race), int(down)):
            row = RunnerRow(person, race, down, f"p{person}", None, None)
            unit.put(RUNNER, row)
            model.runners[person, race] = row
        case ("stop", int(person), int(race)):
            if (person, race) in model.runners:
                unit.remove(RUNNER, model.runners.pop((person, race)))
        case ("write", int(box), str(lane)):
            head = unit.last(LETTER, (box, lane))
            link = LetterRow(box, lane, 1 if head is None else head.n + 1, "t")
            unit.append(LETTER, link)
            model.letters.setdefault((box, lane), []).append(link)
        case ("join", str(name)):
            if unit.find(PERSON, PERSON_BY_NAME, ("", name)) is None:
                last = unit.last(PERSON)
                who = PersonRow(1 if last is None else last.number + 1, "", name, None, None)
                unit.add(PERSON, who)
                model.people.append(who)
        case ("note", str(name), str(note)):
            known = unit.find(PERSON, PERSON_BY_NAME, ("", name))
            if known is not None:
                unit.put(PERSON, known._replace(note=note))
                model.people[known.number - 1] = known._replace(note=note)


def _agrees(unit: Unit, model: Model) -> None:
    """Hold every way of reading against the model, those that flush last."""
    for box in (1, 2, 3):
        for lane in "ab":
            links = model.letters.get((box, lane), [])
            assert unit.last(LETTER, (box, lane)) == (links[-1] if links else None)
    for name in "xyz":
        mine = [who for who in model.people if who.name == name]
        assert unit.find(PERSON, PERSON_BY_NAME, ("", name)) == (mine[0] if mine else None)
    for key in [(person, race) for person in (1, 2, 3) for race in (1, 2, 3)]:
        assert unit.get(RUNNER, key) == model.runners.get(key)


def _play(store: Store, steps: list[tuple[object, ...]]) -> None:
    store.migrate(TOYS)
    model = Model()
    unit = Unit(store.begin(), ORDER)
    marks: list[tuple[int, Model]] = []
    for step in steps:
        match step:
            case ("mark",):
                marks.append((unit.mark(), copy.deepcopy(model)))
            case ("rewind",) if marks:
                mark, model = marks.pop()
                unit.rewind(mark)
            case ("release",) if marks:
                marks.pop()
                unit.release()
            case ("flush",):
                unit.flush()
            case ("commit",) if not marks:
                unit.commit()
                unit = Unit(store.begin(), ORDER)
            case _:
                _step(unit, model, step)
        _agrees(unit, model)
    while marks:
        marks.pop()
        unit.release()
    unit.commit()
    with store.view() as view:
        assert view.scan(RUNNER) == [model.runners[key] for key in sorted(model.runners)]
        assert view.scan(LETTER) == [link for name in sorted(model.letters) for link in model.letters[name]]
        assert view.scan(PERSON) == model.people


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@given(steps=STEPS)
def test_a_unit_is_as_its_model(kind: str, steps: list[tuple[object, ...]]) -> None:
    """Reads see what was last put, a rewind takes back all since its mark, flushed or not; the store gets the rest."""
    with TemporaryDirectory() as folder:
        store: Store = (
            MemoryStore() if kind == "memory" else SQLiteStore(Path(folder) / "unit.db", durability="normal")
        )
        try:
            _play(store, steps)
        finally:
            store.close()
