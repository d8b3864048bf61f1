"""Photos, quotes and reports indexed by path and SHA-256, found for a scheme, and checked to be as they were indexed."""

import hashlib
import os
import tempfile
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from .errors import DataError, Fault
from .evidence_names import RULE, Places, date_in, kind_of, plain, relation
from .evidence_tables import EVIDENCE, LONGEST_PATH
from .run_records import INPUTS, MOST_INPUT_BYTES, sha256
from .tabular import DAMAGED, as_cells, find_table, read_cells, typed

LEFT_ALONE = ("thumbs.db", "desktop.ini")
OFFICE_LOCK = "~$"
KEPT = ("school_id", "block_id", "scheme_id", "component_id", "kind", "dated", "note")
"""What of an earlier index stays as it is for a file of the same path: people may have changed it."""
_FORMULA = "=+@-\t\r"


@dataclass(frozen=True)
class Indexed:
    """A folder of evidence, indexed."""

    frame: pd.DataFrame = field(repr=False)
    """The table ``evidence``, typed."""
    set_aside: tuple
    """What is not in it: (path, why)."""
    new: tuple
    changed: tuple
    gone: tuple
    """Paths that an earlier index lacks, has with another hash, or has and the folder no longer does."""

    def __str__(self):
        kinds = self.frame.kind.value_counts(sort=False).sort_index()
        counts = ", ".join(f"{count:,} {kind}" for kind, count in kinds.items())
        size = self.frame.drop_duplicates("path")["bytes"].sum()
        lines = [f"{self.frame.path.nunique():,} files, {size:,.0f} bytes: {counts or 'nothing'}."]
        for word, paths in (("new since the earlier index", self.new), ("changed", self.changed), ("gone", self.gone)):
            if paths:
                lines.append(f"{len(paths):,} {word}: " + ", ".join(paths[:5]) + (" ..." if len(paths) > 5 else ""))
        lines += [f"Left out: {path} ({why})" for path, why in self.set_aside[:20]]
        if len(self.set_aside) > 20:
            lines.append(f"... and {len(self.set_aside) - 20:,} more left out")
        return "\n".join(lines)


def index_evidence(folder, estate, schemes=None, leave=()):
    """Index a folder of evidence: what each file is of, what it is, its size and its hash. Nothing is copied.

    Parameters
    ----------
    folder : str or Path
        Folder of evidence; what is below it is read, links are never followed.
    estate : Estate
        Whose schools, blocks, components and works the names are looked up in; rows of its own ``evidence`` table keep what
        people changed in them.
    schemes : DataFrame, optional
        ``schemes.csv`` of a results folder, whose schemes and needs are known as well.
    leave : sequence of Path
        Files that are no evidence, such as the index itself.

    Returns
    -------
    Indexed

    Raises
    ------
    DataError
        With every file that belongs to no school, or whose path cannot be written into a table.
    """
    files, aside = _files(folder, leave)
    places, earlier = places_of(estate, schemes), _earlier(estate.evidence)
    where = f"files of {Path(folder).resolve().name or folder}"
    faults, rows = [], []
    for path in files:
        wrong = _path_fault(path, where)
        found = relation(path, places) if plain(path) not in earlier else {}
        if wrong or found is None:
            faults.append(wrong or Fault(where, None, path, "no school", RULE))
            continue
        with open_below(folder, path) as file:
            facts = {"sha256": hashlib.file_digest(file, "sha256").hexdigest(), "bytes": os.fstat(file.fileno()).st_size}
        own = earlier.get(plain(path)) or [{**found, "evidence_id": f"E-{sha256(path)[:10]}", "kind": kind_of(path),
                                     "dated": date_in(path.rpartition("/")[2]), "note": ""}]
        rows += [{**row, **facts, "path": _inert(path)} for row in own]
    if faults:
        raise DataError(faults)
    was = {path: own[0]["sha256"] for path, own in earlier.items()}
    now = {plain(row["path"]): row["sha256"] for row in rows}
    return Indexed(_typed(rows), tuple(aside), tuple(path for path in now if was and path not in was),
                   tuple(path for path in now if path in was and was[path] != now[path]),
                   tuple(path for path in was if path not in now))


def places_of(estate, schemes=None):
    """What names of files may begin with: the estate's components, works, needs and blocks, and the schemes of a run.

    Parameters
    ----------
    estate : Estate
    schemes : DataFrame, optional
        ``schemes.csv`` of a results folder.

    Returns
    -------
    evidence_names.Places
    """
    homes = estate.sites.set_index("site_id").school_id
    parts = estate.components
    schools = parts.site_id.map(homes)
    place = parts.block_id.where(parts.block_id != "", parts.site_id)
    needs = dict(zip(place + "." + parts.type_id.str.split(".").str[0], schools, strict=True))
    works = dict(zip(estate.works.work_id, estate.works.school_id, strict=True))
    needs |= {f"work.{work}": school for work, school in works.items()} | works
    if schemes is not None:
        needs |= dict(zip(schemes.exclusion_group, schemes.school_id, strict=True))
        needs |= dict(zip(schemes.scheme_id, schemes.school_id, strict=True))
        needs.pop("", None)
    return Places({"component_id": dict(zip(parts.component_id, schools, strict=True)), "scheme_id": needs,
                   "block_id": dict(zip(estate.blocks.block_id, estate.blocks.site_id.map(homes), strict=True)),
                   "school_id": {school: school for school in estate.schools.school_id}})


def evidence_for(evidence, scheme_ids=(), component_ids=(), block_id=""):
    """The evidence for a scheme: what names it, what shows its components, and what shows its block and nothing narrower.

    Parameters
    ----------
    evidence : DataFrame
        The table ``evidence``.
    scheme_ids : collection of str
        The scheme, and whatever else it goes by: its need (``exclusion_group``), its ``work_id``.
    component_ids : collection of str
        Components it is about.
    block_id : str
        Block it is in; blank: none.

    Returns
    -------
    DataFrame
        Rows of the table, in its order.

    Examples
    --------
    >>> rows = pd.DataFrame({"scheme_id": ["A.ROOF", "", ""], "component_id": ["", "A-01", ""], "block_id": ["", "", "A"]})
    >>> evidence_for(rows, ["A.ROOF"], ["A-01"]).index.tolist(), evidence_for(rows, block_id="A").index.tolist()
    ([0, 1], [2])
    """
    own = evidence.scheme_id.isin(set(scheme_ids) - {""}) | evidence.component_id.isin(set(component_ids) - {""})
    block = (evidence.block_id == block_id) & (evidence.scheme_id == "") & (evidence.component_id == "")
    return evidence[own | (block if block_id else False)]


def evidence_of_results(folder):
    """The index of evidence that a run was made with, from its results folder.

    Parameters
    ----------
    folder : str or Path

    Returns
    -------
    DataFrame
        The table ``evidence``, typed; no rows where the run had none.

    Raises
    ------
    DataError
        Where the archive is damaged, or the table in it is at fault.
    """
    try:
        with zipfile.ZipFile(Path(folder) / INPUTS) as archive, tempfile.TemporaryDirectory() as held:
            for info in archive.infolist():
                if info.filename in ("evidence.csv", "evidence.parquet") and info.file_size <= MOST_INPUT_BYTES:
                    (Path(held) / info.filename).write_bytes(archive.read(info))
            path, faults = find_table(Path(held), EVIDENCE.name)
            if path is None and not faults:
                return _typed([])
            cells, faults = (None, faults) if path is None else read_cells(path)
            frame, own = (None, []) if cells is None else typed(EVIDENCE, cells, path.name)
    except DAMAGED:
        raise DataError([Fault(INPUTS, None, "", "no such archive, or a damaged one", "as the run wrote it")]) from None
    if faults or own:
        raise DataError([*faults, *own])
    return frame


def verified(evidence, folder):
    """What of an index of evidence is not as it was indexed.

    Parameters
    ----------
    evidence : DataFrame
        The table ``evidence``.
    folder : str or Path
        Folder of evidence.

    Returns
    -------
    tuple of (list of Fault, tuple of str)
        Files that are missing or changed; paths of the folder that no row names.
    """
    files, aside = _files(folder)
    there = {plain(path): path for path in (*files, *(path for path, _ in aside))}
    faults = []
    for row in evidence.drop_duplicates("path").itertuples():
        path = there.get(plain(row.path))
        found = "no such file" if path is None else _difference(folder, path, row)
        if found:
            faults.append(Fault("evidence", None, row.path, found, f"SHA-256 {row.sha256[:16]}... of {row.bytes:,} bytes"))
    known = set(evidence.path.map(plain))
    return faults, tuple(path for path in files if plain(path) not in known)


def _difference(folder, path, row):
    """In what a file is not as its row says; blank where it is."""
    try:
        with open_below(folder, path) as file:
            size = os.fstat(file.fileno()).st_size
            if size != row.bytes:
                return f"{size:,} bytes"
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return "a link, or a file that cannot be read"
    return "" if digest == row.sha256 else f"SHA-256 {digest[:16]}..."


def open_below(folder, path):
    """A file below a folder, opened to be read, if no part of the way to it is a link.

    Parameters
    ----------
    folder : str or Path
    path : str
        Below it, with / between folders.

    Returns
    -------
    file

    Raises
    ------
    OSError
        Where a part of it is a link, or it is no plain file.
    """
    place = Path(folder).resolve()
    for part in path.split("/"):
        place = place / part
        if place.is_symlink() or part in ("", ".."):
            raise OSError(f"{path} goes through a link")
    if not place.is_file():
        raise OSError(f"{path} is no plain file")
    return open(place, "rb")


def _files(folder, leave=()):
    """Paths of plain files below a folder, in order, and what is left out, with the reason."""
    if not Path(folder).is_dir():
        raise DataError([Fault(str(folder), None, "", "no such folder", "a folder of photos, quotes and reports")])
    left = {os.path.realpath(each) for each in leave}
    files, aside, todo = [], [], [("", Path(folder))]
    while todo:
        before, place = todo.pop()
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
            path = before + entry.name
            if entry.is_symlink():
                aside.append((path, "a link: links are never followed"))
            elif entry.name.startswith((".", OFFICE_LOCK)) or entry.name.casefold() in LEFT_ALONE:
                aside.append((path, "a file of the system"))
            elif entry.is_dir(follow_symlinks=False):
                todo.append((f"{path}/", Path(entry.path)))
            elif not entry.is_file(follow_symlinks=False):
                aside.append((path, "no plain file"))
            elif os.path.realpath(entry.path) not in left:
                files.append(path)
    return sorted(files), sorted(aside)


def _path_fault(path, where):
    shown = path.encode("ascii", "backslashreplace").decode() if not path.isprintable() else path
    must_be = f"renamed: plain signs, no \\, no drive, no line ends, no blank at its end, at most {LONGEST_PATH} characters"
    odd = not path.isprintable() or path[1:2] == ":" or "\\" in path or path != path.rstrip() or len(path) > LONGEST_PATH - 2
    return Fault(where, None, shown[:80], "a name that no table can hold", must_be) if odd else None


def _inert(path):
    """A path that no spreadsheet takes for a formula and no reader strips."""
    return f"./{path}" if path[0] in _FORMULA or path != path.lstrip() else path


def _earlier(evidence):
    """Rows of an earlier index by path, as a person left them."""
    found = {}
    for row in evidence.to_dict("records"):
        held = {name: row[name] for name in (*KEPT, "evidence_id", "sha256")}
        found.setdefault(plain(row["path"]), []).append(held)
    return found


def _typed(rows):
    frame = pd.DataFrame(rows, columns=EVIDENCE.column_names)
    frame["dated"] = pd.to_datetime(frame.dated)
    cells = as_cells(EVIDENCE, frame.astype({"bytes": "int64"}))
    cells.index = range(2, len(cells) + 2)
    checked, faults = typed(EVIDENCE, cells.astype(str), "evidence.csv")
    if faults:
        raise DataError(faults)
    return checked
