"""Why a scheme is in or out, in sentences that can be read aloud; every figure in them was found by solving."""

import math

from .words import counted, listed, money, percent, plain, pounds, year_label, years_span

FEW = 6
EXACT_SHARE = 1e-4


def explanation_text(told, description="", in_pounds=True):
    """One scheme explained, on one screen.

    Parameters
    ----------
    told : Explanation
    description : str
        What the scheme is; blank: not known.
    in_pounds : bool
        Whether value is pounds of loss avoided, and not points.

    Returns
    -------
    str
    """
    lines = [f"{told.scheme}" + (f" - {plain(description)}" if description else ""), "", verdict(told, in_pounds)]
    for sentence in (loss_sentence(told, in_pounds), swap_sentence(told)):
        if sentence:
            lines += ["", sentence]
    if told.changes:
        lines += ["", "What would put it out:" if told.start_year is not None else "What would bring it in:"]
        lines += [f"  - {change_sentence(told, change, in_pounds)}" for change in told.changes]
    return "\n".join([*lines, "", how_sure(told, in_pounds)])


def worth(amount, in_pounds):
    """A value in words: pounds of loss avoided, or points."""
    return f"{sum_of(amount, in_pounds)} of loss avoided" if in_pounds else sum_of(amount, in_pounds)


def sum_of(amount, in_pounds):
    """A value in words where what it is of has been said."""
    if not in_pounds:
        return f"{amount:,.2f}".rstrip("0").rstrip(".") + " points"
    return pounds(amount) if abs(amount) < 1e7 else money(amount)


def verdict(told, in_pounds):
    """In or out, and the rule that decides.

    Parameters
    ----------
    told : Explanation
    in_pounds : bool
        Whether value is pounds.

    Returns
    -------
    str
    """
    if told.start_year is not None:
        why = {"must": "because it must be done", "choice": "on its worth",
               "required": f"because {listed(told.because)} cannot start without it"}[told.binding]
        return f"IN, starting in {year_label(told.start_year)}, {why}.{_paid(told)}"
    names = listed(list(told.because)[:FEW])
    return "OUT: " + {
        "money": f"the money goes further elsewhere.{_elsewhere(told, in_pounds)}"
                 + (f" Its need is met by {names}." if names else ""),
        "alternative": f"its need is met by {names}, and there can be only one.",
        "limit": f"the limit {names} leaves no room for it.",
        "precedence": f"it cannot start before {names}, which is not in the plan.",
        "worth": "it is worth nothing to the plan, even free of charge.",
        "no year": "there is no year in which it may start.",
        "conflict": "no plan that obeys every rule has room for it."}[told.binding]


def _paid(told):
    if not len(told.paid):
        return ""
    parts = [f"{row.pot_id} ({pounds(row.amount_gbp)} in {year_label(row.year)})" for row in told.paid.itertuples()]
    more = f" and {counted(len(parts) - FEW, 'more payment')}" if len(parts) > FEW else ""
    return f" Paid by {', '.join(parts[:FEW]) if more else listed(parts)}{more}."


def _elsewhere(told, in_pounds):
    dear = {year: price for year, price in told.elsewhere.items() if price > 0}
    if not dear:
        return ""
    year = max(dear, key=dear.get)
    unit = "of loss avoided" if in_pounds else "points"
    figure = f"£{dear[year]:.2f}" if in_pounds else f"{dear[year]:.4g}"
    return f" A pound it would spend in {year_label(year)} earns about {figure} {unit} in other works."


def loss_sentence(told, in_pounds):
    """What the other decision loses, and between which bounds.

    Parameters
    ----------
    told : Explanation
    in_pounds : bool
        Whether value is pounds.

    Returns
    -------
    str
    """
    other = "leave it out" if told.start_year is not None else "force it in"
    if told.otherwise:
        return (f"This decision is not settled: a plan that decides otherwise was found, better by "
                f"{worth(told.better, in_pounds)}. Solve the plan again with a smaller gap.")
    if math.isinf(told.lost):
        settled = math.isinf(told.least)
        return f"No plan that obeys every rule can {other}." if settled else \
            f"No plan that can {other} was found in the time allowed; that none exists is not proved."
    if told.lost <= 1e-9 * max(1.0, abs(told.most)):
        return f"To {other} would cost nothing: another plan is worth as much. It is a free choice."
    if told.most - told.least <= EXACT_SHARE * told.lost:
        return f"To {other} would cost exactly {worth(told.lost, in_pounds)}, everything else replanned as well as can be."
    text = f"To {other} would cost {worth(told.lost, in_pounds)} against the best replacement plan found"
    if told.least > 0:
        return text + f"; proved to be between {sum_of(told.least, in_pounds)} and {sum_of(told.most, in_pounds)}."
    if told.near_least > 0:
        return (f"{text}. While the works far from the margin stay as planned it is between "
                f"{sum_of(told.near_least, in_pounds)} and {sum_of(told.near_most, in_pounds)}; over the whole plan it is "
                f"proved only to be less than {sum_of(told.most, in_pounds)}, because the plan's own proof is no finer.")
    return (f"{text}; that is less than the proof can tell, which says only that it is no more than "
            f"{worth(told.most, in_pounds)}. Read it as close to a free choice.")


def swap_sentence(told):
    """What enters, leaves and moves with the other decision."""
    if told.difference is None or told.otherwise:
        return ""
    parts, change = [], told.difference
    if change.enters:
        parts.append(f"{_named(change.enters)} would come in")
    if change.leaves:
        parts.append(f"{_named(change.leaves)} would go")
    if change.moves:
        moved = [f"{name} from {year_label(before)} to {year_label(after)}"
                 for name, (before, after) in change.moves.items()]
        parts.append(f"{_cut(moved)} would move")
    start = "Without it, " if told.start_year is not None else "With it, "
    return start + ("; ".join(parts) + "." if parts else "nothing else in the plan would change.")


def _named(starts):
    return _cut([f"{name} ({year_label(year)})" for name, year in starts.items()])


def _cut(items):
    return listed(items) if len(items) <= FEW else f"{', '.join(items[:FEW])} and {len(items) - FEW} more"


def change_sentence(told, change, in_pounds):
    """A change of one figure and what it does, or that nothing was found.

    Parameters
    ----------
    told : Explanation
    change : Change
    in_pounds : bool
        Whether value is pounds.

    Returns
    -------
    str
    """
    inside, size, short = told.start_year is not None, abs(change.amount), abs(change.short)
    if change.kind == "start":
        return (f"If it could not start before {year_label(change.amount)} (before {year_label(change.short)}, it stays in)."
                if change.found else f"Not delay: it stays in even if it cannot start before {year_label(change.amount)}.")
    if change.kind == "spend":
        way = "more" if inside else "less"
        if not change.found:
            return f"Not its cost: {percent(size)} {way} is not enough." if size < 1 or inside else \
                "Not its cost: even free of charge it stays out."
        stays = f" (at {percent(short)} {way} it stays {'in' if inside else 'out'})" if short >= 0.0005 else ""
        return f"If it cost {percent(size)} {way}{stays}."
    if change.kind == "value":
        way = "less" if inside else "more"
        verb = "avoided" if in_pounds else "were worth"
        told_worth = f"{sum_of(size, in_pounds)} {way}{' of loss' if in_pounds else ''}"
        return f"If it {verb} {told_worth}." if change.found else f"Not its worth: not found within {told_worth}."
    window = years_span(*change.window)
    if not change.found:
        return f"Not more money in {change.pot_id} (spent in {window}): {pounds(size)} more is not enough."
    stays = f" ({pounds(short)} is not enough)" if short >= 1 else ""
    return f"If {change.pot_id}, to be spent in {window}, held {pounds(math.ceil(size))} more{stays}."


def how_sure(told, in_pounds):
    """How the answers were found, in a sentence or two."""
    seen = any(change.found for change in told.changes)
    first = f"Found by solving {'the whole plan ' if told.whole else ''}again {counted(told.solved, 'time')}"
    if not told.whole:
        first += f" with the {counted(told.free, 'start')} nearest the margin free to change and the other works as planned"
    first += "; each change that works was made, the plan solved afresh, and the decision seen to flip." if seen else "."
    if told.better > 0.5 and not told.otherwise:
        first += f" A plan better by {worth(told.better, in_pounds)} was found on the way; it decides the same."
    return first
