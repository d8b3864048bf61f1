"""Charts as pictures: the same bytes every time, whatever the user's own settings are."""

import contextlib
import io
import re
import warnings

DECIMALS = re.compile(r"-?\d+\.\d+")
DOTS_PER_INCH = 150


def svg(draw, results, salt=""):
    """One chart as SVG, the same bytes every time and the same picture everywhere (letters are drawn as shapes).

    Parameters
    ----------
    draw : function
        One of the charts: ``draw(results) -> Axes``.
    results : Results
        What to draw.
    salt : str
        Tells it from other drawings of the same chart on one page.

    Returns
    -------
    bytes
        A whole SVG file that refers to nothing outside itself.
    """
    with _own_settings(f"capplan {getattr(draw, '__name__', '')}{salt}"):
        return _as_svg(draw(results).figure)


def svg_and_png(draw, results, salt=""):
    """One chart as SVG and as a picture of 150 dots to the inch, drawn once; parameters as for ``svg``.

    Returns
    -------
    tuple of (bytes, bytes)
    """
    with _own_settings(f"capplan {getattr(draw, '__name__', '')}{salt}"):
        figure, buffer = draw(results).figure, io.BytesIO()
        drawn = _as_svg(figure)
        figure.set_layout_engine("none")
        figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return drawn, buffer.getvalue()


def _as_svg(figure):
    buffer, nothing = io.StringIO(), dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(buffer, format="svg", metadata=nothing)
    text = re.sub(r"<!--.*?-->|<!DOCTYPE.*?>|<metadata>.*?</metadata>", "", buffer.getvalue(), flags=re.DOTALL)
    text = re.sub(r'(?<= d=")[^"]*', lambda path: DECIMALS.sub(_two_decimals, path[0]), text)
    return re.sub(r"\s*\n\s*", "\n", text).encode()


@contextlib.contextmanager
def _own_settings(salt):
    """Drawing as matplotlib comes, whatever the user's own settings are."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update({"svg.fonttype": "path", "svg.hashsalt": salt})
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def _two_decimals(number):
    return f"{float(number[0]):.2f}".rstrip("0").rstrip(".").replace("-0", "0" if float(number[0]) > -0.005 else "-0")
