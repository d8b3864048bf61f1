"""What a target takes and what further money buys, each on one screen."""

import textwrap

from .words import counted, money, plain, pounds

WIDE, MOST_NAMES = 108, 3


def goal_text(facts, trials):
    """What a target takes, in words.

    Parameters
    ----------
    facts : dict
        What stands in ``goal.json``.
    trials : DataFrame
        What stands in ``goal.csv``.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: what it takes to have {facts['target']} on 1 September {facts['by_year']} (scenario "
             f"{plain(facts['scenario'])})", "",
             f"Without works the backlog that counts would then be {pounds(facts['without_works_gbp'])}; the target is "
             f"{pounds(facts['target_gbp'])}. Today's money is {pounds(facts['money_today_gbp'])} over the plan."]
    if facts["enough_gbp"] is None:
        lines += ["NOT REACHED with any money of this kind.", *facts["stops"]]
    else:
        share = f" ({facts['enough_gbp'] / facts['money_today_gbp']:.1%} of today's)" if facts["money_today_gbp"] else ""
        lines.append(f"{pounds(facts['enough_gbp'])}{share} suffices: the best programme for it has "
                     f"{counted(facts['schemes'], 'scheme')}, avoids a loss of {money(facts['value_gbp'])} (proved within "
                     f"{facts['gap']:.2%}) and leaves {pounds(facts['reached_gbp'])}.")
        if facts["too_little_gbp"] is None:
            lines.append("No smaller sum was proved not to suffice.")
        else:
            lines.append(f"{pounds(facts['too_little_gbp'])} is proved not to suffice: no programme for it leaves less than "
                         f"{pounds(facts['too_little_leaves_gbp'])}." if facts["too_little_leaves_gbp"] is not None else
                         f"{pounds(facts['too_little_gbp'])} is proved not to suffice: it does not pay for what must be "
                         "done.")
        lines.append(facts["how"])
    wrapped = [line for each in lines for line in (textwrap.wrap(each, WIDE) or [""])]
    table = [f"{row.money_gbp:>16,.0f}{row.reached_gbp:>16,.0f}{row.bound_gbp:>18,.0f}   {row.verdict}"
             for row in trials.sort_values("money_gbp").itertuples()]
    return "\n".join([*wrapped, "", f"{'money, £':>16}{'leaves, £':>16}{'at the least, £':>18}   it", *table])


def worth_text(frame, facts):
    """What further money buys, on one screen.

    Parameters
    ----------
    frame : DataFrame
        What stands in ``worth.csv``.
    facts : dict
        What stands in ``worth.json``.

    Returns
    -------
    str
    """
    lines = [f"{plain(facts['trust'])}: what the next {money(facts['step_gbp'])} buys, and the last loses (scenario "
             f"{plain(facts['scenario'])})", *textwrap.wrap(
                 f"The programme avoids {money(facts['value_gbp'])}, proved within {facts['gap']:.2%}: no change smaller "
                 f"than {pounds(facts['untold_gbp'])} can be told for sure. Loss avoided is real and discounted.", WIDE), ""]
    step = money(facts["step_gbp"])
    for change, title in (("more", f"{step} more"), ("less", f"{step} less, or all there is")):
        rows = frame[frame.change == change]
        if not len(rows):
            continue
        rows = rows.assign(size=rows.value_change_gbp.abs().fillna(float("inf"))).sort_values("size", ascending=False,
                                                                                             kind="stable")
        lines.append(f"{title:<44}{'loss avoided':>13}{'between':>22}{'backlog end':>13}{'pupil-days':>12}"
                     f"{'relaxed':>9}")
        lines += [_worth_row(row) for row in rows.head(15).itertuples()]
        lines += [f"  and {counted(len(rows) - 15, 'more source')} in worth.csv"] if len(rows) > 15 else []
        lines.append("")
    best = frame[(frame.change == "more") & frame.value_change_gbp.notna()]
    if len(best):
        top = best.loc[best.value_change_gbp.idxmax()]
        if top.value_change_gbp > 0:
            lines += textwrap.wrap(f"Most is bought by more {top.source}: in come {_names(top.schemes_in)}; out go "
                                   f"{_names(top.schemes_out)}.", WIDE)
    return "\n".join(lines).rstrip()


def _worth_row(row):
    if row.verdict == "no programme":
        return f"  {row.source[:42]:<42}  no programme: {row.reason[:60]}"
    between = f"{money(row.least_gbp)} to {money(row.most_gbp)}"
    mark = "" if row.verdict == "told" else "  less than can be told"
    relaxed = f"£{row.relaxed_gbp_per_gbp:.2f}" if row.relaxed_gbp_per_gbp == row.relaxed_gbp_per_gbp else ""
    return (f"  {row.source[:42]:<42}{money(row.value_change_gbp):>13}{between:>22}{money(row.backlog_change_gbp):>13}"
            f"{row.pupil_days_change:>12,.0f}{relaxed:>9}{mark}")


def _names(text):
    names = [name for name in text.split("; ") if name]
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(names[:MOST_NAMES]) + more if names else "none"
