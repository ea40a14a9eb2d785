"""The result `potential.functional`: scores side by side with what was measured, donor by donor."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import spearmanr

from secretome.errors import InvalidPlan, MissingColumn, Problem, near_misses
from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method, Result
from secretome.study import Study

from .evidence import Evidence
from .medium import Medium
from .scores import donor_table
from .stacking import stacked
from .weights import COUNTED

DONORS = ("assay", "material", "column", "process", "direction", "donor", "group", "score", "measured")
AGREEMENT = (
    "assay",
    "material",
    "column",
    "process",
    "direction",
    "donors",
    "rank_correlation",
    "lower",
    "upper",
    "p_value",
)
_FEWEST = 5


def result(
    study: Study, media: tuple[Medium, ...], known: Evidence, options: PotentialOptions
) -> Result | None:
    """Measured read-outs beside the scores of their process; None when none is named.

    Raises
    ------
    InvalidPlan
        If an entry of `functional` is no `column = process`, or names an unknown process.
    MissingColumn
        If the column is not in the sample table.
    """
    if not options.functional:
        return None
    pairs = _pairs(options, known, study)
    donors = stacked(
        [_donors(one, study, column, process) for one in media for column, process in pairs], DONORS
    )
    keys = ["assay", "material", "column", "process", "direction"]
    agreement = stacked(
        [
            _agreement(dict(zip(keys, key, strict=True)), rows)
            for key, rows in donors.groupby(keys, sort=True)
        ],
        AGREEMENT,
    )
    summary = pd.DataFrame(
        {"readouts": [len(pairs)], "donors": [int(donors["donor"].nunique())], "compared": [len(agreement)]}
    )
    return Result(
        stage="potential",
        name="functional",
        question="Do the scores go with what was measured functionally?",
        answer=Answer(
            "{readouts} functional read-outs of {donors} donors stand beside the scores of their process. A correlation over "
            "so few donors is wide: read its interval.",
            {name: Cell("summary", name) for name in ("readouts", "donors")},
        ),
        tables={"summary": summary, "agreement": agreement, "donors": donors},
        parameters={"functional": list(options.functional), "fewest_donors": _FEWEST},
        notes=(
            "Measured and scored on the same donors; a score that goes with a read-out is a surrogate to be tested on new donors.",
            "For and against stand apart here too: evidence against should go with a lower read-out.",
        ),
        methods=(
            Method(
                "Scores and read-outs were compared on donors by Spearman's correlation with the interval of Bonett and Wright.",
                ("10.1007/BF02294183",),
            ),
        ),
    )


def _pairs(options: PotentialOptions, known: Evidence, study: Study) -> list[tuple[str, str]]:
    processes = sorted(set(known.subjects["process"]))
    pairs, problems = [], []
    for entry in options.functional:
        column, _, process = (part.strip() for part in entry.partition("="))
        if process not in processes:
            action = f"Write column = process{near_misses(process, processes)}"
            found = f"[potential] functional holds {entry!r}"
            problems.append(Problem("study.toml", found, "column = process", action))
        elif column not in study.samples:
            raise MissingColumn(
                column, study.samples.columns, where="the sample table ([potential] functional)"
            )
        else:
            pairs.append((column, process))
    if problems:
        raise InvalidPlan(problems)
    return pairs


def _donors(one: Medium, study: Study, column: str, process: str) -> pd.DataFrame:
    """Score and mean read-out of each donor in each group; without a number there is no row."""
    values = pd.to_numeric(study.samples[column], errors="coerce")
    values.index = values.index.astype(str)
    mine = pd.DataFrame(
        {
            "donor": one.profile.unit,
            "group": one.profile.group,
            "measured": values.loc[list(one.profile.samples)].to_numpy(float),
        }
    )
    measured = mine.dropna().groupby(["donor", "group"], as_index=False)["measured"].mean()
    scores = donor_table(one.donors, one.weights[COUNTED])
    scores = scores[(scores["process"] == process) & scores["score"].notna()]
    return scores.merge(measured, on=["donor", "group"]).assign(column=column, **one.where)


def _agreement(key: dict[str, object], rows: pd.DataFrame) -> pd.DataFrame:
    """Spearman's correlation over donors, a donor of several groups once."""
    means = rows.groupby("donor")[["score", "measured"]].mean()
    line: dict[str, object] = {**key, "donors": len(means)}
    varies = (means.max() > means.min()).all()
    if len(means) >= _FEWEST and varies:
        found = spearmanr(means["score"], means["measured"])
        r = float(found.statistic)
        error = np.sqrt((1 + r**2 / 2) / (len(means) - 3))
        z = np.arctanh(np.clip(r, -0.999999, 0.999999))
        half = float(ndtri(0.975)) * error
        line |= {
            "rank_correlation": r,
            "lower": float(np.tanh(z - half)),
            "upper": float(np.tanh(z + half)),
            "p_value": float(found.pvalue),
        }
    return pd.DataFrame([line])
