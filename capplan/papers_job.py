"""Everything a results folder can give to its readers, made at once, with a page that links to all of it."""

import os
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path

from . import jobs, money_job
from .report.index_page import Entry, index_page
from .report.results import read_results
from .run_records import INPUTS

INDEX, EXPLORER, QUICK = "index.html", "explorer.html", "quick_search"
NO_PRINT = ("PDFs, Word files and the statements of schools are not made: they need typst and python-docx "
            "(pip install 'capplan[reports]').")
DEMO_POINTS, DEMO_MOST, DEMO_GAP, DEMO_SECONDS = 5, 2.0, 0.01, 20


@dataclass(frozen=True)
class Paper:
    """One kind of paper: who it is for, what it is, and what makes it: ``made(results, folder) -> [(label, file), ...]``."""

    reader: str
    title: str
    says: str
    made: object


def demo(folder, say=lambda text: None):
    """The whole job on the example trust: the programme, some envelopes beside it, and every paper.

    Parameters
    ----------
    folder : Path
        An existing folder: ``estate``, ``scenarios``, ``results``, ``envelopes``, the papers and ``index.html`` are made
        in it.
    say : callable
        Told what is being done.

    Returns
    -------
    Programme
    """
    folder = Path(folder)
    jobs.copy_examples(folder)
    for name in ("results", "envelopes", "papers"):
        (folder / name).mkdir()
    asked = folder / "estate", folder / "scenarios" / "baseline.toml", (QUICK,)
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as desk:
        beside = desk.submit(money_job.envelopes_folder, *asked, folder / "envelopes", DEMO_POINTS, DEMO_MOST, DEMO_GAP,
                             DEMO_SECONDS)
        programme = jobs.run(*asked, folder / "results", say=say)
        say("Waiting for the envelopes that were solved beside it ...")
        beside.result()
    all_papers(folder / "results", folder / "papers", folder / "envelopes", min(2, os.cpu_count() or 1), say)
    return programme


def all_papers(results, folder, envelopes=None, workers=1, say=lambda text: None):
    """Write every paper of a results folder, and the page that links to them.

    Parameters
    ----------
    results : str or Path
        Results folder of ``capplan run``.
    folder : str or Path
        An existing folder.
    envelopes : str or Path, optional
        Folder of ``capplan envelopes``: its explorer is put beside the others, and its curve into the committee's paper.
    workers : int
        Processes that write at the same time.
    say : callable
        Told what is being done.

    Returns
    -------
    list of Entry
        What was made, by reader, with files relative to the folder; those of ``index.html``.

    Raises
    ------
    DataError
        If the folder holds no results.
    """
    results, folder = Path(results), Path(folder)
    read, given = read_results(results), None if envelopes is None else Path(envelopes)
    kept = [paper for paper in PAPERS if _possible(paper.made, results, given)]
    if not can_print():
        say(f"WARNING: {NO_PRINT}")
    if workers == 1:
        made = []
        for paper in kept:
            say(f"Writing: {paper.title} ...")
            made.append(paper.made(results, folder, given))
    else:
        say(f"Writing {len(kept)} kinds of papers with {workers} processes ...")
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as desk:
            waiting = [desk.submit(_made, paper.made.__name__, results, folder, given) for paper in kept]
            made = [each.result() for each in waiting]
    entries = [Entry(paper.reader, paper.title, paper.says, tuple(links))
               for paper, links in zip(kept, made, strict=True)]
    (folder / INDEX).write_text(index_page(read.solution["trust"], _about(read), entries, folder), encoding="utf-8")
    return entries


def can_print():
    """Whether what writes PDFs and Word files is installed."""
    return all(find_spec(library) for library in ("typst", "docx"))


def _possible(made, results, envelopes):
    """Whether a kind of paper can be made from what there is."""
    return {survey_form: (results / INPUTS).is_file(), envelope_explorer: envelopes is not None,
            school_statements: can_print()}.get(made, True)


def _made(name, results, folder, envelopes):
    """One kind of paper, in a process of its own."""
    return globals()[name](results, folder, envelopes)


def _about(read):
    solution = read.solution
    return (f"Everything made from one run: scenario {solution['scenario']}, planning years {solution['first_year']} to "
            f"{solution['last_year']}, capplan {solution['capplan_version']}. Each paper names the run at its foot."
            + ("" if can_print() else f" {NO_PRINT}"))


def summary_page(results, folder, _envelopes=None):
    """The page of the run."""
    (folder / "summary.html").write_bytes((results / "summary.html").read_bytes())
    return [("Page", "summary.html")]


def committee_papers(results, folder, envelopes=None):
    """The committee's paper as PDF, Word and page."""
    from .report.committee import committee_paper
    from .report.committee_read import read_committee
    from .report.papers import PAGE, PDF, WORD, written
    paper = committee_paper(read_committee(read_results(results), envelopes=envelopes))
    return [_put(folder, label, f"committee{suffix}", written(paper, suffix))
            for label, suffix in (("PDF", PDF), ("Word", WORD), ("Page", PAGE)) if suffix == PAGE or can_print()]


def cfo_workbook(results, folder, _envelopes=None):
    """The CFO's workbook."""
    from .report.workbook import workbook
    return [_put(folder, "Excel", "cfo.xlsx", workbook(read_results(results)).content)]


def envelope_explorer(_results, folder, envelopes):
    """The explorer of solved envelopes."""
    return [_put(folder, "Page", EXPLORER, (envelopes / EXPLORER).read_bytes())]


def programme_workbook(results, folder, _envelopes=None):
    """The programme by school, trade and summer."""
    from .report.programme_book import programme_book
    return [_put(folder, "Excel", "programme.xlsx", programme_book(read_results(results)).content)]


def school_statements(results, folder, _envelopes=None):
    """A statement for every school and the centre, and how they add up."""
    from .report.papers import PDF, WORD
    from .report.school_files import SUMS_FILE, TABLE_FILE, file_stems, school_files
    from .report.schools_read import read_schools
    schools = read_schools(read_results(results))
    called = {SUMS_FILE: "How they add up"} | {stem: schools.name_of(school)
                                               for school, stem in file_stems(schools.sums.index).items()}
    labels = {f"{stem}{suffix}": f"{name}, {kind}" for stem, name in called.items()
              for suffix, kind in ((PDF, "PDF"), (WORD, "Word"))} | {TABLE_FILE: "The sums as a table"}
    (folder / "schools").mkdir()
    files = {name: _put(folder, labels[name], f"schools/{name}", content) for name, content in school_files(schools).items()}
    return [files[name] for name in labels]


def benchmark_page(results, folder, _envelopes=None):
    """The trust beside DfE's survey sample."""
    from .report import benchmark, benchmark_page
    from .report.papers import PAGE, written
    read = read_results(results)
    document = benchmark_page.benchmark_document(benchmark.benchmark(read), *benchmark.dated_run(read))
    return [_put(folder, "Page", "benchmark.html", written(document, PAGE))]


def dfe_folder(results, folder, _envelopes=None):
    """What the run can give to DfE's return, in its shape."""
    from .report.dfe_return import dfe_return, write_return
    (folder / "dfe").mkdir()
    write_return(dfe_return(read_results(results)), folder / "dfe")
    return [(path.name, f"dfe/{path.name}") for path in sorted((folder / "dfe").iterdir())]


def data_tables(results, folder, _envelopes=None):
    """Every table as CSV with its dictionary."""
    from .report.table_export import export_tables, read_tables
    (folder / "tables").mkdir()
    export_tables(read_tables(results), folder / "tables", ("csv",))
    return [("Data dictionary", "tables/dictionary.md"), ("All tables", "tables/")]


def survey_form(results, folder, _envelopes=None):
    """The survey workbook, filled in with what is known."""
    from datetime import date

    from .report.form_survey import survey_workbook
    from .report.schools_read import kept_estate, read_schools
    dated = read_schools(read_results(results)).dated
    content, _ = survey_workbook(kept_estate(results), date.fromisoformat(dated), ())
    return [_put(folder, "Excel", "survey_form.xlsx", content)]


def _put(folder, label, name, content):
    (folder / name).write_bytes(content)
    return label, name


PAPERS = (
    Paper("Everybody", "Summary of the run", "The answer, the charts and every table on one page.", summary_page),
    Paper("Committee", "Paper for the committee", "Two pages that ask for a decision, with the programme, the register of "
          "what waits and the risks behind them.", committee_papers),
    Paper("Chief financial officer", "Workbook", "The model's figures in blue, formulas in black, every total checked "
          "against the run.", cfo_workbook),
    Paper("Chief financial officer", "Envelope explorer", "What more and less money would do, with a slider; no network is "
          "needed.", envelope_explorer),
    Paper("Schools", "Statements", "One page for each school and one for the centre: what is funded, what waits, money in "
          "and out. They add up to the programme to the penny.", school_statements),
    Paper("Estates team", "Programme by school, trade and summer", "A workbook with filters.", programme_workbook),
    Paper("Estates team", "Survey workbook", "Filled in with what is known, with drop-downs, to be read back.", survey_form),
    Paper("Estates team", "Benchmark", "Condition beside the Department's survey sample.", benchmark_page),
    Paper("Department for Education", "In the shape of the return", "What is proven and what is missing.", dfe_folder),
    Paper("Other programs", "Tables", "Every table of the run with its data dictionary.", data_tables),
)
