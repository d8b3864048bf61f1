"""Where the example data, the scenarios and the pages are: inside an installed package, or beside it in a checkout."""

from pathlib import Path

from .errors import CapplanError

_HERE = Path(__file__).resolve().parent
TRUSTS = ("growth", "priority", "reserves", "shared_services", "site_strategy")
"""The five example trusts, each a folder of ``data/trusts`` with a scenario of its own."""


def folder(name):
    """Folder of shipped files.

    Parameters
    ----------
    name : str
        ``data``, ``scenarios`` or ``docs``.

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


def trust(name):
    """Where an example trust is: its estate folder and its scenario.

    Parameters
    ----------
    name : str
        One of ``TRUSTS``.

    Returns
    -------
    tuple of (Path, Path)

    Raises
    ------
    CapplanError
        If there is no such trust, or the package was installed without them.

    Examples
    --------
    >>> [place.name for place in trust("growth")]
    ['growth', 'trust_growth.toml']
    """
    if name not in TRUSTS:
        raise CapplanError(f"No example trust {name!r}; there are {', '.join(TRUSTS)}.")
    return folder("data") / "trusts" / name, folder("scenarios") / f"trust_{name}.toml"
