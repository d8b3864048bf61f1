"""The tables of the page, each a caption, columns and rows of words."""

from .common_money import LEDGER_SUMS, contributions_known, ledger_over_plan, unspent_by_vintage, watch_bands
from .needs import by_grade, by_priority, deferred_needs, deferred_urgent, needs_by_element
from .results import COUNTED_GRADES, PLANS, backlog_by_grade, cash_by_pot, spend_by_pot, spend_by_school
from .words import IF_DEFERRED, NEGLIGIBLE_GBP, counted, percent, pounds, year_label, years_span

MOST_FUNDED_ROWS, MOST_DEFERRED_ROWS, MOST_URGENT_ROWS, MOST_POT_ROWS = 500, 30, 40, 60


def programme_table(results):
    """Funded schemes by year; where there are more than 500, the dearest 500 and what the others add up to."""
    funded = results.funded.sort_values(["start_year", "school_name", "cost_gbp", "scheme_id"],
                                        ascending=[True, True, False, True])
    kept = set(funded.sort_values(["cost_gbp", "scheme_id"], ascending=[False, True]).scheme_id.head(MOST_FUNDED_ROWS))
    paid = results.draws.groupby(["scheme_id", "pot_id"], sort=False).amount_gbp.sum().reset_index()
    pots = {scheme: "; ".join(f"{row.pot_id} {pounds(row.amount_gbp)}" for row in rows.itertuples())
            for scheme, rows in paid[paid.scheme_id.isin(kept)].groupby("scheme_id")}
    groups = []
    for year, schemes in funded.groupby("start_year"):
        rows = [(row.scheme_id, row.school_name, _block(row), row.element, row.description or row.kind,
                 pounds(row.cost_gbp), pots.get(row.scheme_id, ""), _ratio(row.value_per_gbp), row.reason)
                for row in schemes.itertuples() if row.scheme_id in kept]
        rest = schemes[~schemes.scheme_id.isin(kept)]
        heading = f"{year_label(year)}: {counted(len(schemes), 'scheme')}, {pounds(schemes.cost_gbp.sum())}"
        if len(rest):
            heading += f" (of which {len(rest):,} smaller, {pounds(rest.cost_gbp.sum())}, only in schemes.csv)"
        groups.append((heading, rows))
    return table_of(f"Funded schemes by the year they start, {plan_span(results)}. Cost in pounds of the day.",
                    "Scheme|School|Block|Element|What|#Cost|Pot|#Value per £|Why", groups)


def deferred_table(results):
    """The deferred needs of most value, with the reason; the rest are counted."""
    needs = deferred_needs(results)
    rows = [(row.scheme_id, row.school_name, _block(row), row.element, row.description or row.kind,
             pounds(row.cost_gbp), pounds(row.value_gbp), row.reason)
            for row in needs.head(MOST_DEFERRED_ROWS).itertuples()]
    rest = needs.iloc[MOST_DEFERRED_ROWS:]
    more = f"and {len(rest):,} more, {pounds(rest.cost_gbp.sum())}, in schemes.csv" if len(rest) else ""
    return table_of(f"Needs no scheme was chosen for; the largest expected loss first. Cost {IF_DEFERRED}; loss in its "
                    "best year.", "Scheme|School|Block|Element|What|#Cost|#Loss it would avoid|Why not",
                    [("", rows)], more=more)


def grades_table(results):
    """Funded and deferred needs by the worst grade surveyed."""
    return _split_table(by_grade(results), "Worst grade", "Needs by the worst grade of their components, worst first; X "
                        "is to be replaced, not repaired.")


def priorities_table(results):
    """Funded and deferred needs by the surveyor's priority."""
    return _split_table(by_priority(results), "Priority", "Needs by the surveyor's most urgent priority, 1 first.")


def _split_table(table, name, caption):
    rows = [(label, *_split_row(row)) for label, row in table.iterrows()]
    return table_of(f"{caption} Funded: pounds of the day of the start. Deferred: {IF_DEFERRED}.",
                    f"{name}|#Funded needs|#Cost funded|#Deferred needs|#Cost deferred", [("", rows)],
                    ("All needs", *_split_row(table.sum())))


def _split_row(row):
    return f"{row.funded:,.0f}", pounds(row.funded_gbp), f"{row.deferred:,.0f}", pounds(row.deferred_gbp)


def urgent_table(results):
    """Deferred needs surveyed bad or urgent, worst grade first; the rest are counted."""
    needs = deferred_urgent(results)
    rows = [(row.school_name, row.element, row.block_id or "grounds", row.worst_grade or "none",
             _priority(row.priority), pounds(row.cost_gbp), row.reason) for row in needs.head(MOST_URGENT_ROWS).itertuples()]
    rest = needs.iloc[MOST_URGENT_ROWS:]
    more = f"and {len(rest):,} more, {pounds(rest.cost_gbp.sum())}, in schemes.csv" if len(rest) else ""
    return table_of(f"Deferred needs of grade D or X, or of priority 1 or 2. Cost {IF_DEFERRED}.",
                    "School|Element|Block|Grade|Priority|#Cost|Why not", [("", rows)], more=more)


def _priority(number):
    return "none" if number != number else f"{number:.0f}"


def pots_table(results):
    """Cash by pot vintage; more than 60 pots are added up by route and first year."""
    pots = cash_by_pot(results).reset_index()
    if len(pots) > MOST_POT_ROWS:
        pots["pot_id"] = pots.route + " first spendable in " + pots.first_year.map(year_label)
        pots = pots.groupby("pot_id", sort=False).agg(
            {"route": "first", "first_year": "min", "last_year": "max", "pots": "sum", "available_gbp": "sum",
             "spent_gbp": "sum", "lapsed_gbp": "sum", "left_gbp": "sum"}).reset_index()
    amounts = ["available_gbp", "spent_gbp", "lapsed_gbp", "left_gbp"]
    rows = [(row.pot_id, row.route, f"{row.pots:,}", years_span(row.first_year, row.last_year),
             *(pounds(getattr(row, name)) for name in amounts)) for row in pots.itertuples()]
    total = ("Total", "", f"{int(pots.pots.sum()):,}", "", *(pounds(pots[name].sum()) for name in amounts))
    return table_of("Each pot over the whole plan, pounds of the day: held and received = spent + lapsed + left.",
                    "Pot|Route|#Pots|Years|#Held and received|#Spent|#Lapsed|#Left at the end", [("", rows)], total)


def reserves_table(results):
    """The reserve path, year by year."""
    names = ["opening_gbp", "income_gbp", "costs_gbp", "loan_service_gbp", "spent_on_works_gbp", "closing_gbp", "floor_gbp"]
    rows = [(year_label(row.year), *(pounds(getattr(row, name)) for name in names), pounds(row.closing_gbp - row.floor_gbp),
             _share(row.reserves_share), row.watch_band, row.in_year_deficit) for row in results.reserves.itertuples()]
    (below, *_), (above, *_) = watch_bands().values()
    return table_of("Free reserves by planning year, pounds of the day: closing = opening + income - costs - loans - works. "
                    f"The top slice moves money inside the trust and is nil in all. DfE may ask below {below:.0%} and above "
                    f"{above:.0%} of income.", "Year|#Opening|#Income|#Costs|#Loans|#Works|#Closing|#Floor|#Above the floor|"
                    "#Share of income|DfE's bands|In-year deficit", [("", rows)])


def ledger_table(results):
    """What each school contributes to the trust's common money and receives from it, over the whole plan."""
    ledger = ledger_over_plan(results)
    rows = [(row.name, *(_known_pounds(getattr(row, name)) for name in LEDGER_SUMS), f"{row.deficit_years:,}")
            for row in ledger.itertuples(index=False)]
    known = "" if contributions_known(results) or not rows else (" What schools contribute is not known without a budget by "
                                                                 "school.")
    return table_of("The ledger over the plan, pounds of the day: net = received less contributed; with the centre it adds "
                    f"up to nothing. Grants come on top.{known}", "School|#Contributed|#Central services|#Works from "
                    "reserves|#Received|#Net|#Own grants|#Grants of the trust|#Years in deficit", [("", rows)])


def _known_pounds(amount):
    return "not known" if amount != amount else pounds(amount)


def _unspent_rows(results):
    table, lapsed = unspent_by_vintage(results)
    rows = [(vintage, *(pounds(amount) if amount else "" for amount in amounts), pounds(lapsed[vintage]))
            for vintage, amounts in table.iterrows()]
    total = ("All grants", *map(pounds, table.sum()), pounds(lapsed.sum())) if rows else None
    return table_of("Grant left on 31 August, pounds of the day, by route and the years it can be spent in.",
                    "|".join(["Vintage", *(f"#{year_label(year)}" for year in table), "#Lapsed"]), [("", rows)], total)


def schools_table(results):
    """Every school: backlog now and at the end, what is spent and on what evidence."""
    schools = results.schools.sort_values(["spend_gbp", "school_id"], ascending=[False, True])
    amounts = ["backlog_now_gbp", "backlog_end_without_gbp", "backlog_end_with_gbp", "spend_gbp"]
    rows = [(row.name, f"{row.gifa_m2:,.0f}", *(pounds(getattr(row, name)) for name in amounts[:3]),
             _share(row.fci_now), f"{row.schemes_funded:,.0f}", pounds(row.spend_gbp), _share(row.surveyed_share))
            for row in schools.itertuples(index=False)]
    total = ("All schools", f"{schools.gifa_m2.sum():,.0f}", *(pounds(schools[name].sum()) for name in amounts[:3]),
             "", f"{schools.schemes_funded.sum():,.0f}", pounds(schools.spend_gbp.sum()), "")
    return table_of(f"Schools, most spend first. Backlog at {results.solution['price_base']} prices, now and at the end "
                    "of the plan; spend in pounds of the day. FCI, facility condition index: backlog / replacement.",
                    "School|#GIFA m2|#Backlog now|#End without|#End with|#FCI now|#Schemes|#Spend|#Surveyed",
                    [("", rows)], total)


def places_table(results):
    """Places and pupils of each school at the start and the end of the plan, with what the programme closes and adds."""
    table = results.places
    first, last = (table[table.year == year].set_index(table.school_id[table.year == year].fillna(""))
                   for year in (results.years[0], results.years[-1]))
    rows = [(start.name, f"{start.places:,.0f}", f"{end.places:,.0f}", f"{end.places_with:,.0f}",
             f"{start.pupils_p50:,.0f}", _band(end), f"{end.spare_with:,.0f}", f"{end.short_with:,.0f}",
             _share(end.occupied_share)) for start, end in zip(first.itertuples(index=False), last.itertuples(index=False),
                                                               strict=True)]
    return table_of("Places and pupils at the start and in the last year of the plan; what one school lacks is not set "
                    "against what another has. Pupils at the end: one case in two, and four cases in five between the two "
                    "in brackets. Area: what the guidelines give those pupils, of the floor area there is.",
                    "School|#Places now|#At the end, nothing done|#With the programme|#Pupils now|#Pupils at the end|"
                    "#Spare then|#Short then|#Area needed", [("", rows[1:])], rows[0] if rows else None)


def energy_table(results):
    """What each school uses in a normal year before any works, how that is known, and what it costs and emits."""
    table, rows = results.table("energy_baseline"), []
    for row in table.itertuples(index=False):
        use, low, high, kind = (f"{kwh / 1000:,.0f}" if kwh == kwh else "" for kwh in (
            row.use_kwh, row.low_kwh, row.high_kwh, row.kind_kwh))
        rows.append((row.name, row.fuel, use, f"{low} to {high}", kind, f"{row.use_kwh_per_m2:,.0f}", pounds(row.cost_gbp),
                     f"{row.footprint_tco2e:,.1f}", row.method + (" (weak)" if row.weak == "yes" else "")))
    total = ("All schools", "", f"{table.use_kwh.sum() / 1000:,.0f}", "", "", "", pounds(table.cost_gbp.sum()),
             f"{table.footprint_tco2e.sum():,.1f}", "") if rows else None
    return table_of("Energy of a normal year before any works. Range: holds the truth in eight cases of ten. Of its kind: "
                    "what a school of its kind and size uses. Bill (at the plan's prices) and footprint of the first year.",
                    "School|Fuel|#MWh|#Range|#Of its kind|#kWh/m2|#Bill|#tCO2e|How it is known", [("", rows)], total)


def _band(row):
    if row.pupils_p90 - row.pupils_p10 < 1:
        return f"{row.pupils_p50:,.0f}"
    return f"{row.pupils_p50:,.0f} ({row.pupils_p10:,.0f} to {row.pupils_p90:,.0f})"


def inputs_table(results):
    """The files the run read, with their SHA-256 digests."""
    rows = sorted((results.solution.get("inputs") or {}).items())
    return table_of("Files the run read.", "File|SHA-256", [("", rows)])


def _spend_rows(results):
    table = spend_by_pot(results)
    rows = [(year_label(year), *map(pounds, amounts), pounds(amounts.sum())) for year, amounts in table.iterrows()]
    total = ("All years", *map(pounds, table.sum()), pounds(table.to_numpy().sum()))
    return table_of("Spend by planning year and source, pounds of the day.",
                    "|".join(["Year", *(f"#{source}" for source in table), "#Total"]), [("", rows)], total)


def _backlog_rows(results):
    table = backlog_by_grade(results)
    rows = [(f"September {year}", *(pounds(part) for plan in PLANS for part in (*amounts[plan], amounts[plan].sum())))
            for year, amounts in table.iterrows()]
    head = [f"#{grade} {plan}" for plan in PLANS for grade in (*COUNTED_GRADES, "Total")]
    return table_of(f"Backlog by grade, without and with the programme, at {results.solution['price_base']} prices.",
                    "|".join(["At", *head]), [("", rows)])


def _school_rows(results):
    table = spend_by_school(results)
    names = results.schools.set_index("school_id").name
    rows = [(names[school], *(pounds(amount) if amount else "" for amount in amounts), pounds(amounts.sum()))
            for school, amounts in table.iterrows()]
    total = ("All schools", *map(pounds, table.sum()), pounds(table.to_numpy().sum()))
    return table_of("Spend by school and planning year, pounds of the day.",
                    "|".join(["School", *(f"#{year_label(year)}" for year in table), "#Total"]), [("", rows)], total)


def _need_rows(results):
    table = needs_by_element(results)
    rows = [(element, *map(pounds, amounts)) for element, amounts in table.iterrows()]
    return table_of(f"Needs by element. Funded: pounds of the day of the start. Deferred: {IF_DEFERRED}. "
                    f"Backlog: pounds at {results.solution['price_base']} prices.",
                    "Element|#Funded|#Deferred|#Backlog now", [("", rows)], ("Total", *map(pounds, table.sum())))


def _bridge_rows(results):
    table = results.bridge
    items = [item for item, amounts in table.groupby("item", sort=False).amount_gbp
             if amounts.abs().max() >= NEGLIGIBLE_GBP]
    rows = []
    for year, amounts in table.groupby(table.year.fillna(0)):
        by_item = amounts.set_index("item").amount_gbp
        rows.append((year_label(year) if year else "Whole plan", *(pounds(by_item[item]) for item in items)))
    return table_of(f"How the backlog moves, at {results.solution['price_base']} prices. Opening and the items after it add "
                    "up to the closing.", "|".join(["Year", *(f"#{item}" for item in items)]), [("", rows[1:] + rows[:1])])


FIGURE_TABLES = {"draw_unspent": _unspent_rows,
                 "draw_bridge": _bridge_rows,
                 "draw_spend": _spend_rows, "draw_backlog": _backlog_rows, "draw_reserves": reserves_table,
                 "draw_schools": _school_rows, "draw_needs": _need_rows}


def table_of(caption, columns, groups, total=None, more=""):
    """A table of words for a page or a document.

    Parameters
    ----------
    caption : str
        What it shows, and in which unit.
    columns : str
        Names of the columns, parted by ``|``; one that starts with ``#`` holds numbers.
    groups : list of (str, list of tuple)
        Heading of the group (blank: none) and its rows of words; the first cell of a row names it.
    total : tuple of str, optional
        Last row.
    more : str, optional
        What is left out, said below.

    Returns
    -------
    dict
    """
    names = columns.split("|")
    return {"caption": caption, "columns": [name.removeprefix("#") for name in names], "groups": groups, "total": total,
            "numeric": [name.startswith("#") for name in names], "more": more,
            "empty": not any(rows for _, rows in groups)}


def plan_span(results):
    """The planning years of the programme in words."""
    return years_span(results.years[0], results.years[-1])


def _ratio(value):
    return "" if value != value else f"{value:,.2f}"


def _share(fraction):
    return "" if fraction != fraction else percent(fraction)


def _block(row):
    """Block of a scheme, or the grounds; blank for what is at no site, as a loan."""
    return row.block_id or ("grounds" if row.site_id else "")
