"""Answers that are kept: an interrupted search goes on from what is done and ends where it would have ended."""

import json

import pytest

from capplan.candidates import read_candidates
from capplan.errors import DataError, InfeasibleError, OutputError
from capplan.programme import kept, optimise
from capplan.programme.envelopes import envelopes
from capplan.programme.kept import keeping

TABLES = {"schemes": "scheme_id\n" + "".join(f"s{number}\n" for number in range(6)),
          "scheme_years": "scheme_id,start_year,value\n" + "".join(
              f"s{number},{year},{10 + 7 * number - 2 * year}\n" for number in range(6) for year in (1, 2)),
          "spend": "scheme_id,start_year,year,cost\n" + "".join(
              f"s{number},{year},{year},{5 + 3 * number}\n" for number in range(6) for year in (1, 2)),
          "pots": "pot_id,amount,first_year,last_year\np,20,1,2\nq,10,2,2\n"}


@pytest.fixture
def candidates(tmp_path):
    """Six schemes, two years, two pots."""
    place = tmp_path / "candidates"
    place.mkdir()
    for name, text in TABLES.items():
        (place / f"{name}.csv").write_text(text, encoding="utf-8")
    return read_candidates(place)


@pytest.fixture
def searches(monkeypatch):
    """How many searches were made; after ``stop_at`` of them the user interrupts."""
    import sys
    module = sys.modules["capplan.programme.optimise"]
    real, made = module._search, {"count": 0, "stop_at": None}

    def counted(*given):
        """A search, counted."""
        if made["count"] == made["stop_at"]:
            raise KeyboardInterrupt
        made["count"] += 1
        return real(*given)

    monkeypatch.setattr(module, "_search", counted)
    return made


def found(candidates):
    """Five envelopes in figures."""
    return [(each.share, each.programme.objective, each.programme.bound, each.programme.choice,
             each.programme.draws.to_csv(index=False)) for each in envelopes(candidates, 5, 2.0, gap=0.0)]


def test_what_is_interrupted_goes_on_and_ends_where_it_would_have(candidates, searches, tmp_path):
    whole = found(candidates)
    assert searches["count"] == 5
    searches.update(count=0, stop_at=3)
    with pytest.raises(KeyboardInterrupt), keeping(tmp_path / "kept"):
        found(candidates)
    searches.update(count=0, stop_at=None)
    with keeping(tmp_path / "kept"):
        assert found(candidates) == whole
    assert searches["count"] == 2
    with keeping(tmp_path / "kept"):
        assert found(candidates) == whole
    assert searches["count"] == 2
    assert found(candidates) == whole and searches["count"] == 7, "outside nothing is kept"


def test_an_answer_counts_for_what_it_was_made_from_and_nothing_else(candidates, searches, tmp_path, monkeypatch):
    from dataclasses import replace
    dearer = replace(candidates, _frames={**candidates._frames,
                                          "spend": candidates.spend.assign(cost=candidates.spend.cost + 0.01)})
    with keeping(tmp_path / "kept"):
        for asked in ({}, {"gap": 0.5}, {"seed": 1}, {"time_limit_s": 7.0}, {"known": {"s0": 1}}):
            optimise(candidates, **asked)
        optimise(dearer)
        before = searches["count"]
        optimise(candidates)
        assert searches["count"] == before
        monkeypatch.setattr(kept, "_code", lambda: "another version")
        optimise(candidates)
        assert searches["count"] == before + 1
    assert before >= 5


@pytest.mark.parametrize("change", [
    lambda told: told.update(objective=told["objective"] + 1), lambda told: told.update(bound=told["objective"] - 1),
    lambda told: told["choice"].append(["nobody", 1]), lambda told: told.update(choice=[["s0", 9]]),
    lambda told: told.pop("status"), lambda told: told.update(choice="x")])
def test_an_answer_that_was_changed_is_refused(change, candidates, tmp_path):
    with keeping(tmp_path / "kept"):
        optimise(candidates)
        file, = (tmp_path / "kept").glob("*.json")
        told = json.loads(file.read_text(encoding="utf-8"))
        change(told)
        file.write_text(json.dumps(told), encoding="utf-8")
        with pytest.raises(DataError, match="remove the file"):
            optimise(candidates)
        file.write_bytes(b"\xff not JSON")
        with pytest.raises(DataError, match="remove the file"):
            optimise(candidates)


def test_what_obeys_no_rule_is_not_kept_and_is_told_again(candidates, tmp_path):
    from dataclasses import replace
    none = replace(candidates, _frames={**candidates._frames, "schemes": candidates.schemes.assign(must_do="yes")})
    for _ in range(2):
        with keeping(tmp_path / "kept"), pytest.raises(InfeasibleError):
            optimise(none)
    assert not list((tmp_path / "kept").glob("*.json"))


def test_a_folder_of_somebody_else_s_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(OutputError, match="did not keep"), keeping(tmp_path):
        pytest.fail("it is not ours")
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    with pytest.raises(OutputError, match="Cannot keep"), keeping(tmp_path / "thesis.txt" / "in"):
        pytest.fail("a file is no folder")


def test_other_machines_keep_nothing_here(tmp_path, tiny, capplan):
    done = capplan("envelopes", tiny, "baseline.toml", "--resume", tmp_path / "kept", "--processes", 2, "--out",
                   tmp_path / "out")
    assert done.exit_code == 2 and "not both" in done.stderr and not (tmp_path / "kept").exists()


@pytest.mark.slow
def test_envelopes_interrupted_are_the_same_files(tmp_path, tiny, capplan):
    words = ("envelopes", tiny, "baseline.toml", "--points", 2)
    assert capplan(*words, "--out", tmp_path / "whole").exit_code == 0
    assert capplan(*words, "--resume", tmp_path / "kept", "--out", tmp_path / "one").exit_code == 0
    next((tmp_path / "kept").glob("*.json")).unlink()
    assert capplan(*words, "--resume", tmp_path / "kept", "--out", tmp_path / "two").exit_code == 0
    folders = [tmp_path / name for name in ("whole", "one", "two")]
    for file in folders[0].glob("*.csv"):
        assert len({(folder / file.name).read_bytes() for folder in folders}) == 1, file.name
