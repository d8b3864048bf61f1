"""Pupils: how many are to be expected, the places they need, and what both do to money. Arrays in, arrays out."""
