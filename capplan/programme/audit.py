"""A programme checked with plain arithmetic: no solver, no formulation, only the candidates' own tables.

Nothing here is shared with the model that was solved, on purpose.
"""

from collections import defaultdict

import pandas as pd

from .audit_pupils import pupils_paid

TOLERANCE_GBP, POUND_GBP = 0.02, 1.0
CONTRIBUTIONS = "contributions"
"""Where draws say it comes from, what others pay."""


def audit(candidates, choice, draws, objective):
    """Check a programme against every rule.

    Parameters
    ----------
    candidates : Candidates
    choice : dict
        Scheme to start year.
    draws : DataFrame
        ``scheme_id, pot_id, year, amount_gbp`` (nominal).
    objective : float
        Value the programme claims.

    Returns
    -------
    list of str
        Everything that is wrong, in words; empty where the programme stands.
    """
    years, spend = _made(candidates.scheme_years, choice), _made(candidates.spend, choice)
    wrong = _starts(years, choice)
    if not wrong:
        wrong += _value(years, objective)
        wrong += _alternatives(candidates, choice)
        owed = _owed(candidates, choice, spend)
        wrong += _paid(owed, draws[draws.pot_id != CONTRIBUTIONS])
        wrong += _contributed(spend, draws)
        wrong += _pots(candidates, draws)
        wrong += _terms(candidates, choice, draws, owed)
        wrong += _limits(candidates, years, spend)
    if candidates.money is not None and not wrong:
        wrong += _reserves(candidates, draws)
        wrong += _books(candidates, draws)
        wrong += _fund(candidates, choice, draws)
    return wrong


def _made(table, choice):
    """The rows of a table by scheme and start year that are of starts the programme makes."""
    return table[table.scheme_id.map(choice) == table.start_year] if choice else table[:0]


def _rows(table):
    """The rows of a table one after the other, its columns read whole, which is several times as fast."""
    return table.astype(object).itertuples()


def _starts(years, choice):
    listed = set(zip(years.scheme_id.tolist(), years.start_year.tolist(), strict=True))
    return [f"{scheme} starts in {year}, a year it may not start in" for scheme, year in choice.items()
            if (scheme, year) not in listed]


def _value(years, objective):
    value = 0.0
    for worth in years.value.tolist():
        value += worth
    if not abs(value - objective) <= 1e-6 * max(1.0, abs(value)):  # so that nothing passes for not being a number
        return [f"the value is {value:,.2f}, not {objective:,.2f} as claimed"]
    return []


def _alternatives(candidates, choice):
    wrong, taken, needed = [], {}, defaultdict(list)
    schemes = candidates.schemes.reindex(columns=["scheme_id", "exclusion_group", "also_meets", "requires", "must_do"])
    schemes = schemes.astype(object).fillna("")
    alone = set(schemes.scheme_id[schemes.exclusion_group == ""])
    for row in schemes[schemes.scheme_id.isin(list(choice)) | (schemes.must_do != "")].itertuples():
        group, started = row.exclusion_group, choice.get(row.scheme_id)
        further = [name.strip() for name in row.also_meets.split(";") if name.strip()]
        meets = dict.fromkeys(("scheme", name) if name in alone else ("group", name) for name in further)
        meets[("group", group) if group else ("scheme", row.scheme_id)] = None
        for each in meets if started is not None else ():
            if each in taken:
                wrong.append(f"{row.scheme_id} and {taken[each]} are alternatives and both chosen")
            taken[each] = row.scheme_id
        for other in filter(None, (name.strip() for name in row.requires.split(";"))):
            if started is not None and (other not in choice or choice[other] > started):
                wrong.append(f"{row.scheme_id} starts in {started} before {other}, which it requires")
        text = str(row.must_do).strip().lower().removesuffix(".0")
        if text not in ("", "no", "n", "0", "false"):
            latest = float("inf") if text in ("yes", "y", "1", "true") else int(text)
            for each in meets:
                needed[each].append((row.scheme_id, latest))
    for need, members in needed.items():
        if not any(name in choice and choice[name] <= latest for name, latest in members):
            wrong.append(f"{need[1]} must be done and is not, or not in time")
    return wrong


def _owed(candidates, choice, spend):
    """What the pots owe for each scheme in each year: its spending less what others pay and what its bundles save."""
    owed, saved = defaultdict(float), defaultdict(float)
    for bundle in candidates.bundles.itertuples():
        members = [name.strip() for name in bundle.schemes.split(";") if name.strip()]
        if all(name in choice for name in members) and len({choice[name] for name in members}) == 1:
            for name in members:
                saved[name] += bundle.saving_share
    for row in _rows(spend):
        owed[row.scheme_id, row.year] += (row.cost - _others_pay(row)) * (1.0 - saved[row.scheme_id])
    return owed


def _others_pay(row):
    """What others contribute to a row of spending; none where the column is absent or blank."""
    amount = getattr(row, "contributed_gbp", 0.0)
    return amount if amount > 0 else 0.0


def _contributed(spend, draws):
    """Others pay what the candidates say they do, when they do, and nothing else is theirs to pay."""
    due, paid = defaultdict(float), defaultdict(float)
    for row in _rows(spend):
        if _others_pay(row):
            due[row.scheme_id, row.year] += row.contributed_gbp
    for row in draws[draws.pot_id == CONTRIBUTIONS].itertuples():
        paid[row.scheme_id, row.year] += row.amount_gbp
    return [f"others contribute £{due.get(key, 0):,.2f} to {key[0]} in {key[1]}, and £{paid.get(key, 0):,.2f} is counted"
            for key in sorted(due.keys() | paid.keys())
            if not abs(due.get(key, 0.0) - paid.get(key, 0.0)) <= TOLERANCE_GBP]


def _paid(owed, draws):
    paid = draws.groupby(["scheme_id", "year"]).amount_gbp.sum().to_dict() if len(draws) else {}
    return [f"{scheme} spends £{owed.get((scheme, year), 0):,.2f} in {year} and £{paid.get((scheme, year), 0):,.2f} "
            "is paid" for scheme, year in sorted(owed.keys() | paid.keys())
            if not abs(owed.get((scheme, year), 0.0) - paid.get((scheme, year), 0.0)) <= TOLERANCE_GBP]


def _terms(candidates, choice, draws, owed):
    """Pots that pay for named schemes only, a share of what a scheme spends only, or only once a scheme has started."""
    wrong, pots = [], candidates.pots.reindex(columns=["pot_id", "schemes", "most_share", "with_scheme"])
    pots = pots.astype({"schemes": object, "with_scheme": object})
    pots = pots.fillna({"schemes": "", "with_scheme": ""})
    special = (pots.schemes != "") | (pots.with_scheme != "") | pots.most_share.notna()
    for pot in pots[special].itertuples():
        own = draws[draws.pot_id == pot.pot_id]
        only = {name.strip() for name in pot.schemes.split(";") if name.strip()}
        wrong += [f"{pot.pot_id} pays {row.scheme_id}, which is not one of its schemes" for row in own.itertuples()
                  if only and row.scheme_id not in only]
        opens = choice.get(pot.with_scheme, float("inf")) if pot.with_scheme else -float("inf")
        wrong += [f"{pot.pot_id} pays {row.scheme_id} in {row.year}, before {pot.with_scheme} has started"
                  for row in own.itertuples() if row.year < opens]
        if pd.notna(pot.most_share):
            for (scheme, year), paid in own.groupby(["scheme_id", "year"]).amount_gbp.sum().items():
                if paid > pot.most_share * owed[scheme, year] + TOLERANCE_GBP:
                    share = paid / owed[scheme, year]
                    wrong.append(f"{pot.pot_id} pays {share:.1%} of {scheme} in {year}, more than its share")
    return wrong


def _pots(candidates, draws):
    pots = {pot.pot_id: pot for pot in candidates.pots.fillna({"tags": "", "school_id": ""}).itertuples()}
    schemes = candidates.schemes.reindex(columns=["scheme_id", "tag", "school_id"]).astype(object).fillna("")
    tag_of = dict(zip(schemes.scheme_id, schemes.tag, strict=True))
    school_of = dict(zip(schemes.scheme_id, schemes.school_id, strict=True))
    rows = draws[draws.pot_id != CONTRIBUTIONS]
    wrong = [f"{row.pot_id} pays {row.scheme_id} £{row.amount_gbp:,.2f}, a negative sum"
             for row in draws[draws.amount_gbp < -TOLERANCE_GBP].itertuples()]
    drawn = rows.groupby("pot_id").amount_gbp.agg(["sum", "size"])
    for pot, total, count in zip(drawn.index, drawn["sum"], drawn["size"], strict=True):
        if pot not in pots:
            wrong.append(f"{pot} pays £{total:,.2f} and is no pot of these candidates")
        elif total > pots[pot].amount + TOLERANCE_GBP * max(1, count):
            wrong.append(f"{pot} holds £{pots[pot].amount:,.2f} and pays £{total:,.2f}")
    tags = {name: {tag.strip() for tag in pot.tags.split(";") if tag.strip()} for name, pot in pots.items()}
    for pot, scheme, year in zip(rows.pot_id.tolist(), rows.scheme_id.tolist(), rows.year.tolist(), strict=True):
        if pot not in pots:
            continue
        if not pots[pot].first_year <= year <= pots[pot].last_year:
            wrong.append(f"{pot} pays {scheme} in {year}, outside its window")
        if tags[pot] and tag_of.get(scheme, "") not in tags[pot]:
            wrong.append(f"{pot} may not pay for {scheme}, tagged {tag_of.get(scheme, '')!r}")
        if pots[pot].school_id and school_of.get(scheme, "") != pots[pot].school_id:
            wrong.append(f"{pot} belongs to {pots[pot].school_id} and pays for {scheme} elsewhere")
    return wrong


def _limits(candidates, chosen, spend):
    wrong = []
    schemes = candidates.schemes.reindex(columns=["scheme_id", "site_id", "school_id", "trade"])
    chosen = chosen.drop(columns=[name for name in ("site_id", "school_id", "trade") if name in chosen])
    chosen = chosen.merge(schemes, on="scheme_id")
    spent = spend.merge(chosen[["scheme_id", "start_year", "site_id", "school_id", "trade"]],
                                   on=["scheme_id", "start_year"])
    if "contributed_gbp" in spent:
        spent["cost"] = spent.cost - spent.contributed_gbp.fillna(0.0)
    for limit in candidates.limits.itertuples():
        frame = spent if limit.measure == "cost" else chosen
        if not pd.isna(limit.year):
            frame = frame[frame[("year" if limit.measure == "cost" else "start_year")] == limit.year]
        weight = {"cost": "cost", "schemes": None}.get(limit.measure, limit.measure)
        amounts = pd.Series(1.0, frame.index) if weight is None else pd.to_numeric(frame[weight])
        if limit.scope == "all":
            totals = {"": amounts.sum()}
        else:
            column = {"site": "site_id", "school": "school_id", "trade": "trade"}[limit.scope]
            totals = amounts.groupby(frame[column]).sum().to_dict()
            places = [limit.scope_id] if limit.scope_id else [name for name in schemes[column].unique() if name]
            totals = {place: totals.get(place, 0.0) for place in places}
        held_to = limit.amount * (amounts.sum() if getattr(limit, "of_total", False) is True else 1.0)
        wrong += _beyond(limit, held_to, totals)
    return wrong


def _beyond(limit, held_to, totals):
    for place, total in totals.items():
        slack = 1e-6 * max(1.0, abs(held_to))
        nothing = getattr(limit, "or_none", False) is True and abs(total) <= slack
        if (limit.sense == "<=" and total > held_to + slack) or (
                limit.sense == ">=" and total < held_to - slack and not nothing):
            yield f"limit {limit.limit_id}: {total:g} {limit.measure} {place} is not {limit.sense} {held_to:g}"


def _reserves(candidates, draws):
    """Closing reserves of every year stay above the floor, or where they would be without works if that is lower."""
    wrong, spent = [], 0.0
    own = candidates.pots[candidates.pots.route == "reserves"].pot_id
    by_year = draws[draws.pot_id.isin(own)].groupby("year").amount_gbp.sum()
    for row in candidates.money.reserves.itertuples():
        spent += by_year.get(row.year, 0.0)
        without = row.opening_gbp + row.surplus_gbp
        if spent > TOLERANCE_GBP and without - spent < min(row.floor_gbp, without) - 1.0:
            wrong.append(f"free reserves at the end of {row.year} are £{without - spent:,.0f}, below the floor of "
                         f"£{row.floor_gbp:,.0f}")
    return wrong


def _books(candidates, draws):
    """Surplus, loan service and reserves held by school are what the estate's own tables add up to, row by row."""
    if candidates.outlook is None or not len(candidates.outlook.estate.reserves):
        return []
    estate, scenario = candidates.outlook.estate, candidates.outlook.scenario
    income, surplus, by_school = _year_ends(estate, scenario)
    for (school, year), more in _dearer(candidates.outlook).items():
        surplus[school if (school, year) in income else "", year] -= more
    if scenario.places.income_follows_pupils:
        for school, year, more, costs in pupils_paid(estate, scenario, candidates.outlook.places.demand):
            income[school, year] += more
            surplus[school, year] += more - costs
    service = _service(estate.loans, by_school)
    for place, paid in service.items():
        surplus[place] -= paid
    wrong = _paths(candidates.money.reserves, income, surplus, service)
    if by_school and not scenario.pooling.gag_pooled and any(row.school_id for row in estate.reserves.itertuples()):
        wrong += _held_by_school(candidates, draws, income, surplus)
    return wrong


def _fund(candidates, choice, draws):
    """By no year has the revolving fund paid more than its share of what the schemes that fill it saved before."""
    pots, years = candidates.pots, candidates.scheme_years
    own = set(pots.pot_id[pots.pot_id.str.startswith("SAVED-") & (pots.route == "revolving fund")])
    if not own or "fills_the_fund" not in years:
        return []
    scenario, energy, saved = candidates.outlook.scenario, candidates.outlook.energy, defaultdict(float)
    school_of, fitted = dict(zip(candidates.schemes.scheme_id, candidates.schemes.school_id, strict=True)), defaultdict(list)
    for row in years.itertuples():
        if row.fills_the_fund and choice.get(row.scheme_id) == row.start_year:
            fitted[school_of[row.scheme_id]] += candidates.energy.fitted[row.scheme_id, row.start_year]
    for school, measures in fitted.items():
        for year, real, price in zip(energy.years, candidates.energy.schools[school].saved(measures).bills_gbp,
                                     energy.nominal_factors, strict=True):
            saved[int(year)] += real * price * scenario.measures.savings_recycled_share
    paid, wrong = draws[draws.pot_id.isin(own)], []
    for year in scenario.years:
        spent, there = paid.amount_gbp[paid.year <= year].sum(), sum(sum_ for when, sum_ in saved.items() if when < year)
        if spent > max(there, 0.0) + POUND_GBP:
            wrong.append(f"the revolving fund has paid £{spent:,.0f} by {year}, when £{there:,.0f} had been saved into it")
    return wrong


def _dearer(outlook):
    """What a shock to energy prices adds to each school's bills, in the money of each year, found from use and prices."""
    energy, scenario, found = outlook.energy, outlook.scenario, defaultdict(float)
    rise = scenario.shocks.energy_price_share
    if energy is None or not rise:
        return found
    for place, school in enumerate(energy.schools):
        for at, year in enumerate(energy.years):
            if year in scenario.years:
                for fuel in range(energy.kwh.shape[1]):
                    paid = (energy.kwh[place, fuel, :, at].sum() * energy.unit_gbp_per_kwh[place, fuel, at]
                            + energy.standing_gbp[place, fuel, at])
                    found[school, int(year)] += paid * energy.nominal_factors[at] * rise / (1 + rise)
    return found


def _year_ends(estate, scenario):
    """Income and surplus before loans by school and year, and whether they are known by school."""
    income, surplus = defaultdict(float), defaultdict(float)
    if len(estate.budget):
        for row in estate.budget.itertuples():
            energy = row.energy_gbp * (1 + (0 if scenario.energy.included else scenario.shocks.energy_price_share))
            income[row.school_id, row.year] += row.income_gbp
            surplus[row.school_id, row.year] += row.income_gbp - row.staff_gbp - energy - row.other_costs_gbp
    else:
        for row in estate.reserves.itertuples():
            income[row.school_id, row.year] += row.income_gbp
            surplus[row.school_id, row.year] += row.surplus_gbp
    by_school = any(school for school, _ in income)
    surplus["", scenario.plan.first_year] -= scenario.shocks.reserves_loss_gbp
    return income, surplus, by_school


def _service(loans, by_school):
    """Payments by school and year, found as the one that repays: the debt of a pound runs down to nothing by it."""
    service = defaultdict(float)
    for loan in loans.itertuples():
        owed, paid = 1.0, 0.0  # what a pound grows to by the last payment, and what a pound a year then comes to
        for year in range(int(loan.drawn_year), int(loan.first_repayment_year + loan.years)):
            if year > loan.drawn_year:
                owed, paid = owed * (1 + loan.rate), paid * (1 + loan.rate)
            if year >= loan.first_repayment_year:
                paid += 1.0
        for year in range(int(loan.first_repayment_year), int(loan.first_repayment_year + loan.years)):
            service[loan.school_id if by_school else "", year] += loan.amount_gbp * owed / paid
    return service


def _paths(reserves, income, surplus, service):
    wrong = []
    for row in reserves.itertuples():
        for word, told, found in (("surplus", row.surplus_gbp, surplus), ("income", row.income_gbp, income),
                                  ("loan service", row.loan_service_gbp, service)):
            total = sum(amount for (_, year), amount in found.items() if year == row.year)
            if not abs(total - told) <= POUND_GBP:
                wrong.append(f"the {word} of {row.year} is £{total:,.0f} by the tables, not £{told:,.0f}")
    return wrong


def _held_by_school(candidates, draws, income, surplus):
    """Each school's own reserves stay above its floor, or where they would be without works if that is lower."""
    estate, scenario = candidates.outlook.estate, candidates.outlook.scenario
    pots, wrong = candidates.pots.set_index("pot_id"), []
    spent = defaultdict(float)
    for row in draws.itertuples():
        if row.pot_id in pots.index and pots.route[row.pot_id] == "reserves":
            spent[pots.school_id[row.pot_id] or "", row.year] += row.amount_gbp
    opened = {row.school_id: row for row in reversed(list(estate.reserves.itertuples()))}
    for school, opening in opened.items():
        held, used = opening.opening_gbp, 0.0
        for year in range(int(opening.year), scenario.years[-1] + 1):
            slices = scenario.pooling.top_slice_share
            others = sum(amount for (name, when), amount in income.items() if name and when == year)
            held += surplus[school, year] + (-slices * income[school, year] if school else slices * others)
            used += spent[school, year]
            floor = scenario.reserves.floor_share * income[school, year]
            if used > POUND_GBP and held - used < min(floor, held) - POUND_GBP:
                wrong.append(f"free reserves of {school or 'the centre'} at the end of {year} are £{held - used:,.0f}, "
                             f"below their floor of £{floor:,.0f}")
    return wrong
