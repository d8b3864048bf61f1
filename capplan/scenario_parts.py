"""The sections of a scenario: every assumption about money, time and rules, with its limits, its meaning and its source."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from .tables import ELEMENTS, STAGES

CHOICE = "the trust's choice"
TOGETHER, LEAST_TIME_S = 3.0, 1.0
LEAST_RISE, MOST_RISE = -0.1, 0.3


class Part(BaseModel):
    """A section of a scenario: frozen, strict, and documented where it is declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True,
                              allow_inf_nan=False)


def sourced(source, *, assumption=False, chosen=False, **limits):
    """A field that has to be given, with where its usual value comes from."""
    status = "ASSUMPTION" if assumption else "choice" if chosen or source == CHOICE else "published"
    return Field(json_schema_extra={"source": source, "status": status}, **limits)


class Plan(Part):
    """Time and prices."""

    first_year: int = sourced(CHOICE, ge=1990, le=2100)
    """First planning year y: 1 September y to 31 August y+1."""
    years: int = sourced(CHOICE, ge=1, le=40)
    """Planning years in the programme."""
    price_base: int = sourced(CHOICE, ge=1990, le=2100)
    """Year whose prices all real figures are in."""
    discount_rate: float = sourced("green-book", ge=0, le=0.2)
    """Real discount rate, as a fraction a year."""


class Condition(Part):
    """How old surveys and worn components are treated."""

    oldest_survey_years: int = sourced("dfe-survey-guidance-2026", ge=0, le=40)
    """Years a survey is aged to the first planning year, at most. Older surveys are aged this far and named."""
    modelled_years: int = sourced(CHOICE, ge=0, le=40)
    """Years that modelled components are aged to the first planning year; 0 takes their grades as of today."""
    scale_least: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Least the surveyor's cost may scale the unit costs at grades not surveyed."""
    scale_most: float = sourced("capplan-assumption", assumption=True, ge=1, le=100)
    """Most the surveyor's cost may scale the unit costs at grades not surveyed."""
    model: Literal["markov", "weibull"] = sourced(CHOICE)
    """How components wear: markov (the chance of dropping a grade depends on the grade) or weibull (and on years in it)."""
    weibull_shape: float = sourced("capplan-assumption", assumption=True, ge=0.5, le=10)
    """Shape of the weibull model; above 1 the chance of dropping grows with the years in a grade. 1 is the markov model."""
    by_block: bool = sourced(CHOICE)
    """Whether exposure, build quality and maintenance of a block vary how fast it wears."""
    knock_on: bool = sourced(CHOICE)
    """Whether a component at grade D or E harms what lies beneath it, as the table knock_on has it."""
    knock_on_scale: float = sourced("capplan-assumption", assumption=True, ge=0, le=20)
    """Multiplies the extra hazard of knock-on damage; 0 is none, 1 as the table has it."""
    rate_spread: float = sourced("capplan-assumption", assumption=True, ge=0, le=2)
    """How sure the rates of wear are: standard deviation of the logarithm of each element's rate."""

    wear_scale: float = Field(1.0, gt=0, le=10, json_schema_extra={"source": "capplan-assumption", "status": "ASSUMPTION"})
    """Multiplies the hazard of every drop in grade; 1 leaves the rates of wear as they are."""

    @model_validator(mode="after")
    def _one_memory(self):
        if self.knock_on and self.model == "weibull":
            raise ValueError("knock_on needs the markov model: years in a grade and knock-on damage cannot both be kept")
        return self


class ElementWorks(Part):
    """Works on the components of one element of a block: what sets them off, what they cost, what they bring."""

    offered: bool = sourced(CHOICE)
    """Whether such works are candidates."""
    grades: str = sourced("capplan-assumption", assumption=True, pattern="^[BCDE]{1,4}$")
    """Grades they act on, such as CD; what is at another grade is left alone."""
    brings_to: Literal["A", "one better"] = sourced("capplan-assumption", assumption=True)
    """Grade they bring a component to: A, or one grade better."""
    cost_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=5)
    """Cost as a share of the cost of bringing it to A from its grade."""
    wear_after: float = sourced("capplan-assumption", assumption=True, gt=0, le=20)
    """How many times as fast a component wears afterwards that was repaired, not replaced (to A from D or E)."""
    on_x: bool = sourced("capplan-assumption", assumption=True)
    """Whether they are possible on a component the surveyor marked X, only to be replaced."""
    from_age_years: int = sourced(CHOICE, ge=0, le=200)
    """Least age of a component whose year of installation is known."""
    elements: tuple[str, ...] = Field((), strict=False, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Elements they are offered for; left out: all."""

    @field_validator("elements")
    @classmethod
    def _known(cls, elements):
        if strange := sorted(set(elements) - set(ELEMENTS)):
            raise ValueError(f"no such element: {', '.join(strange)}; there are {', '.join(ELEMENTS)}")
        return elements


class BlockWorks(Part):
    """Works on a whole block."""

    offered: bool = sourced(CHOICE)
    """Whether such works are candidates."""
    least_backlog_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=100)
    """Backlog at C to E, as a share of the cost of rebuilding the block, from which they are candidates."""


class Refurbishment(BlockWorks):
    """The renewal of all elements of a block together."""

    saving_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=0.9)
    """Saved on the works of the elements by doing them together: scaffold, preliminaries, decanting."""


class Costs(Part):
    """From a surveyor's or a national unit cost to what a scheme costs the trust."""

    preliminaries_share: float = sourced(CHOICE, ge=0, le=1)
    """Preliminaries (scaffold, site set-up) on top of works, where the costs given do not include them; 0: they do."""
    fees_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Professional fees, as a share of works. CIF expects less than 10% of the project."""
    contingency_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Contingency, as a share of works."""
    survey_stage: Literal[STAGES] = sourced(CHOICE)
    """Stage that surveyors' and national costs are at; it sets optimism bias and how sure a cost is."""
    optimism_bias_in_contingency: bool = sourced(CHOICE)
    """Whether the contingency stands for the optimism bias. If not, the greater of the two is added, never both."""
    shared_variance_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Part of what is not known of a scheme's outturn that all schemes share (the market), as a share of its variance."""
    vat_rate_voluntary_aided: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """VAT that a voluntary-aided school cannot reclaim. Academies reclaim theirs and pay none."""
    tender_inflation: float = sourced("bcis-outlook-2026", ge=LEAST_RISE, le=MOST_RISE)
    """Yearly rise of tender prices, as a fraction."""
    tender_inflation_by_year: tuple[float, ...] = Field((), strict=False,
                                                        json_schema_extra={"source": CHOICE, "status": "choice"})
    """Rise of tender prices in each year from the price base on; where the list ends, the one rate goes on."""
    capital_from_gbp: float = sourced(CHOICE, ge=0, le=1e6)
    """Least cost (real) of a scheme that is capital; a smaller one is revenue, and only reserves may pay for it."""
    rebuild_gbp_per_m2: float = sourced("dfe-rebuild-2018", gt=0, le=20000)
    """Cost of rebuilding, for the facility condition index, in the prices of ``rebuild_price_base``."""
    rebuild_price_base: int = sourced("dfe-rebuild-2018", ge=1990, le=2100)
    """Year whose prices the costs of rebuilding and demolishing are in."""
    demolish_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=5000)
    """Cost of demolishing a block and making good, by floor area."""

    @field_validator("tender_inflation_by_year")
    @classmethod
    def _likely(cls, rises):
        if strange := [rise for rise in rises if not LEAST_RISE <= rise <= MOST_RISE]:
            raise ValueError(f"rises are fractions from {LEAST_RISE:g} to {MOST_RISE:g}, not {strange[0]:g}")
        return rises


class Profile(Part):
    """When schemes are paid for. What falls due before the plan is paid in its first year, after it in its last."""

    fees_before_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Part of the fees that falls due in the year before works start; 0: all in the year of the start."""
    retention_share: float = sourced("jct-retention", ge=0, le=0.2)
    """Part of the works held back until the year after they are finished; 0: none."""
    second_summer_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=0.9)
    """Part of large works that is done in a second summer; 0: all in one. They are finished, and help, a year later."""
    two_summers_from_gbp: float = sourced("capplan-assumption", assumption=True, ge=0, le=1e9)
    """Cost (real) from which works are large."""


class Loss(Part):
    """How the rates of ``loss_rates`` are used; 1 leaves them as they are."""

    failure_scale: float = sourced("capplan-assumption", assumption=True, ge=0, le=100)
    """Multiplies the loss at failure of every element."""
    reactive_scale: float = sourced("capplan-assumption", assumption=True, ge=0, le=100)
    """Multiplies the yearly patching of every element."""
    handed_on_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=10)
    """Share of the cost of bringing all that is below A at the end of the plan back to A that counts as loss."""
    pupil_day_gbp: float = sourced("capplan-assumption", assumption=True, ge=0, le=10000)
    """Loss for each pupil and school day lost to a closure, in the prices of the plan."""


class Targets(Part):
    """Service levels every school must have reached by the end of the plan; left out: none."""

    most_share_at_d: float | None = Field(None, ge=0, le=1, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most of a school, by cost of renewal, that may be expected at grade D or E."""
    most_single_points_at_d: float | None = Field(None, ge=0, le=1,
                                                  json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most of a school's single points of failure (``sole`` of components.csv), by cost of renewal, that may be expected at
    grade D or E: resilience as a limit, and as a criterion (``single_points_cut_gbp``) of ``capplan objectives``."""
    most_condition_index: float | None = Field(None, ge=0, le=10, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Highest facility condition index of a school: backlog in its blocks over the cost of rebuilding them."""


class Shocks(Part):
    """What might go wrong, for red-team scenarios; all nought in a plan."""

    tender_step_share: float = sourced(CHOICE, ge=-0.5, le=2)
    """One-off rise of all tender prices on top of their yearly rise, as a fraction."""
    grants_cut_share: float = sourced(CHOICE, ge=0, le=1)
    """Share cut from every grant that is expected and not yet awarded."""
    bids_lost: bool = sourced(CHOICE)
    """Whether every bid that is expected and not yet awarded (CIF) is lost."""
    reserves_loss_gbp: float = sourced(CHOICE, ge=0, le=1e9)
    """Sum that leaves the reserves in the first year and brings nothing (nominal), such as emergency works."""
    grades_too_kind: int = sourced(CHOICE, ge=0, le=4)
    """Grades by which every surveyed component is worse than the survey says."""
    rolls_fall_share: float = sourced(CHOICE, ge=0, le=1)
    """Share of the pupils of rolls.csv lost from the first census of the plan on; formula grants not yet awarded follow."""
    energy_price_share: float = sourced(CHOICE, ge=-0.5, le=5)
    """Rise of the price of energy on top of the budget, in every year, as a fraction; it needs a budget table."""
    overrun_years: int = sourced(CHOICE, ge=0, le=3)
    """Years by which every scheme is finished late."""
    overrun_share: float = sourced(CHOICE, ge=0, le=1)
    """Part of what is paid for late works that slips with them."""


class Allocations(Part):
    """Formula allocations (SCA, DFC) worked out from rolls.csv, for grant years that grants.csv does not give."""

    from_rolls: bool = sourced(CHOICE)
    """Whether they are; then what the regime of a grant year (SCA or CIF) does not allow is not counted either."""
    replace_expected: bool = sourced(CHOICE)
    """Whether they take the place of SCA and DFC rows of grants.csv that are only expected; if not, every row stands."""
    rate_from: int | None = Field(None, ge=2015, le=2100, json_schema_extra={"source": "capplan-assumption",
                                                                             "status": "ASSUMPTION"})
    """Grant year whose rates stand for grant years without published ones; left out: such a year is refused."""
    sca_rate_growth: float = sourced("capplan-assumption", assumption=True, ge=-0.5, le=0.5)
    """Yearly growth of the SCA rate per weighted pupil after ``rate_from``, as a fraction; all other figures are held."""


class Surveys(Part):
    """What surveys cost and how far they are believed, for the value of a new one."""

    gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=100)
    """Cost of a condition survey by floor area, in the prices of the plan."""
    least_gbp: float = sourced("capplan-assumption", assumption=True, ge=0, le=1e6)
    """Least cost of surveying a block."""
    one_grade_off: float = sourced("capplan-assumption", assumption=True, ge=0, le=0.5)
    """Chance that a surveyor records the grade above or below the true one, each."""


class Pooling(Part):
    """How the schools of the trust share their money."""

    gag_pooled: bool = sourced(CHOICE)
    """Whether the general annual grant is pooled: what a school's income leaves above its own costs goes to the trust, which
    makes up what another lacks. Without it, reserves that are given by school pay for works at that school alone."""
    top_slice_share: float = sourced("schools-week-top-slice-2024", chosen=True, ge=0, le=0.5)
    """Part of each school's income that goes to the centre of the trust, as a fraction; not taken where all is pooled."""


class ReservesRule(Part):
    """The floor under free reserves: the greater of the two, in every year."""

    floor_share: float = sourced("dfe-reserves-2024", chosen=True, ge=0, le=1)
    """Floor as a share of the year's income. There is no set level; DfE takes below 5% as a warning."""
    floor_gbp: float = sourced(CHOICE, ge=0, le=1e9)
    """Floor as a sum (nominal)."""


class StandIn(Part):
    """Money per m2 that stands in where an estate folder has no grants or no reserves table."""

    sca_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=1000)
    """School condition allocation of a grant year (nominal, flat)."""
    income_gbp_per_m2: float = sourced("capplan-assumption", assumption=True, ge=0, le=10000)
    """Income of the first planning year."""
    income_growth: float = sourced("capplan-assumption", assumption=True, ge=-0.2, le=0.3)
    """Yearly growth of income, as a fraction."""
    opening_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=2)
    """Free reserves at the start, as a share of the first year's income."""
    surplus_share: float = sourced("capplan-assumption", assumption=True, ge=-0.5, le=0.5)
    """Surplus before works, as a share of each year's income."""


class SchemeRules(Part):
    """Which works become candidates."""

    minimum_scheme_gbp: float = sourced("capplan-assumption", assumption=True, ge=0, le=1e7)
    """Works below this (real) are revenue maintenance and no scheme."""
    replace_unsupported: bool = sourced(CHOICE)
    """Whether equipment must be replaced by the year its maker's support ends."""
    schemes_per_site_per_year: int | None = Field(None, ge=1)
    """Most schemes started on one site in one year; left out: no limit."""


class Stability(Part):
    """How far a programme keeps to the one approved before it (``--approved``); nothing is asked where all is left out."""

    most_changes: int | None = Field(None, ge=0, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most works of the approved programme moved or dropped, and works added, in all."""
    most_moved: int | None = Field(None, ge=0, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most works moved to another year."""
    most_dropped: int | None = Field(None, ge=0, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most works dropped."""
    most_added: int | None = Field(None, ge=0, json_schema_extra={"source": CHOICE, "status": "choice"})
    """Most works added."""
    moved_gbp: float | None = Field(None, ge=0, le=1e9, json_schema_extra={"source": CHOICE, "status": "choice"})
    """What moving a work must be worth at the least, in loss avoided."""
    dropped_gbp: float | None = Field(None, ge=0, le=1e9, json_schema_extra={"source": CHOICE, "status": "choice"})
    """What dropping a work must be worth at the least."""
    added_gbp: float | None = Field(None, ge=0, le=1e9, json_schema_extra={"source": CHOICE, "status": "choice"})
    """What adding a work must be worth at the least."""
    fixed_years: int | None = Field(None, ge=0, le=40, json_schema_extra={"source": CHOICE, "status": "choice"})
    """First years of the plan in which the approved works stay as they are, and nothing else starts."""

    @property
    def prices_gbp(self):
        """What moving, dropping and adding a work must be worth; nothing where no price is given. [GBP]"""
        return tuple(price or 0.0 for price in (self.moved_gbp, self.dropped_gbp, self.added_gbp))

    @property
    def asked(self):
        """Whether anything is asked for."""
        limits = (self.most_changes, self.most_moved, self.most_dropped, self.most_added)
        return max(self.prices_gbp) > 0 or bool(self.fixed_years) or any(limit is not None for limit in limits)


class Solver(Part):
    """How hard the optimiser tries."""

    name: str = Field("highs", pattern="^(highs|cbc)$")
    """The solver: highs, or cbc."""
    gap: float = Field(0.001, ge=0, le=1)
    """Stop when the programme is proved to be this close to the best possible, as a fraction."""
    time_limit_s: float = Field(60, gt=0, le=86400)
    """Stop after this many seconds and report the gap reached."""

    def time_for_each_s(self, count):
        """Time for each of many programmes, when all together may take ``TOGETHER`` times as long as one. [s]"""
        return max(LEAST_TIME_S, TOGETHER * self.time_limit_s / count)
