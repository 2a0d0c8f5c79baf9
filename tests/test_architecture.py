"""The arrows of the house, read from the imports themselves."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "gamify_core"

# What each room may import of ours besides itself: whole rooms, or single modules of one.
ALLOWED: dict[str, set[str]] = {
    "errors": {"reasons"},  # the type alone: what an error may carry for whoever asked why
    "exactly": set(),
    "clock": {"errors", "exactly"},
    "ids": {"errors", "exactly"},
    "border": {"clock", "errors", "exactly", "domain.decimals"},
    "domain": {"catalog.definitions", "errors", "exactly"},
    # A catalog is found sound by the very parsers that later decide by it.
    "catalog": {"domain", "errors", "exactly"},
    "effects": {"catalog", "clock", "domain.decimals", "errors"},
    "reasons": {"catalog", "clock", "domain.decimals", "effects", "errors"},
    "printing": {"catalog", "domain.decimals", "domain.zones", "effects", "errors"},
    "storage": {"errors"},
    "road": {
        *("border", "catalog", "clock", "domain", "effects", "errors", "ids"),
        *("storage.protocol", "storage.ranges", "storage.tables", "storage.unit"),
    },
    "history": {
        *("border", "catalog", "clock", "domain", "effects", "errors", "ids", "road"),
        *("storage.protocol", "storage.ranges", "storage.tables", "storage.unit"),
    },
    # Answers are read from what the road decided.
    "answers": {
        *("catalog", "clock", "domain.decimals", "effects", "errors", "ids", "printing", "reasons"),
        "road.commands",
    },
    "services": {
        *(
            "answers",
            "border",
            "catalog",
            "clock",
            "domain",
            "effects",
            "errors",
            "exactly",
            "history",
            "ids",
            "printing",
        ),
        *("reasons", "road"),
        "replay",  # which repeats the very calls that hang off an engine; loaded on use
        *("storage.protocol", "storage.tables", "storage.unit"),
    },
    "game": {"border", "catalog", "replay", "road", "services", "storage.protocol", "storage.sqlite_joined"},
    "engine": {
        *("border", "catalog", "clock", "effects", "errors", "exactly"),
        *("game", "road", "services.access", "storage"),
    },
    "testing": {
        *("border", "catalog", "clock", "domain", "effects", "engine", "errors", "game", "printing"),
        *("reasons", "road", "services", "storage"),
    },
}
# Rooms that resources share. A profile is made of what the single resources say, so it alone reads from them.
SHARED = {
    "access",
    "amounts",
    "asking",
    "blocks",
    "board_answers",
    "board_cursors",
    "board_groups",
    "campaigns",
    "copies",
    "correcting",
    "defined",
    "definition_fields",
    "erasing",
    "merging",
    "explaining",
    "event_answers",
    "exporting",
    "flows",
    "held",
    "holding",
    "liabilities",
    "listening",
    "instances",
    "misspelt",
    "mornings",
    "nearing",
    "moving",
    "offers",
    "openings",
    "orders",
    "ownership",
    "page_memory",
    "pages",
    "people",
    "profiles",
    "reading",
    "rolling",
    "settling",
    "standings",
    "then",
    "streak_answers",
    "streak_calendars",
    "streak_states",
    "undo",
    "waiting",
    "visiting",
    "wallets",
    "ways",
}
RESOURCES_OF = {"profiles": {"badges", "challenges", "streaks", "tiers"}}


def module_of(path: Path) -> str:
    """Return a file's module, without the name of the library."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(path: Path) -> set[str]:
    """Return what a file imports of ours, wherever in the file it does, without the name of the library."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            package = ROOT.parent.joinpath(*(node.module or "").split("."))
            for alias in node.names:
                inner = (package / alias.name).with_suffix(".py").exists() or (package / alias.name).is_dir()
                found.add(f"{node.module}.{alias.name}" if inner else node.module or "")
    return {name.partition(".")[2] for name in found if name.partition(".")[0] == "gamify_core"}


FILES = {module_of(path): imports_of(path) for path in sorted(ROOT.rglob("*.py"))}


def within(module: str, rooms: set[str]) -> bool:
    """Say whether a module is one of these rooms, or in one."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


@pytest.mark.parametrize("room", ALLOWED)
def test_the_arrow_runs_one_way(room: str) -> None:
    """Each room imports only what it may, so nothing below knows anything above."""
    files = {module: imports for module, imports in FILES.items() if within(module, {room})}
    assert files, "the room is there"
    wrong = {
        f"{module} → {other}"
        for module, imports in files.items()
        for other in imports
        if not within(other, ALLOWED[room] | {room})
    }
    assert not wrong


def test_every_room_has_a_rule() -> None:
    """No room of the library stands outside the rules; what stands above the engine may use all of it."""
    above = {
        "__main__",
        "cli",
        "commands",
        "eventfiles",
        "examples",
        "githistory",
        "importing",
        "replay",
        "simulation",
    }
    rooms = {module.split(".")[0] for module in FILES} - {""}
    assert rooms - above <= set(ALLOWED)


def test_nothing_below_knows_what_is_above() -> None:
    """The engine and all beneath it never import the command line, the simulator or the shipped tests."""
    above = {"__main__", "cli", "commands", "eventfiles", "githistory", "importing", "simulation", "testing"}
    wrong = {
        f"{module} → {other}"
        for module, imports in FILES.items()
        if module and not within(module, above)  # the front door names what it loads once it is asked for
        for other in imports
        if within(other, above)
    }
    assert not wrong


def test_services_do_not_import_each_other() -> None:
    """What two resources need lives in a shared room, in the domain, or on the road."""
    wrong = set()
    for module, imports in FILES.items():
        if within(module, {"services"}):
            name = module.rpartition(".")[2]
            others = {other.rpartition(".")[2] for other in imports if within(other, {"services"})}
            wrong |= {f"{name} → {other}" for other in others - SHARED - RESOURCES_OF.get(name, set())}
    assert not wrong


def test_the_domain_is_pure() -> None:
    """No mechanic imports anything that does input, output, tells the time, or draws luck from outside."""
    impure = {
        "asyncio",
        "io",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "socket",
        "sqlite3",
        "subprocess",
        "threading",
        "time",
    }
    found = set()
    for path in (ROOT / "domain").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            found |= {f"{path.name} → {name}" for name in names if name.split(".")[0] in impure}
    assert not found


def test_a_store_knows_nothing_of_gamification() -> None:
    """Concrete stores import the protocol, each other's parts and errors: not even the tables of the game."""
    for module, imports in FILES.items():
        if within(module, {"storage"}) and not within(module, {"storage.tables"}):
            assert not {other for other in imports if within(other, {"storage.tables"})}, module


def test_the_driver_stays_behind_the_seam() -> None:
    """Only the store's own files speak to SQLite."""
    users = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if "import sqlite3" in text or "sqlite_utils" in text.replace("sqlite-utils", ""):
            users.add(module_of(path))
    assert users
    assert all(within(module, {"storage", "testing"}) for module in users), users


def test_there_is_one_way_to_write() -> None:
    """Units of work are opened by the road alone; a service that opened one would be a second path."""
    opening = {
        module_of(path)
        for path in ROOT.rglob("*.py")
        if "store.begin(" in path.read_text(encoding="utf-8")
        and not within(module_of(path), {"storage", "testing"})
    }
    assert opening == {"road.road"}
