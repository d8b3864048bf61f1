"""How components deteriorate, what that costs, and what delay loses. Arrays in, arrays out; no files, no scenario."""
