"""Known loans: equal yearly payments, what of them is interest, and what is still owed."""

import math

import pandas as pd

SCHEDULE_COLUMNS = ["loan_id", "school_id", "year", "opening_gbp", "drawn_gbp", "interest_gbp", "payment_gbp", "closing_gbp"]


def yearly_payment(amount_gbp, rate, years, wait_years=1):
    """Equal yearly payment that repays a loan with its interest.

    Parameters
    ----------
    amount_gbp : float
        Sum drawn (nominal). [GBP]
    rate : float
        Interest a year, as a fraction; 0: free of interest. [-]
    years : int
        Number of payments.
    wait_years : int
        Years from drawing to the first payment.

    Returns
    -------
    float
        ``amount x rate / (1 - (1 + rate) ** -years) x (1 + rate) ** (wait_years - 1)`` (nominal). [GBP]

    Raises
    ------
    ValueError
        If a figure is negative, or there is no payment at all.

    Notes
    -----
    Payments are a year apart, and interest of the years without one is added to the debt. *Counterexample:* a loan whose
    first years are free of interest; give the year before its first payment as the year it was drawn.

    Examples
    --------
    >>> round(yearly_payment(100_000.0, 0.0537, 10), 2), yearly_payment(100_000.0, 0.0, 10)
    (13184.18, 10000.0)

    References
    ----------
    .. [1] Schools Week (2015): loans of the condition improvement fund, ten years at the rates of the Public Works Loan
       Board, repaid from the revenue grant.
    """
    if amount_gbp < 0 or rate < 0 or years < 1 or wait_years < 0:
        raise ValueError("A loan has an amount, a rate and a wait of at least 0 and at least one payment.")
    if rate == 0:
        return amount_gbp / years
    repaid_share = -math.expm1(-years * math.log1p(rate))  # 1 - (1 + rate) ** -years, however small the rate
    return amount_gbp * (rate / repaid_share) * (1.0 + rate) ** (wait_years - 1)


def loan_schedule(loans, first_year, last_year):
    """Every loan in every year: what was owed, drawn, charged, paid and is still owed.

    Parameters
    ----------
    loans : DataFrame
        ``loan_id, school_id, drawn_year, amount_gbp, rate, years, first_repayment_year`` (nominal). [GBP]
    first_year, last_year : int
        Planning years to show.

    Returns
    -------
    DataFrame
        ``loan_id, school_id, year, opening_gbp, drawn_gbp, interest_gbp, payment_gbp, closing_gbp``; a row for each year
        in which something is owed or drawn. Closing = opening + drawn + interest - payment.

    Examples
    --------
    >>> loans = pd.DataFrame([["L1", "", 2025, 200.0, 0.1, 2, 2026]], columns=["loan_id", "school_id", "drawn_year",
    ...                      "amount_gbp", "rate", "years", "first_repayment_year"])
    >>> loan_schedule(loans, 2026, 2030)[["year", "interest_gbp", "payment_gbp", "closing_gbp"]].round(2).values.tolist()
    [[2026.0, 20.0, 115.24, 104.76], [2027.0, 10.48, 115.24, 0.0]]
    """
    rows = []
    for loan in loans.itertuples():
        paid = yearly_payment(loan.amount_gbp, loan.rate, int(loan.years), int(loan.first_repayment_year - loan.drawn_year))
        owed, last_payment = 0.0, int(loan.first_repayment_year + loan.years - 1)
        for year in range(int(loan.drawn_year), last_payment + 1):
            opening, drawn = owed, float(loan.amount_gbp) if year == loan.drawn_year else 0.0
            interest = opening * loan.rate
            payment = paid if year >= loan.first_repayment_year else 0.0
            owed = opening + drawn + interest - payment if year < last_payment else 0.0
            if first_year <= year <= last_year:
                rows.append([loan.loan_id, loan.school_id, year, opening, drawn, interest, payment, owed])
    return pd.DataFrame(rows, columns=SCHEDULE_COLUMNS)
