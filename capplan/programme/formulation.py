r"""The formulation: one function per family of constraints, its algebra and unit in its docstring.

Sets: schemes :math:`k`, start years :math:`t`, planning years :math:`y`, pots :math:`v` (a vintage of grant, or a year's
step of the reserves above their floor), eligibility classes :math:`c` (schemes that the same pots may pay for).

Variables: :math:`x_{kt} \in \{0, 1\}`, scheme :math:`k` starts in year :math:`t`; :math:`g_{cvy} \ge 0`, money that pot
:math:`v` pays to the schemes of class :math:`c` in year :math:`y` [GBP, nominal]. Money flows per class and not per
scheme: the schemes of a class share their payers, so nothing is lost and the model is far smaller.
"""

import inspect
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
    gives: dict = field(default_factory=dict, repr=False)

    def add(self, name, terms, sense, amount):
        """Add ``sum of terms  <sense>  amount`` under a name. ``terms`` is a list of (variable, coefficient)."""
        row = pulp.LpConstraint(pulp.LpAffineExpression(terms), sense, name, amount)
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
    r"""Elastic form only: extra money and broken limits, to be as small as possible [GBP]: :math:`\min \sum_y e_y + M
    \sum_l b_l`. Extra money :math:`e_y` is a pot that may pay for anything in year :math:`y` (each pound of it once); a
    limit may give by :math:`b_l`."""
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
    by_scheme = _by_scheme(model)
    for i, members in enumerate(model.instance.groups.values()):
        terms = [(model.starts[pair], 1) for scheme in members for pair in by_scheme.get(scheme, ())]
        if len(terms) > 1:
            model.add(f"one_per_need_{i}", terms, LE, 1)


def must_do(model):
    r"""A need that must be met is met by its year: :math:`\sum_{k \in n, t \le d_k} x_{kt} \ge 1`."""
    for i, pairs in enumerate(model.instance.must.values()):
        model.add(f"must_do_{i}", [(model.starts[pair], 1) for pair in pairs], GE, 1)


def started_no_later(model):
    r"""A scheme starts only if each scheme it requires started no later: :math:`\sum_{s \le t} x_{ks} \le \sum_{s \le t}
    x_{rs}` for each required :math:`r` and each start year :math:`t` of :math:`k`."""
    by_scheme, row = _by_scheme(model), 0
    for scheme, required in model.instance.requires.items():
        for other in required:
            for _, year in by_scheme.get(scheme, ()):
                terms = [(model.starts[pair], 1) for pair in by_scheme[scheme] if pair[1] <= year]
                terms += [(model.starts[pair], -1) for pair in by_scheme.get(other, ()) if pair[1] <= year]
                model.add(f"started_no_later_{row}", terms, LE, 0)
                row += 1


def fully_paid(model):
    r"""What the schemes of a class spend in a year is paid in full [GBP]: :math:`\sum_v g_{cvy} = \sum_{k \in c, t}
    a_{kty} x_{kt}`, over the pots :math:`v` of class :math:`c` whose window holds year :math:`y`."""
    inst = model.instance
    by_scheme = _by_scheme(model)
    for i, (pots, schemes) in enumerate(inst.classes().items()):
        bills = {}
        for scheme in schemes:
            for pair in by_scheme.get(scheme, ()):
                for year, cost in inst.starts[pair].spend.items():
                    bills.setdefault(year, []).append((model.starts[pair], -cost))
        for year in sorted(bills):
            payers = [(_flow(model, i, pot, year), 1) for pot in pots
                      if inst.pots.first_year[pot] <= year <= inst.pots.last_year[pot]]
            if ("money", year) in model.gives:
                payers.append((_flow(model, i, ("money", year), year), 1))
            model.add(f"fully_paid_{i}_{year}".replace("-", "m"), payers + bills[year],
                      GE if model.gives else EQ, 0)


def pot_amount(model):
    r"""A pot pays no more than it holds, inside its window of years [GBP]: :math:`\sum_{c, y} g_{cvy} \le A_v`."""
    drawn = {}
    for (_, pot, _), flow in model.flows.items():
        drawn.setdefault(pot, []).append((flow, 1))
    for i, pot in enumerate(model.instance.pots.index):
        if pot in drawn:
            model.add(f"pot_amount_{i}", drawn[pot], LE, float(model.instance.pots.amount[pot]))
    for i, (pot, extra) in enumerate(model.gives.items()):
        if pot in drawn:
            model.add(f"extra_money_drawn_{i}", [*drawn[pot], (extra, -1)], LE, 0)


def limits(model):
    r"""What is started or spent in a site, school, trade or the trust keeps to a limit (schemes, GBP or a measure):
    :math:`\sum_{kt} m_{kt} x_{kt} \le L`, or :math:`\ge L`."""
    for i, limit in enumerate(model.instance.limits):
        terms = [(model.starts[pair], weight) for pair, weight in limit.weights.items()]
        if ("limit", i) in model.gives:
            terms.append((model.gives["limit", i], -1 if limit.sense == "<=" else 1))
        if not terms:
            terms = [(next(iter(model.starts.values())), 0)] if model.starts else []
        model.add(f"limit_{i}", terms, LE if limit.sense == "<=" else GE, limit.amount)


FAMILIES = (one_per_need, must_do, started_no_later, fully_paid, pot_amount, limits)


def _flow(model, index, pot, year):
    flow = model.problem.add_variable(f"pays_{len(model.flows)}", 0)
    model.flows[index, pot, year] = flow
    return flow


def _by_scheme(model):
    found = {}
    for pair in model.starts:
        found.setdefault(pair[0], []).append(pair)
    return found


def page():
    """The algebra as one page, from the docstrings of this module.

    Returns
    -------
    str
        Markdown.
    """
    parts = ["# The formulation", "", inspect.cleandoc(__doc__), ""]
    for family in (total_value, *FAMILIES, shortfall):
        parts += [f"## {family.__name__.replace('_', ' ')}", "", inspect.cleandoc(family.__doc__), ""]
    return "\n".join(parts)
