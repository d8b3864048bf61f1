"""Published instances with known optima, read as candidates folders made elsewhere and solved by the same functions.

Several resources of one year are limits on columns of ``scheme_years.csv``; a budget is a pot; alternatives are an
exclusion group; several budget years are pots of several years.
"""

import itertools

import pandas as pd
import pytest
from folders import folder, once, read
from instances import write_folder

from capplan import optimise, read_candidates

both_solvers = pytest.mark.parametrize("solver", ["highs", "cbc"])


def multidimensional(profits, weights, capacities):
    """A multidimensional 0-1 knapsack: one limit per resource over all years, nothing to pay."""
    names = [f"item {i + 1:02}" for i in range(len(profits))]
    years = pd.DataFrame({"scheme_id": names, "start_year": 0, "value": profits,
                          **{f"resource_{j + 1}": row for j, row in enumerate(weights)}})
    limits = pd.DataFrame([{"limit_id": f"L{j + 1}", "scope": "all", "measure": f"resource_{j + 1}", "sense": "<=",
                            "amount": capacity} for j, capacity in enumerate(capacities)])
    pots = pd.DataFrame([{"pot_id": "none", "amount": 0, "first_year": 0, "last_year": 0}])
    spend = pd.DataFrame({"scheme_id": names, "start_year": 0, "year": 0, "cost": 0})
    return {"schemes": pd.DataFrame({"scheme_id": names}), "scheme_years": years, "spend": spend, "pots": pots,
            "limits": limits}


PETERSEN_1 = ([100, 600, 1200, 2400, 500, 2000],
              [[8, 12, 13, 64, 22, 41], [8, 12, 13, 75, 22, 41], [3, 6, 4, 18, 6, 4], [5, 10, 8, 32, 6, 12],
               [5, 13, 8, 42, 6, 20], [5, 13, 8, 48, 6, 20], [0, 0, 0, 0, 8, 0], [3, 0, 4, 0, 8, 0], [3, 2, 4, 0, 8, 4],
               [3, 2, 4, 8, 8, 4]],
              [80, 96, 20, 36, 44, 48, 10, 18, 22, 24])
WEING_PROFITS = [1898, 440, 22507, 270, 14148, 3100, 4650, 30800, 615, 4975, 1160, 4225, 510, 11880, 479, 440, 490, 330, 110,
                 560, 24355, 2885, 11748, 4550, 750, 3720, 1950, 10500]
WEING_WEIGHTS = [[45, 0, 85, 150, 65, 95, 30, 0, 170, 0, 40, 25, 20, 0, 0, 25, 0, 0, 25, 0, 165, 0, 85, 0, 0, 0, 0, 100],
                 [30, 20, 125, 5, 80, 25, 35, 73, 12, 15, 15, 40, 5, 10, 10, 12, 10, 9, 0, 20, 60, 40, 50, 36, 49, 40, 19,
                  150]]


@both_solvers
@pytest.mark.parametrize(("instance", "optimum"), [
    (PETERSEN_1, 3800), ((WEING_PROFITS, WEING_WEIGHTS, [600, 600]), 141278),
    ((WEING_PROFITS, WEING_WEIGHTS, [500, 500]), 130883)], ids=["Petersen 1", "Weing 1", "Weing 2"])
def test_multidimensional_knapsacks(instance, optimum, solver, tmp_path):
    """Optima as OR-Library gives them (files mknap1 and mknap2).

    C. C. Petersen, Computational experience with variants of the Balas algorithm applied to the selection of R&D
    projects, Management Science 13(9), 1967, 736-750; H. M. Weingartner and D. N. Ness, Methods for the solution of the
    multidimensional 0/1 knapsack problem, Operations Research 15(1), 1967, 83-103; J. E. Beasley, OR-Library:
    distributing test problems by electronic mail, Journal of the Operational Research Society 41(11), 1990, 1069-1072.
    """
    programme = optimise(read_candidates(write_folder(multidimensional(*instance), tmp_path)), gap=0, solver=solver)
    assert programme.objective == optimum
    assert programme.bound == pytest.approx(optimum)
    chosen = [int(name.split()[1]) - 1 for name in programme.choice]
    for row, capacity in zip(*instance[1:], strict=True):
        assert sum(row[i] for i in chosen) <= capacity


KREHER_STINSON = {"profits": [135, 139, 149, 150, 156, 163, 173, 184, 192, 201, 210, 214, 221, 229, 240],
                  "weights": [70, 73, 77, 80, 82, 87, 90, 94, 98, 106, 110, 113, 115, 118, 120], "capacity": 750,
                  "optimum": 1458, "chosen": {1, 3, 5, 7, 8, 9, 14, 15}}


@both_solvers
@pytest.mark.parametrize("as_what", ["one pot", "a tagged pot beside money for others", "two pots", "a limit on cost",
                                     "a limit on a column"])
def test_a_knapsack_however_it_is_written(as_what, solver, tmp_path):
    """Fifteen items, capacity 750: worth 1458, by items 1, 3, 5, 7, 8, 9, 14 and 15 (weight 749).

    D. L. Kreher and D. R. Stinson, Combinatorial Algorithms: Generation, Enumeration and Search, CRC Press, 1998;
    data set P07 of J. Burkardt, KNAPSACK_01, https://people.sc.fsu.edu/~jburkardt/datasets/knapsack_01/knapsack_01.html.
    """
    case = KREHER_STINSON
    free = as_what == "a limit on a column"
    schemes = [(f"i{i}", {"tag": "item", "W": {2026: weight}}, once(profit, 0 if free else weight))
               for i, (profit, weight) in enumerate(zip(case["profits"], case["weights"], strict=True), 1)]
    pots, limits = {
        "one pot": ([750], []), "a tagged pot beside money for others": ([750], []), "two pots": ([500, 250], []),
        "a limit on cost": ([9999], [{"measure": "cost", "amount": 750}]),
        "a limit on a column": ([0], [{"measure": "w", "amount": 750}])}[as_what]
    pots = [{"amount": amount} for amount in pots]
    if "tagged" in as_what:
        pots = [{"amount": 750, "tags": "item; thing"}, {"amount": 9999, "tags": "another"}]
    programme = optimise(read(folder(schemes, pots, limits), tmp_path), gap=0, solver=solver)
    assert programme.objective == case["optimum"]
    assert set(programme.choice) == {f"i{i}" for i in case["chosen"]}


LORIE_SAVAGE = {1: (14, 12, 3), 2: (17, 54, 7), 3: (17, 6, 6), 4: (15, 6, 2), 5: (40, 30, 35), 6: (12, 6, 6), 7: (14, 48, 4),
                8: (10, 36, 3), 9: (12, 18, 3)}
"""Project: net present value, outlay in year 1, outlay in year 2."""


def lorie_savage(requires=()):
    required = dict(requires)
    schemes = [(f"project {i}", {"requires": required.get(i, "")}, {1: (value, {1: first, 2: second})})
               for i, (value, first, second) in LORIE_SAVAGE.items()]
    budgets = [{"amount": amount, "first_year": year, "last_year": year} for year, amount in ((1, 50), (2, 20))]
    return folder(schemes, budgets)


@both_solvers
def test_lorie_and_savages_nine_projects(solver, tmp_path):
    """Budgets of 50 in year 1 and 20 in year 2: worth 70, by projects 1, 3, 4, 6 and 9 (48 and 20).

    J. H. Lorie and L. J. Savage, Three problems in rationing capital, Journal of Business 28(4), 1955, 229-239, solved in
    whole projects by H. M. Weingartner, Mathematical Programming and the Analysis of Capital Budgeting Problems,
    Prentice-Hall, 1963.
    """
    programme = optimise(read(lorie_savage(), tmp_path), gap=0, solver=solver)
    assert programme.objective == 70
    assert set(programme.choice) == {f"project {i}" for i in (1, 3, 4, 6, 9)}
    assert programme.spend_by_year().to_dict() == {1: 48, 2: 20}


def test_lorie_and_savages_projects_with_one_that_requires_another(tmp_path):
    """W. L. Winston's variation (Microsoft Excel Data Analysis and Business Modeling): project 4 only with project 5.

    Project 5 takes 35 of the 20 of year 2, so both fall away; the best of the rest is found by trying all 128 sets.
    """
    rest = [i for i in LORIE_SAVAGE if i not in (4, 5)]
    sets = itertools.chain.from_iterable(itertools.combinations(rest, size) for size in range(len(rest) + 1))
    best = max(sum(LORIE_SAVAGE[i][0] for i in projects) for projects in sets
               if sum(LORIE_SAVAGE[i][1] for i in projects) <= 50 and sum(LORIE_SAVAGE[i][2] for i in projects) <= 20)
    programme = optimise(read(lorie_savage([(4, "project 5")]), tmp_path), gap=0)
    assert programme.objective == best == 55
    assert "project 4" not in programme.choice


@pytest.mark.parametrize(("last_year", "amount", "worth"), [(2, 68, 70), (2, 67, 58), (1, 68, 0)])
def test_money_that_carries_forward_is_a_pot_with_a_longer_window(last_year, amount, worth, tmp_path):
    """One pot of year 1 that carries into year 2 pays for the same nine projects: 48 + 20 = 68 buys the same 70.

    One less and project 6 or 9 (12 each) gives way: the best that 67 buys is found by trying all sets. Every project
    spends in year 2; with money that lapses at the end of year 1 none can be done.
    """
    sets = itertools.chain.from_iterable(itertools.combinations(LORIE_SAVAGE.values(), size) for size in range(10))
    best = max(sum(value for value, *_ in projects) for projects in sets
               if sum(first + second for _, first, second in projects) <= amount)
    frames = lorie_savage()
    frames["pots"] = frames["pots"].assign(amount=[amount, 0], last_year=[last_year, 2])
    assert optimise(read(frames, tmp_path), gap=0).objective == worth
    assert worth == (best if last_year == 2 else 0)


PLANTS = {1: [(1, 5), (2, 6)], 2: [(2, 8), (3, 9), (4, 12)], 3: [(1, 4)]}
"""Plant: (cost, revenue) of each of its proposals [million dollars], besides doing nothing."""


@both_solvers
def test_one_proposal_of_each_of_three_plants(solver, tmp_path):
    """A multiple-choice knapsack: 5 million dollars among three plants' proposals earn 18 million.

    M. A. Trick, A Tutorial on Dynamic Programming, Carnegie Mellon University, 1997, first example.
    """
    schemes = [(f"plant {plant} proposal {i}", {"exclusion_group": f"plant {plant}"}, once(revenue, cost))
               for plant, proposals in PLANTS.items() for i, (cost, revenue) in enumerate(proposals, 2)]
    programme = optimise(read(folder(schemes, [{"amount": 5}]), tmp_path), gap=0, solver=solver)
    assert programme.objective == 18
    assert len({name.split(" proposal")[0] for name in programme.choice}) == len(programme.choice)
    assert optimise(read(folder(schemes, [{"amount": 7}]), tmp_path), gap=0).objective == 6 + 12 + 4


INVESTMENTS = {1: (8, 5), 2: (11, 7), 3: (6, 4), 4: (4, 3)}


@both_solvers
def test_tricks_four_investments(solver, tmp_path):
    """14,000 dollars: investments 2, 3 and 4 (21), not the best value per dollar (1 and 2, 19).

    With the tutorial's further rules - two at most, 2 only with 4, not both 1 and 3 - it is 2 and 4 (15): of the pairs
    allowed 1 and 4 bring 12, 3 and 4 bring 10. M. A. Trick, A Tutorial on Integer Programming, Carnegie Mellon
    University, 1997.
    """
    rules = {1: {"exclusion_group": "1 or 3"}, 2: {"requires": "4"}, 3: {"exclusion_group": "1 or 3"}, 4: {}}
    free = [(str(i), {}, once(*figures)) for i, figures in INVESTMENTS.items()]
    ruled = [(str(i), rules[i], once(*figures)) for i, figures in INVESTMENTS.items()]
    programme = optimise(read(folder(free, [{"amount": 14}]), tmp_path / "free"), gap=0, solver=solver)
    assert (programme.objective, set(programme.choice)) == (21, {"2", "3", "4"})
    by_pound = next(rule for rule in programme.rules if rule.rule == "value per pound")
    assert by_pound.value == 19
    limit = {"measure": "schemes", "amount": 2}
    programme = optimise(read(folder(ruled, [{"amount": 14}], [limit]), tmp_path / "ruled"), gap=0, solver=solver)
    assert (programme.objective, set(programme.choice)) == (15, {"2", "4"})
