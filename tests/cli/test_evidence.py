"""`secretome evidence` as a person uses it."""

from __future__ import annotations

import json

import pytest

from secretome.cli import run as command

RIS = (
    "TY  - JOUR\nTI  - Conditioned medium of adipose stem cells heals wounds\nPY  - 2020\nDO  - 10.1000/a\n"
    "AB  - VEGF was increased in 40 patients.\nER  -\nTY  - JOUR\nTI  - Exosomes against hair loss in mice\nPY  - 2021\n"
    "DO  - 10.1000/b\nER  -\n"
)


@pytest.fixture
def store(tmp_path, capsys):
    file = tmp_path / "a.ris"
    file.write_text(RIS)
    path = tmp_path / "e.sqlite"
    assert command(["evidence", "import", str(file), "--store", str(path)]) == 0
    assert "2 new records, 0 left out; 2 works" in capsys.readouterr().out
    return path


def test_the_same_file_again_says_so(store, tmp_path, capsys):
    assert command(["evidence", "import", str(tmp_path / "a.ris"), "--store", str(store)]) == 0
    captured = capsys.readouterr()
    assert "known already" in captured.err
    assert "0 new records" in captured.out


def test_find_lists_and_counts(store, capsys):
    assert command(["evidence", "find", "conditioned medium", "--store", str(store)]) == 0
    assert "1 works found" in capsys.readouterr().out
    assert command(["evidence", "find", "year:2021-", "--store", str(store), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hits"][0]["work"] == 2
    assert command(["evidence", "find", "nothinglikethis", "--store", str(store)]) == 0
    assert command(["evidence", "find", "titel:x", "--store", str(store)]) == 1
    assert "did you mean title" in capsys.readouterr().err


def test_proposals_are_shown_and_judged(store, capsys):
    assert command(["evidence", "extract", "--store", str(store), "--work", "1", "--show"]) == 0
    lines = capsys.readouterr().out.splitlines()
    factor = next(line for line in lines if "\tfactor\tVEGFA\t" in line)
    assert "0 facts accepted" in lines[-1]
    number = factor.split("\t")[0]
    assert command(["evidence", "extract", "--store", str(store), "--accept", number]) == 1
    assert "no person" in capsys.readouterr().err
    assert command(["evidence", "extract", "--store", str(store), "--accept", number, "--person", "eva"]) == 0
    assert "1 facts accepted" in capsys.readouterr().out


def test_two_reviewers_screen_and_the_flow_is_printed(store, capsys):
    base = ["--store", str(store)]
    assert command(["evidence", "review", "next", "--reviewer", "eva", *base]) == 0
    assert "2 works wait for eva" in capsys.readouterr().out
    for who, what in (("eva", "include"), ("jan", "exclude")):
        assert command(["evidence", "review", "decide", "1", what, "--reviewer", who, *base]) == 0
    assert "eva: include" in capsys.readouterr().out
    assert command(["evidence", "review", "state", "--json", *base]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["flow"]["unresolved"] == 1
    assert facts["raw_agreement"] == 0
    assert (
        command(["evidence", "review", "decide", "1", "include", "--reviewer", "ada", "--adjudicate", *base])
        == 0
    )
    assert command(["evidence", "review", "state", *base]) == 0
    assert "1  sought" in capsys.readouterr().out


def test_works_are_merged_and_split_by_a_person(store, capsys):
    base = ["--store", str(store), "--person", "eva", "--reason", "one study"]
    assert command(["evidence", "review", "merge", "1", "2", *base]) == 0
    assert "are work 1 now" in capsys.readouterr().out
    assert command(["evidence", "review", "show", "1", "--store", str(store)]) == 0
    assert "record 2\tris\t10.1000/b\ta.ris" in capsys.readouterr().out
    assert command(["evidence", "review", "split", "2", *base]) == 0
    assert "record 2 is work 3 now" in capsys.readouterr().out


def test_a_search_is_logged_whole_or_not(store, tmp_path, capsys):
    arguments = ["evidence", "import", str(tmp_path / "a.ris"), "--store", str(store), "--query", "x"]
    assert command(arguments) == 2
    assert "--hits" in capsys.readouterr().err
    assert command([*arguments, "--database", "PubMed", "--searched", "2026-11-01", "--hits", "2"]) == 0


def test_trials_without_any_are_zero(store, tmp_path, capsys):
    out = tmp_path / "tables"
    assert command(["evidence", "trials", "--store", str(store), "-o", str(out)]) == 0
    assert "0 trials" in capsys.readouterr().out
    assert (out / "trials.csv").read_text().startswith("work,trial_id")


def test_what_cannot_be_read_leaves_with_three_and_a_missing_store_with_one(tmp_path, capsys):
    assert (
        command(["evidence", "import", str(tmp_path / "no.xml"), "--store", str(tmp_path / "e.sqlite")]) == 3
    )
    assert command(["evidence", "find", "x", "--store", str(tmp_path / "none.sqlite")]) == 1
    assert "secretome evidence import" in capsys.readouterr().err


def test_help_of_evidence_imports_nothing_heavy():
    import subprocess
    import sys

    code = (
        "import sys; from secretome.cli import run; run(['evidence', 'import', '--help']);"
        "heavy = {'pandas', 'numpy', 'lxml', 'sqlite3', 'ahocorasick'} & set(sys.modules); assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)
