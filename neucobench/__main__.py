"""Run the command line as ``python -m neucobench``."""

from neucobench.cli.app import main

main()
