import re
from xml.etree import ElementTree

import numpy as np
import pytest

from capplan.report import charts, words
from capplan.report.needs import needs_by_element
from capplan.report.results import backlog_by_grade, read_results, spend_by_pot, spend_by_school

EVERY_CHART = pytest.mark.parametrize("draw", [draw for draw, _, _ in charts.CHARTS], ids=lambda draw: draw.__name__)


def heights(ax):
    return {bars.get_label(): np.array([bar.get_height() for bar in bars]) for bars in ax.containers}


def hatches(ax):
    return {bars.get_label(): {bar.get_hatch() for bar in bars} for bars in ax.containers}


def test_bars_of_spend_sum_to_the_draws(results):
    bars = heights(charts.draw_spend(results))
    draws = results.draws
    by_year = draws.groupby("year").amount_gbp.sum().reindex(results.years, fill_value=0.0)
    assert sum(bars.values()) == pytest.approx(by_year.to_numpy())
    assert bars["Reserves"].sum() == pytest.approx(draws.amount_gbp[draws.pot_id == "RESERVE"].sum())
    assert bars["SCA"].sum() == pytest.approx(draws.amount_gbp[draws.pot_id.str.startswith("SCA")].sum())


def test_bars_of_spend_stand_on_each_other(results):
    ax = charts.draw_spend(results)
    tops = np.max([[bar.get_y() + bar.get_height() for bar in bars] for bars in ax.containers], axis=0)
    assert tops == pytest.approx(spend_by_pot(results).sum(axis=1).to_numpy())


def test_bars_of_backlog_sum_to_the_headline_backlog(results):
    bars = heights(charts.draw_backlog(results))
    for plan in ("without", "with"):
        outlook = results.outlook[results.outlook.plan == plan].sort_values("year")
        assert sum(bars[f"{plan} {grade}"] for grade in "CDE") == pytest.approx(outlook.backlog_gbp.to_numpy())
        assert bars[f"{plan} D"] == pytest.approx(outlook.backlog_d_gbp.to_numpy())


def test_lines_of_reserves_are_the_path_and_its_floor(results):
    ax = charts.draw_reserves(results)
    closing, floor, *bands = (line.get_ydata() for line in ax.lines)
    assert [band.tolist() for band in bands] == [pytest.approx([share * 9e6] * 10) for share in (0.05, 0.2)]
    assert closing == pytest.approx(results.reserves.closing_gbp.to_numpy())
    assert floor == pytest.approx(results.reserves.floor_gbp.to_numpy())
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()


def test_a_watch_band_far_above_the_reserves_is_said_and_not_drawn(results_folder, change_table):
    change_table(results_folder, "reserves", lambda frame: frame.assign(income_gbp="2e7"))
    ax = charts.draw_reserves(read_results(results_folder))
    assert [line.get_label() for line in ax.lines] == ["reserves at year end", "floor", "5% of income"]
    assert "20% of income is above the chart" in "".join(text.get_text() for text in ax.texts)


def test_reserves_below_the_floor_are_said_and_hatched_apart(results_folder, change_table):
    change_table(results_folder, "reserves", lambda frame: frame.assign(floor_gbp=["0"] * 8 + ["9e6"] * 2))
    results = read_results(results_folder)
    ax = charts.draw_reserves(results)
    assert "below their floor in 2 of 10 years" in ax.get_title(loc="left")
    assert len({area.get_hatch() for area in ax.collections}) == 2


def test_plan_without_reserves_says_so(results_folder, change_table):
    change_table(results_folder, "reserves", lambda frame: frame.iloc[:0])
    results = read_results(results_folder)
    ax = charts.draw_reserves(results)
    assert "no reserves" in ax.get_title(loc="left")
    assert "No reserves in this plan" in [text.get_text() for text in ax.texts]
    assert charts.svg(charts.draw_reserves, results)


def test_cells_of_the_heat_map_sum_to_the_draws(results):
    ax = charts.draw_schools(results)
    cells = ax.collections[0].get_array()
    assert cells.shape == (12, 10)
    assert cells.sum() == pytest.approx(results.draws.amount_gbp.sum())
    written = [float(text.get_text()) * 1e3 for text in ax.texts if re.fullmatch(r"[\d.]+", text.get_text())]
    assert sum(written) == pytest.approx(results.draws.amount_gbp.sum(), rel=0.01)


def test_heat_map_of_148_schools_shows_25_and_counts_the_others(make_results):
    results = read_results(make_results("large", schools=148, schemes=1200))
    ax = charts.draw_schools(results)
    labels = [label.get_text() for label in ax.get_yticklabels()]
    assert len(labels) == 26
    assert labels[-1] == "and 123 others"
    shown_gbp = ax.collections[0].get_array().sum()
    totals = spend_by_school(results).sum(axis=1)
    assert shown_gbp == pytest.approx(totals.nlargest(25).sum())
    rest = words.money(totals.sum() - shown_gbp)
    assert rest in [text.get_text() for text in ax.texts]
    assert f"The other 123 schools together have {rest}." in words.schools_alt(results, charts.MOST_SCHOOLS)


def test_bars_of_needs_are_what_is_funded_and_deferred(results):
    ax = charts.draw_needs(results)
    widths = {bars.get_label(): sum(bar.get_width() for bar in bars) for bars in ax.containers}
    assert widths["Funded"] == pytest.approx(results.funded.cost_gbp.sum())
    assert widths["Deferred"] == pytest.approx(needs_by_element(results).deferred_gbp.sum())


@pytest.mark.parametrize("draw", [charts.draw_spend, charts.draw_needs])
def test_every_series_has_a_hatch_of_its_own(results, draw):
    used = hatches(draw(results))
    assert len(used) >= 2
    assert all(len(own) == 1 and None not in own for own in used.values())
    assert len(set.union(*used.values())) == len(used)


def test_a_route_looks_the_same_in_every_run(results, results_folder, change_table):
    change_table(results_folder, "cashflow", lambda frame: frame.assign(route=frame.route.replace("SCA", "CIF")))
    other = hatches(charts.draw_spend(read_results(results_folder)))
    assert "SCA" not in other
    assert {name: hatches(charts.draw_spend(results))[name] for name in other} == other


def test_legend_does_not_cover_the_years(make_results):
    for years in (10, 25):
        ax = charts.draw_reserves(read_results(make_results(f"years{years}", years=years)))
        ax.figure.draw_without_rendering()
        lowest = min(label.get_window_extent().y0 for label in ax.get_xticklabels())
        assert ax.get_legend().get_window_extent().y1 <= lowest + 1


def test_every_grade_has_a_hatch_of_its_own(results):
    used = hatches(charts.draw_backlog(results))
    for plan in ("without", "with"):
        assert len({tuple(used[f"{plan} {grade}"]) for grade in "CDE"}) == 3
    assert None not in set.union(*used.values())


def test_series_differ_in_grey(results):
    def grey(patch):
        red, green, blue, _ = patch.get_facecolor()
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    shades = sorted(grey(bars[0]) for bars in charts.draw_backlog(results).containers[:3])
    assert np.diff(shades).min() > 0.1


def test_more_routes_than_colours_still_draw_every_bar(results_folder, change_table):
    change_table(results_folder, "cashflow", lambda frame: frame.assign(
        route=[route if route == "reserves" else pot for pot, route in zip(frame.pot_id, frame.route, strict=True)]))
    results = read_results(results_folder)
    bars = heights(charts.draw_spend(results))
    assert len(bars) > len(charts.SERIES)
    assert sum(bars.values()).sum() == pytest.approx(results.draws.amount_gbp.sum())


@EVERY_CHART
def test_nothing_funded_still_draws(results_folder, change_table, draw):
    change_table(results_folder, "schemes", lambda frame: frame.assign(start_year=""))
    change_table(results_folder, "draws", lambda frame: frame.iloc[:0])
    assert charts.svg(draw, read_results(results_folder)).startswith(b"<?xml")


@EVERY_CHART
def test_draws_on_axes_it_is_given(results, draw):
    from matplotlib.figure import Figure

    ax = Figure().subplots()
    assert draw(results, ax) is ax
    assert draw(results).figure is not ax.figure


@EVERY_CHART
def test_svg_has_the_same_bytes_twice_whatever_the_settings_and_leaks_none(results, draw):
    import matplotlib

    first = charts.svg(draw, results)
    with matplotlib.rc_context({"font.size": 30, "svg.fonttype": "none"}):
        before = dict(matplotlib.rcParams)
        assert charts.svg(draw, results) == first
        assert dict(matplotlib.rcParams) == before


@EVERY_CHART
def test_svg_is_well_formed_and_refers_to_nothing_outside(results, draw):
    data = charts.svg(draw, results)
    links = {value for node in ElementTree.fromstring(data).iter() for name, value in node.attrib.items()
             if name.endswith("href")}
    assert links and all(link.startswith("#") for link in links)
    assert set(re.findall(rb"https?://[^\"]*", data)) <= {b"http://www.w3.org/2000/svg", b"http://www.w3.org/1999/xlink"}
    assert b"<script" not in data and b"<!--" not in data


@EVERY_CHART
def test_labels_stay_inside_the_figure(sizes, draw):
    for results in sizes:
        figure = draw(results).figure
        figure.draw_without_rendering()
        box = figure.get_tightbbox()
        width_in, height_in = figure.get_size_inches()
        assert box.x0 > -0.01 and box.y0 > -0.01
        assert box.x1 < width_in + 0.01 and box.y1 < height_in + 0.01


def test_names_are_never_taken_for_formulas(results_folder, change_table):
    change_table(results_folder, "schools", lambda frame: frame.assign(name=[r"St $\frac{1}$ School", *frame.name[1:]]))
    assert charts.svg(charts.draw_schools, read_results(results_folder))


def test_title_of_backlog_states_the_figures(results):
    table = backlog_by_grade(results)
    without, with_it = (words.money(table.loc[2036, plan].sum()) for plan in ("without", "with"))
    assert charts.draw_backlog(results).get_title(loc="left") == (
        f"Backlog grows to {without} by September 2036 without the programme, {with_it} with it")


def test_alt_texts_state_the_real_figures(results):
    spend, reserves = words.spend_alt(results), words.reserves_alt(results)
    draws = results.draws
    for year in results.years:
        assert f"{words.year_label(year)} {words.money(draws.amount_gbp[draws.year == year].sum())}" in spend
    for row in results.reserves.itertuples():
        assert f"{words.money(row.closing_gbp)} against {words.money(row.floor_gbp)}" in reserves
    end = results.outlook.query("year == 2036 and plan == 'with'").iloc[0]
    assert f"in 2036 with it {words.money(end.backlog_c_gbp)} in grade C" in words.backlog_alt(results)
    roofs = results.funded.query("element == 'Roofs'").cost_gbp.sum()
    assert f"Roofs {words.money(roofs)} funded" in words.needs_alt(results)
    top = spend_by_school(results).sum(axis=1).iloc[0]
    assert words.money(top) in words.schools_alt(results, charts.MOST_SCHOOLS)
    for alt in (spend, reserves, words.backlog_alt(results), words.needs_alt(results)):
        assert alt.endswith(".")
