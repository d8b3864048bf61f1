"""The section of a scenario about delivery: people, contractors, holidays, surprises; only ``capplan simulate`` reads it."""

from .scenario_parts import CHOICE, Part, sourced


class Delivery(Part):
    """What a programme is delivered with, and what may go wrong."""

    procurements_at_once: int = sourced("capplan-assumption", assumption=True, ge=1, le=10_000)
    """Procurements the estates team can look after at the same time, from brief to contract; emergencies count too."""
    crews_per_trade: int = sourced("capplan-assumption", assumption=True, ge=1, le=10_000)
    """Schemes of one trade that contractors have crews for at the same time."""
    margin_weeks: float = sourced("capplan-assumption", assumption=True, ge=0, le=104)
    """Weeks by which procurement begins earlier than its expected time before works may start."""
    lead_spread: float = sourced("capplan-assumption", assumption=True, ge=0, le=2)
    """How sure the time of a procurement is: standard deviation of its logarithm."""
    cost_spread_scale: float = sourced(CHOICE, ge=0, le=5)
    """Multiplies the spread of cost at each stage; 1 as the table cost_stages has it, 0: every cost as planned."""
    time_spread_scale: float = sourced("capplan-assumption", assumption=True, ge=0, le=5)
    """Spread of the time on site as a multiple of that of the cost at the same stage; 0: none."""
    time_bias_scale: float = sourced(CHOICE, ge=0, le=5)
    """Multiplies what works take longer on average than estimated at their stage (table duration_bias); 0: nothing."""
    start_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Part of the works planned for a summer that must still fit into it, for works to start that summer."""
    asbestos_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Share of intrusive works whose survey finds asbestos that nobody had planned for."""
    asbestos_weeks: float = sourced("capplan-assumption", assumption=True, ge=0, le=104)
    """Weeks that removing it adds before works may start."""
    asbestos_cost_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=5)
    """What removing it adds to the cost, as a share of it."""
    emergency_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=1)
    """Share of the failures forecast of components not yet treated that cannot wait and are met as emergencies."""
    emergency_cost_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=5)
    """Cost of an emergency, as a share of bringing the component to grade A."""
    emergency_weeks: float = sourced("capplan-assumption", assumption=True, ge=0, le=52)
    """Weeks that an emergency takes one of the places of the estates team."""
    contingency_share: float = sourced(CHOICE, ge=0, le=2)
    """Money held from the start beside the plan, from none of its pots, for what costs more; share of planned works."""
    contingency_levels: tuple[float, ...] = sourced(CHOICE, strict=False)
    """Further shares of contingency that are tried on the same futures."""
    package_trades: bool = sourced(CHOICE)
    """Whether works of one trade planned to start in the same year at several schools are procured together."""
    package_least_schools: int = sourced("capplan-assumption", assumption=True, ge=2, le=100)
    """Fewest schools in a package."""
    package_saving_share: float = sourced("capplan-assumption", assumption=True, ge=0, le=0.5)
    """What a package saves of the cost of its works."""
    precision_share: float = sourced(CHOICE, gt=0, le=0.5)
    """Futures are added until the mean outturn is known to this share of it, either way, nineteen times in twenty."""
    most_futures: int = sourced(CHOICE, ge=2, le=100_000)
    """Most futures drawn to get there."""
