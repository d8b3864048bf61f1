"""The programme as one printed screen and as one page: the answer first, then what stands behind it."""

import base64
import textwrap
from pathlib import Path

from . import charts, words
from . import page_tables as tables
from .carbon import carbon_charts, carbon_words
from .common_money import ledger_words
from .needs import deferred_needs, deferred_urgent, is_bad, is_urgent, must_do_needs
from .page_tables import plan_span
from .results import (
    CONTRIBUTIONS,
    PLANS,
    RESERVES,
    RESERVES_ROUTE,
    cash_by_pot,
    gains,
    headline_backlog,
    in_plan,
    spend_by_pot,
)
from .words import IF_DEFERRED, counted, listed, money, percent, plain, pounds, year_label

MOST_LINES, MOST_COLUMNS = 40, 100
FEWEST_YEARS_SHOWN = 4
PROVED_FRACTION = 5e-7
FINE_GAP_FRACTION = 0.01
NO_GAIN_FRACTION = 1e-6
TABLES = ("grades", "priorities", "urgent", "programme", "deferred", "pots", "reserves", "ledger", "schools", "places",
          "energy", "inputs")
FOR_FUTURES = "for many futures"
TEMPLATES = Path(__file__).parent / "templates"


def summary_text(results):
    """The programme on one screen of a terminal.

    Parameters
    ----------
    results : Results
        What to sum up.

    Returns
    -------
    str
        At most 40 lines of at most 100 columns. Notes that do not fit are counted and said to be in solution.json.
    """
    solution = results.solution
    head = [words.shortened(f"{plain(solution['trust'])}: condition programme {plan_span(results)}", MOST_COLUMNS), ""]
    ledger = ledger_words(results)
    first, *rest = [sentence for sentence in answer(results) if sentence not in ledger]
    loud = [sentence for sentence in rest if sentence.startswith("WARNING")]
    body = _wrapped(first) + [line for sentence in loud for line in _wrapped(sentence)]
    body += _wrapped(" ".join(sentence for sentence in rest if sentence not in loud))
    body += ["", "Gain over the rules of thumb, on the same money and the same yardstick:"]
    body += [_cut(f"  {rule:<24} {gain}") for rule, gain in gain_words(results)[:4]]
    foot = ["", *_wrapped(" ".join(provenance(results, ended=False)))[:4]]
    free = MOST_LINES - len(head) - len(body) - len(foot)
    years = _year_lines(results)
    notes = _note_lines(solution["notes"], free - FEWEST_YEARS_SHOWN - 5)
    room = free - len(notes) - 1 - bool(notes)
    below = _floor_lines(results)
    years = _fitted(years, room - len(below)) + below
    urgent = urgent_words(results)
    if room >= len(years) + len(urgent):
        years += [""] * (room > len(years) + len(urgent)) + urgent
    deferred = _deferred_lines(results)
    if deferred and room >= len(years) + len(deferred) + 2:
        years += ["", "Deferred needs of most value:", *deferred]
    common = [line for sentence in ledger for line in _wrapped(sentence)]
    if common and room >= len(years) + len(common) + 1:
        years += ["", *common]
    return "\n".join(head + notes + [""] * bool(notes) + body + [""] + years + foot) + "\n"


def summary_html(results):
    """The programme as one self-contained page: no script, no network, nothing outside the file.

    Parameters
    ----------
    results : Results
        What to show.

    Returns
    -------
    str
        A whole HTML page, the same for the same folder.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
    shown = {name: getattr(tables, f"{name}_table")(results) for name in TABLES}
    return pages.get_template("summary.html.j2").render(
        title=f"{plain(results.solution['trust'])}: condition programme {plan_span(results)}", answer=answer(results),
        stand_in=results.solution["stand_in_money"], notes=results.solution["notes"], gains=gain_words(results),
        figures=[*(_figure(results, *chart) for chart in charts.CHARTS),
                 *(_drawn(results, *chart) for chart in carbon_charts(results))],
        tables=shown, provenance=provenance(results))


def answer(results):
    """What is decided, in sentences: what is funded, what it avoids, the backlog, the must-do works and the proof.

    Returns
    -------
    list of str
    """
    solution, funded = results.solution, results.funded
    last = results.years[-1] + 1
    spend_gbp = results.draws.amount_gbp.sum()
    without, with_it = (headline_backlog(results, plan, last) for plan in ("without", "with"))
    pots = cash_by_pot(results)
    lapsed_gbp, open_gbp = pots.lapsed_gbp.sum(), pots.left_gbp[pots.route != RESERVES_ROUTE].sum()
    lapse = f"{money(lapsed_gbp)} of grant lapses unspent" if lapsed_gbp > words.NEGLIGIBLE_GBP else "no grant lapses"
    if open_gbp > words.NEGLIGIBLE_GBP:
        lapse += f" and {money(open_gbp)} is left in grants still open at the end"
    deferred = deferred_needs(results)
    left = f"{counted(len(deferred), 'need')} {'is' if len(deferred) == 1 else 'are'} deferred: " \
        f"{money(deferred.cost_gbp.sum())} {IF_DEFERRED}." if len(deferred) else "No need is deferred."
    homes = set(funded.school_id) - {""}
    return [
        f"{counted(len(funded), 'scheme')} for {money(spend_gbp)} {'is' if len(funded) == 1 else 'are'} funded at "
        f"{len(homes)} of {counted(len(results.schools), 'school')} in {plan_span(results)}; {lapse}. "
        f"{left}{_patched(funded)}{_borrowed(results)}",
        f"The programme avoids an expected loss of {money(solution['objective'])} "
        f"(discounted, at {solution['price_base']} prices).",
        f"Backlog of grades C to E in September {last}: {money(without)} without the programme, "
        f"{money(with_it)} with it (now {money(headline_backlog(results, 'without', results.years[0]))}). Without "
        "means that nothing is renewed or repaired for the whole plan, not even what fails.",
        *certainty_words(solution), *_must_do(results), *carbon_words(results), *ledger_words(results), proof(solution)]


def certainty_words(solution):
    """How sure the cost is and what others pay of it; none where the folder does not say.

    Parameters
    ----------
    solution : dict
        ``solution.json``.

    Returns
    -------
    list of str
    """
    risk = solution.get("cost_risk")
    if not risk or risk["planned_gbp"] <= words.NEGLIGIBLE_GBP:
        return []
    more, apart = (risk[name] - risk["planned_gbp"] for name in ("p80_gbp", "schemes_p80_gbp"))
    others = f" Others contribute {money(risk['contributed_gbp'])} to it." if risk["contributed_gbp"] > 0 else ""
    return [f"The cost is the expected one: four times in five the programme comes to {money(risk['p80_gbp'])} or less, so "
            f"{money(more)} held beside the plan makes it 80% sure ({money(apart)} if each scheme held its own).{others}"]


def _borrowed(results):
    """What of the spending repays loans that the plan takes; nothing where it takes none."""
    loans = results.funded[results.funded.kind == "loan"]
    repaid_gbp = results.draws.amount_gbp[results.draws.scheme_id.isin(loans.scheme_id)].sum()
    return (f" Of that sum {money(repaid_gbp)} repays {counted(len(loans), 'loan')} the plan takes, counted as "
            f"{'a scheme' if len(loans) == 1 else 'schemes'} too." if len(loans) else "")


def _patched(funded):
    """Needs that are met by a patch only, which brings a component one grade up and does not last."""
    count = int((funded.kind == "patch").sum())
    return f" {counted(count, 'need')} {'is' if count == 1 else 'are'} patched, not put right." if count else ""


def proof(solution):
    """How good the programme is known to be, in a sentence: the gap between it and the best possible.

    Parameters
    ----------
    solution : dict
        ``solution.json``.

    Returns
    -------
    str
    """
    gap, status = solution["gap"], plain(solution["status"])
    stopped = "" if status == "optimal" else f" The search stopped early: {status}."
    stopped = " It was chosen for many futures, not for this figure alone." if status == FOR_FUTURES else stopped
    if gap is None:
        return f"How far it is from the best possible is not known: the solver gave no bound.{stopped}"
    if gap <= PROVED_FRACTION:
        return f"Proved to be the best possible (gap 0%).{stopped}"
    share = f"{gap:.3%}" if stopped and gap < FINE_GAP_FRACTION else percent(gap)
    return f"Proved to be within {share} of the best possible (gap {share}).{stopped}"


def status_words(solution):
    """How the search ended: ``optimal`` only where nothing better can exist, else within the target gap or why it
    stopped."""
    if solution["status"] == "optimal" and (solution["gap"] or 0.0) > PROVED_FRACTION:
        return "within the target gap"
    return plain(solution["status"])


def gain_words(results):
    """Each rule of thumb and what the programme gains on it, in words.

    Returns
    -------
    list of tuple of (str, str)
    """
    rows = []
    for rule in gains(results).itertuples():
        share = f" ({percent(abs(rule.gain_fraction))})" if rule.gain_fraction == rule.gain_fraction else ""
        if not rule.feasible:
            text = "n/a: the rule does not meet every must-do and lower limit"
        elif abs(rule.gain_gbp) <= max(words.NEGLIGIBLE_GBP, NO_GAIN_FRACTION * abs(rule.value_gbp)):
            text = "no gain: the rule does as well here"
        elif rule.gain_gbp < 0:
            text = f"no gain: the rule does better by {pounds(-rule.gain_gbp)}{share}"
        else:
            text = f"{pounds(rule.gain_gbp)} more expected loss avoided{share}"
        rows.append((plain(rule.rule), text))
    return rows


def provenance(results, ended=True):
    """What the figures stand on: evidence, audit, solver (and how it ended) and versions, in three sentences."""
    solution, evidence = results.solution, results.solution["evidence"]
    shares = [f"{percent(evidence[key])} {name}" for key, name in
              (("surveyed_share", "surveyed"), ("modelled_share", "modelled"),
               ("older_than_five_years_share", "older than five years")) if evidence.get(key) is not None]
    number = evidence.get("components")
    components = "components" if number is None else counted(number, "component")
    commit = f", commit {plain(solution['git_commit'])[:10]}" if solution.get("git_commit") else ""
    hashed = f" (SHA-256 {plain(solution['scenario_sha256'])[:12]})" if solution.get("scenario_sha256") else ""
    seed = f", seed {solution['seed']}" if solution.get("seed") is not None else ""
    return [f"Evidence: {components}" + (f"; {', '.join(shares)}." if shares else "."),
            f"Audit: {plain(solution['audit'])}. Solver: {plain(solution['solver'])} {plain(solution['version'])}, "
            f"{status_words(solution) + ', ' if ended else ''}{solution['seconds']:.1f} s.",
            f"capplan {plain(solution['capplan_version'])}{commit}, scenario {plain(solution['scenario'])}{hashed}{seed}."]


def _figure(results, draw, heading, alt):
    return _drawn(results, draw, heading, alt(results), tables.FIGURE_TABLES[draw.__name__](results))


def _drawn(results, draw, heading, alt, table):
    data = base64.b64encode(charts.svg(draw, results)).decode("ascii")
    return {"id": draw.__name__.removeprefix("draw_"), "heading": heading, "alt": alt, "data": data, "table": table}


def _must_do(results):
    needed, met = must_do_needs(results)
    if not needed:
        return []
    if met == needed:
        return [f"{'All ' if needed > 2 else 'The '}{counted(needed, 'must-do need')} "
                f"{'are' if needed > 1 else 'is'} met."]
    return [f"WARNING: {needed - met} of {counted(needed, 'must-do need')} not met."]


def _wrapped(sentence, mark=""):
    return textwrap.wrap(plain(sentence), MOST_COLUMNS, initial_indent=mark, subsequent_indent=" " * len(mark))


def _cut(line):
    return line if len(line) <= MOST_COLUMNS else line[:MOST_COLUMNS - 3] + "..."


def _note_lines(notes, room):
    """Every note, or as many as there is room for and how many are left."""
    lines = []
    for place, note in enumerate(notes):
        own = _wrapped(note, "! ")
        last = place == len(notes) - 1
        if len(lines) + len(own) + (not last) > room:
            return [*lines, f"! and {counted(len(notes) - place, 'more note')} in solution.json"]
        lines += own
    return lines


def _year_lines(results):
    """Year by year: what is spent from where, what lapses, the reserve path, and the backlog at the end of the year."""
    spend, path = spend_by_pot(results), results.reserves.set_index("year")
    lapsed = in_plan(results, results.cashflow).groupby("year").lapsed_gbp.sum()
    below = set(_years_below_floor(results))
    started = results.funded.groupby("start_year").size()
    heads = (("", "Schemes", "From", "From", "Grant", "Reserves", "Floor", "Backlog at end", "Backlog"),
             ("Year", "started", "grants", "reserves", "lapsed", "at end", "of them", "without", "with"))
    rows = []
    for year, amounts in spend.iterrows():
        reserves = amounts.get(RESERVES, 0.0)
        ends = [money(path[name][year]) if year in path.index else "-" for name in ("closing_gbp", "floor_gbp")]
        backlog = [money(headline_backlog(results, plan, year + 1)) for plan in PLANS]
        grants = amounts.sum() - reserves - amounts.get(CONTRIBUTIONS, 0.0)
        rows.append((year_label(year) + " !" * (year in below), f"{started.get(year, 0):,}", money(grants), money(reserves),
                     money(lapsed.get(year, 0.0)), *ends, *backlog))
    widths = (9, 9, 10, 10, 9, 11, 10, 17, 10)
    return ["".join(f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
                    for place, (cell, width) in enumerate(zip(row, widths, strict=True))) for row in (*heads, *rows)]


def _years_below_floor(results):
    reserves = results.reserves
    return list(reserves.year[reserves.closing_gbp < reserves.floor_gbp - words.NEGLIGIBLE_GBP])


def _floor_lines(results):
    """What the mark of a year means, where any year has it."""
    below = _years_below_floor(results)
    return [f"! reserves end the year below their floor ({counted(len(below), 'year')})"] if below else []


def urgent_words(results):
    """How many deferred needs are surveyed bad or urgent, as lines of one sentence; none where nothing is deferred."""
    if not len(deferred_needs(results)):
        return []
    needs = deferred_urgent(results)
    bad, urgent = needs[is_bad(needs)], needs[is_urgent(needs)]
    cost = f" ({money(bad.cost_gbp.sum())})" if len(bad) else ""
    which = listed(f"{number:.0f}" for number in sorted(set(urgent.priority))).replace(" and ", " or ") or "1 or 2"
    return _wrapped(f"Deferred: {counted(len(bad), 'need')} surveyed at D or X{cost} and {len(urgent):,} at priority "
                    f"{which}.")


def _deferred_lines(results):
    """The three deferred needs of most value."""
    return [_cut(f"  {plain(row.school_name)}, {plain(row.element)}: {money(row.cost_gbp)}, "
                 f"would avoid {money(row.value_gbp)}")
            for row in deferred_needs(results).head(3).itertuples()]


def _fitted(lines, room):
    """Lines of a table cut to the room there is: the first and the last stay, and the gap is said."""
    if len(lines) <= room:
        return lines
    return [*lines[:room - 2], f"... {counted(len(lines) - room + 1, 'more year')} in the folder", lines[-1]]
