"""The six-niche data for `secretome demo --real`: from a folder, or brought from their repository."""

from __future__ import annotations

import sys
from pathlib import Path

import click

# the repository holds the table plain; a copy may be gzipped
_TABLE = "combined_protein_secr_fragpipe.tsv"
_SHEET = "fact_secr.xlsx"


def bring(*, yes: bool) -> Path:
    """The folder of the data, fetched after source and terms were shown and agreed to.

    Raises
    ------
    click.UsageError
        In a pipe without `--yes`: nobody could have agreed.
    Unreachable
        Offline, or the repository does not answer (exit 3).
    """
    from secretome.errors import Unreachable
    from secretome.remote import datasets

    from . import show

    data = datasets.SIX_NICHES
    click.echo(data.announcement(), err=True)
    if not datasets.missing(data):
        click.echo(f"All files are here already: {datasets.folder_of(data)}", err=True)
        return datasets.folder_of(data)
    if not yes:
        _ask(data.source)
    try:
        with show.progress(None) as tell:
            return datasets.bring(data, progress=tell)
    except Unreachable as error:
        raise Unreachable(
            f"{error}. Or bring the files yourself and name their folder: --real --from FOLDER"
        ) from error


def plan_text(folder: Path) -> str:
    """study.toml of the six-niche data in a folder.

    Raises
    ------
    UnreadableFile
        If the folder lacks one of the files.
    """
    from secretome.errors import UnreadableFile

    table = next((name for name in (_TABLE, f"{_TABLE}.gz") if (folder / name).is_file()), None)
    lacking = [name for name, there in ((_TABLE, table), (_SHEET, (folder / _SHEET).is_file())) if not there]
    if lacking or table is None:
        raise UnreadableFile(f"{folder} lacks {', '.join(lacking)} of the six-niche data")
    return SIX_NICHES.replace("FOLDER", folder.resolve().as_posix()).replace("TABLE", table)


def _ask(source: str) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError(f"--real fetches files from {source}; in a pipe, agree with --yes")
    click.confirm("Fetch these files?", abort=True, err=True)


# Lobov et al.: osteogenic differentiation of human mesenchymal cells; the repository has no licence
# file, so nothing of it is redistributed here. Donor labels 12 and 31 belong to several people.
SIX_NICHES = """\
[study]
title = "Six mesenchymal niches"
organism = "human"
seed = 1

[samples]
file = "FOLDER/fact_secr.xlsx"
id = "Sample"
donor_of = ["origin", "donor"]   # 12 and 31 are labels of several tissues; DPSC and PDLSC share donors

  [samples.rename]
  Cell_type = "tissue"
  Differentiation = "condition"
  Donor = "donor"
  Cluster = "origin"

  [samples.set]
  material = "conditioned_medium"
  load = "unknown"

[[assay]]
name = "proteome"
kind = "proteome"
file = "FOLDER/TABLE"
quantity = "MaxLFQ Intensity"

[design]
unit = "donor"
formula = "~ 0 + tissue + condition"
random = ["donor"]

  [design.contrasts]
  wj_vs_adipose = "tissue[WJ-MSCs] - tissue[ADSCs]"
  dpsc_vs_pdlsc = "tissue[DPSCs] - tissue[PDLSCs]"
  dpsc_vs_adipose = "tissue[DPSCs] - tissue[ADSCs]"
  differentiation = "condition[dif] - condition[control]"
"""
