"""How good the data are: a score per school and per field, from what is filled in, surveyed, recent and costed."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from .condition.information import DAYS_PER_YEAR
from .tables import TABLES, Kind

SURVEY_CYCLE_YEARS = 5
SCORED_TABLES = ("schools", "sites", "blocks", "components")
SCHOOL_FIELDS = ("urn", "phase", "tenure", "joined", "condition_band", "pupils")
RIGHTLY_BLANK = ("opened", "closed", "left", "regime_before", "cif_round_year", "income_gbp", "revenue_reserve_gbp")
BLOCK_FIELDS = ("ground_gifa_m2", "storeys", "perimeter_m", "height_m", "windows_doors_percent", "age_band")
MEASURES = {
    "described": "share of the school's own fields that are filled in",
    "measured": "share of its blocks' geometry and age that is filled in",
    "surveyed": "share of components somebody has looked at",
    "recent": f"share of components surveyed in the last {SURVEY_CYCLE_YEARS} years",
    "quantified": "share of components with a quantity above zero",
    "costed": "share of components at grade C or D with a remedial cost",
    "prioritised": "share of components at grade C or D with a priority",
}


@dataclass(frozen=True)
class Quality:
    """Scores from 0 (nothing) to 100 (everything). ``schools`` one row per school, ``fields`` one row per field."""

    schools: pd.DataFrame
    fields: pd.DataFrame

    @property
    def score(self):
        """Mean of the schools' scores."""
        return float(self.schools.score.mean())


def data_quality(estate, on=None):
    """Score an estate's data.

    Parameters
    ----------
    estate : Estate
    on : date, optional
        Day on which the age of surveys is judged; left out: today.

    Returns
    -------
    Quality
        ``schools`` has each measure of ``MEASURES`` and their mean as ``score``, in per cent; a measure that does not
        apply (no component at grade C or D) is blank and not counted. ``fields`` has the per cent filled in.

    References
    ----------
    .. [1] Department for Education, condition surveys: guidance for responsible bodies (February 2026): a comprehensive
       survey at least every five years.
    """
    return Quality(_by_school(estate, on or date.today()), _by_field(estate))


def _filled(column, values):
    if column.kind in (Kind.ID, Kind.TEXT, Kind.CHOICE):
        return (values != "") & (values != "not known")
    return values.notna()


def _by_field(estate):
    rows = []
    for name in SCORED_TABLES:
        frame = estate.table(name)
        for column in TABLES[name].columns:
            if column.kind is Kind.FLAG or (name == "schools" and column.name in RIGHTLY_BLANK):
                continue
            share = _filled(column, frame[column.name]).mean() if len(frame) else np.nan
            rows.append([name, column.name, column.needed, round(100 * share, 1)])
    return pd.DataFrame(rows, columns=["table", "field", "needed", "filled_percent"])


def _by_school(estate, on):
    schools, sites = estate.schools, estate.sites.set_index("site_id").school_id
    blocks, parts = estate.blocks, estate.components
    owner, at = blocks.site_id.map(sites), parts.site_id.map(sites)
    poor = parts.grade.str[0].isin(["C", "D"])
    age_years = (pd.Timestamp(on) - parts.surveyed).dt.days / DAYS_PER_YEAR

    def share(true, keys, mask=None):
        """Share of the rows that are true, by key; of those under the mask where there is one."""
        keep = slice(None) if mask is None else mask
        return true[keep].astype(float).groupby(keys[keep]).mean()

    described = pd.concat([_filled(TABLES["schools"].column(name), schools[name]) for name in SCHOOL_FIELDS], axis=1)
    measured = pd.concat([_filled(TABLES["blocks"].column(name), blocks[name]) for name in BLOCK_FIELDS], axis=1)
    frame = pd.DataFrame({
        "described": described.mean(axis=1).set_axis(schools.school_id),
        "measured": measured.mean(axis=1).groupby(owner).mean(),
        "surveyed": share(parts.surveyed.notna(), at), "recent": share(age_years <= SURVEY_CYCLE_YEARS, at),
        "quantified": share(parts.quantity > 0, at),
        "costed": share(parts.remedial_cost_gbp.notna(), at, poor),
        "prioritised": share(parts.priority.notna(), at, poor)}).reindex(schools.school_id)
    frame = (100 * frame).round(1)
    frame["score"] = frame.mean(axis=1).round(1)
    return frame.rename_axis("school_id").reset_index()
