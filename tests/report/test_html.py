"""The page: safe, whole, small and the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import sys
from dataclasses import replace
from html.parser import HTMLParser
from importlib.resources import files
from itertools import pairwise
from types import ModuleType

import pandas as pd
import pytest

from secretome.dossier import Dossier
from secretome.report import figures
from secretome.report.blocks import Figure, Finding, Table, Text, Verdicts, figures_of
from secretome.report.finding import finding
from secretome.report.html import embedded_json, page_spec, render
from secretome.report.sections import sections
from secretome.report.sections.samples import _tables
from secretome.results import Answer, Result


class Page(HTMLParser):
    """Elements and texts of a page, as a browser without scripts would see them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[str] = []
        self.data: list[str] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self._inside: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        self.elements.append((tag, named))
        if tag == "script":
            self._inside = self.data if named.get("type") == "application/json" else self.scripts
            self._inside.append("")
        if tag == "style":
            self._inside = self.styles
            self._inside.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._inside = None

    def handle_data(self, data: str) -> None:
        if self._inside is None:
            self.text.append(data)
        else:
            self._inside[-1] += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def html(dossier: Dossier) -> str:
    return render(dossier, sections(dossier))


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def _policy(page: Page) -> dict[str, str]:
    (meta,) = [m for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    parts = (part.strip().partition(" ") for part in meta["content"].split(";"))
    return {name: value for name, _, value in parts}


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@pytest.mark.figures
def test_the_policy_allows_exactly_the_scripts_and_the_style_of_the_page(page: Page) -> None:
    policy = _policy(page)
    assert policy["script-src"].split() == [_hash(script) for script in page.scripts]
    assert policy["style-src"].split() == [_hash(style) for style in page.styles]
    assert len(page.scripts) == 4
    assert len(page.styles) == 1


def test_the_policy_allows_nothing_else(page: Page) -> None:
    policy = _policy(page)
    assert policy["default-src"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert "unsafe" not in json.dumps(policy)


def test_the_policy_comes_before_whatever_it_governs(html: str) -> None:
    assert html.index("Content-Security-Policy") < html.index("<style") < html.index("<script")


def test_no_element_carries_style_handlers_or_foreign_addresses(page: Page) -> None:
    for tag, attributes in page.elements:
        assert "style" not in attributes, tag
        assert not [name for name in attributes if name.startswith("on")], tag
        assert "src" not in attributes, tag
        href = attributes.get("href", "")
        assert re.match(r"#|tables/|figures/|https://doi\.org/|[\w-]+\.\w+$|$", href), href


@pytest.mark.figures
def test_hostile_names_stay_text(page: Page, html: str, example: ModuleType) -> None:
    assert example.HOSTILE in page.text
    assert example.TITLE in page.text
    assert "alert(1)</script>" not in html
    assert not any("alert(1)" in script for script in page.scripts)
    # The data blocks still hold the name, for the tooltip, as data.
    specs = [json.loads(text) for text in page.data]
    assert any(example.HOSTILE in json.dumps(spec, ensure_ascii=False) for spec in specs)


def test_embedded_data_cannot_leave_its_element() -> None:
    text = embedded_json({"a": "</script><!--<script>&\u2028"})
    assert not set("<>&\u2028") & set(text)
    assert json.loads(text) == {"a": "</script><!--<script>&\u2028"}


def test_the_same_dossier_gives_the_same_bytes(example: ModuleType, html: str) -> None:
    again = example.dossier()
    assert render(again, sections(again)) == html


def test_sections_stand_in_the_order_of_the_pipeline(dossier: Dossier) -> None:
    assert [section.anchor for section in sections(dossier)] == [
        "verdict",
        "product",
        "samples",
        "define",
        "vary",
        "potential",
        "simulate",
        "methods",
        "provenance",
    ]


def test_every_result_is_shown_once_with_question_answer_and_doubts(dossier: Dossier, page: Page) -> None:
    shown = [
        block.anchor
        for section in sections(dossier)
        for block in section.blocks
        if isinstance(block, Finding)
    ]
    assert sorted(shown) == sorted(result.key.replace(".", "-") for result in dossier.results)
    text = " ".join(page.text)
    for result in dossier.results:
        for words in (result.question, result.sentence(), *result.notes, *result.lacks):
            assert words in text


def test_every_table_is_linked_or_shown(dossier: Dossier, page: Page) -> None:
    links = {attributes.get("href") for attributes in page.all("a")}
    for result in dossier.results:
        for name in result.tables:
            assert f"tables/{result.key}.{name}.csv" in links


def test_a_stage_that_this_version_does_not_know_gets_a_section(dossier: Dossier) -> None:
    later = Result("clairvoyance", "tea", "What do the leaves say?", Answer("Nothing.", {}))
    known = Result("qualify", "purity", "Is it pure?", Answer("Not tested.", {}), verdict="not tested")
    more = replace(dossier, results=(*dossier.results, later, known))
    anchors = [section.anchor for section in sections(more)]
    assert anchors.index("potential") < anchors.index("qualify") < anchors.index("methods")
    assert anchors.index("qualify") < anchors.index("clairvoyance") < anchors.index("simulate")


def test_a_dossier_without_results_is_still_a_page(dossier: Dossier) -> None:
    bare = replace(dossier, results=())
    anchors = [section.anchor for section in sections(bare)]
    assert anchors == ["verdict", "methods", "provenance"]
    assert len(Page(render(bare, sections(bare))).scripts) == 1


def test_headings_never_skip_a_level(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))


def test_ids_are_unique_and_anchors_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    inner = {a["href"][1:] for a in page.all("a") if a.get("href", "").startswith("#")}
    assert inner <= set(ids)


def test_tables_have_captions_and_scrolling_is_reached_by_keyboard(page: Page) -> None:
    assert len(page.all("table")) == len(page.all("caption")) > 10
    regions = [attributes for attributes in page.all("div") if attributes.get("class") == "scroll"]
    assert all(region["tabindex"] == "0" and region["aria-label"] for region in regions)


@pytest.mark.figures
def test_every_figure_has_words_a_table_and_files(dossier: Dossier, page: Page) -> None:
    drawn = [figure for section in sections(dossier) for figure in figures_of(section.blocks)]
    assert len(drawn) == 6
    links = {attributes.get("href") for attributes in page.all("a")}
    for figure in drawn:
        assert figure.alt.endswith(".")
        assert figure.spec["description"] == figure.alt
        assert {figure.table, f"figures/{figure.key}.svg", f"figures/{figure.key}.vl.json"} <= links
    labelled = [a["aria-label"] for a in page.all("div") if a.get("class") == "drawing"]
    assert labelled == [figure.alt for figure in drawn]


def test_a_page_without_scripts_says_where_the_figures_are(html: str) -> None:
    assert "works without JavaScript" in html[html.index("<noscript>") : html.index("</noscript>")]


def test_simulated_data_are_marked_across_the_page(example: ModuleType, page: Page) -> None:
    assert {"class": "simulated"} in page.all("body")
    assert any(p.get("class") == "stripe" for p in page.all("p"))
    real = example.dossier(80, simulated=False)
    assert "SIMULATED" not in " ".join(Page(render(real, sections(real))).text)


@pytest.mark.figures
def test_a_large_study_stays_under_five_megabytes(example: ModuleType) -> None:
    large = example.dossier(3_000)
    contrasts = large.result("vary.contrasts")
    copies = [f"contrast {i}" for i in range(20)]
    rows = contrasts.tables["contrasts"].iloc[[0]]
    effects = contrasts.tables["effects"]
    effects = effects[effects["contrast"] == "WJ_vs_adipose"]
    tables = {
        "contrasts": pd.concat([rows, *(rows.assign(contrast=name) for name in copies)], ignore_index=True),
        "effects": pd.concat(
            [effects, *(effects.assign(contrast=name) for name in copies)], ignore_index=True
        ),
    }
    results = tuple(replace(contrasts, tables=tables) if r is contrasts else r for r in large.results)
    text = render(large, sections(replace(large, results=results)))
    assert len(text.encode()) < 5_000_000
    assert "no room left for the data of this figure" in text


def test_large_tables_are_cut_and_the_whole_is_linked(example: ModuleType) -> None:
    text = render(example.dossier(600), sections(example.dossier(600)))
    assert "20 of 1,800 rows are shown." in text


def test_one_donor_is_told_to_be_one_donor(dossier: Dossier) -> None:
    study = replace(dossier.study, samples=dossier.study.samples.assign(donor="D1"))
    one = replace(dossier, study=study)
    assert "this describes this donor, not donors" in render(one, sections(one))


def test_words_that_claim_too_much_are_absent(page: Page) -> None:
    text = " ".join(page.text).lower()
    assert "net score" not in text
    assert "stem cell" not in text.replace("stem cell res ther", "")
    assert "efficacy" not in text.replace("no statement of efficacy", "")
    assert "may be released" not in text
    assert " safe" not in text


@pytest.mark.figures
@pytest.mark.parametrize("absent", ["altair", "vl_convert"])
def test_a_missing_extra_is_told_and_stops_nothing(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch, absent: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from secretome import report

    monkeypatch.setitem(sys.modules, absent, None)
    folder = report.publish(dossier, tmp_path_factory.mktemp("missing") / "study")
    text = " ".join(Page((folder / "index.html").read_text()).text)
    extra = "figures" if absent == "altair" else "static"
    assert f"pip install 'secretome[{extra}]'" in text
    assert not list((folder / "figures").glob("*.svg"))


def test_a_page_without_figures_carries_no_drawing_library(
    dossier: Dossier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    assert len(render(dossier, sections(dossier)).encode()) < 150_000


@pytest.mark.figures
def test_data_travel_by_column(dossier: Dossier) -> None:
    figure = figures.volcano(dossier.result("vary.contrasts"), "WJ_vs_adipose")
    assert isinstance(figure, Figure)
    packed = page_spec(figure)["data"]
    assert isinstance(packed, dict)
    assert len(packed["rows"]["rows"]) == 297
    assert len(packed["rows"]["columns"]) == len(packed["rows"]["rows"][0])


def test_vendored_scripts_are_those_of_the_list() -> None:
    static = files("secretome.report") / "static"
    listed = re.findall(
        r"\| ([\w.-]+\.js) \| [\w-]+ \| [\d.]+ \| (\w{64}) \|", (static / "VENDORED.md").read_text()
    )
    assert len(listed) == 3
    for name, digest in listed:
        assert hashlib.sha256((static / name).read_bytes()).hexdigest() == digest


def test_the_box_sorts_what_to_doubt_before_what_was_answered(dossier: Dossier) -> None:
    judged = {"warn": "a", "not tested": "b", "cannot be judged": "c", "fail": "d", "pass": "e"}
    results = tuple(
        Result(stage="vary", name=name, question=f"{name}?", answer=Answer("x"), verdict=verdict)
        for verdict, name in judged.items()
    )
    box = sections(replace(dossier, results=results))[0]
    groups = [block for block in box.blocks if isinstance(block, Verdicts)]
    assert [[line.verdict for line in group.lines] for group in groups] == [
        ["fail", "warn"],
        ["cannot be judged", "not tested"],
        ["pass"],
    ]
    assert all(group.title for group in groups)
    legend = " ".join(block.text for block in box.blocks if isinstance(block, Text))
    assert "no judgement of the medium" in legend


def test_of_many_samples_those_in_doubt_stand_open_and_all_are_listed(dossier: Dossier) -> None:
    verdicts = ["pass"] * 30 + ["fail", "warn"]
    rows = pd.DataFrame({"sample": [f"s{i}" for i in range(32)], "verdict": verdicts, "reason": "r"})
    quality = next(r for r in dossier.results if r.key == "define.quality")
    shown = _tables(quality, rows)
    assert [(len(table.rows), table.folded) for table in shown] == [(2, False), (32, True)]
    assert [len(t.rows) for t in _tables(quality, rows.head(4))] == [4]
    assert [t.folded for t in _tables(quality, rows.head(30))] == [True]


def test_a_table_that_repeats_the_answer_and_an_empty_one_are_folded() -> None:
    tables = {name: pd.DataFrame({"n": [1]}) for name in ("summary", "levels")}
    tables["none"] = pd.DataFrame({"n": []})
    blocks = finding(Result(stage="vary", name="x", question="?", answer=Answer("x"), tables=tables)).blocks
    folded = {block.caption: block.folded for block in blocks if isinstance(block, Table)}
    assert folded == {"Numbers of the answer": True, "Levels": False, "None": True}
