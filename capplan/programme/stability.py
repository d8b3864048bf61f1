"""A programme that keeps to the one approved: no more changes than are allowed, or only those that are worth their price."""

from dataclasses import dataclass, field, replace

from ..candidates.approved import PRICE, added_limits, beside, limit_row, with_approved
from ..errors import AuditError
from .audit import audit
from .instance import instance, total_value
from .optimise import Programme, optimise
from .payments import draws as pay

PENNY_GBP = 0.01


@dataclass(frozen=True)
class Steady:
    """A programme beside an approved one. ``free`` is the best there is without regard to it, ``None`` where no rule
    asks for any; ``price_gbp`` the price of its changes."""

    programme: Programme = field(repr=False)
    free: Programme | None = field(repr=False)
    price_gbp: float

    @property
    def costs_least_gbp(self):
        """What keeping to the approved programme costs in value at the least. [GBP]"""
        return max(0.0, self.free.objective - self.programme.bound) if self.free else 0.0

    @property
    def costs_most_gbp(self):
        """And at the most. [GBP]"""
        return max(0.0, self.free.bound - self.programme.objective) if self.free else 0.0


def steady(candidates, starts, rules, say=lambda text: None, **settings):
    """The best programme that keeps to an approved one as the rules have it.

    Parameters
    ----------
    candidates : Candidates
    starts : dict
        The approved programme, scheme to start year.
    rules : Stability
        Most changes, their prices, years that are fixed.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``, for each programme.

    Returns
    -------
    Steady
        Its programme's candidates hold it to no more changes, or no dearer ones, than it makes: its bound is true among the
        programmes that do, and everything that can be asked of a programme can be asked of it.

    Raises
    ------
    InfeasibleError
        Where no programme keeps to the approved one that far.

    Notes
    -----
    A change is made under a price only where it is worth that much. Prices are taken off the value for the choice only;
    what is told afterwards is value. Assumes that every change is as bad as any other of its sort. *Counterexample:* moving
    a scheme whose contract is signed; hold its year fixed.

    References
    ----------
    .. [1] Everett, H. (1963), Generalized Lagrange multiplier method for solving problems of optimum allocation of
       resources. Operations Research 11(3), 399-417.
    """
    approved = beside(candidates, starts)
    tracked, known = with_approved(candidates, approved, rules), approved.starts
    if not rules.asked:
        return Steady(optimise(tracked, known=known, **settings), None, 0.0)
    if max(rules.prices_gbp) > 0:
        programme = _at_a_price(tracked, approved, rules, known, settings)
    else:
        programme = optimise(tracked, known=known, **settings)
    say("The best programme without regard to the approved one ...")
    free = optimise(with_approved(candidates, approved, type(rules)()), known=programme.choice, **settings)
    return Steady(programme, free, price_of(programme, approved, rules))


def price_of(programme, approved, rules):
    """What the changes of a programme cost at the prices of the rules. [GBP]"""
    years = programme.candidates.scheme_years
    made = [programme.choice.get(scheme) == year for scheme, year in zip(years.scheme_id, years.start_year, strict=True)]
    return float(rules.prices_gbp[1] * len(approved.starts) - years.loc[made, PRICE].sum())


def _at_a_price(tracked, approved, rules, known, settings):
    """The programme of most value less the price of its changes, held by a limit to changes no dearer than it makes."""
    years = tracked.scheme_years
    priced = replace(tracked, _frames={**tracked._frames, "scheme_years": years.assign(value=years.value + years[PRICE])})
    found = optimise(priced, known=known, **settings)
    made = replace(found, candidates=tracked)
    price = price_of(made, approved, rules)
    least = rules.prices_gbp[1] * len(approved.starts) - price
    row = limit_row("approved: price of changes", PRICE, ">=", round(least, 2) - PENNY_GBP)
    held, inst = added_limits(tracked, years, [row]), instance(tracked)
    value, draws = total_value(inst, found.choice), pay(inst, found.choice)
    wrong = audit(held, found.choice, draws, value)
    if wrong:
        raise AuditError("The audit does not accept the programme (a defect; please report it): " + "; ".join(wrong[:10]))
    answer = replace(found.answer, objective=value, bound=value + max(0.0, found.bound - found.objective) + PENNY_GBP)
    return replace(made, candidates=held, draws=draws, answer=answer)
