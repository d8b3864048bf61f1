"""Commands that write single files: whole or not at all, and never over what is there unless asked."""

import os
import tempfile
from pathlib import Path

from ..errors import OutputError


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
    """Write all files or none: each beside its place first, then all of them moved there.

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
    """
    folder = next(iter(contents)).parent
    made = [parent for parent in (folder, *folder.parents) if not parent.exists()]
    work = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, write in contents.items():
            handle, name = tempfile.mkstemp(prefix=f".{file.stem[:40]}.", suffix=file.suffix, dir=folder)
            os.close(handle)
            work.append(Path(name))
            write(Path(name))
            os.chmod(name, 0o644)
        refuse_taken(contents, force)
        for name, file in zip(work, contents, strict=True):
            os.replace(name, file)
    except OSError as error:
        raise OutputError(f"Cannot write to {folder}: {error.strerror}.") from None
    finally:
        for name in work:
            name.unlink(missing_ok=True)
        for parent in made:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
