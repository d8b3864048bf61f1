"""How well schools and blocks serve what they are used for, in words, with what nobody has assessed listed as such."""

import pandas as pd

from ..tables import CRITERIA

WORDS = {1: "good", 2: "satisfactory", 3: "poor: limits teaching", 4: "bad: prevents teaching"}
NOT_ASSESSED = "not assessed"
SUFFICIENCY = "sufficiency"
NOTHING = pd.DataFrame({"block_id": [], "score": [], "assessed": []})


def in_words(score):
    """A score in words.

    Parameters
    ----------
    score : number
        1 to 4, or missing. [-]

    Returns
    -------
    str

    Raises
    ------
    ValueError
        If the score is not 1, 2, 3 or 4.

    Examples
    --------
    >>> in_words(3), in_words(float("nan"))
    ('poor: limits teaching', 'not assessed')
    """
    if pd.isna(score):
        return NOT_ASSESSED
    if score not in WORDS:
        raise ValueError(f"A suitability score is 1, 2, 3 or 4, not {score}.")
    return WORDS[int(score)]


def suitability_by_place(scores, places, on):
    """Worst and mean score of every school and block by criterion, in words, with sufficiency beside it.

    Parameters
    ----------
    scores : DataFrame
        ``school_id, block_id, criterion, score, assessed``; a blank block is a score of the whole school.
    places : DataFrame
        ``school_id, block_id`` of every block.
    on : Timestamp
        Day ages are counted at.

    Returns
    -------
    DataFrame
        A row for each school (blank block) and each of its blocks, by criterion: ``worst`` and ``mean`` score [-],
        ``words`` of the worst, ``oldest`` date and ``age_years`` of it, ``assessed`` and ``not_assessed`` (how many
        blocks have a score of their own, and have none), ``sufficiency`` of the block in words, of its school where it
        has none of its own. Missing scores read *not assessed*, never good.

    Raises
    ------
    ValueError
        If a criterion or score is unknown, a score is given twice, or a place that was scored is not among the places.

    Notes
    -----
    A school's row is drawn from its own score and those of its blocks, each counting once. *Counterexample:* a nursery
    block and the main building of a secondary school, which weigh the same. A score of the whole school is not given to
    its blocks. *Counterexample:* a school of one block.

    Examples
    --------
    >>> scores = pd.DataFrame({"school_id": ["S1"], "block_id": ["B1"], "criterion": ["access"], "score": [3],
    ...                        "assessed": pd.to_datetime(["2024-03-01"])})
    >>> places = pd.DataFrame({"school_id": ["S1", "S1"], "block_id": ["B1", "B2"]})
    >>> found = suitability_by_place(scores, places, pd.Timestamp("2026-09-01"))
    >>> found[found.criterion == "access"][["block_id", "words"]].to_numpy().tolist()
    [['', 'poor: limits teaching'], ['B1', 'poor: limits teaching'], ['B2', 'not assessed']]
    """
    _check(scores, places)
    frame = _grid(places)
    by_school = dict(list(scores.groupby(["school_id", "criterion"], sort=False)))
    rows = [_row(by_school, place, on) for place in frame.itertuples(index=False)]
    frame = pd.concat([frame.drop(columns="blocks"), pd.DataFrame(rows, index=frame.index)], axis=1)
    return frame.assign(worst=frame.worst.astype("Int64"), age_years=frame.age_years.astype("Int64"))


def _check(scores, places):
    strange = sorted(set(scores.criterion) - set(CRITERIA))
    if strange:
        raise ValueError(f"Criteria must be among {', '.join(CRITERIA)}; not known: {', '.join(strange)}.")
    for score in scores.score:
        if in_words(score) == NOT_ASSESSED:
            raise ValueError("A row of suitability has no score; leave the row out instead.")
    if scores.duplicated(["school_id", "block_id", "criterion"]).any():
        raise ValueError("A place has one score for each criterion.")
    known = {(school, "") for school in places.school_id} | set(zip(places.school_id, places.block_id, strict=True))
    lost = sorted(set(zip(scores.school_id, scores.block_id, strict=True)) - known)
    if lost:
        raise ValueError(f"Scored places that are not among the places: {lost}.")


def _grid(places):
    """Every school, then each of its blocks, by criterion."""
    rows = []
    for school, blocks in places.groupby("school_id", sort=False).block_id:
        named = [block for block in dict.fromkeys(blocks) if block]
        rows += [(school, block, criterion) for block in ["", *named] for criterion in CRITERIA]
    return pd.DataFrame(rows, columns=["school_id", "block_id", "criterion"]).assign(
        blocks=lambda frame: frame.school_id.map(
            places[places.block_id != ""].groupby("school_id").block_id.nunique()).fillna(0).astype(int))


def _row(by_school, place, on):
    mine = by_school.get((place.school_id, place.criterion), NOTHING)
    if place.block_id:
        mine = mine[mine.block_id == place.block_id]
    worst = mine.score.max() if len(mine) else pd.NA
    oldest = mine.assessed.min() if len(mine) else pd.NaT
    seen = mine.block_id[mine.block_id != ""].nunique()
    return {"worst": worst, "mean": mine.score.mean() if len(mine) else float("nan"), "words": in_words(worst),
            "oldest": oldest, "age_years": whole_years(oldest, on) if len(mine) else pd.NA, "assessed": seen,
            "not_assessed": (1 if place.block_id else place.blocks) - seen, "sufficiency": _sufficiency(by_school, place)}


def _sufficiency(by_school, place):
    """Of the block, else of the school; of a school without a score of its own, the worst of its blocks."""
    found = by_school.get((place.school_id, SUFFICIENCY), NOTHING).set_index("block_id").score
    for key in (place.block_id, ""):
        if key in found.index:
            return in_words(found[key])
    return in_words(found.max() if len(found) and not place.block_id else pd.NA)


def whole_years(earlier, later):
    """Anniversaries of the earlier day up to the later one, not below nought.

    Parameters
    ----------
    earlier, later : Timestamp

    Returns
    -------
    int
        Whole years. [years]

    Examples
    --------
    >>> whole_years(pd.Timestamp("2024-09-02"), pd.Timestamp("2026-09-01"))
    1
    """
    return max(later.year - earlier.year - ((earlier.month, earlier.day) > (later.month, later.day)), 0)
