"""A results folder made by arithmetic alone, so that every figure on a page can be worked out again in a test."""

import json
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pypdf
import pytest

ELEMENTS = ("Roofs", "Mechanical services", "Electrical services", "External walls, windows and doors",
            "Floors and stairs", "Redecorations")
FIRST_YEAR = 2026
ROUTES = ("SCA", "DFC", "CIF")


def scheme_rows(schools, schemes, years):
    """Groups of two alternatives (repair, renew); four groups in seven are funded, by the dearer alternative."""
    rows = []
    for place in range(schemes):
        group, renew = divmod(place, 2)
        school, wanted = group % schools + 1, group % 7 in (0, 1, 3, 4)
        element, must = ELEMENTS[group % len(ELEMENTS)], wanted and group % 10 == 0
        cost = (12_000 + 1_700 * (group % 17)) * (4 if renew else 1)
        value = cost * (1.5 + 0.1 * (group % 9)) * (1.0 if renew else 0.8)
        rows.append({
            "scheme_id": f"S{school:03d}-{group:04d}-{'renew' if renew else 'repair'}", "school_id": f"S{school:03d}",
            "school_name": school_name(school - 1), "site_id": f"SITE{school:03d}",
            "block_id": "" if group % 11 == 10 else f"B{school:03d}-{group % 3 + 1}", "element": element,
            "kind": "renew" if renew else "repair",
            "description": f"{'Renew' if renew else 'Repair'} what is worn in {element.lower()}",
            "exclusion_group": f"G{group:04d}", "also_meets": "", "must_do": "yes" if must else "no",
            "must_start_by": FIRST_YEAR if must else "", "priority": group % 4 + 1, "worst_grade": "CD"[group % 2],
            "surveyed_share": 0.8, "start_year": FIRST_YEAR + group % years if wanted and renew else "",
            "cost_gbp": cost, "value_gbp": value, "value_per_gbp": value / cost, "pots": "",
            "reason": "Chosen: it saves more for each pound than what it displaces." if wanted and renew else
            "Not chosen: the money of every year it could start in does more elsewhere."})
    return rows


def school_name(place):
    """Fictional name of a school."""
    firsts = ("Oakfield", "Brookside", "Saltmarsh Lane", "Hillcrest", "St Wilfrith's Church of England", "Weir Bank",
              "Larkrise")
    kinds = ("Primary School", "Academy", "Special School", "Junior and Infant School")
    return f"{firsts[place % len(firsts)]} {kinds[place % len(kinds)]}" + (f" {place // 28 + 1}" if place > 27 else "")


def draw_rows(schemes):
    """Each chosen scheme: three quarters of its cost from the grant of its own year, the rest from the reserve."""
    rows = []
    for scheme in schemes:
        if scheme["start_year"] == "":
            continue
        year, cost = scheme["start_year"], scheme["cost_gbp"]
        route = ROUTES[int(scheme["scheme_id"][5:9]) % len(ROUTES)]
        parts = ((f"{route}-{year}", 0.75 * cost), ("RESERVE", 0.25 * cost))
        scheme["pots"] = "; ".join(f"{pot} {amount:.0f}" for pot, amount in parts)
        rows += [{"scheme_id": scheme["scheme_id"], "pot_id": pot, "year": year, "amount_gbp": amount}
                 for pot, amount in parts]
    return rows


def cash_rows(draws, years):
    """Each grant: its draws and a tenth more, which lapses. The reserve opens with a million and gains 50,000."""
    spent = {}
    for row in draws:
        spent[row["pot_id"], row["year"]] = spent.get((row["pot_id"], row["year"]), 0.0) + row["amount_gbp"]
    rows, reserves, held = [], [], 1_000_000.0
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        for route in ROUTES:
            out = spent.get((f"{route}-{year}", year), 0.0)
            rows.append({"pot_id": f"{route}-{year}", "route": route, "year": year, "opening_gbp": 0.0,
                         "in_gbp": 1.1 * out, "out_gbp": out, "lapsed_gbp": 1.1 * out - out, "closing_gbp": 0.0})
        out = spent.get(("RESERVE", year), 0.0)
        closing = held + 50_000 - out
        rows.append({"pot_id": "RESERVE", "route": "reserves", "year": year, "opening_gbp": held, "in_gbp": 50_000.0,
                     "out_gbp": out, "lapsed_gbp": 0.0, "closing_gbp": closing})
        reserves.append({"year": year, "opening_gbp": held, "income_gbp": 9e6, "costs_gbp": 8_930_000.0,
                         "loan_service_gbp": 20_000.0, "top_slice_gbp": 450_000.0, "surplus_gbp": 50_000.0,
                         "spent_on_works_gbp": out, "closing_gbp": closing,
                         "floor_gbp": 400_000.0 + 10_000 * (year - FIRST_YEAR), "reserves_share": closing / 9e6,
                         "watch_band": "below" if closing < 450_000 else "between",
                         "in_year_deficit": "works exceed the surplus" if out > 50_000 else "none"})
        held = closing
    return rows, reserves


def ledger_rows(schemes, draws, schools, years):
    """Schools of equal income: a top slice of 5%, central services for as much, and works as they are paid for."""
    homes = {scheme["scheme_id"]: scheme["school_id"] for scheme in schemes}
    income, rows = 9e6 / schools, []
    for year in range(FIRST_YEAR, FIRST_YEAR + years):
        total = 0.0
        for place in range(schools):
            school = f"S{place + 1:03d}"
            mine = [row for row in draws if row["year"] == year and homes[row["scheme_id"]] == school]
            works = sum(row["amount_gbp"] for row in mine if row["pot_id"] == "RESERVE")
            total += works
            rows.append(ledger_row(school, school_name(place), year, income, 0.05 * income, 0.04 * income, works)
                        | {"trust_grants_gbp": sum(row["amount_gbp"] for row in mine) - works})
        rows.append(ledger_row("", "Centre", year, 0.0, -0.05 * 9e6, -0.04 * 9e6, -total))
    return rows


def ledger_row(school, name, year, income, top_slice, services, works):
    """One row of the ledger."""
    return {"school_id": school, "name": name, "year": year, "income_gbp": income, "costs_gbp": 0.95 * income,
            "loan_service_gbp": 0.0, "top_slice_gbp": top_slice, "pooled_gbp": 0.0, "own_reserves_gbp": 0.0,
            "contributed_gbp": top_slice, "central_services_gbp": services, "works_gbp": works,
            "received_gbp": services + works, "net_gbp": services + works - top_slice, "own_grants_gbp": 0.0,
            "trust_grants_gbp": 0.0, "contributions_gbp": 0.0, "kept_gbp": 0.0, "in_deficit": "no"}


def outlook_rows(years):
    """Backlog that grows by a fifteenth a year without the programme and shrinks by a twentieth with it."""
    rows = []
    for plan, growth in (("without", 1 + 1 / 15), ("with", 0.95)):
        for step in range(years + 1):
            parts = [amount * growth ** step for amount in (900_000.0, 1_200_000.0, 600_000.0, 200_000.0)]
            rows.append({"year": FIRST_YEAR + step, "plan": plan,
                         **{f"backlog_{grade}_gbp": part for grade, part in zip("bcde", parts, strict=True)},
                         "backlog_gbp": sum(parts[1:]), "expected_loss_gbp": 0.1 * sum(parts),
                         "expected_failures": 20.0, "facility_condition_index": sum(parts[1:]) / 60e6})
    return rows


def bridge_rows(years):
    """The backlog of the plan with, falling a twentieth a year: worn 10,000, the rest renewed; prices rise 2% a year."""
    levels, rows = [2e6 * 0.95 ** step for step in range(years + 1)], []
    for step, (now, then) in enumerate(zip(levels, levels[1:], strict=False)):
        real = {"opening": now, "worn to C": 10_000.0, "patch": 0.0, "renew": then - now - 10_000.0, "price": 0.0,
                "closing": then}
        rows += [{"year": FIRST_YEAR + step, "item": item, "amount_gbp": amount,
                  "amount_nominal_gbp": then * 1.02 ** (step + 1) if item == "closing" else
                  then * 0.02 * 1.02 ** step if item == "price" else amount * 1.02 ** step} for item, amount in real.items()]
    for place, item in enumerate(dict.fromkeys(row["item"] for row in rows)):
        own = [row for row in rows if row["item"] == item]
        own = own[:1] if place == 0 else own[-1:] if item == "closing" else own
        rows.append({"year": "", "item": item, **{name: sum(row[name] for row in own)
                                                  for name in ("amount_gbp", "amount_nominal_gbp")}})
    return rows


def ownership_rows(schools):
    """The trust, its schools and its elements: a million each without, of which 800,000 stay with 100,000 of works."""
    places = [("trust", "all"), *(("school", f"S{place + 1:03d}") for place in range(schools)),
              *(("element", element) for element in ELEMENTS)]
    rows = []
    for level, place in places:
        size = {"trust": 1.0, "school": 1 / schools, "element": 1 / len(ELEMENTS)}[level]
        for plan, parts in (("without", (0, 300_000, 200_000, 100_000, 400_000)),
                            ("with", (100_000, 250_000, 150_000, 80_000, 320_000))):
            row = {"level": level, "place": place, "plan": plan}
            for basis, factor in (("", 1.0), ("_present", 0.8)):
                items = dict(zip(("capital", "patching", "failures", "closures", "handed_on"), parts, strict=True))
                row |= {f"{name}{basis}_gbp": amount * size * factor for name, amount in items.items()}
                row[f"total{basis}_gbp"] = sum(parts) * size * factor
            rows.append(row)
    return rows


def solution(value_gbp, years):
    """Proof, baselines and notes."""
    return {"trust": "Larkrise Learning Trust", "objective": value_gbp, "bound": value_gbp * 1.0005, "gap": 0.0005,
            "seconds": 3.25, "status": "optimal", "solver": "HiGHS", "version": "1.11.0", "capplan_version": "0.1.0",
            "git_commit": None, "seed": 1, "price_base": 2026, "first_year": FIRST_YEAR,
            "last_year": FIRST_YEAR + years - 1, "scenario": "baseline", "inputs": {"components.csv": "ab" * 32},
            "baselines": [{"rule": "worst first", "value_gbp": value_gbp * 0.8, "feasible": True},
                          {"rule": "priority order", "value_gbp": None, "feasible": False},
                          {"rule": "value per pound", "value_gbp": value_gbp, "feasible": True}],
            "stand_in_money": True, "audit": "clean",
            "notes": ["The money is a stand-in: the scenario's rates per m2, not this trust's own grants and reserves.",
                      "Losses at failure are an assumption: a multiple of the cost of replacing what failed."],
            "evidence": {"components": 1234, "surveyed_share": 0.8, "modelled_share": 0.2,
                         "older_than_five_years_share": 0.35}}


def home_rows(chosen, schools):
    """One row for each school and one for each element, with what is spent on it."""
    spend, count = chosen.groupby("school_id").cost_gbp.sum(), chosen.groupby("school_id").size()
    school_rows = []
    for place in range(schools):
        school = f"S{place + 1:03d}"
        school_rows.append({
            "school_id": school, "name": school_name(place), "gifa_m2": 2000.0 + place, "replacement_gbp": 5e6,
            "backlog_now_gbp": 2e6 / schools, "backlog_end_without_gbp": 3e6 / schools,
            "backlog_end_with_gbp": 1e6 / schools, "fci_now": 0.033, "schemes_funded": int(count.get(school, 0)),
            "spend_gbp": float(spend.get(school, 0.0)), "surveyed_share": 0.8})
    element_rows = [{"element": element, "backlog_now_gbp": 1e5, "backlog_end_without_gbp": 2e5,
                     "backlog_end_with_gbp": 5e4, "spend_gbp": float(chosen.cost_gbp[chosen.element == element].sum())}
                    for element in ELEMENTS]
    return school_rows, element_rows


def spend_rows(schemes, years):
    """What each scheme would cost in each year it may start: its cost in the first, a twentieth more each year."""
    return [{"scheme_id": scheme["scheme_id"], "start_year": FIRST_YEAR + step, "year": FIRST_YEAR + step,
             "cost": scheme["cost_gbp"] * (1 + step / 20)} for scheme in schemes for step in range(years)]


def risk_rows(draws):
    """P50 a fiftieth below what is planned and P80 a sixth above it for each scheme, a tenth for what has several."""
    frame, rows = pd.DataFrame(draws), []
    groups = [("programme", "all", frame), *(("year", *each) for each in frame.groupby("year")),
              *(("pot", *each) for each in frame.groupby("pot_id")),
              *(("scheme", *each) for each in frame.groupby("scheme_id"))]
    for scope, name, own in groups:
        planned = own.amount_gbp.sum()
        rows.append({"scope": scope, "name": name, "stage": "concept" if scope == "scheme" else "", "planned_gbp": planned,
                     "p50_gbp": 0.98 * planned, "p80_gbp": (7 / 6 if scope == "scheme" else 1.1) * planned,
                     "schemes_p80_gbp": 7 / 6 * planned, "for_80_gbp": (1 / 6 if scope == "scheme" else 0.1) * planned})
    return rows


def write_results(folder, schools=12, schemes=40, years=10):
    """Write a results folder and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = scheme_rows(schools, schemes, years)
    draws = draw_rows(rows)
    cash, reserves = cash_rows(draws, years)
    chosen = pd.DataFrame([row for row in rows if row["start_year"] != ""])
    school_rows, element_rows = home_rows(chosen, schools)
    tables = {"schemes": rows, "draws": draws, "cashflow": cash, "reserves": reserves, "outlook": outlook_rows(years),
              "schools": school_rows, "elements": element_rows, "ledger": ledger_rows(rows, draws, schools, years),
              "bridge": bridge_rows(years), "ownership": ownership_rows(schools),
              "cost_risk": risk_rows(draws)}
    for name, table in tables.items():
        pd.DataFrame(table).to_csv(folder / f"{name}.csv", index=False, encoding="utf-8", lineterminator="\n")
    (folder / "candidates").mkdir(exist_ok=True)
    pd.DataFrame(spend_rows(rows, years)).to_csv(folder / "candidates" / "spend.csv", index=False, lineterminator="\n")
    proof = solution(float(chosen.value_gbp.sum()), years)
    (folder / "solution.json").write_text(json.dumps(proof), encoding="utf-8")
    return folder


@pytest.fixture
def make_results(tmp_path):
    """Writes a results folder: ``make_results(schools=12, schemes=40, years=10)`` returns its path."""
    def make(name="results", **sizes):
        return write_results(tmp_path / name, **sizes)
    return make


@pytest.fixture(scope="session")
def sizes(tmp_path_factory):
    """Results of two schools, of many, and of many years; shared, since nobody can change them."""
    from capplan.report.results import read_results

    place = tmp_path_factory.mktemp("sizes")
    return [read_results(write_results(place / name, schools=schools, schemes=6 * schools, years=years))
            for name, schools, years in (("two", 2, 3), ("many", 148, 10), ("long", 12, 25))]


@pytest.fixture
def results_folder(make_results):
    """Twelve schools, forty schemes, ten years."""
    return make_results()


@pytest.fixture(scope="session")
def results(tmp_path_factory):
    """The same, read back; shared, since nobody can change it."""
    from capplan.report.results import read_results

    return read_results(write_results(tmp_path_factory.mktemp("shared") / "results"))


@pytest.fixture(scope="session")
def html(results):
    """The page of the same."""
    from capplan.report.summary import summary_html

    return summary_html(results)


@pytest.fixture
def change_table():
    """Rewrites one table of a folder: ``change_table(folder, "draws", function of its text frame)``."""
    def change(folder, name, edit):
        path = folder / f"{name}.csv"
        frame = edit(pd.read_csv(path, dtype=str, keep_default_na=False))
        frame.to_csv(path, index=False, lineterminator="\n")
        return folder
    return change


@pytest.fixture
def change_solution():
    """Changes keys of a folder's solution.json."""
    def change(folder, **values):
        path = folder / "solution.json"
        path.write_text(json.dumps({**json.loads(path.read_text(encoding="utf-8")), **values}), encoding="utf-8")
        return folder
    return change


@pytest.fixture
def word_as_pdf(tmp_path):
    """Opens Word files in LibreOffice: ``word_as_pdf(path, ...)`` returns the pages of each."""
    office = shutil.which("soffice")
    if office is None or not (Path(office).resolve().parent / "libswlo.so").is_file():
        pytest.skip("LibreOffice Writer is not installed: Word files are not opened")

    def opened(*paths):
        subprocess.run([office, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless", "--convert-to",
                        "pdf", "--outdir", tmp_path / "opened", *paths], check=True, capture_output=True, timeout=240)
        return [pypdf.PdfReader(tmp_path / "opened" / f"{path.stem}.pdf").pages for path in paths]
    return opened
