"""What must hold between the cells of reserves, budget and loans: rows that are each right and together wrong."""

import pandas as pd

from .errors import Fault, rows_at_fault

AGREE_WITHIN_GBP = 1.0


def reserve_faults(frames, where):
    """Faults of the reserves table.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    reserves = frames["reserves"]
    if not len(reserves):
        return []
    faults, first_years = [], {}
    for school, own in reserves.groupby("school_id", sort=False):
        first = own.index[0]
        faults += rows_at_fault(own, own.opening_gbp.notna() & (own.index != first), where, "opening_gbp",
                                lambda row: f"{row.opening_gbp:g}", "blank after the first year; the surplus makes the rest")
        if pd.isna(own.opening_gbp.iloc[0]):
            faults.append(Fault(where, int(first), "opening_gbp", "a blank", "the free reserves at the start"))
        known = own.year > 0  # a year that could not be read is a fault already
        gaps = known & known.shift(fill_value=False) & (own.year.diff() != 1)
        faults += rows_at_fault(own, gaps, where, "year", lambda row: f"{row.year:.0f}", "one year after the row above")
        first_years[school] = own.year.iloc[0], first
    if set(first_years) != {""}:
        lost = sorted(set(frames["schools"].school_id) - set(first_years))
        faults += [Fault(where, None, "school_id", f"no row of {school}",
                         "a row for every school, with 0 where there is nothing") for school in lost]
    earliest = min(year for year, _ in first_years.values())
    faults += [Fault(where, int(row), "year", f"{year} as the first of {school or 'the trust'}",
                     f"{earliest}, as of the others: all reserves open on one day")
               for school, (year, row) in first_years.items() if year > earliest > 0]
    return faults + (_against_budget(reserves, frames["budget"], where) if len(frames["budget"]) else
                     _without_budget(reserves, where))


def _without_budget(reserves, where):
    """What only a budget table could make up for."""
    faults = []
    for column in ("income_gbp", "surplus_gbp"):
        faults += rows_at_fault(reserves, reserves[column].isna(), where, column, lambda row: "a blank",
                                "a number [GBP], as there is no budget table to make it from")
    last = reserves.groupby("school_id", sort=False).year.agg(["last", lambda years: int(years.index[-1])])
    latest = reserves.year.max()
    return faults + [Fault(where, int(row), "year", f"{year} as the last of {school or 'the trust'}",
                           f"{latest}, as of the others") for school, year, row in last.itertuples() if 0 < year < latest]


def _against_budget(reserves, budget, where):
    """Income and surplus that the reserves table gives and the budget does not add up to."""
    by_school = (reserves.school_id != "").any()
    keys = ["school_id", "year"] if by_school else ["year"]
    budget = budget.assign(surplus_gbp=budget.income_gbp - budget.staff_gbp - budget.energy_gbp - budget.other_costs_gbp)
    totals = budget.groupby(keys)[["income_gbp", "surplus_gbp"]].sum()
    found, faults = reserves.join(totals.add_prefix("budget_"), on=keys), []
    if by_school and not (budget.school_id != "").any():
        return [Fault(where, None, "school_id", "reserves by school beside a budget of the whole trust",
                      "blank, or budget.csv by school too")]
    for column in ("income_gbp", "surplus_gbp"):
        total = f"budget_{column}"
        apart = found[(found[column] - found[total]).abs() > AGREE_WITHIN_GBP]
        faults += [Fault(where, int(row), column, f"{values[column]:,.0f} for {values.year:.0f}",
                         f"the {values[total]:,.0f} that budget.csv adds up to, within GBP 1; or blank")
                   for row, values in apart.iterrows()]
    return faults


def budget_faults(frames, where):
    """Faults of the budget table.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    budget, faults = frames["budget"], []
    if not len(budget):
        return []
    if not len(frames["reserves"]):
        faults.append(Fault("reserves.csv", None, "opening_gbp", "no opening reserves beside a budget",
                            "a row for the first year with the free reserves at the start"))
    schools, years = set(budget.school_id), sorted(set(budget.year[budget.year > 0]))
    if schools != {""}:
        schools |= set(frames["schools"].school_id)
    there = set(zip(budget.school_id, budget.year, strict=True))
    if not years:
        return faults
    for school in sorted(schools):
        lost = [year for year in range(years[0], years[-1] + 1) if (school, year) not in there]
        if lost:
            faults.append(Fault(where, None, "year", f"no row of {school or 'the centre'} for {', '.join(map(str, lost))}",
                                "a row for every school in every year of the table, with 0 where there is nothing"))
    return faults


def loan_faults(frames, where):
    """Faults of the loans table.

    Parameters
    ----------
    frames : dict of DataFrame
        Typed tables by name, indexed by spreadsheet row.
    where : str
        File name of the table.

    Returns
    -------
    list of Fault
    """
    loans, grants = frames["loans"], frames["grants"]
    known = (loans.drawn_year > 0) & (loans.first_repayment_year > 0)
    faults = rows_at_fault(loans, known & (loans.first_repayment_year < loans.drawn_year), where, "first_repayment_year",
                           lambda row: f"{row.first_repayment_year:.0f}", "not before the year it is drawn")
    paired = loans.merge(grants[["grant_id", "route", "amount_gbp"]], left_on="loan_id", right_on="grant_id", how="left",
                         suffixes=("", "_of_grant")).set_index(loans.index) if grants.grant_id.is_unique else loans.head(0)
    for column, wrong in (() if not len(paired) else (
            ("route", paired.route_of_grant.notna() & (paired.route != paired.route_of_grant)),
            ("amount_gbp", (paired.amount_gbp - paired.amount_gbp_of_grant).abs() > AGREE_WITHIN_GBP))):
        faults += rows_at_fault(paired, wrong, where, column, lambda row, column=column: f"{row[column]} in {where}",
                                "as in the row of grants.csv with the same name")
    return faults
