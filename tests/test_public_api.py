"""The public names: there, sorted, explained, and their examples true."""

from __future__ import annotations

import ast
import doctest
import importlib
import inspect
import pkgutil
from pathlib import Path

import pytest

import gamify_core

ROOT = Path(gamify_core.__file__).parent
MODULES = sorted(
    name
    for _, name, _ in pkgutil.walk_packages(gamify_core.__path__, "gamify_core.")
    if not name.endswith("__main__")
)


def test_the_public_names_are_sorted_and_there() -> None:
    """`__all__` is in order, without repeats, and each of its names can be imported."""
    assert gamify_core.__all__ == sorted(set(gamify_core.__all__))
    for name in gamify_core.__all__:
        assert getattr(gamify_core, name) is not None


def test_type_checkers_see_the_same_names() -> None:
    """What the front door imports for type checkers is what it lists, name by name."""
    tree = ast.parse((ROOT / "__init__.py").read_text(encoding="utf-8"))
    imported = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("gamify_core.")
        for alias in node.names
    }
    assert imported == set(gamify_core.__all__)


def test_the_front_door_behaves_as_a_module() -> None:
    """`dir` shows every public name, and a name that is not there is an ordinary `AttributeError`."""
    assert set(gamify_core.__all__) <= set(dir(gamify_core))
    assert not hasattr(gamify_core, "Manager")
    with pytest.raises(AttributeError, match="Engin"):
        gamify_core.Engin  # noqa: B018 - asking is the test


def test_every_error_a_caller_can_meet_is_public() -> None:
    """Whatever is raised on purpose can be caught by a name from the front door, and is one family."""
    from gamify_core import errors  # noqa: PLC0415 - beside its only use

    found = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)]
    kinds = [kind for kind in found if issubclass(kind, gamify_core.GamifyError)]
    assert kinds == found
    codes = [kind.code for kind in kinds if kind is not errors.Refused]  # which bears the code of another
    assert len(set(codes)) == len(codes)
    missing = {kind.__name__ for kind in kinds} - set(gamify_core.__all__)
    assert not missing


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_is_explained(name: str) -> None:
    """Every module, and every public class, function, method and property of it, has a docstring."""
    module = importlib.import_module(name)
    assert module.__doc__, name
    bare = set()
    for label, thing in vars(module).items():
        if label.startswith("_") or getattr(thing, "__module__", None) != name:
            continue
        if inspect.isclass(thing):
            bare |= {label} if not thing.__doc__ else set()
            for part, value in vars(thing).items():
                made = isinstance(value, property | classmethod | staticmethod) or inspect.isfunction(value)
                if made and not part.startswith("_") and not inspect.getdoc(getattr(thing, part)):
                    bare.add(f"{label}.{part}")
        elif inspect.isfunction(thing) and thing.__name__ == label and not thing.__doc__:
            bare.add(label)
    assert not bare


@pytest.mark.parametrize("name", MODULES)
def test_what_a_module_lists_is_there(name: str) -> None:
    """Names in a module's `__all__` exist, each once."""
    module = importlib.import_module(name)
    listed = list(getattr(module, "__all__", ()))
    assert len(set(listed)) == len(listed)
    assert [label for label in listed if not hasattr(module, label)] == []


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str) -> None:
    """What docstrings show is what happens."""
    results = doctest.testmod(importlib.import_module(name))
    assert results.failed == 0


def test_there_are_examples() -> None:
    """The examples of the services are found and run, not passed over."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    shown = sum(
        bool(found.examples) for name in MODULES for found in finder.find(importlib.import_module(name))
    )
    assert shown >= 10
