"""Figures in words: money, years, shares and lists as a planner writes them, and each chart in a sentence."""

from .needs import needs_by_element
from .results import COUNTED_GRADES, backlog_by_grade, headline_backlog, spend_by_pot, spend_by_school

SCALES = ((1.0, ""), (1e3, "k"), (1e6, "m"), (1e9, "bn"))
NEGLIGIBLE_GBP = 0.5
IF_DEFERRED = "if done in the first year at the cheapest remedy"


def money(amount_gbp):
    """Pounds as said aloud.

    Parameters
    ----------
    amount_gbp : float
        Amount. [GBP]

    Returns
    -------
    str

    Examples
    --------
    >>> money(1_234_567), money(340_400), money(999_960), money(-85.2)
    ('£1.2m', '£340k', '£1.0m', '-£85')
    """
    size = abs(float(amount_gbp))
    text = ""
    for scale, suffix in SCALES:
        value = size / scale
        decimals = 0 if scale == 1 else 1 if value < 9.95 or scale > 1e3 and value < 99.95 else 0
        text = f"{value:.{decimals}f}{suffix}"
        if round(value, decimals) < 1000:
            break
    sign = "-" if amount_gbp < 0 and round(size) >= 1 else ""
    return f"{sign}£{text}"


def pounds(amount_gbp):
    """Pounds in full, to the pound, for tables.

    Examples
    --------
    >>> pounds(1234567.4), pounds(-12), pounds(-0.2)
    ('£1,234,567', '-£12', '£0')
    """
    whole = round(float(amount_gbp))
    return f"{'-' if whole < 0 else ''}£{abs(whole):,}"


def pence(amount_gbp):
    """Pounds and pence, for sums that have to add up.

    Examples
    --------
    >>> pence(1234567.4), pence(-12), pence(-0.001)
    ('£1,234,567.40', '-£12.00', '£0.00')
    """
    whole = round(100 * float(amount_gbp))
    return f"{'-' if whole < 0 else ''}£{abs(whole) // 100:,}.{abs(whole) % 100:02d}"


def money_tick(amount_gbp, _position=None):
    """Pounds beside an axis, exact: £250k, £1.25m.

    Examples
    --------
    >>> money_tick(250000), money_tick(1.25e6), money_tick(0), money_tick(-500000)
    ('£250k', '£1.25m', '£0', '-£500k')
    """
    size, sign = abs(float(amount_gbp)), "-" if amount_gbp < 0 else ""
    scale, suffix = next(((scale, suffix) for scale, suffix in reversed(SCALES) if size >= scale), SCALES[0])
    return f"{sign}£{size / scale:g}{suffix}"


def thousands(amount_gbp):
    """Thousands of pounds for a cell of the heat map: '340', '0.4'; blank for nothing."""
    if abs(amount_gbp) < NEGLIGIBLE_GBP:
        return ""
    value = amount_gbp / 1e3
    return f"{value:.1f}" if abs(value) < 9.95 else f"{value:,.0f}"


def year_label(year):
    """A planning year: 1 September to 31 August.

    Examples
    --------
    >>> year_label(2026), year_label(2099)
    ('2026-27', '2099-00')
    """
    return f"{int(year)}-{(int(year) + 1) % 100:02d}"


def years_span(first_year, last_year):
    """Planning years from the first to the last.

    Examples
    --------
    >>> years_span(2026, 2035), years_span(2026, 2026)
    ('2026-27 to 2035-36', '2026-27')
    """
    if first_year == last_year:
        return year_label(first_year)
    return f"{year_label(first_year)} to {year_label(last_year)}"


def percent(fraction):
    """A fraction as a percentage with as many decimals as it needs.

    Examples
    --------
    >>> percent(0.123), percent(0.0532), percent(0.0005), percent(0.00001), percent(0)
    ('12%', '5.3%', '0.05%', 'less than 0.01%', '0%')
    """
    value = 100 * float(fraction)
    size = abs(value)
    if size == 0:
        return "0%"
    if size < 0.01:
        return "less than 0.01%"
    return f"{value:.{0 if size >= 9.95 else 1 if size >= 0.995 else 2}f}%"


def counted(number, noun, plural=""):
    """A number and its noun: '1 scheme', '1,234 schemes'."""
    return f"{int(number):,} {noun if int(number) == 1 else plural or noun + 's'}"


def listed(items):
    """A list in words: 'a', 'a and b', 'a, b and c'."""
    items = [str(item) for item in items]
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1] if items else ""


def inside(name):
    """A name of the program's own as it stands inside a sentence.

    Examples
    --------
    >>> inside("Mechanical services"), inside("ICT")
    ('mechanical services', 'ICT')
    """
    return name if name[:2].isupper() else f"{name[:1].lower()}{name[1:]}"


def plain(text):
    """Text without control characters or line breaks, so that a name cannot move the cursor of a terminal."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())


def shortened(text, length):
    """Text cut to a length, with three dots where something is lost."""
    text = plain(text)
    return text if len(text) <= length else text[:length - 3].rstrip() + "..."


def spend_finding(results):
    """What the chart of spend shows."""
    table = spend_by_pot(results)
    total_gbp = table.to_numpy().sum()
    span = years_span(results.years[0], results.years[-1])
    if total_gbp < NEGLIGIBLE_GBP:
        return f"Nothing is spent in {span}"
    by_source = table.sum()
    top = by_source.idxmax()
    share = "all of it" if by_source[top] > total_gbp - NEGLIGIBLE_GBP else \
        f"the largest part ({percent(by_source[top] / total_gbp)})"
    return f"{money(total_gbp)} is spent in {span}, {share} from {source_name(top)}"


def source_name(source):
    """A pot or route inside a sentence."""
    return "reserves" if source == "Reserves" else source


def backlog_finding(results):
    """What the chart of backlog shows."""
    first, last = results.years[0], results.years[-1] + 1
    now, without, with_it = (headline_backlog(results, plan, year)
                             for plan, year in (("without", first), ("without", last), ("with", last)))
    verb = "Backlog grows to" if without > now + NEGLIGIBLE_GBP else \
        "Backlog falls to" if without < now - NEGLIGIBLE_GBP else "Backlog stays at"
    return f"{verb} {money(without)} by September {last} without the programme, {money(with_it)} with it"


def reserves_finding(results):
    """What the chart of reserves shows."""
    reserves = results.reserves
    if not len(reserves):
        return "This plan has no reserves: only grants pay for works"
    room = (reserves.closing_gbp - reserves.floor_gbp).reset_index(drop=True)
    year, least = year_label(reserves.year.iloc[room.idxmin()]), room.min()
    if least < -NEGLIGIBLE_GBP:
        below = int((room < -NEGLIGIBLE_GBP).sum())
        return (f"Reserves are below their floor in {below} of {counted(len(room), 'year')}, "
                f"at worst by {money(-least)} in {year}")
    if least < NEGLIGIBLE_GBP:
        return f"Reserves come down to their floor in {year} and never below it"
    return f"Reserves stay {money(least)} or more above their floor; the closest is {year}"


def schools_finding(results):
    """What the heat map of schools shows."""
    totals = spend_by_school(results).sum(axis=1)
    count = int((totals > NEGLIGIBLE_GBP).sum())
    if not count:
        return f"No works are funded at any of {counted(len(totals), 'school')}"
    name = results.schools.set_index("school_id").name[totals.index[0]]
    return (f"Works are funded at {count} of {counted(len(totals), 'school')}; "
            f"most at {shortened(name, 45)}, {money(totals.iloc[0])}")


def needs_finding(results):
    """What the chart of funded and deferred needs shows."""
    table = needs_by_element(results)
    funded, deferred = table.funded_gbp.sum(), table.deferred_gbp.sum()
    if deferred < NEGLIGIBLE_GBP:
        return f"Funded: {money(funded)} over the plan; nothing is deferred"
    return (f"Funded: {money(funded)} over the plan; deferred needs would cost {money(deferred)} today; "
            f"most deferred: {table.deferred_gbp.idxmax()}, {money(table.deferred_gbp.max())}")


def bridge_items(results):
    """What moves the backlog over the whole plan, in order, without what is nil: item to real pounds. [GBP]"""
    whole = results.bridge[results.bridge.year.isna()].set_index("item").amount_gbp
    ends = ("opening", "closing")
    return {item: float(amount) for item, amount in whole.items() if item in ends or abs(amount) >= NEGLIGIBLE_GBP}


def bridge_finding(results):
    """What the chart of movements shows."""
    items = bridge_items(results)
    if not items:
        return "This folder does not say how the backlog moves"
    between = [amount for item, amount in items.items() if item not in ("opening", "closing")]
    up, down = sum(each for each in between if each > 0), -sum(each for each in between if each < 0)
    return (f"Wear and failure add {money(up)} to a backlog of {money(items['opening'])}; works and blocks that go take off "
            f"{money(down)}; {money(items['closing'])} is left")


def bridge_alt(results):
    """The chart of movements for someone who cannot see it."""
    items = bridge_items(results)
    if not items:
        return f"{bridge_finding(results)}. There is nothing to draw."
    each = [f"{item} {money(amount)}" for item, amount in items.items()]
    return (f"{bridge_finding(results)}. Bars that hang from one another, from the backlog at the start of the plan to that "
            f"at its end, with the programme: {listed(each)}. Real pounds at {results.solution['price_base']} prices.")


def spend_alt(results):
    """The chart of spend for someone who cannot see it."""
    table = spend_by_pot(results)
    by_source = [f"{money(amount)} from {source_name(source)}" for source, amount in table.sum().items()]
    by_year = [f"{year_label(year)} {money(amount)}" for year, amount in table.sum(axis=1).items()]
    split = f" In all {listed(by_source)}." if by_source else ""
    return (f"{spend_finding(results)}. Stacked bars, one for each year, in pounds of the day:{split} "
            f"By year: {listed(by_year)}.")


def backlog_alt(results):
    """The chart of backlog for someone who cannot see it."""
    table = backlog_by_grade(results)
    first, last = table.index[0], table.index[-1]

    def grades(plan, year):
        """The backlog of one plan and year, grade by grade, in words."""
        return listed([f"{money(table.loc[year, (plan, grade)])} in grade {grade}" for grade in COUNTED_GRADES])

    return (f"{backlog_finding(results)}. Paired stacked bars at 1 September of each year from {first} to {last}: "
            f"in {first} there is {grades('without', first)}; "
            f"in {last} without the programme {grades('without', last)}; "
            f"in {last} with it {grades('with', last)}. Real pounds at {results.solution['price_base']} prices.")


def reserves_alt(results):
    """The chart of reserves for someone who cannot see it."""
    reserves = results.reserves
    if not len(reserves):
        return f"{reserves_finding(results)}. There is nothing to draw."
    path = [f"{year_label(row.year)} {money(row.closing_gbp)} against {money(row.floor_gbp)}"
            for row in reserves.itertuples()]
    return (f"{reserves_finding(results)}. A line of reserves at the end of each year and "
            f"a dashed line of their floor: {listed(path)}.")


def schools_alt(results, shown):
    """The heat map of schools for someone who cannot see it; ``shown`` schools have a row of their own."""
    table = spend_by_school(results)
    names = results.schools.set_index("school_id").name
    totals = table.sum(axis=1)
    top = [f"{plain(names[school])} {money(amount)}" for school, amount in totals.head(5).items() if amount > 0]
    rest = len(totals) - min(shown, len(totals))
    others = f" The other {counted(rest, 'school')} together have {money(totals.iloc[shown:].sum())}." if rest else ""
    most = f" The most: {listed(top)}." if top else ""
    return (f"{schools_finding(results)}. A table of schools by year, darker where more is spent, "
            f"in thousands of pounds.{most}{others}")


def needs_alt(results):
    """The chart of funded and deferred needs for someone who cannot see it."""
    rows = [f"{name} {money(row.funded_gbp)} funded and {money(row.deferred_gbp)} deferred"
            for name, row in needs_by_element(results).iterrows()]
    by_element = f" By element: {'; '.join(rows)}." if rows else ""
    return (f"{needs_finding(results)}. Two bars for each element: funded in pounds of the day, deferred {IF_DEFERRED}."
            f"{by_element}")
