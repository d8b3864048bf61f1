"""Who pays for what: from a choice of start years to a draw from a pot for every scheme and year."""

from collections import defaultdict

import pandas as pd

from ..candidates import CONTRIBUTIONS
from ..errors import SolverError
from .instance import bills as bills_of
from .solver import least_cost_payment, least_unpaid

DRAW_COLUMNS = ["scheme_id", "pot_id", "year", "amount_gbp"]
EXACT_GBP = 1e-6


def payment_order(pots):
    """Pots in the order they should be used: what lapses first before what lapses later, grants before reserves.

    Returns
    -------
    list of str
    """
    reserves = pots.route.eq("reserves") if "route" in pots else pd.Series(False, pots.index)
    return list(pots.assign(own=reserves).sort_values(["own", "last_year", "first_year"], kind="stable").index)


def draws(inst, choice):
    """Pay for a choice of start years.

    Parameters
    ----------
    inst : Instance
    choice : dict
        Scheme to start year.

    Returns
    -------
    DataFrame
        ``scheme_id, pot_id, year, amount_gbp`` (nominal), one row per payment; what others pay comes from ``contributions``.

    Raises
    ------
    SolverError
        If the pots cannot pay for the choice.
    """
    found = draws_or_none(inst, choice)
    if found is None:
        raise SolverError("The pots cannot pay for this choice of schemes.")
    return found


def draws_or_none(inst, choice):
    """As ``draws``, with ``None`` where the pots cannot pay."""
    bills, schemes, place = _bills(inst, choice)
    paid = least_cost_payment(bills, *_purses(inst, choice, place))
    if paid is None:
        return None
    others = [[scheme, CONTRIBUTIONS, year, round(amount, 4)] for scheme, start in choice.items()
              for year, amount in inst.contributed.get((scheme, start), {}).items()]
    return _share_out(inst, paid, schemes, place, others)


def unpaid(inst, choice):
    """What the pots cannot pay of a choice of start years, used as well as can be and the earlier years first.

    Parameters
    ----------
    inst : Instance
    choice : dict
        Scheme to start year.

    Returns
    -------
    dict
        Year of spending to the sum that no pot can pay. [GBP]
    """
    bills, _, place = _bills(inst, choice)
    short = dict.fromkeys(sorted({year for _, year in bills}), 0.0)
    for (_, year), amount in least_unpaid(bills, *_purses(inst, choice, place)).items():
        short[year] += amount
    return short


def _bills(inst, choice):
    """What each class of payers owes in each year, the schemes behind it, and the place of each pot in the order of use."""
    place = {pot: i for i, pot in enumerate(payment_order(inst.pots))}
    bills, schemes = defaultdict(float), defaultdict(list)
    payers = {pots: tuple(sorted(pots, key=place.get)) for pots in set(inst.payers.values())}
    for (scheme, year), cost in bills_of(inst, choice).items():
        key = payers[inst.payers[scheme]], year
        bills[key] += cost
        schemes[key].append((scheme, cost))
    return dict(bills), schemes, place


def _purses(inst, choice, order):
    """The window, the amount and the most share of each pot, in the order of use. One that comes with a scheme opens when
    that starts, and never where it does not."""
    windows = {}
    for pot in order:
        terms = inst.terms[pot]
        first, scheme = terms.first_year, terms.with_scheme
        if scheme:
            first = max(first, choice[scheme]) if scheme in choice else terms.last_year + 1
        windows[pot] = first, terms.last_year
    return windows, {pot: inst.terms[pot].amount for pot in order}, {pot: inst.terms[pot].most_share for pot in order}


def _share_out(inst, paid, schemes, place, rows):
    """Split what each pot pays to a class in a year over its schemes: in proportion where it may pay a share only, else one
    after the other; added to what others pay."""
    purses = defaultdict(list)
    for (key, pot), amount in paid.items():
        purses[key].append([pot, amount])
    for key, members in schemes.items():
        total, purse = sum(cost for _, cost in members), sorted(purses[key], key=lambda entry: place[entry[0]])
        shared = [entry for entry in purse if inst.terms[entry[0]].most_share < 1]
        purse = [entry for entry in purse if inst.terms[entry[0]].most_share >= 1]
        for scheme, cost in members:
            left = cost
            for pot, amount in shared:
                rows.append([scheme, pot, key[1], round(amount * cost / total, 4)])
                left -= amount * cost / total
            while left > EXACT_GBP and purse:
                pot, held = purse[0]
                share = min(left, held)
                rows.append([scheme, pot, key[1], round(share, 4)])
                left, purse[0][1] = left - share, held - share
                if purse[0][1] <= EXACT_GBP:
                    purse.pop(0)
    return pd.DataFrame(rows, columns=DRAW_COLUMNS)
