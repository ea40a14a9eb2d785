"""remote/http.py is the only file of the package that opens a connection."""

from __future__ import annotations

import ast
from pathlib import Path

import secretome

_NETWORK = {
    "socket",
    "ssl",
    "urllib.request",
    "http.client",
    "ftplib",
    "requests",
    "httpx",
    "aiohttp",
    "urllib3",
}


def _imports(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def test_no_other_file_opens_a_connection():
    root = Path(secretome.__file__).parent
    opening = {path.relative_to(root).as_posix() for path in root.rglob("*.py") if _imports(path) & _NETWORK}
    assert opening == {"remote/http.py"}
