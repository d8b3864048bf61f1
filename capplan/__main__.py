"""``python -m capplan`` is the command line too, where scripts are not on the path."""

from .cli import main

if __name__ == "__main__":
    main(prog_name="capplan")
