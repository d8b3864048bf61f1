"""Envelopes: what more or less money would do, and what each rule of the plan costs."""

from dataclasses import dataclass, field, replace

import numpy as np

from ..errors import InfeasibleError
from ..machines import spread
from ..money import money
from .optimise import Programme, optimise

TODAY = 1.0


@dataclass(frozen=True)
class Envelope:
    """A share of today's money and the best programme for it; where there is none, why. [GBP nominal, -]"""

    share: float
    money_gbp: float
    programme: Programme | None = field(repr=False)
    reason: str = ""


@dataclass(frozen=True)
class RulePrice:
    """What the programme would be worth without a rule of the plan, and the bounds of what the rule costs. [GBP]"""

    rule: str
    programme: Programme | None = field(repr=False)
    least_gbp: float
    most_gbp: float


def envelopes(candidates, points=20, most=2.0, gap=None, time_limit_s=None, threads=1, seed=0, say=lambda text: None,
              executor=None):
    """The best programmes for less and more money, every pot smaller or larger by the same share.

    Parameters
    ----------
    candidates : Candidates
    points : int
        How many envelopes, at least 2.
    most : float
        Largest share of today's money, above 1. [-]
    gap, time_limit_s, threads, seed
        As for ``optimise``, for each envelope.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where envelopes are sent, one after the other, as each starts from the one before; left out: nowhere.

    Returns
    -------
    list of Envelope
        From the smallest; one of them is today's money. Each is at least as good as the one before it, whose programme it
        starts from.

    Raises
    ------
    ValueError
        If there are fewer than two points, or the most is not above today's money.

    Notes
    -----
    Assumes that every pot grows and shrinks alike, what the reserves hold above their floor too. *Counterexample:* a cut
    to one grant; change its row and run again.
    """
    if points < 2 or most <= TODAY:
        raise ValueError("Envelopes need at least two points and a largest share above 1.")
    shares = np.linspace(most / points, most, points)
    shares[np.argmin(np.abs(shares - TODAY))] = TODAY
    found, known = [], None
    for share in shares:
        say(f"{share:.0%} of today's money, £{candidates.pots.amount.sum() * share:,.0f} ...")
        found.append(envelope(candidates, float(share), "", known, gap, time_limit_s, threads, seed, executor))
        known = found[-1].programme.choice if found[-1].programme else known
    return found


def envelope(candidates, share, route="", known=None, gap=None, time_limit_s=None, threads=1, seed=0,
             executor=None):
    """The best programme for another sum of money.

    Parameters
    ----------
    candidates : Candidates
    share : float
        Of today's money. [-]
    route : str
        The only route whose pots are larger or smaller; blank: all of them.
    known : dict, optional
        A programme that this money pays for too, scheme to start year: the search starts from it.
    gap, time_limit_s, threads, seed
        As for ``optimise``.
    executor : Executor, optional
        Where it is solved; in this process if left out.

    Returns
    -------
    Envelope
        ``share`` and ``money_gbp`` are of all pots together. Without a programme where none obeys the rules.
    """
    own, total = candidates.pots, float(candidates.pots.amount.sum())
    scaled = (own.amount * share).round(2).where((own.route == route) | (route == ""), own.amount)
    money_gbp = float(scaled.sum())
    whole = share if route == "" or total <= 0 else money_gbp / total
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": threads, "seed": seed, "known": known}
    try:
        programme, = spread(_best, [(_with(candidates, {"pots": own.assign(amount=scaled)}), settings)], executor)
    except InfeasibleError as error:
        return Envelope(float(whole), money_gbp, None, str(error))
    return Envelope(float(whole), money_gbp, programme)


def price_list(candidates, programme, gap=None, time_limit_s=None, threads=1, seed=0, say=lambda text: None,
               executor=None):
    """What each rule of the plan costs: its value without the rule, less its value with it.

    Parameters
    ----------
    candidates : Candidates
        Proposed from an estate.
    programme : Programme
        The programme with every rule.
    gap, time_limit_s, threads, seed
        As for ``optimise``, for each rule.
    say : callable
        Told what is being done.
    executor : executor, optional
        Where rules are sent, as ``machines.spread`` takes it; left out: nowhere.

    Returns
    -------
    list of RulePrice
        For the floor under the reserves, what must be done, service levels, and limits on delivery, where the plan has
        them. A price lies between the value found without the rule less the bound with it, and the bound without it less
        the value found with it.

    Notes
    -----
    Each rule is dropped alone. *Counterexample:* two rules that forbid the same thing cost nothing one by one.
    """
    settings = {"gap": gap, "time_limit_s": time_limit_s, "threads": threads, "seed": seed, "known": programme.choice}
    rules = list(_without_each_rule(candidates))
    say(f"Without {', without '.join(rule for rule, _ in rules)} ..." if rules else "No rules to price.")
    found = spread(_best, [(_with(candidates, frames), settings) for _, frames in rules], executor)
    return [RulePrice(rule, best, max(0.0, best.objective - programme.bound), best.bound - programme.objective)
            for (rule, _), best in zip(rules, found, strict=True)]


def _best(candidates, settings):
    return optimise(candidates, compared=False, **settings)


def _with(candidates, frames):
    """The candidates with other tables. The trust's own reserves are not those of other money, so they are left out."""
    return replace(candidates, _frames={**candidates._frames, **frames}, money=None)


def _without_each_rule(candidates):
    """Each rule of the plan, with the tables as they are without it."""
    outlook = candidates.outlook
    no_floor = outlook.scenario.reserves.model_copy(update={"floor_share": 0.0, "floor_gbp": 0.0})
    pots = money(outlook.estate, outlook.scenario.model_copy(update={"reserves": no_floor}), outlook.energy).pots
    if not pots.amount.round(2).equals(candidates.pots.amount.round(2)):
        yield "the floor under the reserves", {"pots": pots}
    if (candidates.schemes.must_do != "").any():
        yield "the list of what must be done", {"schemes": candidates.schemes.assign(must_do="")}
    limits = candidates.limits
    for name, own in (("the service levels", limits.sense == ">="), ("the limits on delivery", limits.sense == "<=")):
        if own.any():
            yield name, {"limits": limits[~own]}
