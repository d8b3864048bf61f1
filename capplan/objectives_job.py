"""Whole jobs about objectives, as the command line runs them: weights, objectives in order, trade-offs."""

from pathlib import Path

import pandas as pd

from .candidates import read_candidates
from .programme.criteria import LESS, blank_worksheet, in_order, total_of, trade_off
from .report.objectives import draw_frontier, frontier_text, order_text, weigh_text
from .runs import write_choice
from .tabular import write_frame, write_json
from .weighing import both_ways, locked, read_worksheet


def candidates_of(path):
    """The candidates of a results folder, or of a candidates folder itself.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    Candidates
    """
    path = Path(path)
    return read_candidates(path / "candidates" if (path / "candidates").is_dir() else path)


def worksheet(path, names, say=lambda text: None, **settings):
    """The blank worksheet of the candidates in a folder; ``names`` and ``settings`` as for ``blank_worksheet``."""
    return blank_worksheet(candidates_of(path), names, say, **settings)


def weigh_folder(path, sheet_path, folder, seed=0, say=lambda text: None, **settings):
    """Choose by value and by the points of a filled worksheet, and write both with the orders of schemes.

    Parameters
    ----------
    path, sheet_path : str or Path
        Candidates or results folder; the worksheet.
    folder : Path
        An existing folder: ``weights.csv``, ``plans.csv``, ``orders.csv``, ``weigh.json``, ``weigh.txt``, and the programmes
        ``by_value`` and ``by_points`` as ``capplan optimise`` writes them.
    seed : int
        Seed of the solver.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    tuple of (str, dict)
    """
    candidates = candidates_of(path)
    sheet = read_worksheet(sheet_path, candidates)
    by_value, by_points, plans, orders = both_ways(candidates, sheet, say, seed=seed, **settings)
    facts = {"worksheet_sha256": locked(sheet_path), "weights": sheet.to_dict("records"), "plans": plans.to_dict("records"),
             "gap_by_value": by_value.gap, "gap_by_points": by_points.gap,
             "in_both": len(set(by_value.choice) & set(by_points.choice)), "by_value_only": len(
                 set(by_value.choice) - set(by_points.choice)), "by_points_only": len(
                 set(by_points.choice) - set(by_value.choice))}
    for name, programme in (("by_value", by_value), ("by_points", by_points)):
        (folder / name).mkdir()
        write_choice(programme, folder / name, seed)
    text = weigh_text(sheet, plans, orders, facts)
    _write(folder, "weigh", text, facts, weights=sheet, plans=plans.round(6), orders=orders)
    return text, facts


def order_folder(path, names, slack_share, folder, seed=0, say=lambda text: None, **settings):
    """Take objectives one after the other and write what each stage reaches.

    Parameters
    ----------
    path : str or Path
        Candidates or results folder.
    names : sequence of str
        Criteria, the most important first; with ``-`` before it, as small as possible.
    slack_share : float
        Share of its best an earlier one may give up. [-]
    folder : Path
        An existing folder: ``stages.csv``, ``order.json``, ``order.txt`` and the folder ``programme``.
    seed : int
        Seed of the solver.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    tuple of (str, dict)
    """
    stages = in_order(candidates_of(path), names, slack_share, say, seed=seed, **settings)
    last = stages[-1].programme
    rows = [[_told(stage.criterion), _sign(stage.criterion) * stage.value, _sign(stage.criterion) * stage.bound,
             _sign(stage.criterion) * total_of(last.candidates, _measure(stage, last), last.choice),
             len(stage.programme.choice)] for stage in stages]
    frame = pd.DataFrame(rows, columns=["criterion", "best", "cannot_exceed", "in_the_programme", "schemes"])
    facts = {"slack_share": slack_share, "stages": frame.to_dict("records")}
    (folder / "programme").mkdir()
    write_choice(last, folder / "programme", seed)
    text = order_text(frame, facts)
    _write(folder, "order", text, facts, stages=frame.round(6))
    return text, facts


def _measure(stage, last):
    """The column of the last programme's candidates that a stage's criterion stands in."""
    return "value_as_given" if stage.criterion == "value" else stage.criterion


def _told(criterion):
    return f"-{criterion.removeprefix(LESS)}" if criterion.startswith(LESS) else criterion


def _sign(criterion):
    return -1.0 if criterion.startswith(LESS) else 1.0


def tradeoff_folder(path, first, second, points, folder, seed=0, say=lambda text: None, **settings):
    """Find what more of one criterion costs in another, and write the frontier.

    Parameters
    ----------
    path : str or Path
        Candidates or results folder.
    first, second : str
        Criteria; with ``-`` before it, as small as possible.
    points : int
        Programmes to look for.
    folder : Path
        An existing folder: ``frontier.csv``, ``programmes.csv``, ``frontier.png``, ``tradeoff.json`` and ``tradeoff.txt``.
    seed : int
        Seed of the solver.
    say : callable
        Told what is being done.
    **settings
        As for ``optimise``.

    Returns
    -------
    tuple of (str, dict)
    """
    candidates = candidates_of(path)
    found = trade_off(candidates, first, second, points, say, seed=seed, **settings)
    signs = [-1.0 if name.startswith("-") else 1.0 for name in (first, second)]
    frame = pd.DataFrame([[number, signs[0] * each.first, signs[1] * each.second, signs[0] * each.bound,
                           len(each.programme.choice)] for number, each in enumerate(found, 1)],
                         columns=["plan", "first", "second", "first_cannot_exceed", "schemes"])
    frame["first_per_unit_of_second"] = (frame["first"].diff() / frame["second"].diff()).abs()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    facts = {"first": first, "second": second, "frontier": rows}
    starts = pd.DataFrame({f"plan_{number}": candidates.schemes.scheme_id.map(each.programme.choice).astype("Int64")
                           for number, each in enumerate(found, 1)})
    starts.insert(0, "scheme_id", candidates.schemes.scheme_id)
    draw_frontier(frame, facts).savefig(folder / "frontier.png", dpi=130)
    text = frontier_text(frame, facts)
    _write(folder, "tradeoff", text, facts, frontier=frame.round(6), programmes=starts)
    return text, facts


def _write(folder, name, text, facts, **frames):
    for table, frame in frames.items():
        write_frame(frame, folder / f"{table}.csv")
    write_json(facts, folder / f"{name}.json")
    (folder / f"{name}.txt").write_text(text + "\n", encoding="utf-8")
