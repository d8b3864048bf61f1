"""Candidate schemes: proposed from an outlook, or read from a folder made elsewhere."""

from .bids import with_bids
from .files import read_candidates, write_candidates
from .model import CONTRIBUTIONS, NO_WORKS, OUT_OF_USE, Candidates, must_start_by, needs_met, split_list
from .proposing import propose

__all__ = ["CONTRIBUTIONS", "NO_WORKS", "OUT_OF_USE", "Candidates", "must_start_by", "needs_met", "propose",
           "read_candidates", "split_list", "with_bids", "write_candidates"]
