"""Where this user's downloads are kept."""

from __future__ import annotations

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """The folder of this user where downloads are kept; it need not exist yet.

    `SECRETOME_CACHE` first, then the rule of the platform: `XDG_CACHE_HOME` or `~/.cache`,
    `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows.

    Examples
    --------
    >>> cache_folder().name
    'secretome'
    """
    chosen = os.environ.get("SECRETOME_CACHE")
    if chosen:
        return Path(chosen)
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        given = os.environ.get("XDG_CACHE_HOME", "")
        # the XDG rule: a relative path there is to be ignored
        base = Path(given) if given.startswith("/") else Path.home() / ".cache"
    return base / "secretome"
