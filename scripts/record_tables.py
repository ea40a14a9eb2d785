#!/usr/bin/env python
"""tables.toml told the sha256 and the rows of the knowledge tables that were edited; `--check` only says."""

from __future__ import annotations

import re
import sys

from secretome.knowledge import describe, fingerprint
from secretome.knowledge.load import TABLES


def main(names: list[str], *, check: bool) -> int:
    page = TABLES / "tables.toml"
    text = page.read_text(encoding="utf-8")
    stale = []
    for name in names:
        known = describe(name)
        sha256, rows = fingerprint(TABLES / f"{name}.tsv")
        if (sha256, rows) == (known.sha256, known.rows):
            continue
        stale.append(f"{name}: {known.rows} rows before, {rows} now")
        start = text.index(f"[{name}]\n")
        block = re.sub(r'sha256 = "[0-9a-f]*"', f'sha256 = "{sha256}"', text[start:], count=1)
        text = text[:start] + re.sub(r"rows = \d+", f"rows = {rows}", block, count=1)
    if not check:
        page.write_text(text, encoding="utf-8", newline="\n")
    print("\n".join(stale) if stale else "every table is as recorded")
    return int(check and bool(stale))


if __name__ == "__main__":
    given = [argument for argument in sys.argv[1:] if argument != "--check"]
    from secretome.knowledge import names as all_names

    raise SystemExit(main(given or list(all_names()), check="--check" in sys.argv))
