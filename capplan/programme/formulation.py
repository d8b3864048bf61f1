r"""What a programme is worth and the rules it keeps, one function for each family, with the algebra and unit.

Sets: schemes :math:`k`, start years :math:`t`, planning years :math:`y`, pots :math:`v` (a vintage of grant, or a year's
step of the reserves above their floor), eligibility classes :math:`c` (schemes that the same pots may pay for), bundles
:math:`b` (schemes that save when done together), packages :math:`p` (works let in at least a certain size, or not at all).

Variables: :math:`x_{kt} \in \{0, 1\}`, scheme :math:`k` starts in year :math:`t`; :math:`g_{cvy} \ge 0`, money that pot
:math:`v` pays to the schemes of class :math:`c` in year :math:`y` [GBP, nominal]; :math:`z_{bt} \in \{0, 1\}`, the schemes
of bundle :math:`b` all start in year :math:`t`; :math:`u_p \in \{0, 1\}`, package :math:`p` is let. Money flows per class
and not per scheme: the schemes of a class share their payers, so nothing is lost and the model is far smaller.
"""

import inspect
import re
from dataclasses import dataclass, field

import pulp

from .instance import Instance


@dataclass
class Model:
    """A PuLP problem, its variables by name, and how far each named rule may give (only in the elastic form)."""

    instance: Instance = field(repr=False)
    problem: pulp.LpProblem = field(repr=False)
    starts: dict = field(repr=False)
    flows: dict = field(repr=False)
    together: dict = field(default_factory=dict, repr=False)
    packages: dict = field(default_factory=dict, repr=False)
    totals: dict = field(default_factory=dict, repr=False)
    gives: dict = field(default_factory=dict, repr=False)

    def add(self, name, terms, sense, amount):
        """Add ``sum of terms  <sense>  amount`` under a name. ``terms`` is a list of (variable, coefficient); what is said
        of a variable more than once adds up."""
        total = {}
        for variable, coefficient in terms:
            total[variable] = total.get(variable, 0) + coefficient
        row = pulp.LpConstraint(pulp.LpAffineExpression(total), sense, name, amount)
        self.problem.addConstraint(row)


LE, GE, EQ = pulp.LpConstraintLE, pulp.LpConstraintGE, pulp.LpConstraintEQ


def build(inst, elastic=False):
    """The whole model of an instance.

    Parameters
    ----------
    inst : Instance
    elastic : bool
        Let money and limits give, at a price, to find out which rules cannot hold together.

    Returns
    -------
    Model
    """
    problem = pulp.LpProblem("programme", pulp.LpMinimize if elastic else pulp.LpMaximize)
    starts = {pair: problem.add_variable(f"start_{i}", cat=pulp.LpBinary) for i, pair in enumerate(inst.starts)}
    model = Model(inst, problem, starts, {})
    if elastic:
        shortfall(model)
    else:
        total_value(model)
    for family in FAMILIES:
        family(model)
    return model


def total_value(model):
    r"""Value of the programme, to be as large as possible [GBP, real, or points]: :math:`\max \sum_{kt} w_{kt} x_{kt}`."""
    starts = model.instance.starts
    model.problem.setObjective(pulp.LpAffineExpression([(x, starts[pair].value) for pair, x in model.starts.items()]))


def shortfall(model):
    r"""Only to say why no programme keeps all the rules, and which would have to give: extra money and broken limits, to
    be as small as possible [GBP]: :math:`\min \sum_y e_y + M \sum_l b_l`. Extra money :math:`e_y` is a pot that may pay
    for anything in year :math:`y` (each pound of it once); a limit may give by :math:`b_l`."""
    inst, problem = model.instance, model.problem
    years = sorted({year for start in inst.starts.values() for year in start.spend})
    extra = {("money", year): problem.add_variable(f"extra_money_{i}", 0) for i, year in enumerate(years)}
    limits = {("limit", i): problem.add_variable(f"broken_limit_{i}", 0) for i in range(len(inst.limits))}
    model.gives = extra | limits
    dearest = {}
    for pair, start in inst.starts.items():
        dearest[pair[0]] = max(dearest.get(pair[0], 0.0), sum(start.spend.values()))
    price = sum(dearest.values()) + 1.0
    weights = [(variable, 1.0) for variable in extra.values()] + [(variable, price) for variable in limits.values()]
    problem.setObjective(pulp.LpAffineExpression(weights))


def one_per_need(model):
    r"""A scheme starts once, and alternatives for one need exclude each other: :math:`\sum_{k \in n, t} x_{kt} \le 1`
    for each need :math:`n` (an exclusion group, or a scheme without one)."""
    for i, members in enumerate(model.instance.groups.values()):
        terms = [(model.starts[pair], 1) for scheme in members for pair in _starts_of(model, scheme)]
        if len(terms) > 1:
            model.add(f"one_per_need_{i}", terms, LE, 1)


def must_do(model):
    r"""A need that must be met is met by its year: :math:`\sum_{k \in n, t \le d_k} x_{kt} \ge 1`."""
    for i, pairs in enumerate(model.instance.must.values()):
        model.add(f"must_do_{i}", [(model.starts[pair], 1) for pair in pairs], GE, 1)


def started_no_later(model):
    r"""A scheme starts only if each scheme it requires started no later: :math:`\sum_{s \le t} x_{ks} \le \sum_{s \le t}
    x_{rs}` for each required :math:`r` and each start year :math:`t` of :math:`k`."""
    row = 0
    for scheme, required in model.instance.requires.items():
        for other in required:
            for _, year in _starts_of(model, scheme):
                terms = [(x, 1) for x in _started_by(model, scheme, year)]
                terms += [(x, -1) for x in _started_by(model, other, year)]
                model.add(f"started_no_later_{row}", terms, LE, 0)
                row += 1


def bundles(model):
    r"""A bundle saves only where all its schemes start in the same year: :math:`z_{bt} \le x_{kt}` for each :math:`k` of
    bundle :math:`b`. Each of them then saves the share :math:`s_b` of what it spends, in every year; the shares of several
    bundles add up."""
    row = 0
    for i, bundle in enumerate(model.instance.bundles):
        years = [{year for _, year in _starts_of(model, scheme)} for scheme in bundle.schemes]
        for year in sorted(set.intersection(*years)):
            z = model.problem.add_variable(f"together_{i}_{year}".replace("-", "m"), cat=pulp.LpBinary)
            model.together[i, year] = z
            for scheme in bundle.schemes:
                model.add(f"bundle_{row}", [(z, 1), (model.starts[scheme, year], -1)], LE, 0)
                row += 1


def fully_paid(model):
    r"""What the schemes of a class spend in a year (:math:`a_{kty}`, without what others contribute), less what bundles
    save, is paid in full [GBP]: :math:`\sum_v g_{cvy} = \sum_{k \in c, t} a_{kty} (x_{kt} - \sum_{b \ni k} s_b z_{bt})`,
    over the pots :math:`v` of class :math:`c` whose window holds year :math:`y`. A pot that asks for match funding pays no
    more than its share :math:`m_v` of that: :math:`g_{cvy} \le m_v \sum_{k \in c, t} a_{kty} (x_{kt} - \sum_b s_b
    z_{bt})`."""
    inst = model.instance
    for i, (pots, schemes) in enumerate(inst.classes().items()):
        owed = _owed(model, schemes)
        for year in sorted(owed):
            open_pots = [pot for pot in pots if inst.terms[pot].first_year <= year <= inst.terms[pot].last_year]
            payers = [(_flow(model, i, pot, year), 1) for pot in open_pots]
            for (flow, _), most in zip(payers, (inst.terms[pot].most_share for pot in open_pots), strict=True):
                if most < 1:
                    model.add(f"most_share_{flow.name}", [(flow, 1), *((x, -most * cost) for x, cost in owed[year])], LE, 0)
            if ("money", year) in model.gives:
                payers.append((_flow(model, i, ("money", year), year), 1))
            model.add(f"fully_paid_{i}_{year}".replace("-", "m"), payers + [(x, -cost) for x, cost in owed[year]],
                      GE if model.gives else EQ, 0)


def pot_amount(model):
    r"""A pot pays no more than it holds, inside its window of years [GBP]: :math:`\sum_{c, y} g_{cvy} \le A_v`. One that
    comes with a scheme :math:`k` (a bid, a loan) pays only once that has started: :math:`\sum_c g_{cvy} \le A_v
    \sum_{t \le y} x_{kt}`."""
    drawn, by_year = {}, {}
    for (_, pot, year), flow in model.flows.items():
        drawn.setdefault(pot, []).append((flow, 1))
        by_year.setdefault((pot, year), []).append((flow, 1))
    for i, (pot, terms) in enumerate(model.instance.terms.items()):
        if pot in drawn:
            model.add(f"pot_amount_{i}", drawn[pot], LE, terms.amount)
    for i, ((pot, year), paid) in enumerate(by_year.items()):
        terms = model.instance.terms.get(pot)
        if terms is not None and terms.with_scheme:
            begun = [(x, -terms.amount) for x in _started_by(model, terms.with_scheme, year)]
            model.add(f"with_scheme_{i}", paid + begun, LE, 0)
    for i, (pot, extra) in enumerate(model.gives.items()):
        if pot in drawn:
            model.add(f"extra_money_drawn_{i}", [*drawn[pot], (extra, -1)], LE, 0)


def limits(model):
    r"""What is started or spent in a site, school, trade or the trust keeps to a limit (schemes, GBP or a measure):
    :math:`\sum_{kt} m_{kt} x_{kt} \le L`, or :math:`\ge L`. Spending counts as priced, before bundles save. Where the limit
    is a share :math:`L` of the total over all schemes, :math:`T = \sum_{kt} m_{kt} x_{kt}`, it is :math:`L T`. A package is
    at least :math:`L`, or nothing: :math:`L u_p \le \sum_{kt} m_{kt} x_{kt} \le M_p u_p`, with :math:`M_p` all it could
    be."""
    for i, limit in enumerate(model.instance.limits):
        terms = [(model.starts[pair], weight) for pair, weight in limit.weights.items()]
        held_to = None if limit.total is None else _total(model, limit.total)
        if limit.or_none:
            held_to = model.packages[i] = model.problem.add_variable(f"package_{i}", cat=pulp.LpBinary)
            most = sum(weight for _, weight in terms if weight > 0)
            model.add(f"package_{i}", [*terms, (held_to, -most)], LE, 0)
        if held_to is not None:
            terms.append((held_to, -limit.amount))
        if ("limit", i) in model.gives:
            terms.append((model.gives["limit", i], -1 if limit.sense == "<=" else 1))
        if not terms:
            terms = [(next(iter(model.starts.values())), 0)] if model.starts else []
        model.add(f"limit_{i}", terms, LE if limit.sense == "<=" else GE, limit.amount if held_to is None else 0)


def _total(model, measure):
    """The variable that stands for a measure over all schemes, defined once."""
    key = measure.name, measure.year
    if key not in model.totals:
        model.totals[key] = model.problem.add_variable(f"total_{len(model.totals)}")
        pairs = model.instance.pairs
        terms = [(model.starts[pairs[place]], weight)
                 for place, weight in zip(measure.place.tolist(), measure.weight.tolist(), strict=True)]
        model.add(f"total_{len(model.totals) - 1}", [*terms, (model.totals[key], -1)], EQ, 0)
    return model.totals[key]


FAMILIES = (one_per_need, must_do, started_no_later, bundles, fully_paid, pot_amount, limits)


def _flow(model, index, pot, year):
    flow = model.problem.add_variable(f"pays_{len(model.flows)}", 0)
    model.flows[index, pot, year] = flow
    return flow


def _starts_of(model, scheme):
    return [model.instance.pairs[place] for place in model.instance.by_scheme.get(scheme, ())]


def _started_by(model, scheme, year):
    return [model.starts[pair] for pair in _starts_of(model, scheme) if pair[1] <= year]


def _owed(model, schemes):
    """What a class spends, by year: each start's cost, and what each bundle takes off it, as (variable, cost)."""
    inst, owed = model.instance, {}
    for scheme in schemes:
        for pair in _starts_of(model, scheme):
            for year, cost in inst.starts[pair].spend.items():
                owed.setdefault(year, []).append((model.starts[pair], cost))
    members = set(schemes) if model.together else ()
    for (i, start), z in model.together.items():
        for scheme in inst.bundles[i].schemes:
            for year, cost in inst.starts[scheme, start].spend.items() if scheme in members else ():
                owed.setdefault(year, []).append((z, -inst.bundles[i].saving_share * cost))
    return owed


SYMBOLS = (
    ("x_{kt}", "0 or 1", "scheme k starts in year t"), ("g_{cvy}", "GBP nominal", "what pot v pays to class c in year y"),
    ("z_{bt}", "0 or 1", "all schemes of bundle b start in year t"), ("u_p", "0 or 1", "package p is let"),
    ("w_{kt}", "GBP real, or points", "value of starting k in t: `value` of scheme_years"),
    ("d_k", "year", "latest start of k that meets a must-do: `must_do` of schemes"),
    ("a_{kty}", "GBP nominal", "what k spends in y if it starts in t, less what others contribute: `cost` of spend"),
    ("s_b", "share", "saving of bundle b: `saving_share` of bundles"),
    ("m_v", "share", "most of a bill that pot v pays: `most_share` of pots"),
    ("A_v", "GBP nominal", "what pot v holds: `amount` of pots"),
    ("m_{kt}", "as its measure", "what k counts for in a limit if it starts in t"),
    ("L", "as its measure, or share", "a limit: `amount` of limits"), ("T", "as its measure", "a measure over all schemes"),
    ("M_p", "as its measure", "all that package p could be"), ("e_y", "GBP nominal", "extra money in year y"),
    ("b_l", "as its measure", "by how much limit l gives"), ("M", "GBP per unit", "a price beyond all costs together"))
"""Every symbol of the page, its unit and what it is."""
IN_THESE_TERMS = (
    ("the floor under the reserves", "the headroom above it, least from each year on, are pots open to the end of the plan"),
    ("grants that lapse", "a pot for each award, open in the years it may be spent in"),
    ("must not, and committed works", "no start year listed; one start year listed, and a must-do"),
    ("a bid, a loan", "a scheme that costs what making or repaying it does, and a pot that comes with it"),
    ("several rounds of winning and losing", "`capplan bids` chooses what is done before outcomes are known"),
    ("site, trade and summer limits", "upper limits by site, school or trade and year"),
    ("fair shares, contributed and received", "limits of a school that are a share of the total"),
    ("carbon, places, suitability, service levels", "limits on further columns of scheme_years, or weighed into the value"),
    ("keeping to an approved programme", "limits on what is kept less what is added; first years held as approved"),
    ("several objectives", "`capplan objectives`: values weighed, taken in order as limits, or one limited and one sought"))
"""What a trust may ask for, and how it is said with these rules."""


def page(plain=False):
    """The algebra as one page, from the docstrings of this module, with every symbol and its unit.

    Parameters
    ----------
    plain : bool
        Written for a screen; else with the mathematics as LaTeX.

    Returns
    -------
    str
        Markdown.
    """
    parts = ["# The formulation", "", inspect.cleandoc(__doc__), ""]
    for family in (total_value, *FAMILIES, shortfall):
        parts += [f"## {family.__name__.replace('_', ' ')}", "", inspect.cleandoc(family.__doc__), ""]
    parts += ["## Symbols", "", "| symbol | unit | meaning |", "|---|---|---|"]
    parts += [f"| :math:`{symbol}` | {unit} | {meaning} |" for symbol, unit, meaning in SYMBOLS]
    parts += ["", "## What is said in these terms", "", "| asked for | said as |", "|---|---|"]
    parts += [f"| {asked} | {said} |" for asked, said in IN_THESE_TERMS]
    text = "\n".join(parts) + "\n"
    return _for_a_screen(text) if plain else text


SIGNS = {r"\sum": "Σ", r"\le": "≤", r"\ge": "≥", r"\in": "∈", r"\ni": "∋", r"\max": "max", r"\min": "min", r"\{": "{",
         r"\}": "}"}


def _for_a_screen(text):
    """Mathematics without its marks: Σ[k, t] w_kt x_kt."""
    def said(found):
        """One formula."""
        formula = " ".join(found[1].split())
        formula = re.sub(r"\\sum_(?:\{([^{}]*)\}|(\w))", lambda each: f"\\sum[{each[1] or each[2]}]", formula)
        formula = re.sub(r"\[(\w)(\w)\]", r"[\1, \2]", re.sub(r"_\{(\w+)\}", r"_\1", formula))
        return re.sub(r"\\(?:[a-z]+|[{}])", lambda each: SIGNS[each[0]], formula)

    return re.sub(r":math:`([^`]*)`", said, text)
