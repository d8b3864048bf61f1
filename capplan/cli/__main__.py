"""``python -m capplan.cli``."""

from . import main

if __name__ == "__main__":
    main(prog_name="capplan")
