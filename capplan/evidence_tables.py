"""The table of an estate that says which photos, quotes and reports there are: path and hash of each, never the file."""

from .columns import EARLIEST_YEAR, LATEST_YEAR, Column, Kind, Table
from .columns import id_column as _id

EVIDENCE_KINDS = ("photo", "quote", "report", "drawing", "certificate", "correspondence", "other")
LONGEST_PATH = 1000
LARGEST_EVIDENCE_BYTES = 10**12

EVIDENCE = Table("evidence", "Photos, quotes and reports, indexed by path and SHA-256; the files stay where they are.",
                 ("evidence_id",), (
    _id("evidence_id", "The file's short name in files; the same when it is indexed again in its place."),
    _id("school_id", "School it is of; blank: the whole trust.", "schools.school_id", False),
    _id("block_id", "Block it shows; blank: the whole school, or the block of its component.", "blocks.block_id", False),
    _id("scheme_id", "Scheme, need or listed work it is for, as a results folder or works.csv names it; blank: none.",
        needed=False),
    _id("component_id", "Component it shows; blank: none.", "components.component_id", False),
    Column("kind", Kind.CHOICE, "What it is.", choices=EVIDENCE_KINDS),
    Column("path", Kind.TEXT, "Where it lies below the folder of evidence, with / between folders.", most=LONGEST_PATH),
    Column("sha256", Kind.TEXT, "SHA-256 of its bytes: 64 of the digits 0-9 and a-f.", most=64),
    Column("bytes", Kind.INTEGER, "Its size.", "bytes", least=0, most=LARGEST_EVIDENCE_BYTES),
    Column("dated", Kind.DATE, "Day it was made, from its name or typed in; blank: not known.", needed=False,
           least=EARLIEST_YEAR, most=LATEST_YEAR),
    Column("note", Kind.TEXT, "What it shows.", needed=False),
), needed=False)

EVIDENCE_TABLES = (EVIDENCE,)
