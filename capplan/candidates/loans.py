"""Loans the plan may take or leave, and how a choice that is no works at all stands among the schemes."""

from datetime import date

import numpy as np
import pandas as pd

from ..finance import discount_factors
from ..funding.loans import loan_schedule
from ..funding.pots import grant_window
from ..reference import load
from ..tables import USES
from .model import LOAN
from .spending import REVENUE, only_reserves_pay_revenue

LOAN_ELEMENT = "Loans on offer"
CONTRACT = "contract"


def choice_rows(scheme_id, kind, element, school_id, description, start_year, bills_gbp, value_gbp, scenario):
    """A choice that costs revenue and is no works, as rows of the candidates' tables.

    Parameters
    ----------
    scheme_id, kind, element, school_id, description : str
    start_year : int
        The one year it may be taken in.
    bills_gbp : dict
        Planning year to what it costs, from reserves only (nominal). [GBP]
    value_gbp : float
        What taking it is worth by itself (real, present value). [GBP]
    scenario : Scenario

    Returns
    -------
    dict of DataFrame
        ``schemes, scheme_years, spend``.
    """
    first, nominal = scenario.plan.first_year, scenario.nominal_factors()
    real = sum(amount / nominal[year - first] for year, amount in bills_gbp.items())
    scheme = {"scheme_id": scheme_id, "school_id": school_id, "kind": kind, "tag": REVENUE, "exclusion_group": "",
              "also_meets": "", "requires": "", "must_do": "", "site_id": "", "trade": "", "block_id": "",
              "element": element, "description": description, "priority": np.nan, "worst_grade": "", "surveyed_share": 1.0,
              "stage": CONTRACT}
    spend = [[scheme_id, start_year, year, round(amount, 2), 0.0] for year, amount in bills_gbp.items()]
    return {"schemes": pd.DataFrame([scheme]),
            "scheme_years": pd.DataFrame([{"scheme_id": scheme_id, "start_year": start_year, "value": round(value_gbp, 2),
                                           "cost_real_gbp": round(real, 2), "finish_year": start_year}]),
            "spend": pd.DataFrame(spend or [[scheme_id, start_year, start_year, 0.0, 0.0]],
                                  columns=["scheme_id", "start_year", "year", "cost", "contributed_gbp"])}


def added(frames, choices, pots):
    """The candidates' tables with further choices and pots; what they cost falls on the reserves alone.

    Parameters
    ----------
    frames : dict of DataFrame
    choices : list of dict of DataFrame
        As ``choice_rows`` makes them.
    pots : list of dict
        Rows of pots.

    Returns
    -------
    dict of DataFrame
    """
    for name in ("schemes", "scheme_years", "spend"):
        rows = pd.concat([each[name] for each in choices], ignore_index=True)
        both = pd.concat([frames[name], rows], ignore_index=True) if len(frames[name]) else rows
        counted = [column for column in both if name == "scheme_years" and column not in rows]
        frames = {**frames, name: both.fillna(dict.fromkeys(counted, 0.0))}
    own = only_reserves_pay_revenue(frames["pots"], USES)
    more = pd.DataFrame(pots).reindex(columns=[*own, *(name for name in pots[0] if name not in own)])
    both = pd.concat([own, more], ignore_index=True) if len(own) else more
    return {**frames, "pots": both.fillna(dict.fromkeys(set(both) & {"tags", "school_id", "schemes", "with_scheme"}, ""))}


def with_loans(outlook, frames):
    """The candidates' tables with the loans on offer, and what must be said of them.

    Parameters
    ----------
    outlook : Outlook
    frames : dict of DataFrame

    Returns
    -------
    tuple of (dict of DataFrame, list of str)
        For each loan a scheme ``LOAN-NAME`` that pays its service within the plan from reserves, worth what its service
        after the plan costs (below nought), and a pot of its amount that opens once it is taken.

    Notes
    -----
    Service after the plan is taken to be paid whatever happens, at prices that rise as tenders do. *Counterexample:* a loan
    that is repaid early.
    """
    scenario, choices, pots, notes = outlook.scenario, [], [], []
    for loan in outlook.estate.loan_offers.itertuples():
        name, (first, last) = f"{loan.loan_id} ({loan.route}, £{loan.amount_gbp:,.0f})", _window(loan, scenario)
        if loan.needs_consent and not loan.consent_granted:
            notes.append(f"{name} is left out: it needs DfE's consent, which has not been granted.")
        elif not (scenario.years[0] <= loan.year <= scenario.years[-1] and first <= last):
            notes.append(f"{name} is left out: it cannot be drawn and spent in the years of the plan.")
        else:
            choices.append(_loan_choice(loan, name, scenario))
            pots.append({"pot_id": loan.loan_id, "amount": round(float(loan.amount_gbp), 2), "first_year": first,
                         "last_year": last, "tags": _tags(loan.route), "school_id": loan.school_id, "route": loan.route,
                         "with_scheme": f"LOAN-{loan.loan_id}"})
    if choices:
        notes.append(f"{len(choices)} loan{'s' if len(choices) > 1 else ''} on offer that the plan may take; what repaying "
                     "takes within the plan is shown with what reserves spend, and what it takes afterwards counts against "
                     "the loan.")
        frames = added(frames, choices, pots)
    return frames, notes


def _loan_choice(loan, name, scenario):
    """The choice of one loan: its service in the plan, and the present value of the rest."""
    first, end = scenario.plan.first_year, scenario.years[-1]
    last = max(int(loan.first_repayment_year + loan.years), end) + 1
    terms = pd.DataFrame([{"loan_id": loan.loan_id, "school_id": loan.school_id, "drawn_year": loan.year,
                           **{key: getattr(loan, key) for key in ("amount_gbp", "rate", "years", "first_repayment_year")}}])
    paid = loan_schedule(terms, first, last).set_index("year").payment_gbp
    paid = paid[paid > 0]
    years = last - first + 1
    real = discount_factors(scenario.plan.discount_rate, years) / scenario.nominal_factors(years)
    after = sum(amount * real[int(year) - first] for year, amount in paid[paid.index > end].items())
    bills = {int(year): float(amount) for year, amount in paid[paid.index <= end].items()}
    return choice_rows(f"LOAN-{loan.loan_id}", LOAN, LOAN_ELEMENT, loan.school_id, f"Take the loan {name}", int(loan.year),
                       bills, -after, scenario)


def _window(loan, scenario):
    """Planning years its money can be spent in."""
    rule, spend_by = load("routes").set_index("route").loc[loan.route], loan.spend_by
    years = None if pd.isna(rule.financial_years_to_spend) else int(rule.financial_years_to_spend)
    first, last = int(loan.year), scenario.years[-1]
    if years or not pd.isna(spend_by):  # drawn in planning year y, it is money of the grant year that begins in it
        day = None if pd.isna(spend_by) else spend_by.date()
        last = grant_window(loan.route, first + 1, day, years, None)[1]
    elif isinstance(rule.last_day, str):
        last = grant_window(loan.route, first + 1, None, None, date.fromisoformat(rule.last_day))[1]
    return first, last


def _tags(route):
    """Tags of the works a route pays for; never revenue."""
    pays_for = load("routes").set_index("route").eligible[route]
    return ";".join(sorted(USES)) if pays_for == "any" else pays_for
