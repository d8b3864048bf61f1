"""The public names, what their docstrings say, and that every example in a docstring gives what it says."""

import ast
import doctest
import functools
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys

import numpy as np
import pytest

import capplan as package

PUBLIC = {"CapplanError", "Candidates", "Estate", "Outlook", "Programme", "Scenario", "forecast", "optimise", "propose",
          "read_candidates", "read_estate", "read_scenario", "write_results"}
STEPS = ("read_estate", "read_scenario", "forecast", "propose", "optimise", "read_candidates", "write_results")
SECTIONS = ("Parameters", "Returns", "Yields", "Raises", "Notes", "Examples", "References", "See Also", "Warnings")
MODULES = sorted(found.name for found in pkgutil.walk_packages(package.__path__, "capplan.") if "_shipped" not in found.name)


def sections(text):
    """Sections of a numpydoc docstring, by heading."""
    parts = re.split(rf"^({'|'.join(SECTIONS)})\n-+\n", inspect.cleandoc(text), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented_arguments(text):
    """Names the Parameters section describes."""
    lines = re.findall(r"^(\*{0,2}\w[\w*, ]*)(?: : .*)?$", sections(text).get("Parameters", ""), re.MULTILINE)
    return {name.strip().lstrip("*") for line in lines for name in line.split(",")}


@functools.cache
def public_functions():
    """Every function and method anybody may call, as (name, node); read once for all tests."""
    return list(_public_functions())


def _public_functions():
    for name in MODULES:
        tree = ast.parse(inspect.getsource(importlib.import_module(name)))
        owners = [("", tree), *((f"{node.name}.", node) for node in tree.body
                                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"))]
        for prefix, owner in owners:
            yield from ((f"{name}.{prefix}{node.name}", node) for node in owner.body
                        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"))


def test_the_public_names_are_these_and_no_more():
    # Trusts script against them: a name leaves this list only with a line in the changelog.
    assert set(package.__all__) == PUBLIC
    assert len(package.__all__) == len(PUBLIC)


def test_every_public_name_is_there_and_found_by_completion():
    assert all(getattr(package, name) is not None for name in PUBLIC)
    assert set(dir(package)) >= PUBLIC


def test_a_name_that_is_not_there_is_an_attribute_error():
    with pytest.raises(AttributeError, match="forecst"):
        _ = package.forecst


def test_importing_everything_from_the_package_gives_the_public_names():
    code = "from capplan import *; print(*sorted(name for name in dir() if not name.startswith('__')))"
    done = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()) == PUBLIC


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_public_name_has_a_docstring_that_says_what_it_is(name):
    text = inspect.getdoc(getattr(package, name))
    assert text and text.splitlines()[0].endswith((".", ".)")) and len(text) > 40


@pytest.mark.parametrize("name", STEPS)
def test_a_step_documents_its_arguments_result_and_errors(name):
    step = getattr(package, name)
    text = inspect.getdoc(step)
    assert documented_arguments(text) == set(inspect.signature(step).parameters)
    found = sections(text)
    assert "Returns" in found or name == "write_results"
    assert "Raises" in found or name in ("propose", "write_results")


@pytest.mark.parametrize("name", sorted(PUBLIC - set(STEPS) - {"CapplanError"}))
def test_public_members_of_a_class_have_docstrings(name):
    kind = getattr(package, name)
    members = [member for member in vars(kind) if not member.startswith(("_", "model_")) and
               (callable(getattr(kind, member)) or isinstance(vars(kind)[member], property))]
    assert [member for member in members if not inspect.getdoc(getattr(kind, member))] == []


def test_every_public_function_of_the_package_has_a_docstring():
    bare = [name for name, node in public_functions() if not ast.get_docstring(node)]
    assert not bare, bare


def test_a_parameters_section_describes_every_argument_and_no_other():
    wrong = []
    for name, node in public_functions():
        text = ast.get_docstring(node) or ""
        if "Parameters\n---" not in text:
            continue
        spec = node.args
        own = {arg.arg for arg in (*spec.posonlyargs, *spec.args, *spec.kwonlyargs, spec.vararg, spec.kwarg)
               if arg is not None} - {"self", "cls"}
        if documented_arguments(text) != own:
            wrong.append(f"{name}: {sorted(documented_arguments(text) ^ own)}")
    assert not wrong, "\n".join(wrong)


def test_there_are_examples_and_the_steps_of_the_science_have_one():
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {test.name for name in MODULES for test in finder.find(importlib.import_module(name)) if test.examples}
    assert {"capplan.condition.backlog.expected_backlog", "capplan.finance.discount_factors",
            "capplan.condition.worst_first.worst_first"} <= found


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_give_what_they_say(name):
    module = importlib.import_module(name)
    result = doctest.testmod(module, extraglobs={"np": np}, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert result.failed == 0
