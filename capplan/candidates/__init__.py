"""Candidate schemes: proposed from an outlook, or read from a folder made elsewhere."""

from .files import read_candidates, write_candidates
from .model import Candidates, must_start_by
from .proposing import KINDS, propose

__all__ = ["KINDS", "Candidates", "must_start_by", "propose", "read_candidates", "write_candidates"]
