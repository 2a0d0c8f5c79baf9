"""`gamify new`: a catalog to begin with, whose comments say what each part does."""

from __future__ import annotations

from importlib.resources import files

from gamify_core import GamifyError
from gamify_core.commands.files import check_place
from gamify_core.commands.output import Output, clean

__all__ = ["new"]


def new(path: str, output: Output) -> int:
    """Write the starter to `path`, at which there must be nothing yet."""
    check_place(path)
    text = (files("gamify_core") / "examples" / "starter.toml").read_text(encoding="utf-8")
    try:
        with open(path, "x", encoding="utf-8", newline="\n") as file:  # noqa: PTH123 - made only where there is none
            file.write(text)
    except FileExistsError as error:
        detail = f"{path} is there already, and stays as it is"
        raise GamifyError(detail, hint="name another file") from error
    except OSError as error:
        detail = f"{path} cannot be written: {error.strerror}"
        raise GamifyError(detail) from error
    output.give({"catalog": path})
    name = clean(path)
    output.say(
        f"{name} is a small game, with comments. What now?",
        "",
        f"  gamify check {name}",
        f"  gamify try {name} lesson_finished score=97 topic=loops",
    )
    return 0
