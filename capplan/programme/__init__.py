"""Choosing a programme: the formulation, the solver, the audit that does not believe it, and the rules of thumb it beats."""

from .optimise import Programme, optimise

__all__ = ["Programme", "optimise"]
