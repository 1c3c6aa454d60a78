"""Run the command line, as ``neucobench`` or as ``python -m neucobench``."""

import sys


def main() -> None:
    """Load the command line and run it.

    Loading takes a moment, and Ctrl-C in that moment is no reason for a traceback.
    """
    try:
        from neucobench.cli.app import main as run
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted; nothing was begun.\n")
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
