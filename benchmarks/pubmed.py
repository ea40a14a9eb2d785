"""Full extraction of PubMed XML beside pubmed_parser, and name matching beside flashtext and spaCy, in one run.

The file is made of the real records of the shared samples, repeated with new numbers, so that sizes are real.
Rates are per second of processor time. pubmed_parser is asked for the same (`author_list=True`), once without references and once with.
"""

from __future__ import annotations

import gzip
import importlib.util
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

SAMPLES = Path(os.environ.get("SECRETOME_SHARED", "../shared")) / "data" / "evidence-samples"
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 and sys.argv[1].isdigit() else 4000
OURS = """
import sys, time
from pathlib import Path
from secretome.evidence.formats import read
start = time.process_time()
n = sum(1 for _ in read(Path(sys.argv[1]), references=sys.argv[2] == "yes"))
"""
PEER = """
import sys, time
import pubmed_parser
start = time.process_time()
n = sum(1 for _ in pubmed_parser.parse_medline_xml(sys.argv[1], author_list=True, reference_list=sys.argv[2] == "yes"))
"""
# The peak of this process image (VmHWM), not ru_maxrss: Linux hands that of the parent on to a child.
END = """
took = time.process_time() - start
peak = int(next(l for l in open("/proc/self/status") if l.startswith("VmHWM")).split()[1]) / 1024
print(n, n / took, peak)
"""


def articles(folder: Path) -> list[str]:
    found = []
    for path in sorted(folder.glob("*.xml")):
        found += re.findall(
            r"<PubmedArticle>.*?</PubmedArticle>", path.read_text(encoding="utf-8"), re.DOTALL
        )
    return found


def write(path: Path, chosen: list[str], count: int) -> int:
    """A gzip file of `count` records with numbers of their own; its size in bytes before packing."""
    size = 0
    with gzip.open(path, "wt", encoding="utf-8", compresslevel=3) as stream:
        stream.write('<?xml version="1.0" encoding="utf-8"?>\n<PubmedArticleSet>\n')
        for number in range(count):
            text = re.sub(
                r"(<PMID[^>]*>)\d+", rf"\g<1>{10_000_000 + number}", chosen[number % len(chosen)], count=1
            )
            size += len(text)
            stream.write(text + "\n")
        stream.write("</PubmedArticleSet>\n")
    return size


def measured(code: str, path: Path, references: str) -> tuple[int, float, float]:
    """Records, records a second and peak MiB, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code + END, str(path), references], capture_output=True, text=True, check=True
    )
    n, rate, peak = done.stdout.split()
    return int(n), float(rate), float(peak)


def parsing() -> None:
    all_articles = articles(SAMPLES / "pubmed_xml")
    small = [text for text in all_articles if len(text) < 10_000]
    has_peer = importlib.util.find_spec("pubmed_parser") is not None
    with tempfile.TemporaryDirectory() as folder:
        for name, chosen, count in (("small", small, 3 * COUNT), ("large", all_articles, COUNT)):
            path = Path(folder) / f"{name}.xml.gz"
            size = write(path, chosen, count)
            print(f"{name}: {count:,} records of {size / count / 1000:.1f} kB")
            for references in ("no", "yes"):
                rates = [measured(OURS, path, references) for _ in range(2)]
                n, rate, peak = max(rates, key=lambda r: r[1])
                line = f"  references {references:>3}: secretome {rate:8,.0f} records/s, peak {peak:4.0f} MiB, {n:,} records"
                if has_peer:
                    peers = [measured(PEER, path, references) for _ in range(2)]
                    m, other, memory = max(peers, key=lambda r: r[1])
                    line += f" | pubmed_parser {other:8,.0f} records/s, peak {memory:4.0f} MiB, {m:,} records | ratio {rate / other:.2f}"
                print(line)
    if not has_peer:
        print("pubmed_parser is not installed: pip install pubmed-parser")


def matching() -> None:
    from secretome.evidence import lexicon

    texts = [
        re.sub(r"^\d+\|[ta]\|", "", line)
        for line in (SAMPLES / "gold" / "BC5CDR_TestSet.PubTator.txt").read_text().splitlines()
        if "|a|" in line
    ]
    names = sorted(
        {spelled for t in [*lexicon._terms(), *lexicon._factors()] for spelled in lexicon.variants(t.name)}
    )
    ours = lexicon.standard()
    rate = _rate(ours.mentions, texts)
    print(
        f"matching {len(names):,} spellings in {len(texts)} abstracts: secretome {rate:,.0f} abstracts/s (guards included)"
    )
    if importlib.util.find_spec("flashtext"):
        from flashtext import KeywordProcessor

        peer = KeywordProcessor()
        for name in names:
            peer.add_keyword(name)
        other = _rate(peer.extract_keywords, texts)
        print(f"  flashtext {other:,.0f} abstracts/s | ratio {rate / other:.2f}")
    else:
        print("  flashtext is not installed")
    if importlib.util.find_spec("spacy"):
        import spacy
        from spacy.matcher import PhraseMatcher

        blank = spacy.blank("en")
        matcher = PhraseMatcher(blank.vocab, attr="LOWER")
        matcher.add("names", list(blank.tokenizer.pipe(names)))
        other = _rate(lambda text: matcher(blank.make_doc(text)), texts)
        print(f"  spaCy PhraseMatcher {other:,.0f} abstracts/s | ratio {rate / other:.2f}")
    else:
        print("  spaCy is not installed")


def _rate(work, texts: list[str]) -> float:
    best = float("inf")
    for _ in range(3):
        start = time.process_time()
        for text in texts:
            work(text)
        best = min(best, time.process_time() - start)
    return len(texts) / best


if __name__ == "__main__":
    parsing()
    matching()
    print(f"this process: peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
