"""remote: the only code that touches a network; nothing here runs unless somebody asked for it."""

from secretome.folders import cache_folder

from .cache import Reply
from .http import Client, Policy, download, fetch

__all__ = ["Client", "Policy", "Reply", "cache_folder", "download", "fetch"]
