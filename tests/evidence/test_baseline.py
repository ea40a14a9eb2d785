"""PubMed file by file: filtered in any process, resumed, brought in by one writer, small in memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from secretome.cli import run as command
from secretome.evidence import baseline
from secretome.evidence.store import Store
from secretome.parallel import processes

ARTICLE = "<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article><ArticleTitle>{title}</ArticleTitle></Article></MedlineCitation></PubmedArticle>"


def file(folder, name, *titles, first=1, more=""):
    body = "".join(ARTICLE.format(n=first + i, title=title) for i, title in enumerate(titles))
    path = folder / name
    path.write_text(f'<?xml version="1.0"?><PubmedArticleSet>{body}{more}</PubmedArticleSet>')
    return path


@pytest.fixture
def files(tmp_path):
    return (
        file(tmp_path, "pubmed26n0001.xml", "Secretome of mesenchymal cells, 10<sup>3</sup>", "Yeast"),
        file(tmp_path, "pubmed26n0002.xml", "Exosomes of MSC", "Exosomes of stem cells", first=11),
        file(
            tmp_path,
            "pubmed26n0003.xml",
            "A bridge",
            first=21,
            more="<DeleteCitation><PMID>11</PMID></DeleteCitation>",
        ),
    )


@pytest.mark.parametrize("workers", [1, 2])
def test_what_concerns_secretomes_is_kept_whatever_the_workers(files, tmp_path, workers):
    found = baseline.filter_files(files, tmp_path / "into", map=processes(workers))
    assert [(f.seen, f.kept, f.deletions) for f in found] == [(2, 1, 0), (2, 2, 0), (1, 0, 1)]
    with Store(tmp_path / "e.sqlite") as store:
        baseline.bring_in(store, found)
        assert [store.records(work)[0].title for work in store.works()] == [
            "Secretome of mesenchymal cells, 10^3",
            "Exosomes of stem cells",
        ]
        assert store.records(1)[0].origin.file == "pubmed26n0001.xml"
        assert all(done.known for done in baseline.bring_in(store, found))


def test_a_second_run_does_only_what_is_left(files, tmp_path, capsys):
    arguments = ["--into", str(tmp_path / "into"), "--store", str(tmp_path / "e.sqlite"), "--json"]
    assert command(["evidence", "baseline", str(files[0]), *arguments]) == 0
    assert json.loads(capsys.readouterr().out)["kept"] == 1
    # What a killed worker leaves is no finished file.
    (tmp_path / "into" / "pubmed26n0002.partial").write_text("half")
    assert command(["evidence", "baseline", *map(str, files), *arguments]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["files"], told["done_before"], told["kept"], told["new"]) == (3, 1, 3, 2)


def test_a_broken_file_keeps_its_whole_records(tmp_path):
    path = file(tmp_path, "a.xml", "Exosomes of MSC")
    path.write_text(
        path.read_text().replace("</PubmedArticleSet>", "<PubmedArticle><MedlineCitation><PMID>2")
    )
    (found,) = baseline.filter_files([path], tmp_path / "into")
    assert (found.kept, found.faults) == (1, 1)


def test_a_worker_stays_below_200_mib(tmp_path):
    path = file(tmp_path, "a.xml", *(f"Exosomes of MSC {n} {'words ' * 700}" for n in range(3000)))
    code = (
        "import sys; from pathlib import Path; from secretome.evidence.baseline import filter_files\n"
        "(f,) = filter_files([Path(sys.argv[1])], Path(sys.argv[2]))\n"
        "print(f.kept, next(l for l in open('/proc/self/status') if l.startswith('VmHWM')).split()[1])"
    )
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc")
    source = str(Path(__file__).resolve().parents[2] / "src")
    done = subprocess.run(
        [sys.executable, "-c", code, str(path), str(tmp_path / "into")], env={"PYTHONPATH": source}, check=True, capture_output=True, text=True
    )  # fmt: skip
    kept, peak = done.stdout.split()
    print(f"peak {int(peak) / 1024:.0f} MiB")
    assert int(kept) == 3000
    assert int(peak) < 200 * 1024
