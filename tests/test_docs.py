"""The pages: the README does what it says, links lead somewhere, the data dictionary says what the tables say."""

import contextlib
import io
import re
import shlex
from pathlib import Path
from urllib.parse import unquote

import click
import pytest

from capplan.candidate_tables import CANDIDATE_TABLES, candidates_dictionary
from capplan.cli import main
from capplan.tables import data_dictionary

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DICTIONARY = ROOT / "docs" / "data_dictionary.md"
OUTSIDE = {".venv", ".git", "node_modules", "demo_results", ".pytest_cache", ".hypothesis", "build", "dist"}
PAGES = sorted(path for path in ROOT.rglob("*.md") if not OUTSIDE & set(path.relative_to(ROOT).parts))
MACHINE = re.compile(r"(/home/|/root/|/Users/|/tmp/|C:\\\\|localhost|127\.0\.0\.1|index-url|pypi\.[a-z-]+\.)")


def blocks(path):
    """Fenced blocks of a page: (language, text, line of its first row)."""
    text = path.read_text(encoding="utf-8")
    return [(found.group(1), found.group(2), text[:found.start()].count("\n") + 2)
            for found in re.finditer(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)]


def readme_example():
    """The first Python block of the README and the text block right after it."""
    found = blocks(README)
    at = next((place for place, (language, _, _) in enumerate(found) if language == "python"), None)
    assert at is not None, "the README has no Python block"
    assert at + 1 < len(found) and found[at + 1][0] == "text", "the README shows no output after its Python block"
    return found[at], found[at + 1]


def typed_commands(path):
    """Every line of a page that starts with capplan or make, without its comment."""
    for language, text, line in blocks(path):
        if language in ("", "bash", "sh", "console"):
            for offset, row in enumerate(text.splitlines()):
                words = shlex.split(row.removeprefix("$ "), comments=True)
                if words and words[0] in ("capplan", "make"):
                    yield line + offset, words


def test_the_python_of_the_readme_prints_what_the_readme_shows(monkeypatch):
    (_, source, _), (_, shown, _) = readme_example()
    monkeypatch.chdir(ROOT)
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(source, "README.md", "exec"), {"__name__": "__main__"})
    assert said.getvalue().rstrip() == shown.rstrip()


def test_the_example_is_short_and_near_the_top():
    (_, source, _), (_, shown, first) = readme_example()
    assert first + len(shown.splitlines()) < 60, "its output ends before line 60"
    assert len([line for line in source.splitlines() if line.strip()]) <= 15


def test_the_two_commands_of_the_readme_are_targets_of_the_makefile():
    made = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    wanted = [words[1] for _, words in typed_commands(README) if words[0] == "make"]
    assert wanted[:2] == ["demo", "test"]
    assert set(wanted) <= set(made)


def test_the_makefile_has_the_targets_of_the_contract_and_says_they_are_no_files():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    promised = {"install", "demo", "test", "test-slow", "bench", "lint", "notebooks", "clean"}
    assert promised <= set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))
    assert promised <= set(re.search(r"^\.PHONY:(.*)$", text, re.MULTILINE).group(1).split())


def test_files_the_makefile_names_exist():
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = set(re.findall(r"\b(?:tests|scripts)/[\w/.]+\.py\b", text))
    assert named and [name for name in sorted(named) if not (ROOT / name).is_file()] == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_on_a_page_are_commands_of_capplan(path):
    wrong = []
    for line, words in typed_commands(path):
        if words[0] != "capplan":
            continue
        command, rest = main, words[1:]
        while isinstance(command, click.Group) and rest:
            command, rest = command.commands.get(rest[0]), rest[1:]
        if command is None or isinstance(command, click.Group):
            wrong.append(f"line {line}: {' '.join(words)}")
            continue
        known = {option for param in command.params if isinstance(param, click.Option) for option in param.opts}
        given = [word.split("=")[0] for word in rest if word.startswith("--")]
        wrong += [f"line {line}: {option}" for option in given if option not in known]
    assert not wrong


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_to_files_that_exist(path):
    text = re.sub(r"^```.*?^```$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)", text) + re.findall(
        r"^\[[^\]]+\]:\s+(\S+)", text, re.MULTILINE)
    lost = []
    for target in targets:
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = unquote(target).partition("#")
        place = (path.parent / name).resolve() if name else path
        if not place.exists():
            lost.append(target)
        elif anchor and place.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}
            if anchor not in slugs:
                lost.append(target)
    assert lost == []


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_is_finished(path):
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert not re.search(r"@@\w+@@|\b(TODO|TBC|TBD|FIXME|lorem ipsum)\b", text)
    assert not MACHINE.search(text), MACHINE.search(text)
    assert chr(0x2014) not in text, "hyphens, not em dashes"


def test_the_readme_opens_with_a_paragraph_and_the_flow():
    text = README.read_text(encoding="utf-8")
    title, paragraph, flow = text.split("\n\n")[:3]
    assert title == "# capplan" and len(paragraph.split()) > 30
    assert "read -> forecast -> propose -> optimise" in flow


def test_the_data_dictionary_is_what_the_command_writes():
    assert DICTIONARY.is_file(), "write it with: capplan dictionary > docs/data_dictionary.md"
    assert DICTIONARY.read_text(encoding="utf-8") == data_dictionary()


def test_the_page_of_candidates_folders_is_what_the_command_writes():
    page = (ROOT / "docs" / "candidates.md").read_text(encoding="utf-8")
    assert page == candidates_dictionary(), "write it with: capplan dictionary --candidates > docs/candidates.md"
    for table in CANDIDATE_TABLES:
        assert all(f"| `{name}` |" in page.split(f"## {table.name}.csv")[1].split("\n## ")[0] for name in table.column_names)


def test_files_a_newcomer_looks_for_are_there():
    wanted = ("README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "Makefile", "constraints.txt", "data/README.md",
              ".ci/run", "notebooks/01_hello_programme.ipynb")
    assert [name for name in wanted if not (ROOT / name).is_file()] == []


def test_the_licence_is_the_one_declared():
    assert "MIT License" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def test_the_changelog_knows_this_version_and_has_a_place_for_numbers_that_change():
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    version = re.search(r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert version.group(1) in text and "Numbers that change" in text
