"""PubMed XML written for tests: invented records, every trap on purpose."""

from __future__ import annotations

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE PubmedArticleSet PUBLIC '
    '"-//NLM//DTD PubMedArticle, 1st January 2025//EN" '
    '"https://dtd.nlm.nih.gov/ncbi/pubmed/out/pubmed_250101.dtd">\n<PubmedArticleSet>\n'
)
FOOT = "</PubmedArticleSet>\n"


def article(
    pmid: int,
    *,
    title: str = "Secretome of invented cells",
    abstract: str = "<AbstractText>Nothing was measured.</AbstractText>",
    version: int = 1,
    revised: str = "2024-05-06",
    doi: str = "",
    links: str = "",
    extra: str = "",
    year: str = "<Year>2020</Year>",
    types: str = "Journal Article",
) -> str:
    y, m, d = revised.split("-")
    ids = f'<ArticleId IdType="doi">{doi}</ArticleId>' if doi else ""
    return (
        f'<PubmedArticle><MedlineCitation Status="MEDLINE" Owner="NLM"><PMID Version="{version}">{pmid}</PMID>'
        f"<DateRevised><Year>{y}</Year><Month>{m}</Month><Day>{d}</Day></DateRevised>"
        f'<Article PubModel="Print"><Journal><JournalIssue CitedMedium="Print"><Volume>1</Volume>'
        f"<PubDate>{year}</PubDate></JournalIssue><Title>Journal of Tests</Title></Journal>"
        f"<ArticleTitle>{title}</ArticleTitle><Abstract>{abstract}</Abstract>"
        "<AuthorList><Author><LastName>Novak</LastName><ForeName>Eva</ForeName><Initials>E</Initials></Author>"
        f"</AuthorList><Language>eng</Language><PublicationTypeList><PublicationType>{types}</PublicationType>"
        f"</PublicationTypeList></Article>{links}{extra}</MedlineCitation>"
        f'<PubmedData><ArticleIdList><ArticleId IdType="pubmed">{pmid}</ArticleId>{ids}</ArticleIdList>'
        '<ReferenceList><Reference><Citation>Other A. 1999.</Citation><ArticleIdList><ArticleId IdType="pubmed">777'
        '</ArticleId><ArticleId IdType="doi">10.1000/other</ArticleId><ArticleId IdType="pmc">PMC777</ArticleId>'
        "</ArticleIdList></Reference></ReferenceList></PubmedData></PubmedArticle>\n"
    )


def document(*articles: str, tail: str = FOOT) -> bytes:
    return (HEAD + "".join(articles) + tail).encode()
