"""Which samples look alike: principal coordinates and distances within and between groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.results import Answer, Cell, Method, Result

from ._proteome import Proteome
from .picture import Pictured, without_batch

# A protein counts when at least this share of the measurements has a value of it.
PRESENT_SHARE = 0.5


def distance_matrix(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Euclidean distance between samples, scaled up for the values that one of the two lacks.

    Parameters
    ----------
    values
        (m, n) samples by proteins, NaN where there is no value.

    Returns
    -------
    (m, m); the sum of squares over the n_ij shared proteins times n / n_ij, square-rooted; NaN
    where two samples share no protein.

    Notes
    -----
    The rule for missing values of `dist` in R, to 1e-9.

    Examples
    --------
    >>> distance_matrix(np.array([[0.0, 0.0], [3.0, 4.0], [3.0, np.nan]])).round(3)
    array([[0.   , 5.   , 4.243],
           [5.   , 0.   , 0.   ],
           [4.243, 0.   , 0.   ]])
    """
    squares, shared = _squares(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(squares * (values.shape[1] / shared)))


def distance_per_protein(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Root mean square difference between samples over the proteins that both have.

    Parameters
    ----------
    values
        (m, n) samples by proteins, log2.

    Returns
    -------
    (m, m) in log2 units, free of the number of proteins; NaN where two samples share no protein.

    Examples
    --------
    >>> distance_per_protein(np.array([[0.0, 1.0, 5.0], [1.0, 2.0, np.nan]])).round(3)
    array([[0., 1.],
           [1., 0.]])
    """
    squares, shared = _squares(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.sqrt(squares / shared))


def within_between(distances: NDArray[np.float64], labels: Sequence[str]) -> tuple[float, float]:
    """Mean distance between samples of one level, and between samples of different levels.

    Parameters
    ----------
    distances
        (m, m); pairs without a distance are left out.
    labels
        (m,) level of each sample; an empty label leaves the sample out.

    Returns
    -------
    Within, between; NaN where there is no such pair.

    Examples
    --------
    >>> within_between(np.array([[0.0, 1.0, 4.0], [1.0, 0.0, 6.0], [4.0, 6.0, 0.0]]), ["a", "a", "b"])
    (1.0, 5.0)
    """
    names = np.asarray(labels, dtype=str)
    first, second = np.triu_indices(len(names), 1)
    pairs = distances[first, second]
    usable = np.isfinite(pairs) & (names[first] != "") & (names[second] != "")
    same = names[first] == names[second]
    within, between = pairs[usable & same], pairs[usable & ~same]
    return tuple(float(part.mean()) if part.size else np.nan for part in (within, between))  # type: ignore[return-value]


def principal_coordinates(
    distances: NDArray[np.float64], *, axes: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Coordinates of samples whose straight-line distances come closest to those given.

    Parameters
    ----------
    distances
        (m, m); a sample that has no distance to some other gets NaN.
    axes
        How many coordinates.

    Returns
    -------
    Coordinates (m, axes) and the percent (axes,) of the positive eigenvalues that each explains.

    Notes
    -----
    Without gaps these are the scores of a principal component analysis of the centred values,
    exactly. With gaps nothing is imputed: the distances come from the pairs of values that exist.
    The sign of an axis is chosen so that its largest coordinate in size is positive.

    References
    ----------
    Gower 1966, 10.1093/biomet/53.3-4.325. Equals `cmdscale` of R up to sign, to 1e-9.

    Examples
    --------
    >>> scores, percent = principal_coordinates(np.array([[0.0, 3.0], [3.0, 0.0]]), axes=1)
    >>> scores.round(6).ravel().tolist(), percent.round(6).tolist()
    ([1.5, -1.5], [100.0])
    """
    coordinates = np.full((len(distances), axes), np.nan)
    percent = np.full(axes, np.nan)
    usable = _with_all_distances(distances)
    if len(usable) < 2:
        return coordinates, percent
    squares = distances[np.ix_(usable, usable)] ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-0.5 * centred)
    # gaps can bend the space: negative eigenvalues belong to no axis
    values, vectors = np.maximum(values[::-1], 0), vectors[:, ::-1]
    scores = (vectors * np.sqrt(values))[:, :axes]
    signs = np.sign(scores[np.abs(scores).argmax(axis=0), np.arange(scores.shape[1])])
    coordinates[usable, : scores.shape[1]] = scores * np.where(signs == 0, 1, signs)
    if values.sum() > 0:
        percent[: scores.shape[1]] = 100 * values[:axes] / values.sum()
    return coordinates, percent


def result(proteomes: Sequence[Proteome], *, batch: str = "") -> Result:
    """Scores, explained percent and distances of each assay, as a Result.

    The map (tables `pca`, `axes`) is drawn without the column `batch`, where one is named; the distances between
    and within groups keep it.
    """
    pictures = [_picture(one, batch) for one in proteomes]
    parts = [_tables(one, picture.values) for one, picture in zip(proteomes, pictures, strict=True)]
    tables = {
        name: pd.concat([part[name] for part in parts], ignore_index=True)
        for name in ("pca", "axes", "distances", "basis")
    }
    cells: dict[str, Cell] = {}
    sentences: list[str] = []
    for number, one in enumerate(proteomes):
        cells[f"proteins{number}"] = Cell("basis", "proteins", {"assay": one.assay})
        text = f"{one.assay}: samples were compared on {{proteins{number}}} proteins"
        for factor in tables["distances"].query("assay == @one.assay")["factor"]:
            where: dict[str, object] = {"assay": one.assay, "factor": factor}
            cells[f"within_{factor}{number}"] = Cell("distances", "within", where)
            cells[f"between_{factor}{number}"] = Cell("distances", "between", where)
            text += (
                f"; mean distance within one {factor} {{within_{factor}{number}}}, "
                f"between {{between_{factor}{number}}}"
            )
        sentences.append(text + ".")
    return Result(
        stage="define",
        name="similarity",
        question="Which samples look alike?",
        answer=Answer(" ".join(sentences), cells),
        tables=tables,
        parameters={
            "present_share": PRESENT_SHARE,
            "distance": "Euclidean, scaled up for missing values",
            "batch": batch,
        },
        notes=(
            *(
                f"{one.assay}: {picture.note}"
                for one, picture in zip(proteomes, pictures, strict=True)
                if batch
            ),
            "Proteins that tests leave out are left out here.",
            "A protein counts when at least half of the measurements have a value of it.",
            "Nothing is imputed: the distance of two samples uses the proteins that both have.",
            "A group that was measured deeper looks different for that reason alone.",
        ),
        methods=(
            Method(
                "Samples were compared by Euclidean distance of log2 values over shared proteins and drawn "
                "by principal coordinates.",
                ("10.1093/biomet/53.3-4.325",),
            ),
        ),
    )


def compared(one: Proteome) -> NDArray[np.float64]:
    """Log2 values (m, n) of the proteins that the samples are compared on."""
    present = np.isfinite(one.log2).mean(axis=0) >= PRESENT_SHARE
    return one.log2[:, present & ~one.masked]


def _picture(one: Proteome, batch: str) -> Pictured:
    values = compared(one)
    return without_batch(one, values, batch) if batch else Pictured(values, "")


def _tables(one: Proteome, drawn: NDArray[np.float64]) -> dict[str, pd.DataFrame]:
    values = compared(one)
    distances = distance_matrix(values)
    scores, percent = principal_coordinates(distance_matrix(drawn))
    pca = pd.DataFrame({"sample": one.samples["sample"].to_numpy(), "pc1": scores[:, 0], "pc2": scores[:, 1]})
    for factor in one.factors:
        pca[factor] = one.samples[factor].to_numpy()
    missing = float(100 * np.isnan(values).mean()) if values.size else np.nan
    basis = {"assay": one.assay, "proteins": values.shape[1], "missing_percent": missing}
    return {
        "pca": pca.assign(assay=one.assay, measurement=one.samples.index.astype(str)),
        "axes": pd.DataFrame({"axis": ["pc1", "pc2"], "explained_percent": percent, "assay": one.assay}),
        "distances": _by_factor(one, distances),
        "basis": pd.DataFrame([basis]),
    }


def _by_factor(one: Proteome, distances: NDArray[np.float64]) -> pd.DataFrame:
    rows = []
    for factor in one.factors:
        column = one.samples[factor]
        labels = column.astype(object).where(column.notna(), "").astype(str).tolist()
        within, between = within_between(distances, labels)
        if np.isfinite(within) and np.isfinite(between):
            ratio = between / within if within > 0 else np.nan
            rows.append({"factor": factor, "within": within, "between": between, "ratio": ratio})
    columns = ["factor", "within", "between", "ratio"]
    return pd.DataFrame(rows, columns=columns).assign(assay=one.assay)


def _squares(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sums (m, m) of squared differences over shared proteins, and how many they share."""
    count = len(values)
    squares, shared = np.zeros((count, count)), np.zeros((count, count))
    for row in range(count):
        # row by row: the difference of large sums would lose the digits of near neighbours
        difference = values - values[row]
        squares[row] = np.nansum(difference**2, axis=1)
        shared[row] = np.isfinite(difference).sum(axis=1)
    return squares, shared


def _with_all_distances(distances: NDArray[np.float64]) -> NDArray[np.intp]:
    """Samples that have a distance to each other, after leaving out the emptiest, one by one."""
    usable = np.arange(len(distances))
    while len(usable):
        gaps = np.isnan(distances[np.ix_(usable, usable)]).sum(axis=1)
        if not gaps.any():
            break
        usable = usable[gaps < gaps.max()]
    return usable
