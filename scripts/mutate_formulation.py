"""Break the formulation on purpose, one small fault at a time, and see whether the tests notice.

    python scripts/mutate_formulation.py [--list] [--only N [N ...]]

Every mutant is ``capplan/programme/formulation.py`` with one change: a comparison, a sense, a sign, a number, a condition,
a statement or a family left out. Each is put into a copy of the package and tried with the tests that judge what comes
out (brute force, published optima, explained conflicts); what those let pass is tried with the LP files. Prints every
mutant with what noticed it, and the score. Takes some seconds a mutant.
"""

import argparse
import ast
import copy
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
TARGET = Path("capplan") / "programme" / "formulation.py"
OUTCOME_TESTS = ["tests/programme/test_against_brute_force.py", "tests/programme/test_infeasible.py",
                 "tests/programme/test_published_instances.py"]
FORM_TESTS = ["tests/programme/test_lp_files.py"]
SEEDS = (*range(40), *range(500, 550))
"""Random folders of the brute force that a mutant has to get past; from 500 on they have further terms."""
ALIKE = ("the_best_there_is", "every_rule_decides", "bring_every_outcome", "quick_search_of_large", "cbc_finds")
"""Tests of the brute force that are many, judge the folders only, or solve the same model in another way."""
LONGEST_S = 400
SWAPS = {ast.LtE: ast.Lt, ast.Lt: ast.LtE, ast.GtE: ast.Gt, ast.Gt: ast.GtE, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
         ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Add: ast.Sub, ast.Sub: ast.Add}
NAMES = {"LE": "GE", "GE": "LE", "EQ": "LE", "LpMaximize": "LpMinimize", "LpMinimize": "LpMaximize",
         "first_year": "last_year", "last_year": "first_year", "LpBinary": "LpContinuous"}
NUMBERS = {0: 1, 1: 2}
LEFT_ALONE = ("page", "FAMILIES")


def changes(node):
    """Ways to change one node of the syntax tree: a list of (what is done, the node that takes its place or ``None``)."""
    found = []
    if isinstance(node, ast.Compare):
        found += [(f"{_word(op)} becomes {_word(SWAPS[type(op)]())}", _with(node, ops=_put(node.ops, i, SWAPS[type(op)]())))
                  for i, op in enumerate(node.ops) if type(op) in SWAPS]
    elif isinstance(node, ast.BinOp) and type(node.op) in SWAPS:
        found.append((f"{_word(node.op)} becomes {_word(SWAPS[type(node.op)]())}", _with(node, op=SWAPS[type(node.op)]())))
        found.append(("the second term is dropped", node.left))
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        found.append(("the minus is dropped", node.operand))
    elif isinstance(node, ast.Name) and node.id in NAMES:
        found.append((f"{node.id} becomes {NAMES[node.id]}", _with(node, id=NAMES[node.id])))
    elif isinstance(node, ast.Attribute) and node.attr in NAMES:
        found.append((f"{node.attr} becomes {NAMES[node.attr]}", _with(node, attr=NAMES[node.attr])))
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value in NUMBERS:
        found.append((f"{node.value} becomes {NUMBERS[node.value]}", _with(node, value=NUMBERS[node.value])))
    elif isinstance(node, ast.IfExp):
        found.append(("the two cases change places", _with(node, body=node.orelse, orelse=node.body)))
    elif isinstance(node, ast.If):
        found.append(("the condition is always true", _with(node, test=ast.Constant(True))))
        found.append(("the condition is never true", _with(node, test=ast.Constant(False))))
    elif isinstance(node, ast.AugAssign) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        found.append(("the statement is left out", ast.Pass()))
    elif isinstance(node, ast.comprehension) and node.ifs:
        found.append(("the filter is left out", _with(node, ifs=[])))
    return found


def _word(operator):
    return type(operator).__name__


def _with(node, **fields):
    other = copy.copy(node)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


def _put(items, place, item):
    return [*items[:place], item, *items[place + 1:]]


class _Replace(ast.NodeTransformer):
    """Puts one node in the place of another."""

    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def mutants(source):
    """Every mutant of a module.

    Parameters
    ----------
    source : str
        The module as it is.

    Returns
    -------
    list of (str, str)
        What is done and where, and the module with it done. Functions that only print, and docstrings, are left alone.
    """
    made, tree = [], ast.parse(source)
    for top in tree.body:
        if not isinstance(top, ast.FunctionDef | ast.ClassDef) or top.name in LEFT_ALONE:
            continue
        for number, node in enumerate(ast.walk(top)):
            for what, _ in changes(node):
                fresh = ast.parse(source)
                own = next(item for item in fresh.body if getattr(item, "name", None) == top.name)
                place = list(ast.walk(own))[number]
                new = dict(changes(place))[what]
                text = ast.unparse(ast.fix_missing_locations(_Replace(place, new).visit(fresh)))
                where = getattr(node, "lineno", getattr(getattr(node, "target", None), "lineno", top.lineno))
                made.append((f"{top.name}, line {where}: {what}", text))
    return made + _families_left_out(source)


def _families_left_out(source):
    """One mutant for each family of constraints, without it."""
    line = next(line for line in source.splitlines() if line.startswith("FAMILIES = "))
    names = [name.strip() for name in line.split("(")[1].rstrip(")").split(",")]
    rests = {name: ", ".join(other for other in names if other != name) for name in names}
    return [(f"the family {name} is left out", source.replace(line, f"FAMILIES = ({rest},)"))
            for name, rest in rests.items()]


def notices(package_parent, tests):
    """Whether the tests fail with a package in the place of the real one; the first failing test, or an empty string.

    Raises
    ------
    RuntimeError
        If the tests could not be run at all.
    """
    place = {**os.environ, "PYTHONPATH": str(package_parent), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    few = f"not ({' or '.join(ALIKE)}) or " + " or ".join(f"the_best_there_is[{seed}]" for seed in SEEDS)
    try:
        run = subprocess.run([sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider", "-k", few,
                              *tests], cwd=REPO, env=place, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired:
        return "the time ran out"
    if run.returncode not in (0, 1):
        broken = [line for line in run.stdout.splitlines() if line.startswith(("ERROR", "E  "))]
        if not broken:
            raise RuntimeError(run.stdout[-2000:] + run.stderr[-2000:])
        return f"does not load: {broken[0]}"
    failed = [line.removeprefix("FAILED ").split(" - ")[0] for line in run.stdout.splitlines() if line.startswith("FAILED")]
    return failed[0].split("::")[-1] if run.returncode else ""


def try_mutant(text, folder):
    """Put a mutant in the copy of the package and run the tests; what noticed it, or an empty string."""
    (folder / TARGET).write_text(text, encoding="utf-8")
    found = notices(folder, OUTCOME_TESTS)
    if found:
        return f"outcome: {found}"
    form = notices(folder, FORM_TESTS)
    return f"form: {form}" if form else ""


def main():
    """Run the mutants asked for and print the score."""
    ask = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ask.add_argument("--list", action="store_true", help="only list the mutants")
    ask.add_argument("--only", type=int, nargs="+", help="numbers of the mutants to run")
    given = ask.parse_args()
    source = (REPO / TARGET).read_text(encoding="utf-8")
    wanted = [(i, *mutant) for i, mutant in enumerate(mutants(source)) if not given.only or i in given.only]
    if given.list:
        print("\n".join(f"{i:3} {what}" for i, what, _ in wanted))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        shutil.copytree(REPO / "capplan", folder / "capplan", ignore=shutil.ignore_patterns("__pycache__"))
        if early := notices(folder, OUTCOME_TESTS + FORM_TESTS):
            sys.exit(f"The tests fail before anything is changed: {early}")
        results = []
        for i, what, text in wanted:
            results.append((i, what, try_mutant(text, folder)))
            print(f"{i:3} {'killed  ' if results[-1][2] else 'SURVIVED'} {what}  [{results[-1][2]}]", flush=True)
    killed = [result for result in results if result[2]]
    by_outcome = sum(result[2].startswith("outcome") for result in killed)
    print(f"\n{len(killed)} of {len(results)} killed ({len(killed) / len(results):.1%}), "
          f"{by_outcome} of them by what comes out and {len(killed) - by_outcome} by the form of the model alone")


if __name__ == "__main__":
    main()
