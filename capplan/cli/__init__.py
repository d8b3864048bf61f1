"""The command line. Each command checks its input, writes to a folder that appears whole or not at all, and says so.

Exit 0: what was asked for is done. Exit 2: the input is at fault, with a message; nothing has been written.
"""

import click

from . import (
    bidding,
    condition,
    explaining,
    funding,
    importing,
    objectives,
