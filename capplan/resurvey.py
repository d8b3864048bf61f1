"""A later survey put on top of an estate: new grades take the place of old ones, and the old ones go to the history."""

from dataclasses import dataclass, field

import pandas as pd

from .errors import DataError, Fault
from .tables import COMPONENTS, ESTATE_TABLES, HISTORY, Table
from .tabular import typed

WHERE = "components of the new survey"
KEPT_WHERE_BLANK = ("installed", "support_ends", "failure_probability")


@dataclass(frozen=True)
class Resurveyed:
    """An estate's tables with a later survey, and what became of each component."""

    frames: dict = field(repr=False)
    """Typed tables by name, as ``estate.write_estate`` takes them."""
    again: int
    """Components surveyed again: the old grade is in the history."""
    new: int
    """Components seen for the first time."""
    not_seen: tuple
    """Components of the places surveyed that the new survey does not have; they stay as they were."""

    def __str__(self):
        text = f"{self.again:,} components surveyed again, {self.new:,} seen for the first time"
        if not self.not_seen:
            return text + "."
        shown = ", ".join(self.not_seen[:10]) + (" ..." if len(self.not_seen) > 10 else "")
        return (f"{text}; {len(self.not_seen):,} other components of the places surveyed are not in the new survey and stay "
                f"as they were ({shown}): take out what is gone.")


def resurvey(estate, later, recorded_by, recorded_on):
    """Put a later survey on top of an estate.

    Parameters
    ----------
    estate : Estate
    later : Estate
        The later survey, read as an estate of its own; components are known by ``component_id``.
    recorded_by : str
        Who records it.
    recorded_on : date
        Day it is recorded.

    Returns
    -------
    Resurveyed

    Raises
    ------
    DataError
        With every fault: a place or construction type that differs, a survey that is not later, nobody who records.

    Notes
    -----
    Assumes a component keeps its name from survey to survey. *Counterexample:* consultants who number rows afresh; give
    them the old numbers first. Modelled components are no survey and leave no history. Where the new survey says nothing of
    the year of installation, the end of support and the trust's own chance of failure, what was known stays, and a single
    point of failure stays one; the chance of failure not where the grade is better, since works were done.
    """
    old, new = estate.components.set_index("component_id"), later.components.set_index("component_id")
    both = new.index.intersection(old.index)
    faults = _faults(estate, old, new, both, recorded_by)
    if faults:
        raise DataError(faults)
    history = _history(estate, old.loc[both], recorded_by.strip(), pd.Timestamp(recorded_on))
    fresh = new.copy()
    for name in KEPT_WHERE_BLANK:
        fresh[name] = fresh[name].where(fresh[name].notna(), old[name].reindex(fresh.index))
    better = fresh.grade.str[0] < old.grade.str[0].reindex(fresh.index)
    fresh["failure_probability"] = fresh.failure_probability.where(new.failure_probability.notna() | ~better)
    fresh["sole"] |= old["sole"].reindex(fresh.index).eq(True)
    places = _places(fresh)
    not_seen = old[~old.index.isin(both) & _places(old).isin(places)]
    kept = old[~old.index.isin(both)]
    parts = pd.concat([kept, fresh]).reset_index()
    order = {name: place for place, name in enumerate([*old.index, *new.index.difference(old.index, sort=False)])}
    parts = parts.sort_values("component_id", key=lambda names: names.map(order), kind="stable")
    parts.index = range(2, len(parts) + 2)
    frames = {table.name: estate.table(table.name) for table in ESTATE_TABLES}
    return Resurveyed(frames | {"components": parts[COMPONENTS.column_names], "history": history}, len(both),
                      len(new) - len(both), tuple(not_seen.index))


def _places(parts):
    return parts.block_id.where(parts.block_id != "", parts.site_id)


def _faults(estate, old, new, both, recorded_by):
    recorder, blocks = HISTORY.column("recorded_by"), estate.blocks.set_index("block_id").site_id
    odd = typed(Table(WHERE, "", (), (recorder,)), pd.DataFrame({recorder.name: [str(recorded_by)]}), WHERE)[1]
    faults = [] if str(recorded_by).strip() and not odd else [
        Fault(WHERE, None, "recorded_by", repr(recorded_by), f"a name: {recorder.must_be()}")]
    home = new.block_id.map(blocks).where(new.block_id != "", new.site_id)
    lost = new[(home != new.site_id) | ~new.site_id.isin(estate.sites.site_id)]
    faults += [Fault(WHERE, None, "block_id", f"{name} in {row.block_id or 'the grounds'} of {row.site_id}",
                     "in a block or the grounds of a site of the estate") for name, row in lost.iterrows()]
    for column in ("site_id", "block_id", "type_id"):
        differs = both[(new.loc[both, column] != old.loc[both, column]).to_numpy()]
        faults += [Fault(WHERE, None, column, f"{name} with {new[column][name]!r}", f"{old[column][name]!r} as it was; a "
                         "component that was replaced by another kind needs a new name") for name in differs]
    early = both[(new.loc[both, "surveyed"] <= old.loc[both, "surveyed"]).to_numpy()]
    faults += [Fault(WHERE, None, "surveyed", f"{name} on {new.surveyed[name]:%Y-%m-%d}",
                     f"after its survey of {old.surveyed[name]:%Y-%m-%d}") for name in early]
    unseen = new.index[new.surveyed.isna()]
    faults += [Fault(WHERE, None, "surveyed", f"{name} modelled", "a date: this is a survey") for name in unseen]
    return faults


def _history(estate, seen_before, recorded_by, recorded_on):
    """The history with the grades that a later survey takes the place of."""
    history, surveyed = estate.history, seen_before[seen_before.surveyed.notna()]
    there = pd.MultiIndex.from_arrays([surveyed.index, surveyed.surveyed]).isin(
        pd.MultiIndex.from_frame(history[["component_id", "seen"]]))
    surveyed = surveyed[~there]
    rows = pd.DataFrame({
        "component_id": surveyed.index, "seen": surveyed.surveyed.to_numpy(), "grade": surveyed.grade.to_numpy(),
        "cause": "survey", "recorded_by": recorded_by, "recorded_on": recorded_on,
        "note": "Kept when a later survey was recorded"})[history.columns]
    rows.index = range(len(history) + 2, len(history) + 2 + len(rows))
    return pd.concat([history, rows]) if len(history) else rows
