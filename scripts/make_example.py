"""Make the example estate: a synthetic trust of 12 schools whose components follow the real distributions.

    python scripts/make_example.py [--out FOLDER]     writes the tables, the same bytes every time

Every school, name and reference number is invented. What blocks are made of, the grades they are in and what remedies
cost are drawn from ``example_mix.csv``, which ``example_mix.py`` aggregated from 177,009 surveyed components; the survey
itself is not needed. What came later (history, statutory inspections, suitability, the ICT register) has random
streams of its own, so that the components drawn before stay as they are. Only uniform draws are used, so that the
streams do not depend on a version's way of making other numbers.
"""

import argparse
import io
from pathlib import Path
from statistics import NormalDist

import numpy as np
import pandas as pd
from example_census import make_admissions, make_births, make_census
from example_duties import make_compliance, make_suitability
from example_energy import make_energy
from example_history import make_history
from example_mix import GRADE_COLUMNS, LEVELS, ROOF_STRUCTURES, Mix, read_mix
from example_money import FIRST_YEAR, WEIGHTS, make_budget, make_grants, make_reserves
from example_places import make_expansions, make_pupil_funding, make_school_places
from example_register import add_facts, add_register
from example_rolls import make_rolls

from capplan import reference
from capplan.tables import TABLES
from capplan.tabular import write_frame

HERE = Path(__file__).resolve().parent
SEED = 2044  # chosen among twenty: see data/README.md
LATER_STREAMS = 5
SHARED_GROUND = ("Roads and car parks", "Paths, pedestrian paved areas, play areas", "Soft Landscaping")
SAFETY_TYPES = ("ELEC.04", "ELEC.06", "MECH.03", "MECH.04")
AGES = ("pre-1919", "1945-1966", "1945-1966", "1967-1976", "1967-1976", "after 1976", "after 1976")

# The invented trust. primary ... special: pupils. blocks: blocks of each site; temporary: how many of the last site's
# blocks are temporary. blanks: what the school's records lack.
SCHOOLS = """school_id|name|phase|region|pfi|va|tenure|joined|band|primary|secondary|post16|special|surveyed|m2_per_pupil|blocks|temporary|exit|blanks
OXM|Oxmere Primary School|primary|West Midlands|no|no|freehold|2014-04-01|CDC2-F|315|0|0|0|2022-05-17|6.4|2|0||perimeter_m height_m boundary_m remaining_life_years tenure
BRI|Brindlecote Primary School|primary|West Midlands|no|no|125-year lease|2015-09-01|CDC2-G|412|0|0|0|2023-10-04|6.1|3|1|2028-08-31|
HAL|Hallowthorn Primary School|primary|West Midlands|no|no|125-year lease|2016-09-01|CDC2-D|208|0|0|0|2024-03-12|6.9|2|0||remaining_life_years
FEN|Little Fennick Primary School|primary|East Midlands|no|no|125-year lease|2024-09-01|CDC1-K|142|0|0|0|modelled|7.3|2|1||height_m boundary_m age_band remaining_life_years
PEL|Pellowbank Primary School|primary|West Midlands|no|no|125-year lease|2017-04-01|CDC2-C|298|0|0|0|2025-06-10|6.2|2|0||
ARR|Arrelside Church of England Primary School|primary|East Midlands|no|yes|church or foundation land|2019-09-01|CDC2-E|206|0|0|0|2024-11-19|6.8|2|0||age_band remaining_life_years
KES|Kestrelcote Primary School|primary|East Midlands|no|no|125-year lease|2018-01-01|CDC2-H|421|0|0|0|2026-02-24|6.0|2|1|2030-08-31|
ASH|Ashquarry High School|secondary|West Midlands|no|no|125-year lease|2013-09-01|CDC2-F|0|1048|0|0|2025-04-08|7.9|4|1||
LAR|Larkstow Academy|secondary|West Midlands|yes|no|PFI lease|2016-02-01|CDC2-B|0|1176|0|0|2023-02-14|7.4|3|0||windows_doors_percent remaining_life_years
TAR|Tarrelby School|secondary|East Midlands|no|no|freehold|2015-01-01|CDC2-G|0|1012|184|0|2026-05-12|7.8|3+2|1|2031-08-31|
WEN|Wendrel Bridge School|all-through|West Midlands|no|no|125-year lease|2020-09-01|CDC2-E|420|786|132|0|2024-07-02|7.6|3+2|1||boundary_m
OSI|Osierhithe School|special|East Midlands|no|no|125-year lease|2021-04-01|CDC1-E|0|0|0|138|2025-10-14|23.0|2|0||
"""  # noqa: E501

WORKS = """work_id|school_id|block_id|description|use|cost_gbp|cost_price_base|loss_avoided_gbp_per_year|priority|must_start_by|status
W01|ASH|ASH-1-A|LED lighting throughout the main block|energy|168000|2026|21000|3||proposed
W02|TAR|TAR-1-A|Boiler controls and zoning of the main block|energy|46000|2026|9500|3||proposed
W03|WEN|WEN-1-A|Fire doors and compartmentation, second phase (contract let)|condition|132000|2026|14000|1|2026|committed
W04|KES|KES-1-A|Asbestos removal from the plant room and ducts|condition|58000|2025|6000|2|2028|proposed
W05|BRI||Safeguarding fence and gates to the car park|condition|39000|2026|2500|2|2027|proposed
W06|PEL|PEL-1-A|Refurbish the infants' toilets|condition|84000|2025|3000|3||proposed
W07|ARR|ARR-1-A|Ramp and accessible entrance|condition|37000|2025|1000|3||proposed
"""  # noqa: E501


# --- the estate -----------------------------------------------------------------------------------------------------


def systematic_choice(shares, rng):
    """Choose items with exactly the given chances, as near a fixed number of them as may be.

    Parameters
    ----------
    shares : array, shape (n,)
        Chance of each item. [-]
    rng : numpy.random.Generator

    Returns
    -------
    array of int
        Positions chosen, in order.

    References
    ----------
    .. [1] Madow, W. G. (1949), On the theory of systematic sampling II, Annals of Mathematical Statistics 20, 333-354.
    """
    order = np.argsort(rng.random(len(shares)), kind="stable")
    edges = np.concatenate(([0.0], np.cumsum(np.asarray(shares, float)[order]))) - rng.random()
    return np.sort(order[np.diff(np.ceil(edges)) > 0])


def draw_types(mix, grounds, multi_storey, rng):
    """Types found in a block (or on the grounds of a site) and the share of it each makes up.

    Returns
    -------
    dict of str to float
        Composition by type. [-]
    """
    share = "share" if grounds else "share_multi_storey" if multi_storey else "share_single_storey"
    found, ground = {}, {}
    for name, types in mix.families[grounds]:
        part = name.rsplit(" / ", 1)[-1]
        whole = found.get(ROOF_STRUCTURES[part], 0.0) if part in ROOF_STRUCTURES else 1.0
        chosen = types.iloc[systematic_choice(types[share], rng)]
        if whole == 0 or chosen.empty:
            continue
        fills = mix.levels["family", name][0] == 1
        if fills and chosen.p90.sum() < 1:
            chosen = pd.concat([chosen, types.loc[[types[share].idxmax()]]])  # rooflights are not a whole roof
        parts = np.array([mix.draw("type", type_id, rng) for type_id in chosen.index])
        if fills:
            parts *= whole / parts.sum()
        (ground if part in SHARED_GROUND else found).update(zip(chosen.index, parts.tolist(), strict=True))
    scale = max(1.0, sum(ground.values()))
    return found | {name: value / scale for name, value in ground.items()}


def draw_block(mix, gifa_m2, temporary, rng):
    """Geometry of a block of that floor area, as a dict of the columns of ``blocks``."""
    band = "up to 500 m2" if gifa_m2 <= 500 else "500 to 1500 m2" if gifa_m2 <= 1500 else "over 1500 m2"
    multi = not temporary and rng.random() < mix.row("block", f"multi-storey, {band}").share
    storeys = 2 if multi else 1
    ground_m2 = round(gifa_m2 / storeys * mix.draw("block", "ground x storeys / gifa, multi-storey", rng)
                      if multi else gifa_m2)
    ground_m2 = min(ground_m2, gifa_m2)
    lifts = int(multi and rng.random() < mix.row("block", "lift, multi-storey").share)
    return {"gifa_m2": gifa_m2, "ground_gifa_m2": ground_m2, "storeys": storeys,
            "perimeter_m": round(mix.draw("block", "perimeter / root of ground gifa", rng) * ground_m2 ** 0.5),
            "height_m": round(storeys * mix.draw("block", "storey height (m)", rng), 1),
            "windows_doors_percent": round(mix.draw("block", "windows and doors (percent of wall)", rng)), "lifts": lifts,
            "age_band": "after 1976" if temporary else AGES[int(rng.random() * len(AGES))],
            "permanence": "temporary" if temporary else "permanent"}


def make_places(mix, schools, streams):
    """The sites and blocks of every school: two frames, with ``school_id`` in both."""
    sites, blocks = [], []
    for school, rng in zip(schools.itertuples(), streams, strict=True):
        counts = [int(count) for count in school.blocks.split("+")]
        pupils = school.primary + school.secondary + school.post16 + school.special
        temporary = np.arange(sum(counts)) >= sum(counts) - school.temporary
        sizes = np.array([mix.draw("block", "gifa (m2)", rng) for _ in temporary])
        sizes[temporary] = 60 + np.round(sizes[temporary] % 80)
        rest = pupils * school.m2_per_pupil - sizes[temporary].sum()
        sizes[~temporary] *= rest / sizes[~temporary].sum()
        at = np.repeat(np.arange(len(counts)), counts)
        for number in range(len(counts)):
            site_id = f"{school.school_id}-{number + 1}"
            for letter, place in zip("ABCDEF", np.flatnonzero(at == number), strict=False):
                block = draw_block(mix, round(sizes[place]), bool(temporary[place]), rng)
                block["age_band"] = "after 1976" if school.pfi == "yes" else block["age_band"]
                leave = school.exit if temporary[place] else ""
                blocks.append({"block_id": f"{site_id}-{letter}", "site_id": site_id, **block, "planned_exit": leave,
                               "school_id": school.school_id})
            area_m2 = round(sizes[at == number].sum() * mix.draw("grounds", "site area / gifa", rng), -2)
            field_m2 = round(area_m2 * mix.draw("grounds", "field area / site area", rng), -2)
            edge_m = (area_m2 + field_m2) ** 0.5 * mix.draw("grounds", "boundary / root of all area", rng)
            sites.append({"site_id": site_id, "school_id": school.school_id, "site_area_m2": area_m2,
                          "field_area_m2": field_m2, "boundary_m": round(edge_m)})
    return pd.DataFrame(sites), pd.DataFrame(blocks)


def quantities(block, site, site_blocks):
    """What a composition of one amounts to on each quantity basis, in that basis's unit."""
    if block is None:
        return {"site": site.site_area_m2 - site_blocks.ground_gifa_m2.sum(), "field": site.field_area_m2,
                "boundary": site.boundary_m, "pool": 1, "gifa": site_blocks.gifa_m2.sum()}
    walls_m2, windows_share = block.perimeter_m * block.height_m, block.windows_doors_percent / 100
    return {"gifa": block.gifa_m2, "ground_gifa": block.ground_gifa_m2, "windows_doors": walls_m2 * windows_share,
            "wall": walls_m2 * (1 - windows_share), "lifts": 1}


def draw_components(mix, sites, blocks, streams):
    """Components of every block and of the grounds of every site, without grades or costs."""
    rows = []
    for school_id, rng in streams.items():
        for site in sites[sites.school_id == school_id].itertuples():
            own = blocks[blocks.site_id == site.site_id]
            for block in [*own.itertuples(), None]:
                found = draw_types(mix, block is None, block is not None and block.storeys > 1, rng)
                found.pop("ELEC.06", None)
                if block is not None and block.lifts:
                    found["ELEC.06"] = 1.0
                amounts = quantities(block, site, own)
                place = block.block_id if block is not None else f"{site.site_id}-G"
                for number, (type_id, share) in enumerate(sorted(found.items()), 1):
                    basis = mix.types.quantity_basis[type_id]
                    rows.append({"component_id": f"{place}-{number:02d}", "site_id": site.site_id,
                                 "block_id": "" if block is None else block.block_id, "type_id": type_id,
                                 "quantity": round(share * amounts[basis], 1), "quantity_basis": basis,
                                 "school_id": school_id, "place": place})
    frame = pd.DataFrame(rows)
    return frame[frame.quantity > 0].reset_index(drop=True)


def draw_standings(mix, components, blocks, rng):
    """How good or bad each block, and the grounds of each site, is beside the others: normal scores, high is worse.

    Places are taken in order of renewal cost, six at a time, and each six is spread over the whole range: so few
    places would else leave the condition of the estate to that of its two or three largest blocks. Temporary blocks
    are moved towards the worse end.
    """
    worth_gbp = (components.quantity * mix.types.cost_d_gbp_per_unit.reindex(components.type_id).to_numpy())
    places = worth_gbp.groupby(components.place).sum().sort_values(ascending=False, kind="stable").index
    keys = np.concatenate([np.argsort(rng.random(6)) for _ in range(0, len(places), 6)])[:len(places)]
    temporary = places.isin(blocks.block_id[blocks.permanence == "temporary"])
    rank = np.argsort(np.argsort(keys + rng.random(len(places)) + 1.5 * temporary, kind="stable"), kind="stable")
    return {place: NormalDist().inv_cdf((r + 0.5) / len(places)) for place, r in zip(places, rank, strict=True)}


def draw_grades(mix, components, blocks, rng):
    """Grades by the mix of each type, those of one block correlated as in the survey."""
    normal, standing = NormalDist(), draw_standings(mix, components, blocks, rng)
    shared = mix.row("block", "correlation of grades").share
    limits = dict(zip(mix.types.index, mix.types[GRADE_COLUMNS].to_numpy(float).cumsum(axis=1)[:, :3], strict=True))
    grades = []
    for place, type_id in zip(components.place, components.type_id, strict=True):
        own = normal.inv_cdf(min(max(rng.random(), 1e-9), 1 - 1e-9))
        chance = normal.cdf(shared ** 0.5 * standing[place] + (1 - shared) ** 0.5 * own)
        grades.append("ABCD"[int((chance > limits[type_id]).sum())])
    return pd.Series(grades, components.index)


def draw_findings(mix, components, schools, rng):
    """What the surveyor wrote beside each component: priority, statutory, due year, date, cost, remaining life."""
    homes = {school.school_id: school for school in schools.itertuples()}
    kinds = mix.types.to_dict("index")
    prices = {name: reference.location_factor(school.region) * reference.price_ratio(2016, int(school.surveyed[:4]))
              for name, school in homes.items() if school.surveyed != "modelled"}
    findings = []
    for part in components.itertuples():
        school, kind = homes[part.school_id], kinds[part.type_id]
        draws = rng.random(6)
        row = {"grade": part.grade, "priority": "", "statutory": "", "due_year": "", "surveyed": school.surveyed,
               "remedial_cost_gbp": "", "cost_price_base": "", "remaining_life_years": ""}
        findings.append(row)
        if school.surveyed == "modelled":
            continue
        row["statutory"] = "yes" if part.grade in "CD" and part.type_id in SAFETY_TYPES else "no"
        if part.grade in "CD":
            row["priority"] = _priority(part, draws[0])
            row["due_year"] = _due_year(row, draws[1])
            row["grade"] += "X" if draws[2] < 0.08 else ""
        lives = [1 / kind[rate] for rate in ("p_ab", "p_bc", "p_cd")]
        row["remaining_life_years"] = round(sum(lives["ABCD".index(part.grade):]) * (0.8 + 0.4 * draws[3]))
        if part.grade != "A" and draws[4] > 0.1:
            costed_at = "D" if row["grade"].endswith("X") else part.grade  # what is only replaced costs a renewal
            ratio = np.interp(draws[5], LEVELS, mix.levels["cost", costed_at])
            unit_gbp = kind[f"cost_{costed_at.lower()}_gbp_per_unit"] * prices[part.school_id]
            cost_gbp = ratio * unit_gbp * part.quantity
            row["remedial_cost_gbp"] = max(round(cost_gbp, -1), 10.0 * (cost_gbp > 0))
            row["cost_price_base"] = school.surveyed[:4]
    return pd.DataFrame(findings, index=components.index)


def _priority(part, draw):
    """Priority of a component in grade C or D: the worse the more urgent; looks and planting wait."""
    urgent = 0.0 if part.type_id.startswith(("DECO", "FFF", "AREA.07", "FIELD")) else {"D": 0.9, "C": 0.09}[part.grade]
    return 1 if draw < urgent else 2 if part.grade == "D" or draw < 0.45 else 3


def _due_year(row, draw):
    if row["priority"] == 1:
        return FIRST_YEAR if draw < 0.5 else ""
    return FIRST_YEAR + 1 if row["statutory"] == "yes" else ""


# --- all of it ------------------------------------------------------------------------------------------------------


def make_estate(mix_frame, seed=SEED):
    """All tables as text cells, by table name.

    Parameters
    ----------
    mix_frame : DataFrame
        As ``read_mix`` returns it.
    seed : int
        Seed; each school has streams of its own, so that a change in one leaves the others as they are.
    """
    mix = Mix(mix_frame)
    schools = pd.read_csv(io.StringIO(SCHOOLS), sep="|", dtype=str, keep_default_na=False)
    numbers = [*WEIGHTS, "temporary"]
    schools = schools.astype(dict.fromkeys(numbers, int)).astype({"m2_per_pupil": float})
    (sites, blocks, components), later = make_surveyed(schools, mix, seed)
    schools["pupils"] = schools[list(WEIGHTS)].sum(axis=1)
    schools["urn"] = range(900001, 900001 + len(schools))
    named = schools.rename(columns={"va": "voluntary_aided", "band": "condition_band"})
    frames = {"schools": named, "sites": sites, "blocks": blocks, "components": components,
              "trust": pd.DataFrame({"trust_id": ["ARREL"], "name": ["Arrel and Wendrel Schools Trust (fictional)"]}),
              "grants": make_grants(schools), "reserves": make_reserves(int(schools["pupils"].sum())),
              "rolls": make_rolls(schools), "census": make_census(schools), "births": make_births(),
              "places": make_school_places(), "expansions": make_expansions(), "pupil_funding": make_pupil_funding(schools),
              "works": pd.read_csv(io.StringIO(WORKS), sep="|", dtype=str, keep_default_na=False)}
    frames["admissions"] = make_admissions(schools, frames["census"])
    frames["budget"] = make_budget(schools, frames["reserves"])
    add_later(frames, later)
    _forget(frames, schools)
    return {name: cells_of(frame, name) for name, frame in frames.items()}


def make_surveyed(schools, mix, seed):
    """The sites, blocks and surveyed components of schools, and the random streams for what comes later.

    Parameters
    ----------
    schools : DataFrame
        As ``SCHOOLS`` above has them.
    mix : Mix
    seed : int

    Returns
    -------
    tuple of (tuple of DataFrame, list of Generator)
    """
    children = np.random.SeedSequence(seed).spawn(2 * len(schools) + 2 + LATER_STREAMS)
    rngs = [np.random.Generator(np.random.PCG64(child)) for child in children]
    sites, blocks = make_places(mix, schools, rngs[2:2 + len(schools)])
    streams = dict(zip(schools.school_id, rngs[2 + len(schools):-LATER_STREAMS], strict=True))
    components = draw_components(mix, sites, blocks, streams)
    components["grade"] = draw_grades(mix, components, blocks, rngs[0])
    found = draw_findings(mix, components, schools, rngs[1])
    return (sites, blocks, components.drop(columns="grade").join(found)), rngs[-LATER_STREAMS:]


def add_later(frames, streams):
    """Add to the estate what its surveys do not say: history, the register, duties, suitability and meters."""
    frames["history"], works = make_history(frames["components"], streams[0])
    add_facts(frames, works, streams[1])
    add_register(frames, streams[2])
    frames["compliance"] = make_compliance(frames, streams[3])
    frames["suitability"] = make_suitability(frames, streams[4])
    frames |= make_energy(frames["schools"], frames["blocks"])


def _forget(frames, schools):
    """Blank what a school's records lack; quantities worked out from it are then given as measured."""
    outside = ("wall", "windows_doors")
    worked_out = {"boundary_m": ("boundary",), "perimeter_m": outside, "height_m": outside,
                  "windows_doors_percent": outside}
    for school in schools.itertuples():
        for column in school.blanks.split():
            for name in ("schools", "sites", "blocks", "components"):
                frame = frames[name]
                if column in frame:
                    own = frame.school_id == school.school_id
                    frames[name] = frame.assign(**{column: frame[column].astype(object).where(~own, "")})
            parts = frames["components"]
            lost = (parts.school_id == school.school_id) & parts.quantity_basis.isin(worked_out.get(column, ()))
            frames["components"] = parts.assign(quantity_basis=parts.quantity_basis.where(~lost, "measured"))


def cells_of(frame, name):
    text = {column: frame[column].map(lambda value: f"{value:g}" if isinstance(value, float) and value < 1e5
                                      else f"{value:.0f}" if isinstance(value, float) else str(value))
            for column in TABLES[name].column_names if column in frame}
    return pd.DataFrame(text)


def main():
    """Read the command line and do what it says."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--out", type=Path, default=HERE.parent / "data" / "example", help="folder to write to")
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    for name, frame in make_estate(read_mix()).items():
        write_frame(frame, chosen.out / f"{name}.csv")


if __name__ == "__main__":
    main()
