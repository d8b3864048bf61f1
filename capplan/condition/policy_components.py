"""Components in the layout of DfE's Blockbuster-2 model, read and judged for ``worst_first``."""

import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd

from ..cells import ID_PATTERN
from ..errors import DataError, Fault
from ..tables import GRADES, Column, Kind, Table
from ..tabular import as_cells, read_cells, typed

REPAIRABLE = ("B", "C", "D", "E")
SHARE_TOLERANCE = 1e-6         # how far the five shares of a component may be from 1 together


def _number(name, meaning, unit="", most=None):
    return Column(name, Kind.NUMBER, meaning, unit, least=0.0, most=most)


COMPONENTS = Table("policy components", "One row per component of a block, in the layout of Blockbuster-2.", (), (
    Column("buildingid", Kind.ID, "Block the component belongs to"),
    Column("elementid", Kind.INTEGER, "Element number of the property data survey", least=0),
    _number("unit_area", "Quantity of the component", "units"),
    _number("gifa", "Gross internal floor area of the block; the largest of its rows counts", "m2"),
    *(_number(f"{grade}.repair.cost", f"Cost of bringing one unit from grade {grade} to A", "GBP/unit")
      for grade in REPAIRABLE),
    *(_number(name, f"Yearly probability of going from grade {name[0].upper()} to {name[1].upper()}", most=1.0)
      for name in ("ab", "bc", "cd", "de")),
    *(_number(grade, f"Share of the component at grade {grade}", most=1.0 + SHARE_TOLERANCE) for grade in GRADES)))
FIGURES = tuple(column.name for column in COMPONENTS.columns if column.kind is Kind.NUMBER)


def read_policy_components(path):
    """Components for ``worst_first``, from a CSV or Parquet file in the layout of Blockbuster-2.

    Parameters
    ----------
    path : str or Path
        Columns ``buildingid, elementid, unit_area, gifa, B.repair.cost`` to ``E.repair.cost`` [GBP/unit], ``ab, bc, cd,
        de`` [-] and shares ``A`` to ``E`` [-]; names with underscores for dots are taken too, other columns left out.

    Returns
    -------
    DataFrame
        Those columns; building ids are whole numbers where all are written as such, else text. ``DataError`` is raised
        with every fault: missing columns, blanks, figures out of range, shares that do not sum to 1.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(path.name, None, "", "no such file", "a CSV or Parquet file of components")])
    frame = _read_plain(path) if path.suffix.lower() == ".csv" else None
    if frame is None:
        frame, faults = read_cells(path)
        frame, faults = (frame, faults) if faults else named(frame.apply(lambda cells: cells.str.strip()), path.name)
        faults = faults or frame_faults(frame, path.name, frame.index)
        if faults:
            raise DataError(faults)
    frame = frame.astype({"elementid": "int64", **dict.fromkeys(FIGURES, float)}).reset_index(drop=True)
    ids = frame["buildingid"].astype("category").array
    names = ids.categories.astype(str)
    whole = names.str.fullmatch(r"0|[1-9]\d{0,17}").all()
    return frame.assign(buildingid=(names.astype("int64") if whole else names).take(ids.codes).array)


def _read_plain(path):
    """The quick way in for a large and faultless CSV; ``None`` sends it the careful way, which says what is wrong."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(path, index_col=False, skip_blank_lines=False,
                                dtype=defaultdict(lambda: float, buildingid=str))
    except (ValueError, pd.errors.ParserWarning):
        return None
    frame, faults = named(frame, path.name)
    return None if faults or frame_faults(frame, path.name, np.arange(2, len(frame) + 2)) else frame


def _plain(name):
    return str(name).strip().replace(".", "_")


def named(frame, where):
    """The frame with the declared columns only, under their declared names; a fault for each that is missing."""
    found = {column.name: [name for name in frame if _plain(name) == _plain(column.name)]
             for column in COMPONENTS.columns}
    faults = [Fault(where, 1, name, "the column more than once" if names else "no such column",
                    f"there once: {COMPONENTS.column(name).must_be()}")
              for name, names in found.items() if len(names) != 1]
    if faults:
        return frame, faults
    names = {names[0]: name for name, names in found.items()}
    return frame[list(names)].rename(columns=names), []


def frame_faults(frame, where, rows):
    """Faults of a frame of figures or of text cells; ``rows`` are its rows as a spreadsheet numbers them."""
    ids = frame["buildingid"].astype("category").array
    good = np.append(ids.categories.astype(str).str.fullmatch(ID_PATTERN), False)[ids.codes]
    together = np.zeros(len(frame))
    for column in COMPONENTS.columns[1:]:
        values = pd.to_numeric(frame[column.name], errors="coerce").to_numpy(float, na_value=np.nan)
        good &= (values >= column.least) & (values <= (np.finfo(float).max if column.most is None else column.most))
        if column.kind is Kind.INTEGER:
            good &= values == np.floor(values)
        if column.name in GRADES:
            together += values
    faults = []
    if not good.all() or not len(frame):
        cells = as_cells(COMPONENTS, frame.set_axis(rows)[~good])
        faults = typed(COMPONENTS, cells, where)[1]
    return faults + [Fault(where, int(rows[at]), "A to E", f"shares that sum to {together[at]:.9g}", "1 together")
                     for at in np.flatnonzero(good & (np.abs(together - 1.0) > SHARE_TOLERANCE))]
