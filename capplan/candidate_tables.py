"""The tables of a candidates folder: schemes, when they may start, what they spend, the pots, limits and bundles."""

from .tables import Column, Kind, Table, dictionary_page


def _label(name, meaning, needed=True):
    return Column(name, Kind.TEXT, meaning, needed=needed)


def _any_year(name, meaning):
    return Column(name, Kind.INTEGER, meaning, least=-10000, most=10000)


SCHEMES = Table("schemes", "Candidate schemes, one row each.", ("scheme_id",), (
    _label("scheme_id", "The scheme's name in the other tables."),
    _label("school_id", "School it is at.", False),
    _label("kind", "Kind of works.", False),
    _label("tag", "What it is for, as the pots name it; only pots with that tag, or with none, may pay.", False),
    _label("exclusion_group", "At most one scheme of a group is chosen.", False),
    Column("also_meets", Kind.TEXT, "Further groups it counts in, or schemes without a group it stands in place of, "
           "separated by ;.", needed=False, most=500_000),
    Column("requires", Kind.TEXT, "Schemes that must have started no later, separated by ;.", needed=False, most=500_000),
    _label("must_do", "yes, or the latest year it may start; blank or no: a choice.", False),
    _label("site_id", "Site it is on.", False),
    _label("trade", "Trade that does it.", False),
    Column("least_share", Kind.NUMBER, "Smallest part of it that may be done, as a fraction: that part is the scheme, and "
           "four equal further parts of the rest may follow it, each after the one before. Blank or 1: whole or not at all.",
           needed=False, above=0, most=1),
), open_ended=True)

SCHEME_YEARS = Table("scheme_years", "Years a scheme may start in, and what starting then is worth.",
                     ("scheme_id", "start_year"), (
    _label("scheme_id", "The scheme."),
    _any_year("start_year", "Year it may start in."),
    Column("value", Kind.NUMBER, "Value of starting then, in pounds or points.", least=-1e12, most=1e12),
), open_ended=True)

SPEND = Table("spend", "What a scheme spends when, by start year.", (), (
    _label("scheme_id", "The scheme."),
    _any_year("start_year", "Year it starts in."),
    _any_year("year", "Year of the spending."),
    Column("cost", Kind.NUMBER, "Spending in that year (nominal).", "GBP", least=0, most=1e12),
    Column("contributed_gbp", Kind.NUMBER, "Part of that spending that others pay, so that no pot has to (nominal); blank: "
           "none.", "GBP", needed=False, least=0, most=1e12),
), needed=False)

POTS = Table("pots", "Money, each pot with the window of years it can be spent in; what is unspent then lapses.",
             ("pot_id",), (
    _label("pot_id", "The pot's name."),
    Column("amount", Kind.NUMBER, "Amount (nominal).", "GBP", least=0, most=1e13),
    _any_year("first_year", "First year it can be spent in."),
    _any_year("last_year", "Last year it can be spent in."),
    Column("tags", Kind.TEXT, "Tags of the schemes it may pay for, separated by ;. Blank: all.", needed=False,
           most=500_000),
    _label("school_id", "School it belongs to; blank: any.", False),
    _label("route", "Funding route, for reports.", False),
    Column("schemes", Kind.TEXT, "Schemes it may pay for, separated by ;. Blank: any that its tags and school allow.",
           needed=False, most=500_000),
    Column("most_share", Kind.NUMBER, "Most it may pay of what a scheme spends in a year after savings, as a fraction; "
           "the rest is match funding from other pots. Blank: all.", "", needed=False, above=0, most=1),
    _label("with_scheme", "One scheme that has to have started before it pays: a bid made, a loan taken. Blank: none.",
           False),
), needed=False, open_ended=True)

LIMITS = Table("limits", "Limits on what is started or spent.", ("limit_id", "year", "scope", "scope_id"), (
    _label("limit_id", "The limit's name."),
    Column("year", Kind.INTEGER, "Year it holds in; blank: all years together.", needed=False, least=-10000, most=10000),
    Column("scope", Kind.CHOICE, "What it counts over.", choices=("site", "school", "trade", "all")),
    _label("scope_id", "Which site, school or trade; blank: each one separately.", False),
    _label("measure", "schemes, cost, or a column of scheme_years."),
    Column("sense", Kind.CHOICE, "Upper or lower limit.", choices=("<=", ">=")),
    Column("amount", Kind.NUMBER, "The limit.", least=-1e13, most=1e13),
    Column("of_total", Kind.FLAG, "Whether the amount is a share, between 0 and 1, of the same measure over all schemes in "
           "the same year, such as a fair share of all spending. Blank: no.", needed=False),
    Column("or_none", Kind.FLAG, "Whether a lower limit may be met by nothing at all, as the least size of a package that "
           "is let or not. Not with of_total. Blank: no.", needed=False),
), needed=False)

BUNDLES = Table("bundles", "Schemes that save money when they start in the same year: shared scaffold, preliminaries, "
                "decanting.", ("bundle_id",), (
    _label("bundle_id", "The bundle's name."),
    Column("schemes", Kind.TEXT, "Its schemes, two or more, separated by ;. Shares of several bundles add up.",
           most=500_000),
    Column("saving_share", Kind.NUMBER, "Share of what each of them spends that is saved where all start together.",
           "", above=0, most=0.9),
), needed=False)

CANDIDATE_TABLES = (SCHEMES, SCHEME_YEARS, SPEND, POTS, LIMITS, BUNDLES)


def candidates_dictionary():
    """The tables of a candidates folder as Markdown: every table, column, kind, unit and meaning.

    Returns
    -------
    str
        One section per table, each with a table of its columns.
    """
    return dictionary_page(
        "Candidates folders",
        ["`capplan optimise` reads a folder of these tables, each CSV or Parquet: the `candidates/` of a run, or your own.",
         "`schemes`, `scheme_years` and `pots` may have further columns, and limits may count those of `scheme_years`.",
         "`capplan formulation` prints the algebra. This page is written by `capplan dictionary --candidates`."],
        CANDIDATE_TABLES)
