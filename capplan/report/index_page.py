"""The page that links to everything made from a run."""

from dataclasses import dataclass
from pathlib import Path

from .words import counted

TEMPLATES = Path(__file__).parent / "templates"
UNITS = ((1_000_000, "MB"), (1_000, "kB"))


@dataclass(frozen=True)
class Entry:
    """One kind of paper: who reads it, what it is called and says, and its files as (label, place below the page)."""

    reader: str
    title: str
    says: str
    links: tuple


def index_page(trust, about, entries, folder):
    """The page.

    Parameters
    ----------
    trust : str
    about : str
        Which run everything is made from.
    entries : list of Entry
        In order; those of one reader stand together.
    folder : str or Path
        Folder the page lies in, where the files are looked up for their sizes.

    Returns
    -------
    str
        A whole HTML page without script.

    Raises
    ------
    FileNotFoundError
        If a file that is linked to is not there.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    pages = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined,
                        trim_blocks=True, lstrip_blocks=True)
    readers = {}
    for entry in entries:
        links = [(label, place, size_words(Path(folder) / place)) for label, place in entry.links]
        readers.setdefault(entry.reader, []).append((entry, links))
    return pages.get_template("index.html.j2").render(trust=trust, about=about, readers=readers)


def size_words(path):
    """The size of a file in words; of a folder how many files it holds.

    Parameters
    ----------
    path : Path

    Returns
    -------
    str
    """
    if path.is_dir():
        return counted(sum(1 for each in path.rglob("*") if each.is_file()), "file")
    size = path.stat().st_size
    return next((f"{size / unit:.1f} {name}" for unit, name in UNITS if size >= unit), f"{size:,} bytes")
