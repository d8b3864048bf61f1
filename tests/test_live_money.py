"""The live desk: what it shows is what is solved, each sum once, in words a screen reader says; and through Voila."""

import html
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from capplan import forecast, propose, read_estate, read_scenario
from capplan.errors import CapplanError
from capplan.live_money import ALL_MONEY, GAPS, SHARES, USUAL, Desk, live_envelopes
from capplan.programme.envelopes import Envelope
from capplan.report.words import pounds

ROOT = Path(__file__).resolve().parents[1]
GAP = GAPS[USUAL]


@pytest.fixture(scope="module")
def tiny():
    return propose(forecast(read_estate(ROOT / "data" / "tiny"), read_scenario("baseline.toml")))


@pytest.fixture(scope="module")
def desk(tiny):
    return Desk(tiny, 20.0)


def test_the_figures_shown_are_those_of_the_programme_solved(desk):
    page = desk.page("", 1.2, GAP)
    solved = desk.found["", 1.2, GAP]
    assert solved.money_gbp == pytest.approx(1.2 * desk.candidates.pots.amount.sum(), abs=0.05)
    for amount in (solved.money_gbp, solved.programme.objective, solved.programme.draws.amount_gbp.sum()):
        assert pounds(amount) in page
    gained = solved.programme.objective - desk.found["", 1.0, GAP].programme.objective
    assert f"+{pounds(gained)}" in page and "20% more than today" in page
    assert solved.programme.gap <= GAP + 1e-9
    alt = html.unescape(re.search(r'<img alt="([^"]*)"', page).group(1))
    assert "the sum chosen ringed" in alt and alt.count("avoided,") == 2, "today's money and the sum chosen"


def test_nothing_is_solved_twice(desk, monkeypatch):
    desk.page("", 1.2, GAP)
    monkeypatch.setattr("capplan.live_money.envelope", None)
    assert desk.page("", 1.2, GAP) and desk.page("SCA", 1.0, GAP), "today's money is the same whichever route"


def test_a_search_starts_from_the_best_programme_that_the_money_surely_pays_for(tiny, monkeypatch):
    asked = []

    def plan(_, share, route, known, gap, limit):
        """Remember what the search was to start from."""
        asked.append((route, share, known))
        return Envelope(share, share, SimpleNamespace(choice=f"{route} {share}"))

    monkeypatch.setattr("capplan.live_money.envelope", plan)
    desk = Desk(tiny, 1.0)
    for route, share in (("", 1.0), ("", 0.5), ("", 0.8), ("", 1.5), ("SCA", 0.7), ("SCA", 0.9), ("SCA", 1.2)):
        desk.plan(route, share, GAP)
    assert [known for *_, known in asked] == [None, None, " 0.5", " 1.0", None, "SCA 0.7", " 1.0"]


def test_one_route_changes_and_the_others_stay(desk):
    pots = desk.candidates.pots
    page = desk.page("SCA", 0.5, GAP)
    solved = desk.found["SCA", 0.5, GAP]
    assert solved.money_gbp == pytest.approx(pots.amount.sum() - 0.5 * pots.amount[pots.route == "SCA"].sum(), abs=0.05)
    drawn = solved.programme.draws.merge(pots[["pot_id", "route"]], on="pot_id").groupby("route").amount_gbp.sum()
    assert drawn["SCA"] <= 0.5 * pots.amount[pots.route == "SCA"].sum() + 0.01
    assert "Only SCA changes." in page
    assert solved.programme.objective <= desk.found["", 1.0, GAP].programme.bound + 0.01


def test_too_little_money_is_said_in_words(desk):
    page = desk.page("", 0.05, GAP)
    assert "no programme obeys all the rules" in page and "must" in page and "<img" not in page


def test_drop_downs_are_named_and_move_what_is_shown(tiny):
    widgets = pytest.importorskip("ipywidgets")
    box = live_envelopes(tiny, 20.0)
    which, share, close, shown = box.children
    assert isinstance(shown, widgets.HTML) and all(each.description for each in (which, share, close))
    assert which.options[0] == ALL_MONEY and set(which.options[1:]) == set(tiny.pots.route)
    assert [value for _, value in share.options] == list(SHARES) and "(today&#x27;s money)" in shown.value
    before = shown.value
    share.value = 1.1
    assert shown.value != before and "10% more than today" in shown.value and 'role="status"' in shown.value


def test_what_the_desk_cannot_do_is_said(tiny, monkeypatch):
    with pytest.raises(CapplanError, match="proposed from an estate"):
        live_envelopes(replace(tiny, outlook=None))
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    with pytest.raises(CapplanError, match=r"capplan\[notebooks\]"):
        live_envelopes(tiny)


@pytest.mark.slow
def test_the_notebook_is_a_page_through_voila(tmp_path):
    pytest.importorskip("voila")
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        port = place.getsockname()[1]
    around = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "JUPYTER_CONFIG_DIR": str(tmp_path),
              "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"), "IPYTHONDIR": str(tmp_path / "ipython")}
    log, book = (tmp_path / "log").open("w"), ROOT / "notebooks" / "cfo_envelopes.ipynb"
    server = subprocess.Popen([sys.executable, "-m", "voila", str(book), "--no-browser", f"--port={port}",
                               "--Voila.ip=127.0.0.1"], env=around, stdout=log, stderr=log)
    try:
        page, ends = "", time.monotonic() + 120
        while not page and time.monotonic() < ends and server.poll() is None:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=90) as answer:
                    page = answer.read().decode()
            except OSError:
                time.sleep(0.5)
        assert "What would another sum of money do?" in page, (tmp_path / "log").read_text()
        assert "application/vnd.jupyter.widget-view+json" in page and "Which money changes" in page
        assert "Traceback" not in page and "live_envelopes" not in page, "no code is shown, and nothing failed"
    finally:
        server.terminate()
        server.wait(20)
        log.close()
