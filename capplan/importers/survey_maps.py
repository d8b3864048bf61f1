"""The column maps that come with capplan."""

import tomllib
from pathlib import Path

from .. import shipped


def shipped_maps():
    """The column maps that come with capplan, by name.

    Returns
    -------
    dict of str to (Path, dict)
        File and contents of each; one without ``schools`` needs an estate beside it.
    """
    files = sorted((shipped.folder("data") / "survey_maps").glob("*.toml"))
    return {file.stem: (file, tomllib.loads(file.read_text(encoding="utf-8"))) for file in files}


def place_of(path):
    """The file of a map: as given, or a shipped one of that name.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Path
    """
    path = Path(path)
    if path.is_file() or path.name != str(path):
        return path
    return shipped_maps().get(path.stem, (path,))[0]
