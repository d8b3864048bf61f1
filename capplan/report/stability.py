"""What a programme changes in the one approved before it, in words."""

from .words import counted, listed, money

WORDS = ("kept", "moved", "dropped", "added")
PRICED = ("moving", "dropping", "adding")


def stability_words(frame, found, rules):
    """What changed against the approved programme, what was allowed, and what keeping to it costs.

    Parameters
    ----------
    frame : DataFrame
        As ``candidates.approved.changes_frame`` gives it.
    found : Steady
        As ``programme.stability.steady`` gives it.
    rules : Stability

    Returns
    -------
    list of str
    """
    counts = frame.change.value_counts()
    told = [f"{counts.get(word, 0):,} {word}" for word in WORDS]
    said = [f"Against the approved programme of {counted(frame.approved_year.notna().sum(), 'work')}: {listed(told)} "
            "(changes.csv)."]
    further = [f"{counted(counts[word], 'work')} {word}" for word in ("begun before", "no longer on offer")
               if word in counts]
    if further:
        said.append(f"Not counted as changes: {listed(further)}.")
    if found.free is not None:
        said.append(f"{_asked(rules)} Keeping to it that far costs {_between(found)} of loss avoided.")
    return said


def _between(found):
    least, most = money(found.costs_least_gbp), money(found.costs_most_gbp)
    return least if least == most else f"between {least} and {most}"


def _asked(rules):
    asked = [f"at most {counted(most, *nouns)}" for most, nouns in (
        (rules.most_changes, ("change",)), (rules.most_moved, ("move",)),
        (rules.most_dropped, ("work dropped", "works dropped")), (rules.most_added, ("work added", "works added")))
        if most is not None]
    asked += [f"{word} a work only for {money(price)} or more" for word, price in zip(PRICED, rules.prices_gbp, strict=True)
              if price]
    if rules.fixed_years:
        asked.append("the first year as approved" if rules.fixed_years == 1 else
                     f"the first {rules.fixed_years} years as approved")
    return f"Asked for: {listed(asked)}."
