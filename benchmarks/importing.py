"""How long `from gamify_core import Engine, Catalog` takes, beside the import of two of its dependencies.

    python -m benchmarks.importing

Each import is timed inside a fresh Python, so the start of the interpreter is left out: it would flatter the
ratio. Processes take turns, after one of each that is not counted and leaves the bytecode behind.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks.bars import Line, at_most, page
from benchmarks.doses import NORMAL, Dose, dose_of
from benchmarks.measure import Spread, environment

__all__ = ["main"]

OURS = "from gamify_core import Engine, Catalog"
THEIRS = "import attrs, dateutil.relativedelta"
UNWANTED = ("sqlite_utils", "gamify_core.simulation", "gamify_core.testing")
ROOT = Path(__file__).parents[1]
TIMED = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"


def loaded() -> list[str]:
    """Return which of the modules that are only for some uses are loaded all the same."""
    found = _python(f"import sys; {OURS}; print([name for name in {UNWANTED} if name in sys.modules])")
    return [name for name in UNWANTED if repr(name) in found]


def _python(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours


def measured(starts: int) -> Line:
    """Return the milliseconds of both, and how they compare start by start."""
    ours: list[float] = []
    theirs: list[float] = []
    for _ in range(starts + 1):
        theirs.append(1_000 * float(_python(TIMED.format(THEIRS))))
        ours.append(1_000 * float(_python(TIMED.format(OURS))))
    del ours[0], theirs[0]
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    return Line(OURS, Spread.of(theirs), Spread.of(ours), Spread.of(ratios), (at_most(2.0),))


def main(dose: Dose = NORMAL) -> list[Line]:
    """Print the figure beside its bar, and return the line."""
    line = measured(dose.starts)
    print(page(f"Import, beside `{THEIRS}`", ("that, ms", "ours, ms", "time / time"), [line]))
    unwanted = loaded()
    print(f"loaded although not asked for: {', '.join(unwanted) or 'nothing'}\n")
    return [line]


if __name__ == "__main__":
    print(environment(), end="\n\n")
    main(dose_of(sys.argv[1:]))
