"""Gene symbols as people write them: aliases, outdated ones, doubles and strangers, each named."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache

from secretome import knowledge


@dataclass(frozen=True)
class Symbols:
    """Symbols after reading.

    Parameters
    ----------
    genes
        Current symbols, each once, in the order given.
    renamed
        As written to the current symbol.
    doubled
        Symbols that stood there more than once.
    unknown
        Symbols that are none of those looked for.
    """

    genes: tuple[str, ...]
    renamed: Mapping[str, str] = field(default_factory=dict)
    doubled: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    def sentences(self, where: str) -> list[str]:
        """What a reader must know of them."""
        said = []
        if self.renamed:
            pairs = ", ".join(f"{old} read as {new}" for old, new in list(self.renamed.items())[:12])
            said.append(f"{where}: aliases or outdated symbols: {pairs}{_more(len(self.renamed))}.")
        if self.doubled:
            said.append(f"{where}: given more than once, used once: {_some(self.doubled)}.")
        if self.unknown:
            said.append(f"{where}: not known here, left out: {_some(self.unknown)}.")
        return said


def current(names: Iterable[str], *, known: Iterable[str] | None = None) -> Symbols:
    """The current symbols of genes as written.

    Parameters
    ----------
    names
        As written.
    known
        Symbols that are looked for; None takes every name.

    Examples
    --------
    >>> found = current(["IL8", "VEGFA", "VEGFA", "XYZ1"], known=["CXCL8", "VEGFA"])
    >>> found.genes, dict(found.renamed), found.doubled, found.unknown
    (('CXCL8', 'VEGFA'), {'IL8': 'CXCL8'}, ('VEGFA',), ('XYZ1',))
    """
    look = None if known is None else {name.upper() for name in known}
    aliases = renames()
    genes: dict[str, None] = {}
    renamed: dict[str, str] = {}
    unknown: dict[str, None] = {}
    counts: Counter[str] = Counter()
    for written in names:
        name = written.strip().upper()
        if not name:
            continue
        gene = name if look is not None and name in look else aliases.get(_bare(name), name)
        if gene != name:
            renamed[written.strip()] = gene
        if look is not None and gene not in look:
            unknown[written.strip()] = None
            continue
        counts[gene] += 1
        genes[gene] = None
    doubled = tuple(gene for gene, count in counts.items() if count > 1)
    return Symbols(tuple(genes), renamed, doubled, tuple(unknown))


@cache
def renames() -> dict[str, str]:
    """Other names of genes, in small letters without signs, to their current symbol.

    Names of factors, and the earlier symbols of `gene_renames` where that table is there.
    """
    table = knowledge.table("factor_names").frame
    own = set(table["hgnc"])
    found: dict[str, set[str]] = {}
    for name, gene in zip(table["name"], table["hgnc"], strict=True):
        found.setdefault(_bare(name), set()).add(gene)
    if "gene_renames" in knowledge.names():
        renamed = knowledge.table("gene_renames").frame
        for name, gene in zip(renamed["earlier"], renamed["gene"], strict=True):
            found.setdefault(_bare(name), set()).add(gene)
    # a name of two genes tells neither; a symbol is itself before it is the name of another
    symbols = {_bare(gene): gene for gene in own}
    return {name: next(iter(genes)) for name, genes in found.items() if len(genes) == 1} | symbols


def _bare(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())


def _some(names: Iterable[str], shown: int = 12) -> str:
    listed = list(names)
    return ", ".join(listed[:shown]) + _more(len(listed), shown)


def _more(count: int, shown: int = 12) -> str:
    return f" … and {count - shown} more" if count > shown else ""
