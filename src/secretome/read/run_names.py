"""Names of runs: a path of any system becomes a name, and the sample sheet decides between forms."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

# of raw files and of what converters append; a dot that belongs to a sample's name stays
_ENDINGS = re.compile(
    r"\.(raw|d|wiff2?|scan|mzml|mzxml|mgf|apl|dia|quant|gz|htrms|tdf|lcd|uimf|sqlite|osw|lhr)$", re.IGNORECASE
)


def run_name(text: str) -> str:
    r"""A run without folders and endings.

    Examples
    --------
    >>> run_name(r"D:\\Raw\\PXD010529\\KL_Try_001_a.mzML.dia")
    'KL_Try_001_a'
    >>> run_name("donor1.day3.raw")
    'donor1.day3'
    """
    name = _base(text)
    while _ENDINGS.search(name):
        name = _ENDINGS.sub("", name)
    return name


def resolve_runs(texts: Sequence[str], samples: Sequence[str]) -> dict[str, str]:
    """Each run as the file writes it to the name it goes by.

    Parameters
    ----------
    texts
        Runs as written, each once.
    samples
        Names of the sample sheet, which may be whole paths, file names or names without ending.

    Returns
    -------
    Text to name, in the same order; names are unique, longer where short ones would collide.
    """
    known = set(samples)
    named = {
        text: next((form for form in (text, _base(text)) if form in known), run_name(text)) for text in texts
    }
    for longer in (_base, str):
        times = Counter(named.values())
        named = {text: name if times[name] == 1 else longer(text) for text, name in named.items()}
    return named


def _base(text: str) -> str:
    return re.split(r"[/\\]", text.strip().rstrip("/\\"))[-1]
