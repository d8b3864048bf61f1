"""Commands that write single files: whole or not at all, and never over what is there unless asked."""

import os
import shutil
from contextlib import suppress

from ..errors import OutputError
from ..folders import ending_cleanly, sweep, working_folder


def refuse_taken(files, force, reads=()):
    """Refuse a place that is a folder, is read by the command, or is taken; ``OutputError`` says which."""
    inputs = {os.path.realpath(file) for file in reads}
    for file in files:
        if file.is_dir():
            raise OutputError(f"{file} is a folder; give the name of a file.")
        if os.path.realpath(file) in inputs:
            raise OutputError(f"{file} is read by this command; give another file to write to.")
        if file.exists() and not force:
            raise OutputError(f"{file} exists already; choose another name, or --force to replace it.")


def write_files(contents, force):
    """Write all files or none: in a hidden folder beside their places first, then all of them moved there.

    Parameters
    ----------
    contents : dict
        File (Path, all in one folder) to a callable that writes it to the path it is given.
    force : bool
        Replace files that are there.

    Raises
    ------
    OutputError
        If a place is taken or cannot be written; nothing is then left behind.

    Notes
    -----
    A process that is told to end clears up first; what a killed one left goes when the same file is written again.
    """
    first = next(iter(contents))
    folder = first.parent
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    with suppress(OSError):
        sweep(first)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work, held = working_folder(first)
    except OSError as error:
        raise OutputError(f"Cannot write to {folder}: {error.strerror}.") from None
    try:
        with ending_cleanly(work):
            _write_and_move(contents, work, force)
    except OSError as error:
        raise OutputError(f"Cannot write to {folder}: {error.strerror}.") from None
    finally:
        held.close()
        shutil.rmtree(work, ignore_errors=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()


def _write_and_move(contents, work, force):
    """Write every file in the working folder, and move them when all are whole."""
    for file, write in contents.items():
        write(work / file.name)
        os.chmod(work / file.name, 0o644)
    refuse_taken(contents, force)
    for file in contents:
        os.replace(work / file.name, file)
