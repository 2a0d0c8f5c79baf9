"""The command line: `gamify new`, `check`, `try`, `simulate`, `diff`, `backtest`, `run`, `show`, and so on.

Promise: status 0 when all went well, 1 when something was refused or could not be done (and standard error, or the JSON
document, says what) or, where `--exit-code` asks for it, is otherwise; 2 when the command itself was not understood,
130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from io import TextIOWrapper

from gamify_core.commands.output import Output, clean
from gamify_core.errors import CatalogError, GamifyError

__all__ = ["main"]

_STOPPED = 130
_GAME = "a SQLite file, as gamify run makes it"
_PROPERTIES = "its properties: score=97 topic=loops"
_Command = Callable[[argparse.Namespace, Output], int]


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry one command out and return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # an author's name must not fail a terminal of few letters
    asked = _parser().parse_args(arguments)
    output = Output(asked.json)
    command: _Command = asked.command
    try:
        status = command(asked, output)
        sys.stdout.flush()
    except CatalogError as error:
        from gamify_core.commands.check import fault_lines  # noqa: PLC0415 - only where something is wrong

        output.give({"error": {"code": error.code, "detail": error.detail, "hint": error.hint}})
        first, *further = fault_lines(error.source, error.faults)
        output.complain(first)
        output.err.writelines(f"{line}\n" for line in further)
        return 1
    except GamifyError as error:
        output.give({"error": {"code": error.code, "detail": error.detail, "hint": error.hint}})
        for line in str(error).splitlines():
            output.complain(clean(line))
        return 1
    except BrokenPipeError:
        # Whoever read has seen enough, as `head` does; what Python flushes at exit must have somewhere to go
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        output.complain("interrupted")
        return _STOPPED
    return status


# -- what is understood -------------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "gamify", description="Points, tiers, streaks, badges and boards in one file."
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="say which version this is, and stop")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    one = _command(commands, "check", _check, "say what is wrong with a catalog, or what it contains")
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    _for_designers(commands)
    one = _command(commands, "run", _run, "feed recorded events through a catalog into a file")
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    one.add_argument("events", metavar="EVENTS", help="JSON Lines or CSV; - is standard input")
    one.add_argument("db", metavar="DB", help="the SQLite file, made where there is none")
    one.add_argument("--format", choices=("auto", "jsonl", "csv"), default="auto", help="of EVENTS")
    _import_options(one)
    _readings(commands)
    one = _command(commands, "settle", _settle, "write down what time has done by itself: for cron")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("--until", type=_moment, metavar="WHEN", help="up to this instant (ISO 8601; now)")
    _audits(commands)
    one = _command(commands, "explain", _explain, "say what the rules make of an event, and why")
    one.add_argument("source", metavar="CATALOG|DB", help="a TOML or JSON file, or a file of a game")
    one.add_argument("event", metavar="EVENT", help="the name of an event, or (DB) the id of one: evt_17")
    one.add_argument("--participant", metavar="ID", help="for whom, as they stand in DB")
    one.add_argument("--replay", action="store_true", help="decide again what came before, to tell all of it")
    one.add_argument("properties", metavar="key=value", nargs="*", help=_PROPERTIES)
    one = _command(commands, "simulate", _simulate, "play a season with invented participants")
    one.add_argument(
        "catalog", metavar="CATALOG", help="a TOML or JSON file; its [expect] sets the exit status"
    )
    _season_options(one)
    one.add_argument(
        "--until", metavar="GOAL", help="end on the first day of, say, 'supply(points) >= 100,000'"
    )
    one.add_argument(
        "--save", metavar="PATH", help="season.html (a page), .db (SQLite) or .csv (a table a file)"
    )
    one = _command(commands, "compare", _compare, "play two catalogs on the same luck, and tell what differs")
    one.add_argument("a", metavar="A", help="a catalog")
    one.add_argument("b", metavar="B", help="another; its [expect] sets the exit status")
    _season_options(one)
    one = _command(commands, "report", _report, "write the page of a simulation for a live file")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument(
        "--save", metavar="PATH", help="where to (DB with .html for its ending), .db or .csv as well"
    )
    _cost_option(one)
    one = _command(commands, "demo", _demo, "play an example history, or that of a git repository")
    one.add_argument("--git", type=_folder, metavar="PATH", help="play the git history of this folder")
    one.add_argument("--db", metavar="PATH", help="into this file (default: a new one)")
    _import_options(one)
    return parser


def _readings(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that show what is in a file."""
    one = _command(commands, "top", _top, "show the first of a board")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("board", metavar="BOARD", help="the code of a leaderboard of its catalog")
    one.add_argument("--of", help="which one of it: previous, a date in it, or its name, such as 2026-W07")
    one.add_argument("--period", help="instead of the board's own: all_time, weekly, last_30d …")
    one.add_argument("--group", help="the board of a group, where the board has some")
    one.add_argument("--limit", type=_whole, default=10, metavar="N", help="how many participants (10)")
    _now_option(one)
    one = _command(commands, "show", _show, "show all there is about a participant")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("participant", metavar="PARTICIPANT", help="as the events call them")
    _now_option(one)


def _audits(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands that look at a history, or move it, as a whole."""
    one = _command(commands, "export", _export, "write a whole history as JSON Lines")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("file", metavar="FILE", help="the file to write")
    one = _command(commands, "import", _import, "make a file of an exported history")
    one.add_argument("file", metavar="FILE", help="as gamify export writes it")
    one.add_argument("db", metavar="DB", help="the SQLite file to make")
    one = _command(commands, "verify", _verify, "work out again all that is derived, and name what differs")
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("--replay", action="store_true", help="decide every command again as well")


def _for_designers(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add what rules are made with, before people meet them."""
    one = _command(commands, "new", _new, "write a small catalog to begin with")
    one.add_argument("path", metavar="PATH", nargs="?", default="game.toml", help="a new file (game.toml)")
    one = _command(commands, "try", _try, "say what an event would do, and why; nothing is kept")
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    one.add_argument("event", metavar="EVENT", help="the name of an event")
    one.add_argument("properties", metavar="key=value", nargs="*", help=_PROPERTIES)
    one.add_argument("--db", metavar="DB", help="to somebody as they stand in this file, which is only read")
    one.add_argument("--participant", metavar="ID", help="to whom (default: somebody new)")
    _now_option(one)
    one = _command(
        commands, "diff", _diff, "say what a catalog would change in a file, and what would follow"
    )
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    _exit_option(one)
    one = _command(commands, "backtest", _backtest, "say what a catalog would have made of a file's history")
    one.add_argument("db", metavar="DB", help=f"{_GAME}, or a history as gamify export writes it")
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    one.add_argument(
        "--top", type=_whole, default=20, metavar="N", help="how many of the largest movers (20)"
    )
    _cost_option(one)
    _exit_option(one)
    one = _command(
        commands, "apply", _apply, "adopt a catalog, and make up for what it would have given: once"
    )
    one.add_argument("db", metavar="DB", help=_GAME)
    one.add_argument("catalog", metavar="CATALOG", help="a TOML or JSON file")
    one.add_argument("--no-give", action="store_true", help="give nothing")
    one.add_argument(
        "--take",
        choices=("never", "unspent", "all"),
        default="never",
        help="take back what it would not have given: as far as it is there, or into debts (never)",
    )


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, command: _Command, what: str
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.")
    parser.add_argument("--json", action="store_true", help="answer with one JSON document")
    parser.set_defaults(command=command)
    return parser


def _import_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--batch", type=_whole, default=500, metavar="N", help="events in one commit (500)")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of chance and roll in a new file (0)"
    )


def _season_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--scenario", metavar="FILE", help="who plays, and how (TOML); else three plain personas"
    )
    parser.add_argument("--players", type=_whole, metavar="N", help="how many participants (1000)")
    parser.add_argument("--days", type=_whole, metavar="N", help="how long (90)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed, the same season (0)")
    parser.add_argument(
        "--replications", type=_whole, metavar="N", help="seasons with luck of their own, for intervals"
    )
    parser.add_argument(
        "--workers", type=_whole, metavar="N", help="processes to share the work out among (1)"
    )


def _now_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--now", type=_moment, metavar="WHEN", help="as if it were this instant (ISO 8601)")


def _cost_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--cost",
        metavar="CURRENCY=COST",
        action="append",
        default=[],
        help="what one of a currency costs when it is spent: points=0.01",
    )


def _exit_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--exit-code", action="store_true", help="status 1 where anything is otherwise")


class _Version(argparse.Action):
    """Says the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Say it, and stop."""
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            found = version("gamify-core")
        except PackageNotFoundError:
            found = "(not installed)"
        sys.stdout.write(f"gamify {found}\n")
        parser.exit()


def _folder(text: str) -> str:
    if not os.path.isdir(text):  # noqa: PTH112 - pathlib would be imported for this alone
        detail = f"there is no folder {text!r}"
        raise argparse.ArgumentTypeError(detail)
    return text


def _whole(text: str) -> int:
    number = int(text) if text.isdecimal() and len(text) < 10 else 0  # noqa: PLR2004 - more would be no memory
    if number < 1:
        detail = f"{text!r} is not a whole number from 1"
        raise argparse.ArgumentTypeError(detail)
    return number


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        detail = f"{text!r} is not ISO 8601, such as 2026-02-14T10:00+01:00"
        raise argparse.ArgumentTypeError(detail) from None
    if moment.utcoffset() is None:
        detail = f"{text!r} has no time zone: add one, such as Z or +01:00"
        raise argparse.ArgumentTypeError(detail)
    return moment


# -- the commands; each loads what it needs and no more -----------------------------------------------------


def _check(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.check import check  # noqa: PLC0415

    return check(asked.catalog, output)


def _new(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.new import new  # noqa: PLC0415

    return new(asked.path, output)


def _try(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.trying import attempt  # noqa: PLC0415

    whose = {"db": asked.db, "participant_id": asked.participant, "now": asked.now}
    return attempt(asked.catalog, asked.event, asked.properties, output, **whose)


def _diff(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.comparing import diff  # noqa: PLC0415

    return diff(asked.db, asked.catalog, output, exit_code=asked.exit_code)


def _backtest(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.comparing import backtest  # noqa: PLC0415

    top, costs, exit_code = asked.top, asked.cost, asked.exit_code
    return backtest(asked.db, asked.catalog, output, top=top, costs=costs, exit_code=exit_code)


def _apply(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.comparing import apply  # noqa: PLC0415

    return apply(asked.db, asked.catalog, output, give=not asked.no_give, take=asked.take)


def _run(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.run import run  # noqa: PLC0415

    return run(
        asked.catalog, asked.events, asked.db, output, batch=asked.batch, seed=asked.seed, form=asked.format
    )


def _top(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.reading import top  # noqa: PLC0415

    return top(
        asked.db,
        asked.board,
        output,
        period=asked.period,
        of=asked.of,
        group=asked.group,
        limit=asked.limit,
        now=asked.now,
    )


def _show(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.reading import show  # noqa: PLC0415

    return show(asked.db, asked.participant, output, now=asked.now)


def _settle(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.settle import settle  # noqa: PLC0415

    return settle(asked.db, output, until=asked.until)


def _export(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.moving import export  # noqa: PLC0415

    return export(asked.db, asked.file, output)


def _import(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.moving import restore  # noqa: PLC0415

    return restore(asked.file, asked.db, output)


def _verify(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.verify import verify  # noqa: PLC0415

    return verify(asked.db, output, replay=asked.replay)


def _explain(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.explain import explain  # noqa: PLC0415

    who, replay = asked.participant, asked.replay
    return explain(asked.source, asked.event, asked.properties, output, participant_id=who, replay=replay)


def _demo(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.demo import demo  # noqa: PLC0415

    return demo(asked.git, asked.db, output, batch=asked.batch, seed=asked.seed)


def _simulate(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.simulate import simulate_one  # noqa: PLC0415

    return simulate_one(asked, output)


def _compare(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.simulate import compare_two  # noqa: PLC0415

    return compare_two(asked, output)


def _report(asked: argparse.Namespace, output: Output) -> int:
    from gamify_core.commands.report import report  # noqa: PLC0415

    return report(asked.db, output, save=asked.save, costs=asked.cost)
