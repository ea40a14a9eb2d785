"""What can be said of it as a product: a draft, with its heading and an empty signature block."""

from __future__ import annotations

from secretome.report.blocks import Block, Facts, Section, Text
from secretome.report.finding import Contents, finding
from secretome.report.sections import title

HEADING = "Draft test summary: not a certificate of analysis, not a release decision"
SIGNATURE = (("Prepared by", ""), ("Reviewed by", ""), ("Date", ""))


def build(contents: Contents) -> Section | None:
    """The heading that every such page bears, the results, and a signature block that stays empty."""
    if not contents.results:
        return None
    blocks: list[Block] = [Text(HEADING, kind="hint")]
    blocks += [finding(result) for result in contents.results]
    blocks.append(Facts(SIGNATURE, title="Signature (empty: nobody has signed this draft)"))
    return Section(title("qualify"), "qualify", tuple(blocks))
