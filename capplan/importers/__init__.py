"""Readers of condition surveys: one module per format, each of which ends in an estate folder."""
