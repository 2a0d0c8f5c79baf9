"""`python -m gamify_core`: the same as `gamify`."""

import sys

from gamify_core.cli import main

if __name__ == "__main__":
    sys.exit(main())
