"""Knock-on damage: which components wear faster while another is at grade D or E.

A small directed graph over elements or construction types, such as roof to ceiling to electrics. Each kind of
component has one cause at most, so that every component lies beneath a single line of causes.
"""

from dataclasses import dataclass

import numpy as np

from .joint import Beneath

LONGEST_LINE = 3


@dataclass(frozen=True)
class Edge:
    """``causes`` and ``harmed``: element codes (``ROOF``) or type ids (``EXT.23``). ``rate_multiple``: yearly hazard of
    what is harmed, in multiples, while its cause is at grade D or E [-]."""

    causes: tuple
    harmed: tuple
    rate_multiple: float


def edge_faults(edges):
    """What is wrong with a graph of knock-on damage, in words; empty where it is sound.

    Parameters
    ----------
    edges : sequence of Edge

    Returns
    -------
    list of str
        Kinds with two causes, circles, lines longer than three, multiples below 1.

    Examples
    --------
    >>> edge_faults([Edge(("ROOF",), ("CEIL",), 2.0), Edge(("EXT.23",), ("CEIL",), 2.0)])
    ['CEIL has two causes; name one']
    """
    faults, cause_of = [], {}
    for edge in edges:
        before = set(cause_of)
        if not edge.rate_multiple >= 1:
            faults.append(f"{', '.join(edge.harmed)}: the multiple is {edge.rate_multiple:g}; it must be at least 1")
        for kind in edge.harmed:
            rivals = [other for other in before if _within(kind, other) or _within(other, kind)]
            if rivals:
                faults.append(f"{kind} has two causes; name one")
            cause_of[kind] = edge.causes
    for kind in cause_of:
        line, ahead = 1, {kind}
        while ahead:
            ahead = {cause for now in ahead for harmed, causes in cause_of.items()
                     if _within(now, harmed) or _within(harmed, now) for cause in causes}
            line += bool(ahead)
            if line > LONGEST_LINE:
                faults.append(f"{kind} lies in a circle, or beneath a line of more than {LONGEST_LINE}")
                break
    return faults


def lines_of_causes(edges, block, type_id, extent):
    """The components of an estate, each alone or beneath its causes.

    Parameters
    ----------
    edges : sequence of Edge
        Sound, as ``edge_faults`` judges it.
    block : array, shape (n,)
        Block of each component; blank in the grounds, where nothing lies beneath anything.
    type_id : array of str, shape (n,)
        Construction type, ``CODE.NN``.
    extent : array, shape (n,)
        How much of its element a component is, in one measure for all, such as its cost of renewal.

    Returns
    -------
    tuple of Beneath
        By length of line. Where a block has several components that may be the cause, what is harmed lies beneath each
        with a chance in proportion to its extent.

    Raises
    ------
    ValueError
        If the graph is not sound, or the extent of a cause is not known.

    Notes
    -----
    Assumes nobody has drawn which ceiling lies under which roof. *Counterexample:* a flat-roofed link beside a slated
    hall, each with its own ceiling.

    Examples
    --------
    A ceiling beneath two roofs, one three times as large.

    >>> groups = lines_of_causes([Edge(("ROOF",), ("CEIL",), 2.0)], np.array(["a", "a", "a"]),
    ...                          np.array(["ROOF.03", "ROOF.20", "CEIL.02"]), np.array([3.0, 1.0, 5.0]))
    >>> groups[1].rows.tolist(), groups[1].weight.tolist()
    ([[0, 2], [1, 2]], [0.75, 0.25])
    """
    if faults := edge_faults(edges):
        raise ValueError("; ".join(faults))
    cause = _edge_of([edge.harmed for edge in edges], type_id)
    cause[np.asarray(block) == ""] = -1
    by_place = _members(edges, block, type_id)
    lines = {}
    for row in range(len(type_id)):
        for rows, weight, multiple in _lines(row, cause, by_place, edges, block, extent):
            lines.setdefault(len(rows), []).append((rows, weight, multiple))
    return tuple(Beneath(np.array([rows for rows, _, _ in found]), np.array([weight for _, weight, _ in found]),
                         np.array([multiple for _, _, multiple in found]).reshape(len(found), length - 1))
                 for length, found in sorted(lines.items()))


def _within(kind, other):
    """Whether one kind is the other, or a type of that element."""
    return kind == other or kind.startswith(other + ".")


def _edge_of(lists, type_id):
    """Number of the edge whose list holds each type, -1 for none."""
    known, found = {}, np.full(len(type_id), -1)
    for row, name in enumerate(type_id):
        if name not in known:
            known[name] = next((i for i, kinds in enumerate(lists) if any(_within(name, kind) for kind in kinds)), -1)
        found[row] = known[name]
    return found


def _members(edges, block, type_id):
    """Rows that may be the cause, by (edge, block)."""
    by_place = {}
    for number, edge in enumerate(edges):
        for row in np.flatnonzero(_edge_of([edge.causes], type_id) == 0):
            by_place.setdefault((number, block[row]), []).append(row)
    return by_place


def _lines(row, cause, by_place, edges, block, extent):
    """Every line of causes of a component: rows (furthest first), chance, and multiples."""
    causes = by_place.get((cause[row], block[row]), []) if cause[row] >= 0 else []
    if not causes:
        return [((row,), 1.0, ())]
    sizes = np.array([extent[other] for other in causes], float)
    if np.isnan(sizes).any():
        raise ValueError("The extent of a cause is not known; every component needs one.")
    chances = sizes / sizes.sum() if sizes.sum() > 0 else np.full(len(causes), 1.0 / len(causes))
    multiple = edges[cause[row]].rate_multiple
    return [((*rows, row), weight * chance, (*multiples, multiple))
            for other, chance in zip(causes, chances, strict=True) if chance > 0
            for rows, weight, multiples in _lines(other, cause, by_place, edges, block, extent)]
