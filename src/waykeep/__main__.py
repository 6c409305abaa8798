"""`python -m waykeep` and the `waykeep` command."""

import sys

from waykeep import cli


def main() -> None:
    """Run the command line and leave with its code."""
    sys.exit(cli.main(sys.argv[1:]))


if __name__ == "__main__":
    main()
