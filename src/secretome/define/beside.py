"""What was measured beside the proteome: immunoassays, amounts, particles, miRNA, and how platforms agree."""

from __future__ import annotations

import pandas as pd

from secretome.results import Result
from secretome.study import AMOUNTS, Study

from . import amounts, concordance, immunoassay, mirna, particles

_GROUPING = ("tissue", "condition")


def measured_beside(study: Study) -> tuple[Study, tuple[Result, ...]]:
    """The study with its assay `amounts`, and a result for each kind of measurement that it has.

    Parameters
    ----------
    study
        With panels, particles or miRNA as `read` made them.

    Returns
    -------
    The study, and of `define.immunoassay`, `define.amounts`, `define.concordance`, `define.particles` and
    `define.mirna` those for which there are data.
    """
    study, results = _panels(study)
    found: list[Result] = list(results)
    counted = study.select(kind="particles")
    tables = [particles.counts(assay, study) for assay in counted]
    tables = [table for table in tables if len(table)]
    if tables:
        found.append(particles.result(list(counted), tables, study))
    rna = study.select(kind="mirna")
    seen = [mirna.measured(assay, pd.concat(tables) if tables else None) for assay in rna]
    seen = [table for table in seen if len(table)]
    if seen:
        found.append(mirna.result(list(rna), seen))
    return study, tuple(found)


def _panels(study: Study) -> tuple[Study, list[Result]]:
    assays = [assay for assay in study.select(kind="panel") if assay.name != AMOUNTS and assay.data is None]
    if not assays:
        return study, []
    panels = [immunoassay.judge(assay, study) for assay in assays]
    grouped_by = [name for name in _GROUPING if name in study.samples]
    values = pd.concat([one.values for one in panels], ignore_index=True)
    parallel = {(one.assay.name, name): told for one in panels for name, told in one.parallel.items()}
    chosen = concordance.preferred(values, parallel)
    agreed = concordance.agreement(concordance.platforms(values, study), study)
    results = [immunoassay.result(panels, study, grouped_by)]
    made = amounts.amounts_of(values, study)
    if len(made):
        study = study.with_assay(amounts.assay_of(made, chosen))
        study = study.with_step(
            "define.amounts", "concentrations in the medium, of the preferred platform each"
        )
        results.append(amounts.result(made, study))
    results.append(concordance.result(chosen, agreed))
    return study, results
