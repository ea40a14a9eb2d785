"""A Dossier as a folder that a colleague can open, read and trust.

`publish` writes data, page, figures, methods text, references and RO-Crate in one swap; `rebuild` writes
them again from a folder; `recover` finishes a swap that was cut short; `export` writes the measurements
for other programs.
"""

from secretome.report.exports import Exported, export
from secretome.report.folder import check_target, publish, rebuild, recover

__all__ = ["Exported", "check_target", "export", "publish", "rebuild", "recover"]
