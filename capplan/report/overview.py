"""What drives a whole programme, on one screen: rules, money, plans almost as good, and the core index."""

from .explain import sum_of, worth
from .words import counted, percent, years_span

FEW = 8
CORE = (("always", "in every future"), ("usually", "in most futures"), ("depends", "in some futures"),
        ("rarely", "in few futures"), ("never", "in no future"))


def overview_text(base, rules, shadow, plans, shares, core, in_pounds=True):
    """A whole programme explained.

    Parameters
    ----------
    base : Found
        The programme, or a better one found on the way.
    rules : list of PricedRule
    shadow : DataFrame
        As ``check_worth`` returns it.
    plans : list of Alternative
    shares : Series
        In what share of the plans each scheme is.
    core : CoreIndex
    in_pounds : bool
        Whether value is pounds of loss avoided, and not points.

    Returns
    -------
    str
    """
    lines = [f"The programme is worth {worth(base.value, in_pounds)}; no plan under these rules can be worth more than "
             f"{worth(base.ceiling, in_pounds)}.", ""]
    lines += _rules(rules, in_pounds) + [""] + _money(shadow, in_pounds) + [""] + _plans(plans, shares, in_pounds)
    return "\n".join([*lines, "", *_core(core)])


def _rules(rules, in_pounds):
    if not rules:
        return ["The plan has no must-dos, limits or orders of works whose price could be told."]
    lines = ["What each rule costs (the loss that the best plan without it avoids more; one dropped at a time):"]
    for price in rules[:FEW]:
        sure = "" if price.least > 0 or price.most <= 0.5 else f", proved only to be under {sum_of(price.most, in_pounds)}"
        found = sum_of(price.gain, in_pounds) if price.gain > 0.5 or not in_pounds else "nothing"
        lines.append(f"  - {price.rule}: {'about ' if price.relaxed and price.gain > 0.5 else ''}{found}{sure}")
    return lines + ([f"  - and {len(rules) - FEW} cheaper ones"] if len(rules) > FEW else [])


def _money(shadow, in_pounds):
    short = shadow[shadow.worth_at_most > 0].drop_duplicates(["worth", "price"])
    if not len(short):
        return ["There is money for everything: another £100k would buy nothing."]
    lines = ["What another £100k would buy, in loss avoided, where money is shortest:"]
    for row in short.head(FEW).itertuples():
        place = f"{row.pot_id} ({years_span(row.first_year, row.last_year)})" if row.pot_id else \
            f"any works in {years_span(row.first_year, row.last_year)}"
        most = row.worth if row.worth == row.worth else row.worth_at_most
        lines.append(f"  - {place}: {sum_of(row.worth_found, in_pounds)}, found by planning again"
                     if row.worth_found == row.worth_found else
                     f"  - {place}: about {sum_of(most, in_pounds)}, were works done in part")
    same = int((shadow.worth_at_most > 0).sum()) - min(len(short), FEW)
    more = f"  - and {counted(same, 'pot or year', 'pots and years')} with the same worth or less"
    return [*lines, more] if same > 0 else lines


def _plans(plans, shares, in_pounds):
    if not plans:
        return ["No other plan within 1% of its worth was found in the time allowed."]
    fixed, loose = int((shares == 1).sum()), int(((shares > 0) & (shares < 1)).sum())
    lines = [f"{counted(len(plans), 'other plan')} within 1% of its worth, each as unlike it as could be found:"]
    lines += [f"  - plan {number}: {worth(plan.value, in_pounds)}, {counted(len(plan.choice), 'scheme')}; "
              f"{percent(plan.changed_share)} of the money of the two plans is for schemes only one of them has"
              for number, plan in enumerate(plans, 1)]
    return [*lines, f"{counted(fixed, 'scheme is', 'schemes are')} in all of these plans; "
                    f"{counted(loose, 'scheme is', 'schemes are')} in some of them: those are a choice."]


def _needs(planned):
    """What of the planned schemes is sure: the need, whatever works meet it, or the works themselves."""
    if not len(planned):
        return []
    sure = planned.need_core.isin(["always", "usually"])
    other = int((sure & ~planned.core.isin(["always", "usually"])).sum())
    always, usually = (int((planned.need_core == word).sum()) for word in ("always", "usually"))
    line = (f"Of {counted(len(planned), 'planned scheme')}, {always:,} are for a need met in every future and {usually:,} "
            "for one met in most.")
    if other:
        line += f" For {other:,} of them the need is sure, and which works meet it (patch, repair or renew, say) is not."
    return [line]


def _core(core):
    if not core.samples:
        return ["Core index: in none of the futures sampled is there a plan that obeys every rule."]
    counts = core.schemes.core.value_counts()
    how = "works that could be half done counted as in" if core.relaxed else \
        f"each plan proved within {percent(core.gap)} of its best"
    lines = [f"Core index over {counted(core.samples, 'future')} of costs, worth and grants ({how}):"]
    lines += [f"  - {name:8} {int(counts.get(name, 0)):5,} schemes, {meaning}" for name, meaning in CORE]
    lines += _needs(core.schemes[core.schemes.planned == "yes"])
    doubtful = core.schemes[(core.schemes.planned == "yes") & core.schemes.need_core.isin(["depends", "rarely", "never"])]
    if len(doubtful):
        names = [f"{row.scheme_id} ({percent(row.in_share)}, between {percent(row.in_least)} and {percent(row.in_most)})"
                 for row in doubtful.sort_values("in_share").head(3).itertuples()]
        few = counted(len(doubtful), "planned scheme is", "planned schemes are")
        lines.append(f"{few} for a need met in fewer than most futures; least often in: {'; '.join(names)}.")
    if core.without_plan:
        lines.append(f"In {counted(core.without_plan, 'further future')} no plan that obeys every rule was found.")
    return lines


