"""remote: the only code that touches a network; nothing here runs unless somebody asked for it."""

from .cache import Reply, cache_folder
from .http import Client, Policy, download, fetch

__all__ = ["Client", "Policy", "Reply", "cache_folder", "download", "fetch"]
