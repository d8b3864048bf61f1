"""How many years a pound of repair buys beside a pound of replacement, by how fast the repaired component wears.

A component brought to A from B or C has been repaired at a small part of the cost of a new one. If it then wore as a new one
does, a repair at B would buy eight times the years a pound of replacement buys. Prints the median of the Department's types.
"""

import numpy as np

from capplan import reference
from capplan.condition.chains import hasten

MULTIPLES = (1.0, 1.25, 1.5, 1.6, 1.75, 2.0, 2.5)


def main():
    """Print the table."""
    types = reference.dfe_component_types()
    drop = types[["p_ab", "p_bc", "p_cd", "p_de"]].to_numpy(float)
    cost = types[["cost_b_gbp_per_unit", "cost_c_gbp_per_unit", "cost_d_gbp_per_unit"]].to_numpy(float)
    priced = (cost > 0).all(axis=1) & (drop < 1).all(axis=1)
    drop, cost = drop[priced], cost[priced]
    left = (1 / drop)[:, ::-1].cumsum(axis=1)[:, ::-1]
    for_a_pound = left[:, 0] / cost[:, 2]
    print(f"{'wears':>6}{'years bought at B':>19}{'at C':>7}{'years for a pound, of replacement: at B':>42}{'at C':>7}")
    for multiple in MULTIPLES:
        bought = (1 / hasten(drop, multiple)).sum(axis=1)[:, None] - left[:, 1:3]
        ratio = bought / cost[:, :2] / for_a_pound[:, None]
        years, share = np.median(bought, axis=0), np.median(ratio, axis=0)
        print(f"{multiple:6.2f}{years[0]:19.1f}{years[1]:7.1f}{share[0]:42.2f}{share[1]:7.2f}")


if __name__ == "__main__":
    main()
