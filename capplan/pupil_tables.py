"""The tables of an estate that are about pupils: the places there are, ways of adding some, and what pupils bring."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import gbp_column as _gbp
from .columns import id_column as _id
from .columns import year_column as _year

PLACE_USES = ("all", "nursery", "primary", "secondary", "sixth form", "special unit")
EXPANSION_KINDS = ("temporary", "permanent", "new", "special unit")
PAID_ON = ("census", "estimates", "places")

PLACES = Table("places", "Places for pupils by school, block and use: the school's net capacity, told by where it is.",
               ("places_id",), (
    _id("places_id", "The row's short name in files."),
    _id("school_id", "School whose pupils they are for.", "schools.school_id"),
    _id("block_id", "Block they are in, at whatever school it stands; blank: not known, and none is closed.",
        "blocks.block_id", False),
    Column("use", Kind.CHOICE, "Pupils they are for; all: those of the school for whom no other row is.",
           choices=PLACE_USES),
    Column("places", Kind.NUMBER, "Places (net capacity).", "places", least=0, most=10000),
    Column("available_from", Kind.DATE, "First day they can be used; blank: they can be.", needed=False, least=1700,
           most=LATEST_YEAR),
    Column("available_until", Kind.DATE, "Last day they can be used, such as the end of a hire; blank: until the block is "
           "left or, of a temporary block, until its planning permission ends.", needed=False, least=EARLIEST_YEAR,
           most=LATEST_YEAR),
    _id("shared_by", "Name of a group of schools that share these places, such as a joint sixth form; blank: none.",
        needed=False),
    Column("essential", Kind.FLAG, "Whether the school cannot do without the block (its only hall or kitchen); blank means "
           "no.", needed=False),
), needed=False)

EXPANSIONS = Table("expansions", "Ways of adding places that the plan may take or leave.", ("expansion_id",), (
    _id("expansion_id", "The option's short name in files."),
    _id("school_id", "School it is for.", "schools.school_id"),
    _id("site_id", "Site it is on; blank: the school's first.", "sites.site_id", False),
    Column("kind", Kind.CHOICE, "What is built.", choices=EXPANSION_KINDS),
    Column("use", Kind.CHOICE, "Pupils it is for.", choices=PLACE_USES),
    Column("places", Kind.NUMBER, "Places it adds.", "places", above=0, most=5000),
    _gbp("cost_gbp", "Cost, all in, in the prices of cost_price_base; blank: the published cost of a place.", False),
    _year("cost_price_base", "Year whose prices the cost is in; needed with it.", False),
    Column("lead_years", Kind.INTEGER, "Planning years from the start of works to the first with the places; blank: the "
           "scenario's.", "years", False, least=0, most=10),
    Column("life_years", Kind.INTEGER, "Planning years the places last; blank: the scenario's.", "years", False, least=1,
           most=100),
    Column("commissioned", Kind.NUMBER, "Places that are commissioned, as in a special unit: filled from the first year on, "
           "whatever the forecast lacks; blank: none.", "places", False, least=0, most=5000),
    _id("one_of", "Name of a group of options of which one is taken at most; blank: those of the school and use.",
        needed=False),
), needed=False)

PUPIL_FUNDING = Table("pupil_funding", "What pupils bring a school and what classes cost it, for a budget that follows the "
                      "forecast.", ("school_id",), (
    _id("school_id", "The school.", "schools.school_id"),
    Column("paid_on", Kind.CHOICE, "census: the October before the year; estimates: the October of the year; places: not by "
           "pupils, as special schools.", choices=PAID_ON),
    _gbp("per_pupil_gbp", "What a pupil brings in the first year of the plan, additional needs among it (nominal)."),
    _gbp("lump_sum_gbp", "Lump sum of the school (nominal)."),
    _gbp("minimum_per_pupil_gbp", "Least grant for each pupil (nominal); 0: none."),
    _gbp("class_gbp", "Yearly cost of a class (nominal)."),
    Column("class_size", Kind.NUMBER, "Pupils of a class beyond year 2 from which the school opens another.", "pupils",
           least=1, most=60),
    Column("mixed_ages", Kind.FLAG, "Whether a class may hold more than one year group; blank means no.", needed=False),
    _gbp("pupil_cost_gbp", "What a pupil costs apart from classes (nominal); blank: nothing.", False),
), needed=False)

PUPIL_TABLES = (PLACES, EXPANSIONS, PUPIL_FUNDING)
