"""Which bids to make, on one screen."""

import textwrap

import pandas as pd

from .words import counted, listed, money, pounds, shortened, year_label

WIDTH = 120
HEADS = ("Bid", "Odds", "Score", "Ask", "Match", "Cost", "Make it?", "Worth", "From odds of")


def bids_text(facts, tables):
    """What the lottery of bids found.

    Parameters
    ----------
    facts : dict
        As ``bid_job`` makes them.
    tables : dict of DataFrame
        ``bids, outcomes, plans, first_stage, checks``.

    Returns
    -------
    str
    """
    bids, outcomes = tables["bids"], (f"{facts['drawn']:,} outcomes drawn" if facts["drawn"] else
                                      f"all {counted(facts['outcomes'], 'outcome')} worked out")
    lines = [f"{facts['trust']}: which bids to make (scenario {facts['scenario']}, {counted(len(bids), 'bid')}, {outcomes})",
             "", _row(HEADS), *(_row(_cells(bid)) for bid in bids.itertuples()), "",
             "Worth: what making the bid adds to the mean of the expected loss avoided (present pounds), its cost paid from "
             "reserves.", ""]
    lines += _plans(facts, tables["plans"])
    before = len(tables["first_stage"])
    lines += ["", f"Outcomes are known from {year_label(facts['known_from'])} on; "
              f"{counted(before, 'work') if before else 'no work'} of the best plan {'starts' if before < 2 else 'start'} "
              "before (first_stage.csv)."]
    lines += ["", *_said(f"! {note}" for note in _notes(facts, tables))]
    return "\n".join(lines).rstrip()


def _row(cells):
    widths = (14, 6, 12, 9, 9, 9, 9, 11, 13)
    return "".join(f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
                   for place, (cell, width) in enumerate(zip(cells, widths, strict=True))).rstrip()


def _cells(bid):
    score = "" if pd.isna(bid.score_points) else f"{bid.score_points:.0f}"
    if score and bid.score_with_match_most_points > bid.score_points:
        score += f" to {bid.score_with_match_most_points:.0f}"
    worth = "" if pd.isna(bid.worth_gbp) else money(bid.worth_gbp)
    return (shortened(bid.bid_id, 13), f"{bid.odds:.0%}", score, money(bid.ask_gbp), money(bid.match_gbp),
            money(bid.bid_cost_gbp), "make" if bid.make == "yes" else "do not", worth,
            "no odds" if pd.isna(bid.flips_at) else f"{bid.flips_at:.0%}")


def _plans(facts, plans):
    """The plans judged on the same outcomes, and what looking ahead and knowing are worth."""
    yield f"{'Loss avoided by the plan':<38}{'Mean':>14}{'1 in 10':>14}{'Worst':>14}   Bids made"
    for plan in plans.itertuples():
        sums = (f"{'cannot be carried out if bids are lost':>42}" if pd.isna(plan.mean_gbp) else
                "".join(f"{pounds(value):>14}" for value in (plan.mean_gbp, plan.p10_gbp, plan.worst_gbp)))
        yield f"{plan.plan:<38}{sums}   {plan.bids_made.replace(';', ', ') or 'none'}"
    yield ""
    if facts["stochastic_gbp"] is not None:
        yield f"Looking at every outcome adds {money(facts['stochastic_gbp'])} to planning with the expected sums."
    yield f"Knowing every outcome beforehand would add {money(facts['perfect_information_gbp'])} more."


def _notes(facts, tables):
    """What the reader must be told."""
    for source, bids in tables["bids"].groupby("odds_source"):
        if source != "given by the trust":
            yield f"Odds of {listed(bids.bid_id)}: {source}."
    doubts = tables["checks"]
    for sentence, own in doubts[doubts.sentence.str.startswith("May break")].groupby("sentence", sort=False):
        yield f"{listed(own.bid_id)}: {sentence}"
    unknown = doubts.sentence.str.startswith("Not checked").sum()
    if unknown:
        yield f"{counted(unknown, 'rule')} could not be checked or are not confirmed (checks.csv)."
    yield from facts["notes"]
    if facts["tail_weight"]:
        yield (f"Plans are judged, and the worth of bids is told, by the mean of the worst tenth of outcomes at "
               f"{facts['tail_weight']:.0%} and the mean of all at the rest.")
    if facts["drawn"]:
        yield f"The mean may be off by {money(facts['standard_error_gbp'])} either way for want of more draws."
    yield (f"Each value is within {money(facts['within_gbp'])} of the best possible (--gap); worths below that may be "
           "the solver's.")


def _said(sentences):
    return [line for sentence in sentences for line in textwrap.wrap(sentence, WIDTH, subsequent_indent="  ")]
