"""Grants by vintage and the reserves: what may be spent when, and what lapses. Knows no files and no scenario."""
