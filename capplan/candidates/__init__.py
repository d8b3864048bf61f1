"""Candidate schemes: proposed from an outlook, or read from a folder made elsewhere."""

from .files import read_candidates, write_candidates
from .model import CONTRIBUTIONS, Candidates, must_start_by, needs_met, split_list
from .proposing import propose

__all__ = ["CONTRIBUTIONS", "Candidates", "must_start_by", "needs_met", "propose", "read_candidates", "split_list",
           "write_candidates"]
