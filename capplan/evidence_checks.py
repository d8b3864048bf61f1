"""What must hold of an index of evidence: paths that stay inside their folder, hashes that are hashes, places that agree."""

from .errors import rows_at_fault as _rows

_OUTSIDE = r"^(?:[/]|[A-Za-z]:)|(?:^|/)\.\.(?:/|$)|\\|[\x00-\x1f\x7f]"
_SHA256 = r"[0-9a-f]{64}"


def is_inside(paths):
    """Whether paths lead to a place below the folder they start from, by their words alone.

    Parameters
    ----------
    paths : Series of str

    Returns
    -------
    Series of bool

    Examples
    --------
    >>> import pandas as pd
    >>> is_inside(pd.Series(["ELL/roof.jpg", "../roof.jpg", "/etc/passwd", "C:/roof.jpg", "a..b.jpg"])).tolist()
    [True, False, False, False, True]
    """
    return ~paths.str.contains(_OUTSIDE, regex=True)


def evidence_faults(frames, where):
    """What of an index of evidence is each right and together wrong.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables of an estate.
    where : str
        File of the index.

    Returns
    -------
    list of Fault
    """
    rows = frames["evidence"]
    faults = _rows(rows, (rows.path != "") & ~is_inside(rows.path), where, "path", lambda row: repr(row.path[:60]),
                   "a path below the folder of evidence: no .., no drive, no \\, not from the root")
    faults += _rows(rows, (rows.sha256 != "") & ~rows.sha256.str.fullmatch(_SHA256), where, "sha256",
                    lambda row: repr(row.sha256[:20]), "64 of the digits 0-9 and a-f")
    several = rows.groupby("path").sha256.transform("nunique") > 1
    faults += _rows(rows, several, where, "sha256", lambda row: f"another hash for {row.path[:60]!r} than elsewhere",
                    "the same wherever the same path stands")
    return faults + _place_faults(frames, rows, where)


def _place_faults(frames, rows, where):
    """Blocks and components of another school than the row's."""
    schools = frames["sites"].drop_duplicates("site_id").set_index("site_id").school_id
    faults = []
    for name, table in (("block_id", "blocks"), ("component_id", "components")):
        homes = frames[table].drop_duplicates(name).set_index(name).site_id.map(schools)
        own = rows[name].map(homes)
        faults += _rows(rows, own.notna() & (own != rows.school_id), where, "school_id",
                        lambda row, name=name: f"{row.school_id!r} with {name} {row[name]}", f"the school of its {name}")
    return faults
