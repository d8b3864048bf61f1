"""What a school's papers say of its needs, its temporary buildings, energy, places and the rules, in sentences."""

import pandas as pd

from .results import RESERVES_ROUTE
from .words import NEGLIGIBLE_GBP, counted, inside, listed, money, percent, pounds, year_label

TEMPORARY = "temporary"
GOING = ("rebuild", "demolish", "mothball", "let")
MOST_ELEMENTS = 3
NO_ESTATE = "This folder does not keep the estate it was made from, so temporary buildings cannot be listed."
NO_BUILDINGS = "None: every building is permanent and none has a date to go."
NO_ENERGY = "Energy and carbon: this run does not forecast them (overlay energy)."
NO_PLACES = "Places: this run does not weigh them (overlay places)."


def need_words(schools, school_id):
    """What the school needs and on what evidence.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of str
    """
    results, own = schools.results, _school(schools, school_id)
    end = results.years[-1] + 1
    said = [f"Backlog is {money(own.backlog_now_gbp)} now{_index(own)}; by September {end} it would be "
            f"{money(own.backlog_end_without_gbp)} if nothing were done and is {money(own.backlog_end_with_gbp)} with the "
            "plan."]
    parts = schools.table("components", school_id)
    if len(parts):
        cost = parts.groupby("element").cost_to_a_gbp.sum().sort_values(ascending=False)
        cost = cost[cost > NEGLIGIBLE_GBP].head(MOST_ELEMENTS)
        worst = parts.grade.str.startswith(("D", "E")) | parts.grade.str.endswith("X")
        said.append(f"{counted(len(parts), 'component')}, {int(worst.sum()):,} surveyed as bad or only to be replaced; "
                    f"most to do in {listed(f'{inside(name)} ({money(amount)})' for name, amount in cost.items())}."
                    if len(cost) else f"{counted(len(parts), 'component')}, nothing to do in any.")
        said.append(evidence_words(parts))
    return said


def evidence_words(parts):
    """How much was surveyed and when, in a sentence.

    Parameters
    ----------
    parts : DataFrame
        Rows of ``components.csv``.

    Returns
    -------
    str
    """
    seen = pd.to_datetime(parts.surveyed.where(parts.surveyed != "modelled"), errors="coerce")
    if seen.notna().sum() == 0:
        return "None of it has been surveyed: all is modelled."
    share = f"{percent(seen.notna().mean())} of the components were surveyed"
    first, last = (f"{day:%B %Y}" for day in (seen.min(), seen.max()))
    return f"{share}, {'in ' + last if first == last else f'from {first} to {last}'}" + (
        "." if seen.notna().all() else "; the rest are modelled.")


def temporary_blocks(schools, school_id):
    """Buildings of a school that are not meant to last, and what is to become of each.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    DataFrame
        ``block_id, permanence, gifa_m2, pupils`` (missing where not given), ``planning_expires, planned_exit,
        works`` (what the programme does there, in words), ``plan`` (in a sentence) and ``settled``, whether there is one.

    Notes
    -----
    Temporary, or with a date to go in the blocks table. *Counterexample:* a permanent block that everybody knows will not
    last: give it a planned exit.
    """
    columns = ["block_id", "permanence", "gifa_m2", "pupils", "planning_expires", "planned_exit", "works", "plan", "settled"]
    if schools.estate is None:
        return pd.DataFrame(columns=columns)
    blocks = schools.estate.blocks
    homes = schools.estate.sites.set_index("site_id").school_id
    mine = blocks.site_id.map(homes) == school_id
    blocks = blocks[mine & ((blocks.permanence == TEMPORARY) | blocks.planned_exit.notna())]
    funded = schools.results.funded
    rows = []
    for block in blocks.itertuples():
        works = funded[funded.block_id == block.block_id].sort_values(["start_year", "scheme_id"])
        going = works[works.kind.isin(GOING)]
        plan, settled = _plan_of(block, going)
        named = [f"{row.kind}{_of_element(row)} in {year_label(row.start_year)} ({pounds(row.cost_gbp)})"
                 for row in works.itertuples()]
        rows.append((block.block_id, block.permanence, block.gifa_m2, block.pupils, block.planning_expires,
                     block.planned_exit, "; ".join(named), plan, settled))
    return pd.DataFrame(rows, columns=columns)


def temporary_words(schools, school_id):
    """The long-term plan for every temporary or short-term building, one sentence each.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of str
    """
    if schools.estate is None:
        return [NO_ESTATE]
    table = temporary_blocks(schools, school_id)
    said = []
    for row in table.itertuples():
        heads = f", {counted(row.pupils, 'pupil')}" if row.pupils > 0 else ""
        said.append(f"{row.block_id} ({row.permanence}, {row.gifa_m2:,.0f} m2{heads}): {row.plan}")
    return said or [NO_BUILDINGS]


def _plan_of(block, going):
    """What is to become of a building in a sentence, and whether that is settled."""
    allowed = None if pd.isna(block.planning_expires) else block.planning_expires
    until = f" Permission ends {allowed:%d %B %Y}." if allowed is not None else ""
    if len(going):
        row = going.iloc[0]
        said, last = f"to {row.kind} in {year_label(row.start_year)} ({pounds(row.cost_gbp)}).", row.start_year
        late = allowed is not None and pd.Timestamp(int(last), 9, 1) > allowed + pd.DateOffset(years=1)
        where = "" if row.kind == "rebuild" or not block.pupils > 0 else " Where its pupils go is not planned here."
        told = " That is after the permission ends: extend it or bring it forward." if late else ""
        return f"{said}{until}{where}{told}", True
    if pd.notna(block.planned_exit):
        late = allowed is not None and block.planned_exit > allowed
        told = " The permission ends before: extend it." if late else ""
        return f"leaves use by {block.planned_exit:%d %B %Y}; until then only urgent works.{until}{told}", True
    return ("NO LONG-TERM PLAN: no date to go is given and no works replace it; name one (planned_exit of blocks.csv)."
            f"{until}"), False


def _of_element(row):
    return "" if row.kind in GOING or row.kind == "listed" else f" of {inside(row.element)}"


def energy_words(schools, school_id):
    """Energy, bills and carbon of the school in the first and the last year, without and with the programme.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of str
    """
    table = schools.table("energy", school_id)
    if not len(table):
        return [NO_ENERGY]
    sums = table.groupby(["plan", "year"])[["use_kwh", "cost_gbp", "footprint_tco2e"]].sum()
    first, last = int(table.year.min()), int(table.year.max())
    now, without, with_it = sums.loc[("without", first)], sums.loc[("without", last)], sums.loc[("with", last)]
    base = schools.results.solution["price_base"]
    return [f"Energy: {_use(now)} tCO2e of footprint in {year_label(first)}; in {year_label(last)} {_use(without)} tCO2e "
            f"without the plan, {_use(with_it)} tCO2e with it (bills at {base} prices)."]


def _use(sums):
    return f"{sums.use_kwh / 1000:,.0f} MWh, {money(sums.cost_gbp)} of bills and {sums.footprint_tco2e:,.0f}"


def place_words(schools, school_id):
    """Places and pupils at the start and the end of the plan.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of str
    """
    table = schools.results.places
    table = table[table.school_id == school_id]
    if not len(table):
        return [NO_PLACES]
    first, last = table[table.year == table.year.min()].iloc[0], table[table.year == table.year.max()].iloc[0]
    band = f" ({last.pupils_p10:,.0f} to {last.pupils_p90:,.0f} in four cases of five)" \
        if last.pupils_p90 - last.pupils_p10 >= 1 else ""
    return [f"Places: {first.places:,.0f} for {first.pupils_p50:,.0f} pupils in {year_label(first.year)}; in "
            f"{year_label(last.year)} {last.places_with:,.0f} with the plan for {last.pupils_p50:,.0f}{band}: "
            f"{last.spare_with:,.0f} spare, {last.short_with:,.0f} short."]


def rule_words(schools, school_id):
    """How the rules of the plan treated the school.

    Parameters
    ----------
    schools : SchoolsRead
    school_id : str

    Returns
    -------
    list of str
        Its shares of spend, backlog, floor area and pupils; what is in because it must be; its own grants; PFI.
    """
    results, said = schools.results, []
    own, total = _school(schools, school_id), results.schools
    shares = [f"{percent(own[name] / total[name].sum())} of its {what}" for name, what in
              (("backlog_now_gbp", "backlog"), ("gifa_m2", "floor area")) if total[name].sum() > 0]
    heads = _pupils(schools)
    if heads is not None and pd.notna(heads.get(school_id)):
        shares.append(f"{percent(heads[school_id] / heads.sum())} of its pupils")
    works = schools.sums.works_gbp
    if works.sum() > 0 and shares:
        said.append(f"Share of the trust: {percent(works[school_id] / works.sum())} of its works, with {listed(shares)}.")
    funded = results.funded
    funded = funded[funded.school_id == school_id]
    if len(funded):
        must = funded[funded.must_do]
        said.append(f"{len(must):,} of {counted(len(funded), 'scheme')} ({pounds(must.cost_gbp.sum())}) must be done: "
                    "urgent, required by law or committed; the others are in on their worth. All of them avoid "
                    f"{money(funded.value_gbp.sum())} of expected loss ({results.solution['price_base']} prices, "
                    "discounted).")
    if is_pfi(schools, school_id):
        said.append("A PFI contractor owns the lifecycle works: they are shown and not planned.")
    return said + _own_grants(schools, school_id)


def is_pfi(schools, school_id):
    """Whether a PFI contractor owns the lifecycle works of a school, as far as the folder says."""
    return schools.estate is not None and bool(schools.estate.schools.set_index("school_id").pfi.get(school_id, False))


def _own_grants(schools, school_id):
    """What becomes of the grants that are the school's own."""
    pots = schools.table("candidates/pots", school_id)
    flow = schools.results.cashflow
    flow = flow[flow.pot_id.isin(pots.pot_id[pots.route != RESERVES_ROUTE]) & flow.year.isin(schools.results.years)]
    if not len(flow):
        return []
    held = flow.groupby("pot_id").opening_gbp.first().sum() + flow.in_gbp.sum()
    lapsed, left = flow.lapsed_gbp.sum(), flow.sort_values("year").groupby("pot_id").closing_gbp.last().sum()
    return [f"Of its own grants of {pounds(held)}, {pounds(flow.out_gbp.sum())} is spent, {pounds(lapsed)} lapses and "
            f"{pounds(left)} is left at the end."]


def _pupils(schools):
    """Pupils by school where the estate gives them for all; else ``None``."""
    if schools.estate is None:
        return None
    heads = schools.estate.schools.set_index("school_id").pupils
    return heads if heads.notna().all() and heads.sum() > 0 else None


def _school(schools, school_id):
    table = schools.results.schools
    return table[table.school_id == school_id].iloc[0]


def _index(own):
    return f", {percent(own.fci_now)} of what rebuilding would cost" if own.fci_now == own.fci_now else ""


