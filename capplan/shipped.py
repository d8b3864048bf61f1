"""Where the example data and the shipped scenarios are: inside an installed package, or beside it in a checkout."""

from pathlib import Path

from .errors import CapplanError

_HERE = Path(__file__).resolve().parent


def folder(name):
    """Folder of shipped files.

    Parameters
    ----------
    name : str
        ``data`` or ``scenarios``.

    Returns
    -------
    Path

    Raises
    ------
    CapplanError
        If the package was installed without them.
    """
    for place in (_HERE / "_shipped" / name, _HERE.parent / name):
        if place.is_dir():
            return place
    raise CapplanError(f"The shipped {name} are missing from this installation; install capplan again.")
