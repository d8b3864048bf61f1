"""The benchmark of a trust as a document: itself, its blocks and its schools beside DfE's sample and other trusts."""

import numpy as np

from .. import reference
from ..condition.benchmark import measures
from .benchmark import NOT_KNOWN, all_together, phases_in_order
from .charts import EDGE, INK, WIDTH_IN
from .document import LEAD, SMALL, Box, Document, Figure, Grid, Heading, Text
from .page_tables import table_of
from .papers import figure_of
from .words import counted, listed, percent, plain, shortened

ENGLAND, AUTHORITY, BLOCK = "England", "authority", "block"
NAMES = {"need_gbp_per_m2": "Cost of bringing grades B to D to A, £ per m2",
         "backlog_gbp_per_m2": "of which grades C and D, £ per m2",
         **{f"grade_{grade}_share": f"Part at grade {grade.upper()}, by cost of renewal" for grade in "abcd"}}
NEED, BACKLOG = "need_gbp_per_m2", "backlog_gbp_per_m2"
SAMPLE_BASE = 2016
FEWEST_SHOWN, FEW = 5, 30
"""Groups of fewer places than the first are not shown by quantiles; of fewer than the second they are called few."""
LEVELS = ("p10", "p25", "p50", "p75", "p90")
CAVEATS = (
    "Everybody is measured alike: the grade the surveyor gave and the Department's unit costs of 2016, brought to the "
    "prices of the plan by one index. No fees, location, contingency or wear since the survey: they are not the pounds of "
    "the programme.",
    "DfE's sample is of 2012 to 2014 and of blocks, of all state schools in it and not only academies. Buildings have aged, "
    "and been mended, since. It does not say which phase a school is of; the size of the block stands in for it.",
    "A school of several blocks lies nearer the middle than single blocks do, and a trust nearer than a school. So the "
    "trust is laid beside local authorities, and its blocks beside blocks; where a school stands among blocks is a guide.",
    "Surveyors differ, and so do the years they came in: a small difference means nothing.",
    "Grounds and ICT are left out.")


def benchmark_document(benchmark, dated, foot):
    """The benchmark as a document.

    Parameters
    ----------
    benchmark : Benchmark
    dated : str
        ISO day it is written for.
    foot : str
        Which run the figures come from.

    Returns
    -------
    Document
    """
    ratio = reference.price_ratio(SAMPLE_BASE, benchmark.price_base)
    sample = reference.load("condition_quantiles").set_index(["level", "place", "measure"])
    blocks = [Text(lead_words(benchmark, sample, ratio), LEAD), Text(_modelled_words(benchmark)),
              Box("Read with this", CAVEATS), Heading("The trust beside local authorities"),
              Grid(_trust_table(benchmark, sample, ratio), (5, 2, 2, 2, 2, 2, 2, 5), small=True)]
    if len(benchmark.blocks):
        blocks += [Heading("Its blocks beside blocks of the sample"), _chart(benchmark, sample, ratio),
                   Grid(_blocks_table(benchmark, sample, ratio), small=True)]
    blocks += [Heading("School by school"), Grid(_schools_table(benchmark, sample, ratio), small=True),
               Heading("Other trusts"), *_peers(benchmark, ratio),
               Text(_sources(benchmark, sample, ratio), SMALL)]
    return Document(f"{shortened(benchmark.trust, 120)}: condition beside others", "What the buildings would take to bring "
                    "to grade A, for each square metre, beside DfE's survey sample and other trusts without names", dated,
                    tuple(blocks), foot, landscape=True)


def _sources(benchmark, sample, ratio):
    return ("Sample: Department for Education, property data survey 2012 to 2014, part of its ten per cent sample "
            f"({_sample(sample, BLOCK, ENGLAND):,} blocks with a floor area), quantiles in condition_quantiles.csv of "
            "capplan. "
            f"Prices: {SAMPLE_BASE} unit costs times {ratio:.3f} for {benchmark.price_base} prices (price_index.csv of "
            "capplan; assumed before 2019).")


def lead_words(benchmark, sample, ratio):
    """Where the trust stands, in two sentences.

    Parameters
    ----------
    benchmark : Benchmark
    sample : DataFrame
        ``condition_quantiles`` by level, place and measure.
    ratio : float
        Prices of the plan over those of the sample. [-]

    Returns
    -------
    str
    """
    own = all_together(benchmark.schools)
    if own[NEED] != own[NEED]:
        return "No block of the trust has a component that could be measured, so there is nothing to compare."
    need, poor = own[NEED] * ratio, own[BACKLOG] * ratio
    text = (f"At the grades surveyed the trust's {counted(len(benchmark.blocks), 'block')} would take £{need:,.0f} for each "
            f"square metre to bring to grade A, £{poor:,.0f} of it for what is poor or bad (C and D). Among local "
            f"authorities of DfE's sample that is {position(own[NEED], sample.loc[(AUTHORITY, ENGLAND, NEED)])}, and for "
            "C and D "
            f"{position(own[BACKLOG], sample.loc[(AUTHORITY, ENGLAND, BACKLOG)])}.")
    values = measures(benchmark.blocks)[NEED].dropna()
    over = int((values > sample.loc[(BLOCK, ENGLAND, NEED)].p75).sum())
    return text + (f" {counted(over, 'block')} of {len(values):,} {'is' if over == 1 else 'are'} in England's most needy "
                   f"quarter; {len(values) / 4:,.0f} would be usual.")


def position(value, row):
    """Where a value lies among the quantiles of a sample, in words.

    Parameters
    ----------
    value : float
    row : Series
        ``p10, p25, p50, p75, p90``.

    Returns
    -------
    str

    Examples
    --------
    >>> import pandas as pd
    >>> row = pd.Series({"p10": 0.0, "p25": 0.0, "p50": 2.0, "p75": 5.0, "p90": 9.0})
    >>> [position(value, row) for value in (0.0, 1.0, 3.0, 9.5)]
    ['the lowest, as a quarter or more of them', 'below the middle', 'above the middle', 'in the highest tenth']
    """
    if value != value:
        return "not known"
    if value <= row.p10 and row.p10 == row.p25:
        return "the lowest, as a quarter or more of them"
    for level, words in (("p10", "in the lowest tenth"), ("p25", "in the lowest quarter"), ("p50", "below the middle"),
                         ("p75", "above the middle"), ("p90", "in the highest quarter")):
        if value <= row[level]:
            return words
    return "in the highest tenth"


def _modelled_words(benchmark):
    whole = benchmark.schools.filter(like="renewal_").sum(axis=1)
    share = float((benchmark.schools.modelled_share * whole).sum() / whole.sum()) if whole.sum() > 0 else 0.0
    return (f"{percent(share)} of what is measured (by cost of renewal) is modelled, not surveyed." if share else
            "All of what is measured was surveyed.")


def _figure(value, measure, ratio):
    if value != value:
        return "not known"
    return f"£{value * ratio:,.0f}" if measure in (NEED, BACKLOG) else percent(round(value, 4))


def _sample(sample, level, place):
    return int(sample.loc[(level, place, NEED), "sample"])


def _trust_table(benchmark, sample, ratio):
    own, rows = all_together(benchmark.schools), []
    for measure, name in NAMES.items():
        row = sample.loc[(AUTHORITY, ENGLAND, measure)]
        rows.append((name, _figure(own[measure], measure, ratio),
                     *(_figure(row[level], measure, ratio) for level in LEVELS), position(own[measure], row)))
    return table_of(f"The trust as a whole and {_sample(sample, AUTHORITY, ENGLAND)} local authorities with 20 blocks or "
                    "more "
                    f"in the sample. Pounds at {benchmark.price_base} prices, for each m2 of floor area. A tenth of the "
                    "authorities have less than the first figure, a tenth more than the last.",
                    "Measure|#The trust|#Lowest tenth below|#Quarter|#Middle|#Three quarters|#Highest tenth above|"
                    "Where the trust stands", [("", rows)])


def _groups(benchmark, sample):
    """Groups of the sample that the trust has blocks in: England, its regions, sizes; with its own blocks."""
    sizes = [place for level, place in sample.index.droplevel("measure").unique() if level == BLOCK and "m2" in place]
    own = benchmark.blocks
    yield ENGLAND, own
    for region in sorted(set(own.region)):
        yield region, own[own.region == region]
    edges = np.digitize(own.gifa_m2, (200, 1500))
    for place, size in enumerate(sizes):
        if (edges == place).any():
            yield size, own[edges == place]


def _blocks_table(benchmark, sample, ratio):
    rows = []
    for group, own in _groups(benchmark, sample):
        row, values = sample.loc[(BLOCK, group, NEED)], measures(own)[NEED].dropna()
        few = " (few)" if len(values) < FEW else ""
        over = int((values > row.p75).sum())
        rows.append((group[:1].upper() + group[1:], f"{_sample(sample, BLOCK, group):,}",
                     *(_figure(row[level], NEED, ratio) for level in LEVELS), f"{len(values):,}{few}",
                     _figure(values.median(), NEED, ratio), f"{over:,} ({len(values) / 4:.1f} usual)"))
    return table_of("Cost of bringing grades B to D to A, £ per m2 of each block, at "
                    f"{benchmark.price_base} prices: DfE's sample, and the trust's blocks of the same region or size.",
                    "Group|#Blocks of the sample|#Lowest tenth below|#Quarter|#Middle|#Three quarters|#Highest tenth above|"
                    "#The trust's blocks|#Their middle|#In the highest quarter", [("", rows)])


def _schools_table(benchmark, sample, ratio):
    own = measures(benchmark.schools)
    order = own[NEED].sort_values(ascending=False, na_position="last", kind="stable").index
    rows = []
    for school in order:
        about, row = benchmark.schools.loc[school], own.loc[school]
        rows.append((shortened(about["name"], 60), about.phase, about.region, f"{about.gifa_m2:,.0f}",
                     *(_figure(row[measure], measure, ratio) for measure in NAMES),
                     position(row[NEED], sample.loc[(BLOCK, about.region, NEED)])))
    return table_of(f"The most needy first; pounds per m2 at {benchmark.price_base} prices. The last column: among single "
                    "blocks of the region, which spread more than schools do.",
                    "School|Phase|Region|#Floor area, m2|#B to D to A, £/m2|#C and D, £/m2|#At A|#At B|#At C|#At D|"
                    "Among blocks of its region", [("", rows)])


def _peers(benchmark, ratio):
    if not benchmark.peers:
        return [Text("None were given. A trust that agrees to compare writes its own table without names with capplan "
                     "benchmark RESULTS --share FILE.csv; give such tables, or results folders, with --peers.")]
    trusts = {"This trust": benchmark.schools, **benchmark.peers}
    rows = []
    for name, frame in trusts.items():
        own, known = all_together(frame), frame.backlog_now_gbp.notna() & frame.price_base.notna()
        bases = sorted({int(base) for base in frame.price_base[known]})
        planned = frame.backlog_now_gbp[known].sum() / frame.gifa_m2[known].sum() if known.any() and \
            frame.gifa_m2[known].sum() > 0 else float("nan")
        rows.append((name, f"{len(frame):,}", f"{frame.gifa_m2.sum():,.0f}",
                     *(_figure(own[measure], measure, ratio) for measure in NAMES),
                     "not known" if planned != planned else f"£{planned:,.0f} ({listed(bases)} prices)"))
    table = table_of(f"Trusts without names, the most needy first; pounds per m2 at {benchmark.price_base} prices. Backlog "
                     "as planned is each trust's own forecast at the start of its plan, with wear, location and fees, in "
                     "its "
                     "own prices: it depends on each trust's scenario.",
                     "Trust|#Schools|#Floor area, m2|#B to D to A, £/m2|#C and D, £/m2|#At A|#At B|#At C|#At D|"
                     "#Backlog as planned, £/m2", [("", rows)])
    return [Grid(table, small=True), Grid(_phases_table(benchmark, ratio), small=True)]


def _phases_table(benchmark, ratio):
    """Schools of all peers by phase, beside the trust's own."""
    peers = [frame.assign(value=measures(frame)[NEED]) for frame in benchmark.peers.values()]
    own = benchmark.schools.assign(value=measures(benchmark.schools)[NEED])
    rows = []
    for phase in phases_in_order(own.phase):
        values = np.concatenate([frame.value[frame.phase == phase].dropna() for frame in peers])
        mine = own.value[own.phase == phase].dropna()
        figures = ["too few"] * 3 if len(values) < FEWEST_SHOWN else [
            f"£{value * ratio:,.0f}" for value in np.quantile(values, (0.25, 0.5, 0.75))]
        few = " (few)" if FEWEST_SHOWN <= len(values) < FEW else ""
        rows.append((phase[:1].upper() + phase[1:], f"{len(values):,}{few}", *figures, f"{len(mine):,}",
                     f"£{mine.median() * ratio:,.0f}" if len(mine) else "not known"))
    return table_of(f"Schools of the other trusts together, by phase: cost of bringing B to D to A, £ per m2 at "
                    f"{benchmark.price_base} prices. Fewer than {FEWEST_SHOWN} schools are not shown, so that none can be "
                    f"told; fewer than {FEW} are few.",
                    "Phase|#Their schools|#Quarter|#Middle|#Three quarters|#This trust's schools|#Their middle",
                    [("", rows)])


def _chart(benchmark, sample, ratio):
    groups = [(name, own) for name, own in _groups(benchmark, sample)]

    def draw_spread(_, ax=None):
        """Boxes of the sample with the trust's blocks as dots."""
        return _draw(groups, sample, ratio, ax, benchmark.price_base)

    own = [f"{len(blocks)} in {name}" for name, blocks in groups]
    alt = ("For England, and for each region and size the trust has blocks in: a line from the lowest to the highest tenth "
           "of blocks of the sample, a hatched box for the middle half, a bar for the middle, and a dot for each block of "
           "the "
           f"trust ({listed(own)}). The table below has the figures.")
    made = figure_of(draw_spread, benchmark, "What each block would take to bring to grade A: the sample, and a dot for "
                                             "each "
                     "block of the trust", alt)
    return Figure(made.caption, made.alt, made.svg, made.png, 0.85)


def _draw(groups, sample, ratio, ax, price_base):
    if ax is None:
        from matplotlib.figure import Figure as Drawing

        ax = Drawing(figsize=(WIDTH_IN, 1.3 + 0.5 * len(groups)), layout="constrained").subplots()
    most = 2.2 * sample.loc[(BLOCK, ENGLAND, NEED)].p90 * ratio
    beyond = 0
    for place, (name, own) in enumerate(groups):
        row = sample.loc[(BLOCK, name, NEED)]
        p10, p25, p50, p75, p90 = (row[level] * ratio for level in LEVELS)
        ax.plot([p10, p90], [place, place], color=EDGE, linewidth=1.2, zorder=1)
        ax.barh(place, p75 - p25, 0.5, left=p25, facecolor="#dcebf5", hatch="///", edgecolor="#8fb4cc", linewidth=0.8,
                zorder=2)
        ax.plot([p50, p50], [place - 0.25, place + 0.25], color=EDGE, linewidth=2.2, zorder=3)
        values = (measures(own)[NEED].dropna() * ratio).to_numpy()
        beyond = max(beyond, int((values > most).sum()))
        shift = (np.arange(len(values)) % 5 - 2) * 0.07
        ax.scatter(np.minimum(values, most), place + shift, s=26, facecolor="#c1440e", edgecolor="white", linewidth=0.6,
                   zorder=4)
    labels = [f"{name[:1].upper()}{name[1:]}\n({_sample(sample, BLOCK, name):,} blocks; trust {len(own):,})"
              for name, own in groups]
    ax.set_yticks(range(len(groups)), labels, fontsize=9)
    ax.invert_yaxis()
    ax.set_xlim(0, most * 1.02)
    ax.xaxis.set_major_formatter("£{x:,.0f}")
    cut = f"; {counted(beyond, 'block')} beyond the right end {'is' if beyond == 1 else 'are'} drawn at it" if beyond else ""
    ax.set_xlabel(f"cost of bringing grades B to D to A, £ per m2 at {price_base} prices{cut}", fontsize=9)
    ax.set_title("Line: lowest to highest tenth of the sample; hatched: the middle half; bar: the middle; dots: blocks of "
                 "the "
                 "trust", fontsize=9, loc="left", color=INK)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def told(benchmark):
    """The headline figures as plain values, at 2016 unit costs. [GBP/m2, -]"""
    frames = {"trust": benchmark.schools, **benchmark.peers}
    groups = {name: all_together(frame) for name, frame in frames.items()}
    return {"trust": plain(benchmark.trust), "price_base_of_costs": SAMPLE_BASE, "schools": len(benchmark.schools),
            "blocks": len(benchmark.blocks), "without_phase": int((benchmark.schools.phase == NOT_KNOWN).sum()),
            "measures": {name: {measure: float(value) for measure, value in row.items()} for name, row in groups.items()}}


def said(benchmark):
    """The headline for a screen: where the trust stands, and how many others it is laid beside."""
    sample = reference.load("condition_quantiles").set_index(["level", "place", "measure"])
    ratio = reference.price_ratio(SAMPLE_BASE, benchmark.price_base)
    peers = f" Beside it: {counted(len(benchmark.peers), 'other trust')} without names." if benchmark.peers else ""
    return lead_words(benchmark, sample, ratio) + peers
