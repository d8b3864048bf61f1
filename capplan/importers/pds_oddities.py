"""What is odd in a property data survey file, and what the reader does about it: counted, listed, never silent."""

import pandas as pd

SET_ASIDE = {
    "exact duplicate of an earlier row": "set aside; the first is kept",
    "no site": "set aside: nobody can tell which school it is at",
    "no building": "set aside: nobody can tell which block it is in",
    "no local authority": "set aside: nobody can tell which prices apply",
    "unknown construction type": "set aside: it has no lives and no unit costs",
    "grade not A to E": "set aside: its condition is not known",
    "quantity that cannot be worked out": "set aside: its quantity and the measurements that give it are missing",
}
KEPT = {
    "site known only from the building's other rows": "kept at that site",
    "local authority known only from the site's other rows": "kept in that authority",
    "site in more than one local authority": "kept; the site's first row sets its region",
    "building number used on more than one site": "kept as a block of each site, named site/building",
    "identifier capplan cannot keep": "kept; written in plain characters, with a number where two would be the same",
    "grounds without a building": "kept as grounds of the site, without a block",
    "element id unknown, names known": "kept as the construction type the names say",
    "element id and names disagree": "kept as the construction type the element id says",
    "grade E": "kept as grade D: the estate's surveys grade A to D",
    "grade N": "kept as grade A: N means as new",
    "priority not 1 to 4": "kept; the priority left blank",
    "repeated building and element": "kept as parts of their own, unless exact duplicates",
    "composition above 1": "kept; the quantity follows the composition as recorded (of lifts, it is their number)",
    "composition zero": "kept",
    "composition negative": "kept",
    "composition missing or unreadable": "kept where the file gives the quantity",
    "compositions of a sub-element do not sum to 1": "kept; some sub-elements cover part of a block or site by nature",
    "negative quantity": "kept; worked out again from the measurements, and 0 where that is negative too",
    "zero quantity": "kept",
    "quantity missing or unreadable": "kept where it can be worked out from composition and measurements",
    "quantity above the most an estate can hold": "kept where it can be worked out from composition and measurements",
    "quantity is not composition x measurement": "kept with the quantity of the file",
    "windows and doors given as a percentage, not an area": "kept; worked out as composition x perimeter x height x "
                                                            "windows and doors / 100, which is what the survey costed",
    "wall area less a percentage": "kept; worked out as composition x perimeter x height x (100 - windows and doors) / "
                                   "100, which is what the survey costed",
    "lifts counted twice": "kept; counted once: the composition is their number already",
    "swimming pool counted as 2": "kept; counted as 1: the 2 is the code of the answer yes, not a number",
    "windows, wall, lifts or pool not of the survey's rules": "kept; worked out afresh from composition and measurements",
    "windows, wall, lifts or pool lacking measurements": "kept with the quantity of the file (of a pool, half of it)",
    "windows and doors not a percentage from 0 to 100": "kept; the windows and doors left blank",
    "swimming pool works where there is no pool": "kept with no quantity",
    "ground floor area or windows and doors missing": "taken as 0 where a quantity is worked out from them",
    "below grade A without a cost": "kept with a remedial cost of 0, as recorded",
    "grade A with a cost": "kept as recorded",
    "cost missing": "kept; the remedial cost left blank",
    "cost negative, unreadable or too great": "kept; the remedial cost left blank",
    "building with zero floor area": "kept as grounds of the site, without a block",
    "building with zero floor area and elements of a building": "kept as grounds of the site, without a block",
    "floor area negative or too great": "kept, as grounds of the site where the building has no other floor area",
    "floor area missing, known from quantities": "kept; floor area worked out as quantity over composition",
    "floor area missing": "kept as grounds of the site, without a block",
    "ground floor area greater than the floor area": "kept; the block's ground floor area left blank",
    "floor area more than the storeys can hold": "kept; the block's ground floor area left blank",
    "block measurement beyond what an estate can hold": "kept; that measurement left blank",
    "site measurement beyond what an estate can hold": "kept; that measurement left blank",
    "block measurement that cannot be read": "kept; that measurement left blank",
    "site measurement that cannot be read": "kept; that measurement left blank",
    "measurement missing, known from other rows": "kept; taken from other rows of the same building or site",
    "measurements differ within a building": "kept; the block has those of its first row, a quantity those of its own",
    "measurements differ within a site": "kept; the site has those of its first row, a quantity those of its own",
}
WHOLE_FILE = {
    "whole file: no date of survey": "every component has the date given to the reader",
    "whole file: PFI, voluntary aided and permanence not surveyed": "schools are written as neither PFI nor voluntary "
                                                                    "aided, blocks as permanent",
    "whole file: columns missing": "done without",
    "whole file: columns not used": "left out",
    "whole file: blank lines between rows": "passed over; not counted as rows",
}
DONE = {**SET_ASIDE, **KEPT, **WHOLE_FILE}
FOUND_LENGTH = 120


class OddityLog:
    """Notes of what is odd in which source rows.

    Parameters
    ----------
    rows : DataFrame
        Source rows by spreadsheet row, with ``site_id``, ``building_id`` and ``element_id`` as found.
    """

    def __init__(self, rows):
        self._rows = rows[["site_id", "building_id", "element_id"]]
        self._notes = []
        self._counts = dict.fromkeys(DONE, 0)
        self._details = {}

    def note(self, oddity, odd, found, detail=""):
        """Note an oddity of some rows.

        Parameters
        ----------
        oddity : str
            One of ``SET_ASIDE`` or ``KEPT``.
        odd : Series of bool
            Which rows.
        found : Series, str or callable
            What is there: one value per row, the same words for all, or a function of ``odd`` that gives the values.
        detail : str
            Words to add to what was done, such as how many buildings.
        """
        odd = odd.to_numpy(dtype=bool)
        count = int(odd.sum())
        self._counts[oddity] += count
        if detail and count:
            self._details[oddity] = detail
        if not count:
            return
        rows = self._rows[odd]
        found = found(odd) if callable(found) else found[odd] if isinstance(found, pd.Series) else found
        text = found.astype(str).str.slice(0, FOUND_LENGTH) if isinstance(found, pd.Series) else found
        self._notes.append(rows.assign(oddity=oddity, found=text, done=DONE[oddity]))

    def note_file(self, oddity, count, detail=""):
        """Note something that is so of the whole file and is listed once, not row by row."""
        self._counts[oddity] = int(count)
        if detail and count:
            self._details[oddity] = detail

    def anomalies(self):
        """Every oddity this reader looks for, how many source rows have it, and what was done.

        Returns
        -------
        DataFrame
            Columns oddity, rows, what_was_done; rows is 0 where the file has none.
        """
        done = [text + (f"; {self._details[name]}" if name in self._details else "") for name, text in DONE.items()]
        return pd.DataFrame({"oddity": list(DONE), "rows": list(self._counts.values()), "what_was_done": done})

    def listed(self):
        """One row for each oddity of each source row, in the order of the source.

        Returns
        -------
        DataFrame
            Columns source_row, oddity, site_id, building_id, element_id, found, done.
        """
        columns = ["source_row", "oddity", "site_id", "building_id", "element_id", "found", "done"]
        if not self._notes:
            return pd.DataFrame({name: pd.Series([], dtype="int64" if name == "source_row" else "str")
                                 for name in columns})
        notes = pd.concat(self._notes).rename_axis("source_row").reset_index()
        return notes.sort_values("source_row", kind="stable", ignore_index=True)[columns]
