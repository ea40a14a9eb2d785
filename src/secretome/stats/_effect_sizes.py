"""Effect sizes of single studies with their sampling variances."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from secretome.errors import InvalidArray, near_misses
from secretome.stats._arrays import Bools, Floats, as_vector
from secretome.stats._two_by_two import Counts, as_counts, peto_terms

EffectMeasure = Literal[
    "md", "smd", "smdh", "rom", "cvr", "vr", "nmd",
    "rr", "or", "rd", "as", "peto",
    "pr", "plo", "pft", "zcor", "cor", "hr",
]  # fmt: skip
Table = dict[str, Floats]
Effects = tuple[Floats, Floats]


@dataclass(frozen=True)
class EffectSizes:
    """k effects: `estimate`, `variance` (k,), NaN where a study cannot say; `measure`, and whether it is a `log` ratio.

    `corrected` (k,) marks studies whose counts got 1/2 added because one of them was 0.
    """

    estimate: Floats
    variance: Floats
    measure: EffectMeasure
    log: bool
    corrected: Bools


def effect_size(
    measure: EffectMeasure,
    *,
    exact_variance: bool = False,
    level: float = 0.95,
    **columns: ArrayLike,
) -> EffectSizes:
    """Effect sizes and sampling variances from what studies report, treated less (or over) control.

    Parameters
    ----------
    measure
        means: `"md"` difference, `"smd"` standardised with the exact small-sample factor, `"smdh"` for unequal
        variances, `"rom"` log ratio, `"nmd"` percent of the lesion undone, `"cvr"` and `"vr"` log ratios of
        coefficients of variation and of standard deviations;
        counts: `"rr"`, `"or"`, `"peto"` logs, `"rd"` difference, `"as"` arcsine difference;
        one group: `"pr"` proportion, `"plo"` logit, `"pft"` Freeman-Tukey; `"zcor"` Fisher's z, `"cor"`; `"hr"` log
        hazard ratio.
    exact_variance
        for `"smd"`: the unbiased variance instead of the large-sample one.
    level
        of the interval of a hazard ratio.
    **columns
        (k,) each. Means: mean_treated, sd_treated, n_treated, mean_control, sd_control, n_control (and mean_sham for
        `"nmd"`); counts: events_treated, n_treated, events_control, n_control; one group: events, n; correlations:
        correlation, n; hazard ratios: hazard_ratio and either lower and upper, or p_value.

    Returns
    -------
    EffectSizes
        NaN where the effect does not exist (a ratio of means of opposite sign, Peto without events).

    Raises
    ------
    InvalidArray
        The measure or a column is unknown or missing, lengths differ, or a number is impossible (a standard
        deviation or n not above 0, more events than members, a correlation beyond 1), each with its study.

    Notes
    -----
    Standard deviations, not standard errors: a standard error in their place inflates the weight n-fold.
    Tables with a 0 get 1/2 in every cell for `"rr"`, `"or"` and `"rd"` (not for `"peto"`, which needs none; escalc
    adds it there too), proportions of 0 or 1 for `"pr"` and
    `"plo"`. `"smd"`: g = J d, J(m) = Gamma(m/2) / (sqrt(m/2) Gamma((m-1)/2)), m = n1 + n2 - 2; variance
    1/n1 + 1/n2 + g^2 / (2 (n1 + n2)). `"nmd"`: 100 (control - treated) / (control - sham), its variance taking the
    denominator as known, which understates it when the lesion is small against its error.
    `"hr"` from a p-value takes it as two-sided and normal. Reference: metafor 3.8-1 `escalc`, 1e-10.

    References
    ----------
    Hedges 1981, doi 10.3102/10769986006002107. Vesterinen et al. 2014 (nmd), doi 10.1016/j.jneumeth.2013.09.010.
    Tierney et al. 2007 (hr), doi 10.1186/1745-6215-8-16.

    Examples
    --------
    >>> found = effect_size("smd", mean_treated=[12.0], sd_treated=[3.0], n_treated=[10],
    ...     mean_control=[9.0], sd_control=[3.0], n_control=[10])
    >>> found.estimate.round(4), found.variance.round(4)
    (array([0.9576]), array([0.2229]))
    """
    if measure not in _MEASURES:
        raise InvalidArray(f"measure is {measure!r}{near_misses(str(measure), _MEASURES)}")
    if not 0 < level < 1:
        raise InvalidArray(f"level is {level}; expected a number above 0 and below 1")
    needed = _MEASURES[measure][1]
    if measure == "hr":
        needed = ("hazard_ratio", "p_value") if "p_value" in columns else ("hazard_ratio", "lower", "upper")
    table = _checked(columns, needed)
    return _single(measure, table, exact_variance=exact_variance, level=level)


def shared_control_covariance(measure: EffectMeasure, arm: ArrayLike, **columns: ArrayLike) -> Floats:
    """Sampling covariances (k, k) of effects whose arms were compared with one and the same control group.

    Parameters
    ----------
    measure
        `"md"`, `"rom"`, `"smd"`, `"rr"`, `"or"` or `"rd"`.
    arm
        (k,) labels of the control group: effects with one label share it.
    **columns
        as in `effect_size`; rows of one label must agree on the control.

    Returns
    -------
    array (k, k)
        Variances on the diagonal, ready for `pool_nested`.

    Raises
    ------
    InvalidArray
        As in `effect_size`; another measure; or rows that share a label differ in their control.

    Notes
    -----
    Off the diagonal stands what the control contributes: sd^2 / n (md), sd^2 / (n mean^2) (rom),
    1/n + g_i g_j / (2 N) with N all members of the joined arms (smd), 1/c - 1/n (rr), 1/c + 1/d (or), c d / n^3 (rd).

    References
    ----------
    Gleser and Olkin 2009, in The Handbook of Research Synthesis, 2nd ed., chapter 19. Lajeunesse 2011, doi
    10.1890/11-0423.1.

    Examples
    --------
    >>> shared_control_covariance("md", ["x", "x"], mean_treated=[3, 4], sd_treated=[1, 1], n_treated=[5, 5],
    ...     mean_control=[1, 1], sd_control=[2, 2], n_control=[8, 8])
    array([[0.7, 0.5], [0.5, 0.7]])
    """
    if measure not in _CONTROL_SHARE:
        raise InvalidArray(
            f"measure is {measure!r}; shared controls are known for {', '.join(_CONTROL_SHARE)}"
        )
    table = _checked(columns, _MEASURES[measure][1])
    single = _single(measure, table)
    k = single.estimate.size
    labels = np.asarray(arm)
    if labels.shape != (k,):
        raise InvalidArray(f"arm has shape {labels.shape}; expected ({k},)")
    same = labels[:, None] == labels[None, :]
    for name, values in table.items():
        if name.endswith("_control") and (same & (values[:, None] != values[None, :])).any():
            raise InvalidArray(f"rows of one arm label differ in {name}; they cannot share that control")
    if measure in {"rr", "or", "rd"}:
        table, _ = _without_zeros(table)
    shared = _CONTROL_SHARE[measure](table, single.estimate, same)
    covariance: Floats = np.where(same, shared, 0.0)
    np.fill_diagonal(covariance, single.variance)
    return covariance


def small_sample_factor(df: Floats) -> Floats:
    """Hedges' exact factor J(df).

    Examples
    --------
    >>> small_sample_factor(np.array([10.0])).round(5)
    array([0.92275])
    """
    factor: Floats = np.exp(special.gammaln(df / 2) - 0.5 * np.log(df / 2) - special.gammaln((df - 1) / 2))
    return factor


def _single(
    measure: EffectMeasure, table: Table, *, exact_variance: bool = False, level: float = 0.95
) -> EffectSizes:
    """Effect sizes of a checked table."""
    corrected = np.zeros(next(iter(table.values())).size, dtype=bool)
    with np.errstate(divide="ignore", invalid="ignore"):
        if measure == "smd":
            estimate, variance = _smd(table, exact=exact_variance)
        elif measure == "hr":
            estimate, variance = _hazard(table, level)
        else:
            if measure in {"rr", "or", "rd", "pr", "plo"}:
                table, corrected = _without_zeros(table)
            estimate, variance = _MEASURES[measure][0](table)
    known = np.isfinite(estimate) & np.isfinite(variance)
    return EffectSizes(
        np.where(known, estimate, np.nan),
        np.where(known, variance, np.nan),
        measure,
        measure in {"rom", "cvr", "vr", "rr", "or", "peto", "hr"},
        corrected,
    )


def _checked(columns: dict[str, ArrayLike], needed: tuple[str, ...]) -> Table:
    """The columns a measure needs, as floats, with every impossible number named."""
    missing, strange = [n for n in needed if n not in columns], [n for n in columns if n not in needed]
    if missing or strange:
        raise InvalidArray(
            f"columns missing: {', '.join(missing) or 'none'}; not asked for: {', '.join(strange) or 'none'};"
            f" this measure takes {', '.join(needed)}"
        )
    first = np.asarray(columns[needed[0]], dtype=float)
    table = {name: as_vector(columns[name], first.size, name=name) for name in needed}
    problems = []
    for name, values in table.items():
        rule, wrong = _impossible(name, values)
        problems += [f"{name}[{i}] is {values[i]:g}; expected {rule}" for i in np.flatnonzero(wrong)[:20]]
    for events, n in (("events", "n"), ("events_treated", "n_treated"), ("events_control", "n_control")):
        if events in table:
            more = np.flatnonzero(table[events] > table[n])[:20]
            problems += [
                f"{events}[{i}] is {table[events][i]:g} of {table[n][i]:g}; expected not more than {n}"
                for i in more
            ]
    if problems:
        raise InvalidArray("\n".join(problems[:20]))
    return table


def _impossible(name: str, values: Floats) -> tuple[str, Bools]:
    if name.startswith(("sd_", "n_")) or name in {"n", "hazard_ratio", "lower", "upper"}:
        return "a finite number above 0", ~(np.isfinite(values) & (values > 0))
    if name.startswith("events"):
        return "a count, 0 or more", ~(np.isfinite(values) & (values >= 0))
    if name == "correlation":
        return "a number above -1 and below 1", ~(np.abs(values) < 1)
    if name == "p_value":
        return "a number above 0 and below 1", ~((values > 0) & (values < 1))
    return "a finite number", ~np.isfinite(values)


def _groups(t: Table) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
    return (
        t["mean_treated"],
        t["sd_treated"],
        t["n_treated"],
        t["mean_control"],
        t["sd_control"],
        t["n_control"],
    )


def _md(t: Table) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    return m1 - m2, s1**2 / n1 + s2**2 / n2


def _smd(t: Table, *, exact: bool) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    df = n1 + n2 - 2
    pooled = np.sqrt(((n1 - 1) * s1**2 + (n2 - 1) * s2**2) / df)
    factor = small_sample_factor(df)
    g = factor * (m1 - m2) / pooled
    if exact:
        return g, 1 / n1 + 1 / n2 + (1 - (df - 2) / (df * factor**2)) * g**2
    return g, 1 / n1 + 1 / n2 + g**2 / (2 * (n1 + n2))


def _smdh(t: Table) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    mean_square = (s1**2 + s2**2) / 2
    factor = small_sample_factor(n1 + n2 - 2)
    g = factor * (m1 - m2) / np.sqrt(mean_square)
    spread = g**2 * (s1**4 / (n1 - 1) + s2**4 / (n2 - 1)) / (8 * mean_square**2)
    return g, factor**2 * (spread + (s1**2 / (n1 - 1) + s2**2 / (n2 - 1)) / mean_square)


def _rom(t: Table) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    return np.log(m1 / m2), s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)


def _cvr(t: Table) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    correction = 1 / (2 * (n1 - 1)) - 1 / (2 * (n2 - 1))
    spread = 1 / (2 * (n1 - 1)) + 1 / (2 * (n2 - 1)) + s1**2 / (n1 * m1**2) + s2**2 / (n2 * m2**2)
    return np.log(s1 / m1) - np.log(s2 / m2) + correction, spread


def _vr(t: Table) -> Effects:
    _, s1, n1, _, s2, n2 = _groups(t)
    half1, half2 = 1 / (2 * (n1 - 1)), 1 / (2 * (n2 - 1))
    return np.log(s1 / s2) + half1 - half2, half1 + half2


def _nmd(t: Table) -> Effects:
    m1, s1, n1, m2, s2, n2 = _groups(t)
    lesion = m2 - t["mean_sham"]
    return 100 * (m2 - m1) / lesion, (100 / lesion) ** 2 * (s1**2 / n1 + s2**2 / n2)


def _without_zeros(t: Table) -> tuple[Table, Bools]:
    """1/2 added to every cell of a table with a zero, and which tables those are."""
    pairs = (
        [("events", "n")]
        if "events" in t
        else [("events_treated", "n_treated"), ("events_control", "n_control")]
    )
    zero = np.any([(t[e] == 0) | (t[e] == t[n]) for e, n in pairs], axis=0)
    new = dict(t)
    for e, n in pairs:
        new[e], new[n] = t[e] + 0.5 * zero, t[n] + zero
    return new, zero


def _cells(t: Table) -> Counts:
    return as_counts(t["events_treated"], t["n_treated"], t["events_control"], t["n_control"])


def _rr(t: Table) -> Effects:
    x = _cells(t)
    n1, n2 = x.a + x.b, x.c + x.d
    return np.log(x.a / n1) - np.log(x.c / n2), 1 / x.a - 1 / n1 + 1 / x.c - 1 / n2


def _or(t: Table) -> Effects:
    x = _cells(t)
    return np.log(x.a * x.d / (x.b * x.c)), 1 / x.a + 1 / x.b + 1 / x.c + 1 / x.d


def _rd(t: Table) -> Effects:
    x = _cells(t)
    n1, n2 = x.a + x.b, x.c + x.d
    return x.a / n1 - x.c / n2, x.a * x.b / n1**3 + x.c * x.d / n2**3


def _arcsine(t: Table) -> Effects:
    x = _cells(t)
    n1, n2 = x.a + x.b, x.c + x.d
    return np.arcsin(np.sqrt(x.a / n1)) - np.arcsin(np.sqrt(x.c / n2)), 1 / (4 * n1) + 1 / (4 * n2)


def _peto(t: Table) -> Effects:
    difference, variance = peto_terms(_cells(t))
    return difference / variance, 1 / variance


def _pr(t: Table) -> Effects:
    p = t["events"] / t["n"]
    return p, p * (1 - p) / t["n"]


def _plo(t: Table) -> Effects:
    events, others = t["events"], t["n"] - t["events"]
    return np.log(events / others), 1 / events + 1 / others


def _pft(t: Table) -> Effects:
    events, n = t["events"], t["n"]
    turned: Floats = np.arcsin(np.sqrt(events / (n + 1))) + np.arcsin(np.sqrt((events + 1) / (n + 1)))
    return turned / 2, 1 / (4 * n + 2)


def _zcor(t: Table) -> Effects:
    return np.arctanh(t["correlation"]), np.where(t["n"] > 3, 1 / (t["n"] - 3), np.nan)


def _cor(t: Table) -> Effects:
    return t["correlation"], np.where(t["n"] > 1, (1 - t["correlation"] ** 2) ** 2 / (t["n"] - 1), np.nan)


def _hazard(t: Table, level: float) -> Effects:
    estimate = np.log(t["hazard_ratio"])
    if "p_value" in t:
        # a hazard ratio of exactly 1 has p = 1, and then no error can be read off
        error = np.abs(estimate) / -special.ndtri(t["p_value"] / 2)
        return estimate, np.where(estimate == 0, np.nan, error**2)
    if (t["lower"] >= t["upper"]).any():
        i = int(np.argmax(t["lower"] >= t["upper"]))
        raise InvalidArray(
            f"lower[{i}] is {t['lower'][i]:g} and upper[{i}] {t['upper'][i]:g}; expected lower below upper"
        )
    error = np.log(t["upper"] / t["lower"]) / (2 * special.ndtri((1 + level) / 2))
    return estimate, error**2


def _smd_share(t: Table, g: Floats, same: Bools) -> Floats:
    joined = np.where(same, t["n_treated"][None, :], 0.0).sum(axis=1) + t["n_control"]
    share: Floats = 1 / t["n_control"][:, None] + g[:, None] * g[None, :] / (2 * joined[:, None])
    return share


_MEANS = ("mean_treated", "sd_treated", "n_treated", "mean_control", "sd_control", "n_control")
_COUNTS = ("events_treated", "n_treated", "events_control", "n_control")
_MEASURES: dict[str, tuple[Callable[[Table], Effects], tuple[str, ...]]] = {
    "md": (_md, _MEANS),
    "smd": (_md, _MEANS),
    "smdh": (_smdh, _MEANS),
    "rom": (_rom, _MEANS),
    "cvr": (_cvr, _MEANS),
    "vr": (_vr, _MEANS),
    "nmd": (_nmd, (*_MEANS, "mean_sham")),
    "rr": (_rr, _COUNTS),
    "or": (_or, _COUNTS),
    "rd": (_rd, _COUNTS),
    "as": (_arcsine, _COUNTS),
    "peto": (_peto, _COUNTS),
    "pr": (_pr, ("events", "n")),
    "plo": (_plo, ("events", "n")),
    "pft": (_pft, ("events", "n")),
    "zcor": (_zcor, ("correlation", "n")),
    "cor": (_cor, ("correlation", "n")),
    "hr": (_pr, ("hazard_ratio", "lower", "upper")),
}
_CONTROL_SHARE: dict[str, Callable[[Table, Floats, Bools], Floats]] = {
    "md": lambda t, _g, _same: (t["sd_control"] ** 2 / t["n_control"])[:, None],
    "rom": lambda t, _g, _same: (t["sd_control"] ** 2 / (t["n_control"] * t["mean_control"] ** 2))[:, None],
    "smd": _smd_share,
    "rr": lambda t, _g, _same: (1 / t["events_control"] - 1 / t["n_control"])[:, None],
    "or": lambda t, _g, _same: (1 / t["events_control"] + 1 / (t["n_control"] - t["events_control"]))[
        :, None
    ],
    "rd": lambda t, _g, _same: (
        t["events_control"] * (t["n_control"] - t["events_control"]) / t["n_control"] ** 3
    )[:, None],
}
