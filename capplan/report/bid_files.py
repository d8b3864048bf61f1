"""The pack for a bid as a folder: the document, and beside it the tables it rests on."""

import pandas as pd

from ..funding.bid_scoring import round_named
from .bid_facts import bid_facts
from .bid_money import cost_rows, options_rows
from .bid_pack import bid_pack
from .bid_score import bid_score
from .papers import PDF, WORD, written
from .words import counted, inside, pounds

EVIDENCE = "evidence"
INDEX = ("evidence_id", "kind", "path", "sha256", "bytes", "dated", "scheme_id", "component_id", "block_id", "note")


def bid_folder(schools, scheme_id, round_name, on):
    """The pack for a bid, file by file.

    Parameters
    ----------
    schools : SchoolsRead
    scheme_id : str
    round_name : str
        Route and grant year, as ``CIF 2026-27``.
    on : date
        Day it is written.

    Returns
    -------
    tuple of (dict of str to bytes, BidFacts, BidScore)
        ``bid.docx`` and ``bid.pdf``, and in ``evidence/`` the index of files, the survey extract, the options, the cost, the
        score and what is missing, as CSV.

    Raises
    ------
    MissingFigureError
        If no weights of such a round are published.
    DataError
        If there is no such scheme, or the folder lacks what a bid needs.
    """
    facts = bid_facts(schools, scheme_id, round_named(round_name), on)
    score = bid_score(facts)
    document = bid_pack(facts, score)
    files = {f"bid{suffix}": written(document, suffix) for suffix in (WORD, PDF)}
    surveyed = schools.estate.components
    tables = {"evidence_index": facts.files[list(INDEX)],
              "survey_extract": surveyed[surveyed.component_id.isin(facts.parts.component_id)],
              "self_score": score.items.round(4), "missing_evidence": score.missing.round(4)}
    files |= {f"{EVIDENCE}/{name}.csv": _csv(table) for name, table in tables.items()}
    rows = {"options": ("option,starts,works,whole_life,net_present_value,with_optimism_bias,benefit_cost,in_the_plan",
                        options_rows(facts)[0]), "cost": ("part,share,amount", cost_rows(facts))}
    files |= {f"{EVIDENCE}/{name}.csv": _csv(pd.DataFrame(each, columns=head.split(","))) for name, (head, each)
              in rows.items()}
    return files, facts, score


def told_of_bid(facts, score):
    """What a bid comes to, in sentences for a screen: what it asks, scores and lacks.

    Parameters
    ----------
    facts : BidFacts
    score : BidScore

    Returns
    -------
    str
    """
    parts = ", ".join(f"{part} {row.scored:.0f} of {row.points:.0f}" for part, row in score.parts().iterrows())
    first = next(score.missing.itertuples(), None)
    most = "" if first is None else f" Most to win: {inside(first.wanted)} ({first.lost:.1f} points)."
    return (f"{facts.round.name}: {pounds(facts.cost_gbp)}, self-score {score.items.scored.sum():.0f} of 100 ({parts}); "
            f"{counted(len(score.missing), 'piece')} of evidence missing.{most}")


def _csv(frame):
    return frame.to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%d").encode()
