"""The tables of an estate that its growth is simulated from: schools that may join, and the posts of the central team."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import gbp_column as _gbp
from .columns import id_column as _id

JOINING_ROUTES = ("converter", "sponsored", "transfer")
PROSPECT_PHASES = ("primary", "secondary", "all-through", "special", "alternative provision", "sixth form")


def _day(name, meaning):
    return Column(name, Kind.DATE, meaning, least=EARLIEST_YEAR, most=LATEST_YEAR)


PROSPECTS = Table("prospects", "Schools that may ask to join the trust; capplan grow simulates whether and when.",
                  ("prospect_id",), (
    _id("prospect_id", "The school's short name in files."),
    Column("name", Kind.TEXT, "Name as printed on papers."),
    Column("phase", Kind.CHOICE, "Phase of education.", choices=PROSPECT_PHASES),
    Column("region", Kind.TEXT, "Region, as in schools."),
    Column("route", Kind.CHOICE, "How it would join: a maintained school that converts, one directed to a sponsor, or "
           "an academy that moves from another trust.", choices=JOINING_ROUTES),
    Column("intensive", Kind.FLAG, "Whether it needs intensive support; a sponsored school does in any case."),
    _day("approach_from", "First day it may ask."),
    _day("approach_by", "Last day it may ask; every day between is as likely."),
    Column("pupils", Kind.INTEGER, "Pupils on roll.", "pupils", least=0, most=10000),
    Column("gifa_m2", Kind.NUMBER, "Gross internal floor area.", "m2", above=0, most=60000),
    _gbp("backlog_gbp", "Condition backlog as known before the trust's own survey; blank: by floor area.", False),
    _gbp("income_gbp", "Income of a year."),
    _gbp("surplus_gbp", "Income less spending of a year, negative in deficit.", least=-1e9),
    _gbp("reserves_gbp", "Reserves it would bring, negative for a deficit.", least=-1e9),
    _gbp("grants_gbp", "Capital grants in flight it would bring; blank: none.", False),
    Column("pfi", Kind.FLAG, "Whether a PFI contract comes with it; legal work is then longer."),
    Column("raac", Kind.FLAG, "Whether it is known to have RAAC or none; blank: the survey will tell.", needed=False),
    Column("land_issue", Kind.FLAG, "Whether there is a land issue; blank: the survey will tell.", needed=False),
), needed=False)

POSTS = Table("posts", "Posts of the central team by phase of growth, in full-time equivalents; left out: those of "
              "capplan's example.", ("post_id",), (
    _id("post_id", "The post's short name in files."),
    Column("title", Kind.TEXT, "Title of the post."),
    *(Column(f"phase_{phase}_fte", Kind.NUMBER, f"Full-time equivalents in phase {phase}.", "FTE", least=0, most=100)
      for phase in range(1, 6)),
    Column("estates_share", Kind.NUMBER, "Part of its time that is for the estate, as a fraction.", least=0, most=1),
), needed=False)

GROWTH_TABLES = (PROSPECTS, POSTS)
