"""What the estate's own history teaches: repeat surveys, rates learned from them, and works recorded when they are done."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from . import reference, shipped
from .condition.backtest import BackTestCard, cross_validate
from .condition.information import DAYS_PER_YEAR
from .condition.learning import choose_pooling, fit_transitions
from .condition.panel import months_of
from .errors import DataError, Fault, ScenarioError
from .scenario import read_scenario
from .tables import COMPONENTS, EARLIEST_SURVEY, ESTATE_TABLES, GRADES, HISTORY, LATEST_YEAR, RATES, Column, Kind, Table
from .tabular import as_cells, read_cells, typed

CHANCES = ("p_ab", "p_bc", "p_cd", "p_de")
GRADES_AFTER = GRADES[:4]
LONGEST_NOTE = 400
WHERE = "completed works"

COMPLETED = Table("completed", "Works that have been completed, one row each.", ("component_id", "completed"), (
    Column("component_id", Kind.ID, "Component the works were done to."),
    Column("completed", Kind.DATE, "Date of completion.", least=EARLIEST_SURVEY, most=LATEST_YEAR),
    Column("grade_after", Kind.CHOICE, "Grade after the works.", choices=GRADES_AFTER),
    Column("renewed", Kind.FLAG, "Whether the whole component was replaced; blank means no, unless it could only be "
           "replaced (BX, CX, DX) and is now at grade A.", needed=False),
    Column("cost_gbp", Kind.NUMBER, "What the works cost.", "GBP", False, least=0, most=1e9),
    Column("note", Kind.TEXT, "What was done; needed where the grade is worse than before.", needed=False,
           most=LONGEST_NOTE),
))


@dataclass(frozen=True)
class Learned:
    """Rates learned from an estate's repeat surveys, the back-test card of how well they forecast, and what to know of them.

    ``rates`` has one row per construction type: the yearly probabilities with their 80% interval (blank where nothing was
    learned), the evidence in effective component-years, the pairs of surveys used, the weight of the published figures
    (1: nothing learned) and the source in words.
    """

    _rates: pd.DataFrame = field(repr=False)
    card: BackTestCard
    notes: tuple = ()

    @property
    def rates(self):
        """One row per construction type."""
        return self._rates.copy(deep=False)

    def __str__(self):
        seen = self._rates[self._rates.pairs > 0]
        head = (f"Rates learned for {len(seen)} of {len(self._rates)} construction types from {int(seen.pairs.sum()):,} "
                "pairs of surveys; the others are the published figures, moved with their element." if len(seen) else
                "Nothing learned: the rates are the published figures.")
        return "\n".join([head, *self.notes, str(self.card)])


def repeat_surveys(estate):
    """Consecutive sightings of the same component.

    Parameters
    ----------
    estate : Estate

    Returns
    -------
    DataFrame
        One row per pair: ``component_id, type_id, element, block_id, school_id, grade_before, seen_before, grade_after,
        seen_after, years, works_between``. Grades are letters A to E.

    Raises
    ------
    DataError
        If two surveys of one component on one day found different grades.

    Notes
    -----
    A sighting is a survey or works whose grade was recorded. A pair that ends with works has them in between; a pair that
    begins with works is the life of a component since then, and counts like any other. A survey on the day of works is
    taken to have come after them. *Counterexample:* a surveyor in the morning and the roofer in the afternoon.

    That a component can only be replaced (BX, CX, DX) is left aside: BX is B. Years are days divided by 365.25.
    """
    seen = _sightings(estate)
    earlier = seen.groupby("component_id")[["grade", "seen"]].shift()
    pairs = pd.DataFrame({
        "component_id": seen.component_id, "grade_before": earlier.grade, "seen_before": earlier.seen,
        "grade_after": seen.grade, "seen_after": seen.seen,
        "years": (seen.seen - earlier.seen).dt.days / DAYS_PER_YEAR, "works_between": seen.works,
    })[earlier.seen.notna()].reset_index(drop=True)
    parts = estate.components[["component_id", "type_id", "block_id", "site_id"]]
    parts = parts.merge(estate.sites[["site_id", "school_id"]], on="site_id", how="left", validate="m:1")
    parts["element"] = parts.type_id.map(reference.component_types().element)
    pairs = pairs.merge(parts, on="component_id", how="left", validate="m:1")
    return pairs[["component_id", "type_id", "element", "block_id", "school_id", "grade_before", "seen_before",
                  "grade_after", "seen_after", "years", "works_between"]]


def _sightings(estate):
    """Every grade a component was seen at: ``component_id, seen, grade, works``, one row a day, in order."""
    columns = ["component_id", "seen", "grade", "cause"]
    parts = estate.components
    present = parts[parts.surveyed.notna()].rename(columns={"surveyed": "seen"}).assign(cause="survey")
    seen = pd.concat([estate.history[columns], present[columns]]) if len(estate.history) else present[columns].copy()
    seen["grade"] = seen.grade.str[0]
    seen["works"] = seen.cause == "works"
    surveys = seen[~seen.works].drop_duplicates(["component_id", "seen", "grade"])
    twice = surveys[surveys.duplicated(["component_id", "seen"])]
    if len(twice):
        raise DataError([Fault("history.csv", None, "grade",
                               f"two surveys of {row.component_id} on {row.seen:%Y-%m-%d} with different grades",
                               "one grade a day, the same as in components.csv") for row in twice.itertuples()])
    seen = seen.sort_values(["component_id", "seen", "works"], ascending=[True, True, False], kind="stable")
    seen["works"] = seen.groupby(["component_id", "seen"]).works.transform("any")
    return seen.drop_duplicates(["component_id", "seen"], keep="last").reset_index(drop=True)


def learn(estate, scenario=None, confusion=None, seed=0):
    """Learn the yearly probabilities of dropping a grade from the estate's repeat surveys.

    Parameters
    ----------
    estate : Estate
    scenario : Scenario, optional
        Its ``condition.rate_spread`` is the first thought of how far true rates lie from the published ones; left out: the
        shipped baseline's.
    confusion : array, shape (5, 5), optional
        How surveyors err, as for ``condition.learning.fit_transitions``. [-]
    seed : int
        Of the back-test.

    Returns
    -------
    Learned

    Raises
    ------
    ScenarioError
        If the scenario is sure of its rates, so that nothing could be learned.

    Notes
    -----
    The published rates are the prior; how firmly they are held is settled by the surveys. Pairs with works in between are
    left out. So is a component that looks better without recorded works, unless ``confusion`` explains it: somebody forgot
    to record works, or a surveyor erred. Leaving out only the errors that flatter makes rates look a little faster than
    they are. *Counterexample:* an estate whose surveyors agree in every grade.
    """
    spread = (scenario or read_scenario(shipped.folder("scenarios") / "baseline.toml")).condition.rate_spread
    if spread == 0:
        raise ScenarioError("condition.rate_spread is 0: the scenario is sure of its rates, so no survey can move them. To "
                            "learn from surveys, give it a spread above 0.")
    types = reference.component_types()
    prior, element = types[list(CHANCES)].to_numpy(), pd.factorize(types.element)[0]
    found = repeat_surveys(estate)
    enough = months_of(found.years) >= 1
    pairs = found[~found.works_between.astype(bool) & enough]
    values = (types.index.get_indexer(pairs.type_id), *(pairs[name].map(GRADES.index).to_numpy(int) for name in (
        "grade_before", "grade_after")), pairs.years.to_numpy())
    pooling = choose_pooling(*values, prior, element, confusion, spread)
    fitted = fit_transitions(*values, prior, pooling.prior_strength_years, element, pooling.element_spread,
                             pooling.estate_spread, confusion)
    if fitted.pairs.any():
        sites = estate.components.set_index("component_id").site_id
        place = pairs.block_id.where(pairs.block_id != "", pairs.component_id.map(sites))
        card = cross_validate(place, pairs.element, *values, prior, element, confusion=confusion, first_spread=spread,
                              seed=seed)
    else:
        card = BackTestCard.none("No component has been surveyed twice without works in between, so the forecast could not "
                                 "be tested on this estate; it rests on the published rates.")
    return Learned(_rates(types, element, fitted), card, tuple(_notes(found, enough, fitted)))


def _rates(types, element, fitted):
    columns = {"type_id": types.type_id.to_numpy()}
    columns |= {name: fitted.drop_probability[:, i] for i, name in enumerate(CHANCES)}
    known = fitted.pairs.any()
    for i, name in enumerate(CHANCES):
        columns[f"{name}_low"] = fitted.low[:, i] if known else np.nan
        columns[f"{name}_high"] = fitted.high[:, i] if known else np.nan
    weight = fitted.weight_of_prior.mean(axis=1)
    multiplier = fitted.element_multiplier[element]
    source = [
        "published figure; this estate has no repeat surveys" if not known else
        f"published figure moved with its element (hazard times {moved:.2f}); no repeat survey of it" if not pairs else
        f"{pairs:,} repeat {'survey' if pairs == 1 else 'surveys'} of this type; the published figure counts {share:.0%}"
        for pairs, share, moved in zip(fitted.pairs, weight, multiplier, strict=True)]
    return pd.DataFrame(columns | {"component_years": fitted.component_years.sum(axis=1), "pairs": fitted.pairs,
                                   "weight_of_prior": weight, "source": source})


def _notes(found, enough, fitted):
    works = found.works_between.astype(bool)
    yield f"{len(found):,} pairs of sightings; {int(fitted.pairs.sum()):,} were used."
    left_out = (
        (int(works.sum()), "had works in between"), (int((~works & ~enough).sum()), "were within half a month"),
        (fitted.left_out["better than before"], "look better than before without recorded works: works somebody forgot to "
         "record, or a survey error"),
        (fitted.left_out["more drops than years"], "fell by more grades than there were years: a survey error, or damage"))
    yield from (f"Left out: {count:,} that {why}." for count, why in left_out if count)
    if fitted.pairs.any():
        yield (f"Over all, components wear at {fitted.estate_multiplier:.2f} times the published hazard. Intervals are 80%; "
               "a gap that is not of whole years counts as the whole years on either side of it, in proportion.")


def rates_table(learned):
    """Learned rates as the table ``rates`` of an estate, which a forecast reads in place of the published ones.

    Parameters
    ----------
    learned : Learned

    Returns
    -------
    DataFrame
        Columns of ``tables.RATES``, one row per construction type, to six decimals; no row where nothing was learned.
    """
    rates = learned.rates.rename(columns={"source": "evidence"})
    return rates.loc[rates.p_ab_low.notna(), RATES.column_names].round(6).reset_index(drop=True)


def read_completed(path):
    """Read a list of completed works, CSV or Parquet with the columns of ``COMPLETED``; DataError with every fault of it."""
    return _read(COMPLETED, path)


def _read(table, path):
    path = Path(path)
    if not path.is_file():
        raise DataError([Fault(path.name, None, "", "no such file", f"there: {table.meaning}")])
    cells, faults = read_cells(path)
    frame = None
    if cells is not None:
        frame, own = typed(table, cells, path.name)
        faults = [*faults, *own]
    if faults:
        raise DataError(faults)
    return frame


def complete_works(estate, works, recorded_by, recorded_on):
    """Record completed works: the estate as it is after them, with what was there before kept in its history.

    Parameters
    ----------
    estate : Estate
    works : DataFrame
        Columns of ``COMPLETED``, as ``read_completed`` returns them.
    recorded_by : str
        Who records them.
    recorded_on : date
        Day they are recorded.

    Returns
    -------
    dict of DataFrame
        Every table of the estate, for ``estate.write_estate``; only ``components`` and ``history`` differ.

    Raises
    ------
    DataError
        With every fault: a component that does not exist; works in the future, already recorded, or not after the last
        survey; a grade worse than before without a note; nobody who records.

    Notes
    -----
    The grade and date of the last survey go to ``history``, and so do the works. The component takes the grade after the
    works and their date. At grade A its cost, priority, statutory mark, due year, years left and own failure probability
    are cleared. Below A only the surveyor's cost and years left are, where the grade changed, since they spoke of the old
    grade. Renewed wholly, it takes the year of completion as ``installed`` and no longer has a day its support ends.

    Assumes the works bring the whole quantity to one grade. *Counterexample:* half of a roof: split the component first.
    """
    works, faults = typed(COMPLETED, as_cells(COMPLETED, works), WHERE)
    recorded_on, recorder = pd.Timestamp(recorded_on), HISTORY.column("recorded_by")
    if not str(recorded_by).strip() or typed(Table(WHERE, "", (), (recorder,)), pd.DataFrame({recorder.name: [recorded_by]}),
                                             WHERE)[1]:
        faults.append(Fault(WHERE, None, "recorded_by", repr(recorded_by), f"a name: {recorder.must_be()}"))
    if faults:
        raise DataError(faults)
    works = _beside_what_was(estate, works)
    if faults := _works_faults(works, recorded_on):
        raise DataError(faults)
    return {table.name: estate.table(table.name) for table in ESTATE_TABLES} | {
        "components": _components_after(estate.components, works),
        "history": _history_after(estate, works, recorded_by.strip(), recorded_on)}


def _beside_what_was(estate, works):
    """Works in order of completion, with the grade before, the last day anything was recorded, and whether they were."""
    parts, history = estate.components.set_index("component_id"), estate.history
    works = works.sort_values(["component_id", "completed"], kind="stable")
    again = works.groupby("component_id")
    works["known"] = works.component_id.isin(parts.index)
    works["seen_as"] = works.component_id.map(parts.grade)
    works["before"] = again.grade_after.shift().fillna(works.seen_as.str[0])
    last = pd.concat([parts.surveyed, history.set_index("component_id").seen]).groupby(level=0).max()
    works["last"] = again.completed.shift().fillna(last.reindex(works.component_id).set_axis(works.index))
    done = pd.MultiIndex.from_frame(history.loc[history.cause == "works", ["component_id", "seen"]])
    works["recorded"] = pd.MultiIndex.from_frame(works[["component_id", "completed"]]).isin(done)
    only_replaced = works.seen_as.str.endswith("X").eq(True) & (works.grade_after == GRADES[0])
    works["renewed"] = works.renewed | only_replaced & ~works.component_id.duplicated()
    return works


def _works_faults(works, recorded_on):
    order = GRADES.index
    worse = works.known & (works.grade_after.map(order) > works.before.map(order, na_action="ignore")) & (works.note == "")
    early = works.known & ~works.recorded & (works.completed <= works["last"])
    rules = (
        (~works.known, "component_id", lambda row: repr(row.component_id), "a component_id of components"),
        (works.completed > recorded_on, "completed", lambda row: f"{row.completed:%Y-%m-%d}",
         f"no later than the day they are recorded, {recorded_on:%Y-%m-%d}"),
        (works.recorded, "completed", lambda row: f"{row.component_id} on {row.completed:%Y-%m-%d}, already recorded",
         "works that are not in history yet; take the row out"),
        (early, "completed", lambda row: f"{row.completed:%Y-%m-%d}",
         "after the component was last surveyed or worked on (see components and history)"),
        (worse, "grade_after", lambda row: f"{row.grade_after}, worse than {row.before} before, without a note",
         "no worse than before, or explained in note"),
    )
    faults = [Fault(WHERE, int(row), column, found(values), must_be) for wrong, column, found, must_be in rules
              for row, values in works[wrong].iterrows()]
    return sorted(faults, key=lambda fault: fault.row)


def _history_after(estate, works, recorded_by, recorded_on):
    """History with the surveys that the works supersede, and the works themselves."""
    history, parts = estate.history, estate.components
    old = parts[parts.component_id.isin(works.component_id) & parts.surveyed.notna()]
    kept = pd.MultiIndex.from_frame(old[["component_id", "surveyed"]]).isin(
        pd.MultiIndex.from_frame(history[["component_id", "seen"]]))
    old = old[~kept]
    surveys = pd.DataFrame({"component_id": old.component_id, "seen": old.surveyed, "grade": old.grade, "cause": "survey",
                            "note": "Kept when works were recorded"})
    cost = works.cost_gbp.map(lambda gbp: f"Cost £{gbp:,.2f}" if gbp == gbp else "")
    renewed = works.renewed.map({True: "Renewed", False: ""})
    note = ["; ".join(filter(None, words)) for words in zip(works.note, renewed, cost, strict=True)]
    done = pd.DataFrame({"component_id": works.component_id, "seen": works.completed, "grade": works.grade_after,
                         "cause": "works", "note": note})
    new = pd.concat([surveys, done]).assign(recorded_by=recorded_by, recorded_on=recorded_on)
    new = new.sort_values(["component_id", "seen"], kind="stable")[history.columns]
    new.index = range(len(history) + 2, len(history) + 2 + len(new))
    return pd.concat([history, new]) if len(history) else new


def _components_after(parts, works):
    final = works.drop_duplicates("component_id", keep="last").set_index("component_id")
    renewed = works[works.renewed].groupby("component_id").completed.max().dt.year
    rows = parts.component_id.isin(final.index)
    own = final.loc[parts.component_id[rows]]
    parts = parts.copy()
    changed = rows.copy()
    changed[rows] = own.grade_after.to_numpy() != parts.grade[rows].to_numpy()
    parts.loc[rows, "grade"] = own.grade_after.to_numpy()
    parts.loc[rows, "surveyed"] = own.completed.to_numpy()
    good = rows & (parts.grade == GRADES[0])
    parts.loc[good | changed, ["remedial_cost_gbp", "cost_price_base", "remaining_life_years"]] = np.nan
    parts.loc[good, ["priority", "due_year", "failure_probability"]] = np.nan
    parts.loc[good, "statutory"] = False
    year = parts.component_id.map(renewed)
    parts.loc[year.notna(), "support_ends"] = pd.NaT
    parts["installed"] = year.fillna(parts.installed)
    return parts[COMPONENTS.column_names]
