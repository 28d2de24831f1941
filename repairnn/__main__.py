"""``python -m repairnn`` is the command line."""

from repairnn.cli import main

if __name__ == "__main__":
    main(prog_name="repairnn")
