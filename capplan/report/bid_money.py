"""The money of a bid: how its cost is built up, and its options compared as the Green Book asks."""

from ..reference import optimism_bias
from .carbon import read_carbon
from .words import inside, percent, pounds, year_label

NOTHING, LOW_CARBON = "nothing", "low carbon"
WAYS = {"nothing": "Do nothing", "patch": "Patch", "repair": "Repair in part", "renew": "Replace like for like",
        "urgent": "Replace like for like, urgent", "refurbish": "Refurbish the block", "rebuild": "Rebuild the block",
        "demolish": "Demolish the block", LOW_CARBON: "Low-carbon replacement", "listed": "As the trust's list has it"}
BY_RATE = ("rebuild", "demolish", "mothball", "let", "energy", LOW_CARBON)
"""Kinds of works whose cost is a rate with everything in it."""


def cost_rows(facts):
    """How the cost of a bid is built up.

    Parameters
    ----------
    facts : BidFacts

    Returns
    -------
    list of tuple of str
        Part, share and amount; the last row is the whole, and the others add up to it in whole pounds.

    Notes
    -----
    Shares are those the scenario adds to every cost at its stage, taken out again. *Counterexample:* works whose rate holds
    them already are one row.
    """
    whole, real = round(facts.cost_gbp), facts.real_gbp
    amounts = [] if facts.scheme.kind in BY_RATE else _on_costs(facts)
    rows = [(name, percent(share), amount) for name, share, amount in amounts]
    works = round(real) - sum(amount for *_, amount in rows)
    base = facts.schools.results.solution["price_base"]
    name = f"Works at {base} prices" + ("" if amounts else ", with fees and all else")
    rise = whole - round(real)
    rows = [(name, "", works), *rows,
            (f"Rise of tender prices to {year_label(facts.start)}", percent(rise / real) if real > 0 else "", rise),
            ("Whole cost, pounds of the day", "", whole)]
    return [(part, share, pounds(amount)) for part, share, amount in rows]


def _on_costs(facts):
    """What the scenario adds to works: part, share and amount in whole pounds at the price base."""
    on = facts.scenario.on_costs(facts.stage)
    vat = facts.scenario.costs.vat_rate_voluntary_aided if bool(facts.school.voluntary_aided) else 0.0
    bare = facts.real_gbp / (on.factor * (1.0 + vat))
    built = bare * (1.0 + on.preliminaries_share)
    parts = (("Preliminaries", on.preliminaries_share, bare * on.preliminaries_share),
             ("Fees", on.fees_share, built * on.fees_share),
             ("Contingency, or optimism bias", on.allowance_share, built * on.allowance_share),
             ("VAT that cannot be reclaimed", vat, bare * on.factor * vat))
    return [(name, share, round(amount)) for name, share, amount in parts if share > 0]


def options_rows(facts):
    """The options of a bid as rows of words, and what has to be said beside them.

    Parameters
    ----------
    facts : BidFacts

    Returns
    -------
    tuple of (list of tuple of str, list of str)

    Notes
    -----
    Where what owning a way costs is not known by component (works of the trust's list, low-carbon replacements), its net
    present value is what it avoids less what it costs, by the yardstick of the plan. *Counterexample:* the two measures
    differ by what a low-carbon replacement saves in bills.
    """
    bias = optimism_bias(facts.stage) if facts.stage else 0.0
    ways, said = facts.options, []
    known = "total_present_gbp" in ways
    nothing = ways.total_present_gbp.iloc[0] if known else float("nan")
    rows = []
    for row in ways.itertuples():
        works, whole, worth = _figures(row, nothing, known)
        ratio = (worth + works) / works if works > 0 else float("nan")
        name = _name_of(row)
        mine = " (this bid)" if row.scheme_id == facts.scheme.scheme_id else ""
        rows.append((name + mine, _start(row), _pounds(works), _pounds(whole), _pounds(worth),
                     _pounds(worth - bias * works), "" if ratio != ratio else f"{ratio:.1f}", _chosen(row)))
        if mine and works > 0 and worth == worth:
            said.append(f"Works of this bid could cost {percent(worth / works)} more before doing nothing were as good."
                        if worth > 0 else "By these figures doing nothing costs less over the plan than this bid.")
    best = _best(ways, nothing, known)
    if best is not None and best.scheme_id != facts.scheme.scheme_id:
        said.append(f"The option of most net present value is another: {inside(_name_of(best))}. "
                    "Say why this one is asked for.")
    return rows, said + _low_carbon(facts)


def _figures(row, nothing, known):
    """Works, whole life and net present value of one option; missing where nobody knows them."""
    if row.kind == NOTHING:
        return 0.0, nothing, 0.0
    if known and row.total_present_gbp == row.total_present_gbp:
        return row.capital_present_gbp, row.total_present_gbp, nothing - row.total_present_gbp
    works = row.value_gbp / row.value_per_gbp if row.value_per_gbp and row.value_per_gbp > 0 else float("nan")
    return works, float("nan"), row.value_gbp - works


def _best(ways, nothing, known):
    """The option of most net present value; ``None`` where none is known."""
    found = [(_figures(row, nothing, known)[2], row) for row in ways.itertuples()]
    found = [(worth, row) for worth, row in found if worth == worth]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _low_carbon(facts):
    """What a low-carbon way of meeting the need would save, where the run weighed one; that none was, where not."""
    carbon = read_carbon(facts.schools.results)
    if not (facts.options.kind == LOW_CARBON).any():
        hint = "; the overlay energy offers such ways where there are any" if carbon is None else ""
        return [f"Low carbon: no low-carbon way of meeting this need was put to the run{hint}."]
    own = carbon.lock_in[carbon.lock_in.need == facts.scheme.exclusion_group] if carbon is not None else []
    return [f"Low carbon: until {row.locked_until:.0f} a heat pump in place of like for like would save "
            f"{row.carbon_tco2e:,.0f} tCO2e, worth {pounds(row.carbon_gbp)}, and costs {pounds(row.cost_gbp)} more; bills "
            f"are {pounds(abs(row.bills_gbp))} {'less' if row.bills_gbp > 0 else 'more'}. Whole life above holds neither "
            "bills nor carbon." for row in (own.itertuples() if len(own) else ())]


def _name_of(row):
    """An option in words; ways of saving energy, of which a need may have several, with what tells them apart."""
    name = WAYS.get(row.kind, row.kind)
    return f"{name}: {row.scheme_id.rpartition('.')[2].replace('_', ' ')}" if row.kind in (LOW_CARBON, "energy") else name


def _start(row):
    """Year an option is looked at: that of its figures, or else the one the plan starts it in."""
    if row.kind == NOTHING:
        return ""
    year = row.looked_at if "looked_at" in row._fields and row.looked_at == row.looked_at else row.start_year
    return year_label(year) if year == year else ""


def _chosen(row):
    if row.kind == NOTHING:
        return ""
    return "yes" if row.start_year == row.start_year else "no"


def _pounds(amount_gbp):
    return "not known" if amount_gbp != amount_gbp else pounds(amount_gbp)
