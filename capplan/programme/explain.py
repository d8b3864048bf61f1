"""Why a scheme is in or out, and the smallest change that flips it: every statement found, and checked, by solving again."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import CapplanError
from .instance import instance, total_value
from .payments import draws_or_none
from .shadow import money_prices
from .tipping import Change, tipping_points
from .what_if import Desk, Found, changed, with_spend

MOST_POTS = 2
"""So many pots are asked about, the ones in which money is shortest."""


@dataclass(frozen=True)
class Difference:
    """What is otherwise in a second programme: schemes that enter, leave and move, with their start years."""

    enters: dict
    leaves: dict
    moves: dict


@dataclass(frozen=True)
class Explanation:
    """Why one scheme is in or out.

    ``start_year`` is ``None`` where it is out. ``binding`` says what decides (``choice``, ``must``, ``required``,
    ``money``, ``alternative``, ``limit``, ``precedence``, ``worth``, ``no year``, ``conflict``) and ``because`` names
    it. ``lost`` is the value the other decision loses, as found; ``least`` and ``most`` are proved bounds of it,
    ``near_least`` and ``near_most`` bounds while the schemes that were not free to change stay as planned.
    ``difference`` is what the other decision changes. ``paid`` has ``pot_id, year, amount_gbp``. ``elsewhere`` maps each
    year of the scheme's spending to what a pound of its money earns elsewhere. ``better`` is the value by which a better
    programme than the one explained was found on the way, and ``otherwise`` says that that programme decides otherwise.
    """

    scheme: str
    start_year: int | None
    binding: str
    because: tuple
    lost: float
    least: float
    most: float
    near_least: float
    near_most: float
    difference: Difference | None
    paid: pd.DataFrame = field(repr=False)
    elsewhere: dict
    changes: tuple
    better: float
    otherwise: bool
    free: int
    whole: bool
    solved: int


def difference(before, after, scheme=None):
    """What is otherwise in a second programme.

    Parameters
    ----------
    before, after : dict
        Scheme to start year.
    scheme : str, optional
        Scheme left aside.

    Returns
    -------
    Difference
    """
    names = [name for name in {**before, **after} if name != scheme]
    return Difference({name: after[name] for name in names if name not in before},
                      {name: before[name] for name in names if name not in after},
                      {name: (before[name], after[name]) for name in names
                       if name in before and name in after and before[name] != after[name]})


def explain_scheme(candidates, choice, scheme, bound=None, gap=None, time_limit_s=None, threads=1, seed=0,
                   say=lambda text: None):
    """Why a scheme is in or out of a programme, and what would change it.

    Parameters
    ----------
    candidates : Candidates
        What the programme was chosen from.
    choice : dict
        The programme, scheme to start year.
    scheme : str
        The scheme asked about.
    bound : float, optional
        Value that no programme can exceed, where it is known.
    gap : float, optional
        Gap the programme was proved to, and with which it is checked that a change flips the decision; left out: 0.1%. [-]
    time_limit_s : float, optional
        Time for each solve; left out: by the size of the model. [s]
    threads, seed : int
        As for ``optimise``.
    say : callable
        Told what is being done.

    Returns
    -------
    Explanation

    Raises
    ------
    CapplanError
        If there is no such scheme, or the programme names what the candidates do not have.
    """
    if scheme not in set(candidates.schemes.scheme_id):
        raise CapplanError(f"There is no scheme {scheme!r} among the candidates{_similar(candidates, scheme)}.")
    inst = instance(candidates)
    strange = [f"{name} in {year}" for name, year in choice.items() if (name, year) not in inst.starts]
    if strange:
        raise CapplanError(f"The programme starts {', '.join(strange[:5])}, which these candidates do not offer.")
    desk = Desk(candidates, choice, time_limit_s=time_limit_s, threads=threads, seed=seed)
    say("Solving with and without it ...")
    base = base_programme(desk, choice, bound, scheme)
    inside = scheme in choice
    other = desk.best(scheme=scheme, inside=not inside)
    binding, because = _binding(desk, inst, base, other, scheme, inside)
    changes = ()
    if other is not None and other.choice is not None and (scheme in base.choice) == inside:
        changes = tipping_points(desk, base, other, scheme, _pots_in_order(candidates, inst, scheme), gap, say)
    return _explained(desk, inst, choice, scheme, base, other, binding, because, changes)


def _similar(candidates, scheme):
    """The schemes whose names hold what was typed."""
    alike = [name for name in candidates.schemes.scheme_id if scheme.lower() in name.lower()]
    return f"; did you mean {', '.join(alike[:5])}" if alike else ""


def base_programme(desk, choice, bound=None, scheme=None):
    """The best programme found with every decision left open, never worse than the one explained.

    Parameters
    ----------
    desk : Desk
    choice : dict
        The programme explained, scheme to start year.
    bound : float, optional
        Value that no programme can exceed, where it is known.
    scheme : str, optional
        Scheme the question is about.

    Returns
    -------
    Found
    """
    inst = instance(desk.candidates)
    found, planned = desk.best(scheme=scheme), total_value(inst, choice)
    ceiling = min(bound if bound is not None else float("inf"), found.ceiling if found else float("inf"))
    sound = draws_or_none(inst, choice) is not None
    if found is None or found.choice is None or (sound and planned >= found.value - 1e-9 * max(1.0, abs(planned))):
        near = found.bound if found else planned
        return Found(dict(choice), planned, max(planned, near), max(planned, ceiling), found.free if found else 0)
    return Found(found.choice, found.value, found.bound, max(found.value, ceiling), found.free)


def _pots_in_order(candidates, inst, scheme):
    """The pots that may pay for a scheme, where money is shortest first, one of each window; none with money to spare."""
    prices = money_prices(candidates).by_pot
    windows = {pot: (inst.pots.first_year[pot], inst.pots.last_year[pot]) for pot in inst.payers[scheme]}
    years = {year for pair, start in inst.starts.items() if pair[0] == scheme for year in start.spend}
    pots = [pot for pot, (first, last) in windows.items() if any(first <= year <= last for year in years)]
    dear = sorted((pot for pot in pots if prices[pot] > 1e-9), key=lambda pot: (-prices[pot], pots.index(pot)))
    return list({(windows[pot], round(prices[pot], 6)): pot for pot in reversed(dear)}.values())[::-1][:MOST_POTS]


def _binding(desk, inst, base, other, scheme, inside):
    """What decides, and the names of what it is."""
    flags = [need for need, pairs in inst.must.items() if any(name == scheme for name, _ in pairs)]
    if inside:
        if flags and (other is None or other.choice is None or not _optional(desk, scheme)):
            return "must", tuple(flags)
        callers = tuple(name for name, needed in inst.requires.items() if scheme in needed and name in base.choice)
        return ("required", callers) if callers and inst.starts[scheme, desk.choice[scheme]].value <= 0 else ("choice", ())
    starts = [start for pair, start in inst.starts.items() if pair[0] == scheme]
    if not starts:
        return "no year", ()
    if other is None:
        return "conflict", ()
    winners = _winners(inst, base.choice, scheme)
    if winners and not _decided_by_money(desk, scheme, winners):
        return "alternative", winners
    free = desk.best(with_spend(desk.candidates, scheme, -1.0), scheme)
    if free is not None and free.choice is not None and scheme in free.choice:
        return "money", winners
    return _binding_rule(desk, inst, base, scheme, starts, winners)


def _optional(desk, scheme):
    """Whether it would be in without its own flag as a must-do."""
    schemes = desk.candidates.schemes
    if "must_do" not in schemes:
        return True
    free = changed(desk.candidates, schemes=schemes.assign(must_do=schemes.must_do.where(schemes.scheme_id != scheme, "")))
    found = desk.best(free, scheme)
    return found is not None and found.choice is not None and scheme in found.choice


def _winners(inst, choice, scheme):
    """Chosen schemes that meet a need of this one's."""
    return tuple(dict.fromkeys(name for members in inst.groups.values() if scheme in members
                               for name in members if name in choice and name != scheme))


def _decided_by_money(desk, scheme, winners):
    """Whether it would stay out even if the alternatives that were chosen were not on offer."""
    years, spend = desk.candidates.scheme_years, desk.candidates.spend
    gone = changed(desk.candidates, scheme_years=years[~years.scheme_id.isin(winners)].reset_index(drop=True),
                   spend=spend[~spend.scheme_id.isin(winners)].reset_index(drop=True))
    found = desk.best(gone, scheme)
    return found is None or found.choice is None or scheme not in found.choice


def _binding_rule(desk, inst, base, scheme, starts, winners):
    """Out even at no cost: a limit, what it requires, an alternative, or that it is worth nothing."""
    limits = desk.candidates.limits
    for name in dict.fromkeys(limit.name.split(" ")[0] if limit.name not in set(limits.limit_id) else limit.name
                              for limit in inst.limits if any(pair[0] == scheme for pair in limit.weights)):
        rest = limits[limits.limit_id != name].reset_index(drop=True)
        free = desk.best(changed(with_spend(desk.candidates, scheme, -1.0), limits=rest), scheme)
        if len(rest) < len(limits) and free is not None and free.choice is not None and scheme in free.choice:
            return "limit", (name,)
    missing = tuple(name for name in inst.requires.get(scheme, ()) if name not in base.choice)
    if missing:
        return "precedence", missing
    if max(start.value for start in starts) <= 0:
        return "worth", ()
    return ("alternative", winners) if winners else ("worth", ())


def _explained(desk, inst, choice, scheme, base, other, binding, because, changes):
    inside = scheme in choice
    known = other is not None and other.choice is not None
    planned = total_value(inst, choice)
    paid = pd.DataFrame(columns=["pot_id", "year", "amount_gbp"])
    if inside:
        draws = draws_or_none(inst, choice)
        paid = paid if draws is None else draws[draws.scheme_id == scheme][["pot_id", "year", "amount_gbp"]]
    prices = money_prices(desk.candidates).by_scheme_year
    spent = {year for pair, start in inst.starts.items() if pair[0] == scheme and choice.get(scheme, pair[1]) == pair[1]
             for year in start.spend}
    return Explanation(
        scheme, choice.get(scheme), binding, because, base.value - other.value if known else np.inf,
        max(0.0, base.value - other.ceiling) if other is not None else np.inf,
        base.ceiling - other.value if known else np.inf,
        max(0.0, base.value - other.bound) if other is not None else np.inf,
        max(base.bound, base.value) - other.value if known else np.inf,
        difference(base.choice, other.choice, scheme) if known else None, paid.reset_index(drop=True),
        {year: prices.get((scheme, year), 0.0) for year in sorted(spent)}, tuple(changes),
        max(0.0, base.value - planned), (scheme in base.choice) != inside, base.free, desk.whole, desk.solved)


__all__ = ["Change", "Difference", "Explanation", "difference", "explain_scheme"]
