"""The live desk of a finance director in a notebook: choose a sum of money, and the plan is made again while you wait."""

from dataclasses import dataclass, field

from .errors import CapplanError
from .money_job import envelopes_frame
from .programme.envelopes import TODAY, envelope
from .report.live_desk import desk_html

SHARES = (0.5, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.5, 2.0)
GAPS = {"roughly, to 2%": 0.02, "usually, to half a per cent": 0.005, "closely, to a tenth of one per cent": 0.001}
USUAL = "usually, to half a per cent"
ALL_MONEY = "all of it"


@dataclass
class Desk:
    """What was solved so far, so that nothing is solved twice.

    ``found`` maps a route (blank: all money), a share of it and a gap to its envelope.
    """

    candidates: object = field(repr=False)
    time_limit_s: float
    found: dict = field(default_factory=dict, repr=False)

    def plan(self, route, share, gap):
        """The envelope of a sum of money, from memory where it was asked for before.

        Parameters
        ----------
        route : str
            The only route whose pots change; blank: all.
        share : float
            Of today's money of it. [-]
        gap : float
            Stop when proved this close. [-]

        Returns
        -------
        Envelope
        """
        share, route = float(share), "" if share == TODAY else route
        if (route, share, gap) not in self.found:
            less = [(own_share, each.programme.choice) for (own_route, own_share, _), each in self.found.items()
                    if each.programme and own_share <= share and (own_route == route or own_share == TODAY)]
            known = max(less, key=lambda pair: pair[0])[1] if less else None
            self.found[route, share, gap] = envelope(self.candidates, share, route, known, gap, self.time_limit_s)
        return self.found[route, share, gap]

    def frame(self, route, gap):
        """The envelopes solved so far for a route and a gap, today's among them, by money.

        Returns
        -------
        DataFrame
            As ``envelopes_frame`` makes it.
        """
        solved = {each.share: each for (own_route, share, own_gap), each in self.found.items()
                  if own_gap == gap and (own_route == route or share == TODAY)}
        return envelopes_frame(self.candidates, [solved[share] for share in sorted(solved)])

    def page(self, route, share, gap):
        """What is shown of a sum of money: solved, and laid beside today's and all others tried.

        Parameters
        ----------
        route, share, gap
            As for ``plan``.

        Returns
        -------
        str
            A piece of HTML.
        """
        self.plan("", TODAY, gap)
        chosen, outlook = self.plan(route, share, gap), self.candidates.outlook
        frame = self.frame(route, gap)
        facts = {"backlog_now_gbp": float(outlook.by_year().backlog_gbp.iloc[0]),
                 "price_base": outlook.scenario.plan.price_base}
        return desk_html(frame, int((frame.share_of_today - chosen.share).abs().idxmin()), facts,
                         route if share != TODAY else "")


def live_envelopes(candidates, time_limit_s=30.0):
    """Drop-downs for a sum of money, with figures and a chart that follow.

    Parameters
    ----------
    candidates : Candidates
        Proposed from an estate.
    time_limit_s : float
        Longest time for one plan. [s]

    Returns
    -------
    ipywidgets.VBox
        Which money changes, to what share of today's, and how close the proof has to be; below them a sentence, a table of
        figures beside those of today's money, and a chart of all sums tried so far.

    Raises
    ------
    CapplanError
        If ipywidgets is not installed, or the candidates were read from a folder and know no estate.

    Notes
    -----
    Drop-downs and not sliders: each choice takes a solve, and a slider of ipywidgets has no name a screen reader could say.
    """
    try:
        import ipywidgets
    except ImportError:
        raise CapplanError("The live desk needs ipywidgets, which is not installed: pip install 'capplan[notebooks]'."
                           ) from None
    if candidates.outlook is None:
        raise CapplanError("The live desk needs candidates that were proposed from an estate.")
    desk = Desk(candidates, time_limit_s)
    wide = {"layout": {"width": "32rem"}, "style": {"description_width": "11rem"}}
    routes = sorted(set(candidates.pots.route) - {""})
    which = ipywidgets.Dropdown(options=[ALL_MONEY, *routes], value=ALL_MONEY, description="Which money changes", **wide)
    share = ipywidgets.Dropdown(options=[(_share_words(each), each) for each in SHARES], value=TODAY,
                                description="To how much of today's", **wide)
    close = ipywidgets.Dropdown(options=list(GAPS), value=USUAL, description="Proved how far", **wide)
    shown = ipywidgets.HTML()

    def show(_change=None):
        """Solve for what is chosen, and show it."""
        route = "" if which.value == ALL_MONEY else which.value
        shown.value = '<p role="status">Solving ...</p>'
        shown.value = desk.page(route, share.value, GAPS[close.value])

    for control in (which, share, close):
        control.observe(show, "value")
    show()
    return ipywidgets.VBox([which, share, close, shown])


def _share_words(share):
    if share == TODAY:
        return "today's money"
    return f"{abs(share - TODAY):.0%} {'more' if share > TODAY else 'less'} ({share:.0%})"
