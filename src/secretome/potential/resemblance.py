"""The result `potential.resemblance`: which group does each donor's medium look like, and how often by chance."""

from __future__ import annotations

import csv
import zlib
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, UnreadableFile
from secretome.plan import PotentialOptions
from secretome.results import Answer, Cell, Method, Result

from .levels import Levels
from .medium import Medium
from .stacking import stacked
from .symbols import current

DONORS = ("assay", "material", "donor", "group", "most_like", "correlation", "own_correlation", "right")
ACCURACY = (
    "assay",
    "material",
    "donors",
    "groups",
    "right",
    "right_percent",
    "chance_percent",
    "chance_upper_percent",
    "p_value",
)
GIVEN = (
    "assay",
    "material",
    "group",
    "profile",
    "genes_shared",
    "correlation",
    "chance_correlation_95",
    "p_value",
)
SHUFFLES = 200
_FEWEST = 20
_NOTES = (
    "Each donor is taken out of the profiles of all groups before it is compared: a donor never resembles itself.",
    "Chance is what the same count gives when the groups of the donors are dealt out anew.",
    "Resemblance is of what was detected in this study: batches and depth of the runs resemble each other too.",
)


def result(media: tuple[Medium, ...], options: PotentialOptions, *, seed: int) -> Result | None:
    """Leave-one-donor-out resemblance to the groups, and to given profiles; None with nothing to compare.

    Raises
    ------
    UnreadableFile
        If a profile file is missing or no text.
    InvalidInput
        If it lacks a column.
    """
    donors, accuracy, given, said = [], [], [], []
    files = [_read(Path(name)) for name in options.profiles]
    for one in media:
        levels = one.donors
        if len(levels.groups) >= 2 and len(levels.units) >= 4:
            rows, line = _within(levels, seed, f"{one.profile.assay} {one.profile.material}")
            donors.append(rows.assign(**one.where))
            accuracy.append(line.assign(**one.where))
        for profiles, problems in files:
            given.append(_against(one, profiles, options.draws).assign(**one.where))
            said += problems
    if not donors and not given:
        return None
    tables = {
        "accuracy": stacked(accuracy, ACCURACY),
        "donors": stacked(donors, DONORS),
        "given_profiles": stacked(given, GIVEN),
    }
    first = tables["accuracy"].head(1)
    where = first[["assay", "material"]].iloc[0].to_dict() if len(first) else {}
    cells = {
        name: Cell("accuracy", name, where)
        for name in ("right", "donors", "right_percent", "chance_percent", "chance_upper_percent")
    }
    return Result(
        stage="potential",
        name="resemblance",
        question="Which group does each medium look like, when its donor is left out?",
        answer=Answer(
            "{right} of {donors} donors look most like their own group ({right_percent} %); dealing out the groups anew gives "
            "{chance_percent} % on average and up to {chance_upper_percent} % in 95 of 100 deals.",
            cells,
        )
        if where
        else Answer("The media were compared with the profiles that were given."),
        tables=tables,
        parameters={
            "shuffles": SHUFFLES,
            "measure": "Spearman correlation of percentiles of all detectable proteins",
        },
        notes=(*_NOTES, *dict.fromkeys(said)),
        methods=(
            Method(
                "Each donor's percentiles were correlated (Spearman) with the mean of every group without that donor; the "
                "chance level came from dealing out the groups of the donors anew."
            ),
        ),
    )


def _within(levels: Levels, seed: int, name: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    ranks = _standardised(levels.percentile)
    groups = np.array(levels.groups)
    codes = np.searchsorted(groups, levels.group)
    units = np.unique(levels.unit, return_inverse=True)[1]
    gram = ranks @ ranks.T
    correlation = _to_groups(gram, codes, units, len(groups))
    best = np.nanargmax(np.where(np.isfinite(correlation), correlation, -np.inf), axis=1)
    own = correlation[np.arange(len(codes)), codes]
    rows = pd.DataFrame(
        {
            "donor": levels.unit,
            "group": levels.group,
            "most_like": groups[best],
            "correlation": correlation[np.arange(len(codes)), best],
            "own_correlation": own,
            "right": np.where(best == codes, "yes", "no"),
        }
    )
    generator = np.random.default_rng([seed, zlib.crc32(f"{name} resemblance".encode())])
    shares = np.empty(SHUFFLES)
    for at in range(SHUFFLES):
        dealt = generator.permutation(codes)
        found = _to_groups(gram, dealt, units, len(groups))
        shares[at] = (np.where(np.isfinite(found), found, -np.inf).argmax(axis=1) == dealt).mean()
    right = int((best == codes).sum())
    line = pd.DataFrame(
        {
            "donors": [len(codes)],
            "groups": [len(groups)],
            "right": [right],
            "right_percent": [100 * right / len(codes)],
            "chance_percent": [100 * shares.mean()],
            "chance_upper_percent": [100 * float(np.quantile(shares, 0.95))],
            "p_value": [(1 + int((shares >= right / len(codes) - 1e-12).sum())) / (1 + SHUFFLES)],
        }
    )
    return rows, line


def _to_groups(
    gram: NDArray[np.float64], codes: NDArray[np.intp], units: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    """(c, groups) correlation of each row with the mean of each group without its own donor; NaN when empty.

    Parameters
    ----------
    gram
        (c, c) inner products of standardised rows.
    """
    apart = units[:, None] != units[None, :]
    found = np.full((len(codes), count), np.nan)
    for group in range(count):
        members = apart & (codes == group)[None, :]
        size = members.sum(axis=1)
        inner = (gram * members).sum(axis=1)
        chosen = members.astype(float)
        norm = np.sqrt(np.maximum(((chosen @ gram) * chosen).sum(axis=1), 0))
        some = (size > 0) & (norm > 0)
        found[some, group] = inner[some] / (norm[some] * np.sqrt(np.diag(gram)[some]))
    return found


def _standardised(values: NDArray[np.float64]) -> NDArray[np.float64]:
    centred = values - values.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    return np.where(scale > 0, centred / np.where(scale > 0, scale, 1.0), 0.0)


def _against(one: Medium, profiles: dict[str, dict[str, float]], draws: int) -> pd.DataFrame:
    """Correlation of each group with each given profile over shared genes, and with shuffled genes."""
    var = one.assay.matrix.var
    gene_of = dict(zip(var.index.astype(str), var["gene"].astype(str), strict=True)) if "gene" in var else {}
    genes = [gene_of.get(str(name), str(name)).upper() for name in one.samples.proteins]
    lines = []
    for name, profile in sorted(profiles.items()):
        rows = [row for row, gene in enumerate(genes) if gene in profile]
        if len(rows) < _FEWEST:
            continue
        theirs = pd.Series([profile[genes[row]] for row in rows]).rank().to_numpy()
        generator = np.random.default_rng(zlib.crc32(name.encode()))
        shuffled = _standardised(np.array([generator.permutation(theirs) for _ in range(draws)]))
        for group in one.donors.groups:
            ours = one.donors.percentile[one.donors.group == group].mean(axis=0)[rows]
            mine = _standardised(pd.Series(ours).rank().to_numpy()[None, :])[0]
            found = float(_standardised(theirs[None, :])[0] @ mine)
            chance = shuffled @ mine
            lines.append(
                {
                    "group": group,
                    "profile": name,
                    "genes_shared": len(rows),
                    "correlation": found,
                    "chance_correlation_95": float(np.quantile(chance, 0.95)),
                    "p_value": (1 + int((chance >= found).sum())) / (1 + draws),
                }
            )
    return pd.DataFrame(lines, columns=[name for name in GIVEN if name not in one.where])


def _read(path: Path) -> tuple[dict[str, dict[str, float]], list[str]]:
    """Profiles of a csv with profile, gene, percentile; lines without a number are named and left out."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UnreadableFile(
            f"{path} cannot be opened: {error.strerror}; check [potential] profiles"
        ) from error
    except UnicodeDecodeError as error:
        raise UnreadableFile(f"{path} is no UTF-8 text; save it again as UTF-8") from error
    reader = csv.DictReader(text.splitlines())
    wanted = ("profile", "gene", "percentile")
    if any(name not in (reader.fieldnames or []) for name in wanted):
        found = f"columns {', '.join(reader.fieldnames or []) or 'none'}"
        raise InvalidInput(
            [Problem(path.name, found, f"columns {', '.join(wanted)}", "Add the missing columns.")]
        )
    profiles: dict[str, dict[str, float]] = {}
    said = []
    for number, row in enumerate(reader, start=2):
        try:
            value = float(row["percentile"] or "")
        except ValueError:
            said.append(
                f"{path.name} line {number}: percentile {row['percentile']!r} is no number; left out."
            )
            continue
        for gene in current([row["gene"] or ""]).genes:
            profiles.setdefault(str(row["profile"]), {})[gene] = value
    return profiles, said
