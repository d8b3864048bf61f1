"""Programmes judged on many futures: one screen, one page, and rank-and-cut beside the optimum."""

import base64
import textwrap
from pathlib import Path

from .words import counted, money, percent, plain

TEMPLATES = Path(__file__).parent / "templates"
WIDE, SMALL_SHARE, SURE = 110, 0.01, 2.0
EXPECTED, AVERAGE, CAREFUL = "as expected", "best on average", "careful"
RULES = ("worst first", "priority order", "value per pound")


def verdict(gain_gbp, error_gbp, of_gbp):
    """What a gain found over sampled futures says, in words.

    Parameters
    ----------
    gain_gbp, error_gbp : float
        The gain and its standard error. [GBP]
    of_gbp : float
        What it is a gain over. [GBP]

    Returns
    -------
    str

    Examples
    --------
    >>> verdict(5e6, 1e5, 4e7)
    'a gain of £5.0m (12%)'
    >>> verdict(2e5, 5e4, 4e7)
    'a small gain of £200k (0.50%)'
    >>> verdict(2e5, 2e5, 4e7), verdict(-5e6, 1e5, 4e7)
    ('no difference that can be told (£200k, give or take £400k)', 'a loss of £5.0m (12%)')
    """
    if not abs(gain_gbp) > SURE * error_gbp:
        return f"no difference that can be told ({money(gain_gbp)}, give or take {money(SURE * error_gbp)})"
    share = abs(gain_gbp) / abs(of_gbp) if of_gbp else float("inf")
    word = "gain" if gain_gbp > 0 else "loss"
    small = "small " if share < SMALL_SHARE else ""
    return f"a {small}{word} of {money(abs(gain_gbp))} ({percent(share)})"


def findings(plans, facts):
    """What the futures say, in sentences.

    Parameters
    ----------
    plans : DataFrame
        What stands in ``plans.csv``.
    facts : dict
        What stands in ``robust.json``.

    Returns
    -------
    list of str
    """
    own = plans.set_index("plan")
    mean, tail = own.mean_gbp[EXPECTED], own.tail_gbp[EXPECTED]
    said = [f"Planning over {facts['futures']} futures instead of what is expected is, on {facts['fresh']} fresh ones, "
            f"{verdict(facts['stochastic_gbp'], facts['stochastic_error_gbp'], mean)} on average; "
            f"{counted(facts['changed_average'], 'scheme')} start in another year, come in or go out. On the futures it was "
            f"chosen over it looked like {money(facts['stochastic_seen_gbp'])}, and no programme could have gained more "
            f"than {money(facts['stochastic_most_gbp'])} there."]
    better = facts["careful_tail_gbp"]
    given = own.mean_gbp[EXPECTED] - own.mean_gbp[CAREFUL]
    share = f" ({percent(abs(better) / abs(tail))})" if tail else ""
    words = f"{money(abs(better))} {'more' if better > 0 else 'less'} in the worst tenth of fresh futures{share}"
    said.append(f"The careful programme comes to {words}, and on average to {money(abs(given))} "
                f"{'less' if given > 0 else 'more'} than the programme as expected"
                f"{'.' if better > 0 else ': its care does not pay on futures it has not seen.'}")
    best = own.mean_gbp[[name for name in RULES if name in own.index]]
    if len(best):
        rule = best.idxmax()
        gain, error = -own.gain_gbp[rule], own.gain_error_gbp[rule]
        said.append(f"Against rank-and-cut: over the best rule of thumb ({rule}) the optimum is "
                    f"{verdict(gain, error, best.max())} on fresh futures, and "
                    f"{money(own.expected_gbp[EXPECTED] - own.expected_gbp[rule])} on what is expected.")
    worst = plans.loc[plans.regret_most_gbp.idxmin()] if plans.regret_most_gbp.notna().any() else None
    if worst is not None:
        said.append(f"The smallest regret, whatever of the named scenarios comes, is that of the programme {worst.plan}: "
                    f"{money(worst.regret_most_gbp)} at most ({plain(worst.regret_in)}).")
    return said


def robust_text(plans, regrets, facts):
    """What was found, on one screen.

    Parameters
    ----------
    plans, regrets : DataFrame
        What stands in ``plans.csv`` and ``regret.csv``.
    facts : dict
        What stands in ``robust.json``.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: the same money, {facts['fresh']} futures nobody planned for (scenario "
             f"{plain(facts['scenario'])})", "",
             f"{'Loss avoided':<20}{'expected':>10}{'mean':>10}{'1 in 10':>10}{'worst 10%':>11}{'worst':>9}"
             f"{'put off':>10}{'undone':>9}{'regret':>9}"]
    for row in plans.itertuples():
        sums = (row.expected_gbp, row.mean_gbp, row.p10_gbp, row.tail_gbp, row.worst_gbp, row.put_off_gbp, row.undone_gbp,
                row.regret_most_gbp)
        cells = [money(value) if value == value else "" for value in sums]
        broken = "" if row.keeps_rules == "yes" else "  breaks a rule"
        lines.append(f"{row.plan:<20}" + "".join(f"{cell:>{width}}" for cell, width in
                                                 zip(cells, (10, 10, 10, 11, 9, 10, 9, 9), strict=True)) + broken)
    lines.append("")
    for sentence in findings(plans, facts):
        lines += textwrap.wrap(sentence, WIDE, subsequent_indent="  ")
    lines += ["", f"Proved to {facts['gap_average']:.2%} (average) and {facts['gap_careful']:.2%} (careful) of the best "
              f"over the futures chosen over; regrets over {counted(regrets.scenario.nunique(), 'scenario')} (regret.csv)."]
    return "\n".join(lines)


def robust_html(plans, judged, regrets, facts):
    """The page: what was found, the programmes side by side, rank-and-cut beside the optimum, and the regrets.

    Parameters
    ----------
    plans, judged, regrets : DataFrame
        What stands in ``plans.csv``, ``futures.csv`` and ``regret.csv``.
    facts : dict
        What stands in ``robust.json``.

    Returns
    -------
    str
        A whole page that refers to nothing outside itself.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    from .charts import svg

    data = base64.b64encode(svg(draw_futures, judged)).decode("ascii")
    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True)
    return pages.get_template("robust.html.j2").render(
        title=f"{plain(facts['trust'])}: programmes on many futures", facts=facts, findings=findings(plans, facts),
        chart=data, chart_alt=_alt(plans), plans=[_plan_cells(row) for row in plans.itertuples()], ranks=_rank_rows(plans),
        regrets=_regret_rows(regrets, list(plans.plan)), names=list(plans.plan), notes=facts["notes"])


def _plan_cells(row):
    sums = (row.expected_gbp, row.mean_gbp, row.p10_gbp, row.tail_gbp, row.worst_gbp, row.put_off_gbp, row.undone_gbp)
    broken = "" if row.keeps_rules == "yes" else " (breaks a rule)"
    return row.plan + broken, f"{row.schemes:,}", *(money(value) for value in sums)


def _rank_rows(plans):
    """Each rule of thumb against the optimum, on what is expected, on the futures chosen over and on fresh ones."""
    own, rows = plans.set_index("plan"), []
    best = own.loc[EXPECTED]
    for rule in (name for name in RULES if name in own.index):
        row = own.loc[rule]
        rows.append((rule, money(best.expected_gbp - row.expected_gbp), money(best.mean_seen_gbp - row.mean_seen_gbp),
                     money(best.mean_gbp - row.mean_gbp), verdict(-row.gain_gbp, row.gain_error_gbp, row.mean_gbp)))
    return rows


def _regret_rows(regrets, plans):
    table = regrets.pivot(index="scenario", columns="plan", values="regret_gbp") if len(regrets) else {}
    best = dict(zip(regrets.scenario, regrets.best_gbp, strict=True))
    return [(plain(name), money(best[name]), *(money(table[plan][name]) for plan in plans)) for name in best]


def _alt(plans):
    each = [f"{row.plan}: mean {money(row.mean_gbp)}, one in ten below {money(row.p10_gbp)}, worst {money(row.worst_gbp)}"
            for row in plans.itertuples()]
    return f"Loss avoided by each programme over fresh futures. {'; '.join(each)}."


def draw_futures(judged):
    """Loss avoided by each programme over fresh futures: from the worst to the best, eight in ten as a bar, and the mean.

    Parameters
    ----------
    judged : DataFrame
        What stands in ``futures.csv``.

    Returns
    -------
    Axes
    """
    from matplotlib.figure import Figure

    fresh = judged[judged.futures == "fresh"]
    plans = list(dict.fromkeys(fresh.plan))
    axes = Figure(figsize=(10, 1.4 + 0.5 * len(plans)), layout="constrained").subplots()
    for place, plan in enumerate(plans):
        values = fresh.value_gbp[fresh.plan == plan]
        axes.plot([values.min(), values.max()], [place, place], color="#555555", linewidth=1.2)
        axes.barh(place, values.quantile(0.9) - values.quantile(0.1), 0.5, left=values.quantile(0.1),
                  facecolor="#8cc4e8" if plan not in RULES else "#f6dfa4", hatch="" if plan not in RULES else "///",
                  edgecolor="#333333", linewidth=0.7)
        axes.plot([values.mean()], [place], marker="D", color="#1a1a1a", markersize=6)
        axes.annotate(money(values.mean()), (values.mean(), place), (0, 11), textcoords="offset points", ha="center",
                      fontsize=8.5)
    axes.set_yticks(range(len(plans)), plans, fontsize=9)
    axes.set_ylim(len(plans) - 0.4, -0.7)
    axes.xaxis.set_major_formatter(lambda value, _: money(value))
    axes.grid(axis="x", color="#d8d8d8", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("Loss avoided over fresh futures: mean (diamond), eight in ten futures (bar), worst to best (line)",
                   loc="left", fontsize=10.5, fontweight="bold", color="#1a1a1a")
    axes.set_xlabel("pounds, real and discounted", fontsize=9)
    return axes
