"""How a study is compared: formula, blocks and contrasts, and the model matrices they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import expression as language
from .errors import InvalidContrast, InvalidFormula, NotEstimable, Problem, UnknownLevel, near_misses


@dataclass(frozen=True)
class Design:
    """Formula, random terms and contrasts of a study.

    Parameters
    ----------
    unit
        Column of the sample table that is the unit of replication.
    formula
        Fixed effects, right-hand side, for example `"~ 0 + tissue + condition"`.
    random
        Columns whose levels are blocks.
    contrasts
        Name to linear expression in `factor[level]` or a numeric covariate.

    Examples
    --------
    >>> design = Design(formula="~ 0 + tissue", contrasts={"a_vs_b": "tissue[a] - tissue[b]"})
    >>> samples = pd.DataFrame({"tissue": ["a", "a", "b", "b"]})
    >>> design.matrix(samples).names
    ('tissue[a]', 'tissue[b]')
    >>> design.contrast(samples, "tissue[a] - tissue[b]")
    array([ 1., -1.])
    """

    unit: str = "donor"
    formula: str = "~ 1"
    random: tuple[str, ...] = ()
    contrasts: Mapping[str, str] = field(default_factory=dict)

    @property
    def variables(self) -> tuple[str, ...]:
        """Columns of the sample table that the formula names, in order."""
        return tuple(dict.fromkeys(re.findall(rf"(?<!\w){_NAME}", _CALL.sub(r" \2 ", self.formula))))

    def problems(self, samples: pd.DataFrame, *, file: str) -> list[Problem]:
        """Everything in formula, random terms and contrasts that these samples cannot answer."""
        return _design_problems(self, samples, file)

    def matrix(self, samples: pd.DataFrame) -> ModelMatrix:
        """The model matrix of the formula for these samples, (m, p), with its column names.

        The reference level of a factor is the first in alphabetical order, whatever the order
        of the rows; text, truth values and `C(column)` are factors, numbers are covariates.

        Raises
        ------
        InvalidFormula
            If the formula is not of the kind that `problems` accepts.
        """
        model = _Model(self, samples)
        return ModelMatrix(model.values, model.names)

    def contrast(self, samples: pd.DataFrame, expression: str) -> NDArray[np.float64]:
        """Weights (p,) of a contrast on the columns of `matrix(samples)`.

        `factor[level]` is the mean of the model over the observed combinations of the other
        variables, each weighing the same (an estimated marginal mean); `a[x]:b[y]` is that mean
        where both hold.
        The name of a numeric covariate is its slope, `tissue[x]:age_years` the slope within a
        level, and `age_years[60]` the mean at that value, which must lie within those measured.

        Raises
        ------
        InvalidContrast
            If the expression cannot be read, or asks for the slope of a curve.
        UnknownLevel
            If a factor, level or covariate is not in the samples, or a value outside them.
        """
        return _contrast_weights(self, samples, expression)

    def restricted(self, variables: Iterable[str]) -> Design:
        """This design with only the terms whose variables are all among these.

        Examples
        --------
        >>> Design(formula="~ 0 + tissue * condition").restricted(["tissue"]).formula
        '~ 0 + tissue'
        """
        from formulaic import Formula

        kept = frozenset(variables)
        terms = [str(term) for term in Formula(self.formula)]
        usable = [
            term for term in terms if term != "1" and set(Design(formula=f"~ {term}").variables) <= kept
        ]
        intercept = "1" if "1" in terms else "0"
        return replace(self, formula="~ " + " + ".join([intercept, *usable]), contrasts={})

    def is_numeric(self, samples: pd.DataFrame, name: str) -> bool:
        """Whether a column enters the formula as a number, not as a factor."""
        return is_covariate(samples[name]) and name not in _as_factor(self.formula)

    def factors(self, expression: str) -> tuple[str, ...]:
        """Columns of the sample table that a contrast names, in order."""
        return language.variables(expression)


@dataclass(frozen=True)
class ModelMatrix:
    """Columns of a design as numbers: `values` (m, p) and `names` (p,)."""

    values: NDArray[np.float64]
    names: tuple[str, ...]


# --- formulas ---------------------------------------------------------------------------------

_NAME = r"[^\W\d]\w*"
# a call takes one column and small whole numbers: enough for every use, and nothing to run away
_CALL = re.compile(
    rf"\b(C|bs|cr|poly|center|scale)\s*\(\s*({_NAME})\s*((?:,\s*(?:(?:df|degree)\s*=\s*)?\d{{1,2}}\s*)*)\)"
)
_FUNCTIONS = frozenset({"C", "bs", "cr", "poly", "center", "scale"})
_CURVES = frozenset({"bs", "cr", "poly"})
_TOKEN = re.compile(rf"\s+|{_NAME}|(?:\^|\*\*)\s*[1-9](?!\d)|[01](?![\d.])|[+\-*:()/]")
# formulaic counts rows by a column, and no formula can name this one
_ROWS = " rows"
_LONGEST = 1000


def formula_fault(formula: str) -> tuple[str, str] | None:
    """What is wrong with the form of a formula and what was expected, or None.

    Examples
    --------
    >>> formula_fault("~ 0 + tissue * condition") is None, formula_fault("~ log(age)")[0]
    (True, 'it calls log, which is none of C, bs, center, cr, poly, scale')
    """
    expected = "names, + - : * / ( ), 0 or 1, and C, bs, cr, poly, center, scale of one column"
    text = formula.strip()
    if not text.startswith("~"):
        return "it does not start with ~", expected
    if len(text) > _LONGEST or text.count("(") > 20:
        return "it is too long or too deeply nested", expected
    rest = _CALL.sub(" x ", text[1:])
    called = set(re.findall(rf"({_NAME})\s*\(", rest))
    if called & _FUNCTIONS:
        name = min(called & _FUNCTIONS)
        return f"{name} takes one column and whole numbers below 100, as in {name}(age_years)", expected
    if called - {"x"}:
        return (
            f"it calls {', '.join(sorted(called - {'x'}))}, which is none of C, bs, center, cr, poly, scale",
            expected,
        )
    odd = _TOKEN.sub("", rest)
    return (f"it has {odd!r}", expected) if odd else None


def _fault_of_syntax(formula: str) -> str:
    """What formulaic cannot parse in a formula of our form, or an empty text."""
    from formulaic import Formula
    from formulaic.errors import FormulaicError

    try:
        parsed = Formula(formula)
        # `~ a ~ b` parses into two sides
        return (
            ""
            if hasattr(parsed, "__iter__") and all(hasattr(t, "factors") for t in parsed)
            else "it has two sides"
        )
    except FormulaicError as error:
        # formulaic colours its messages
        words = re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]|\[\d+(;\d+)*m", "", str(error)).split("\n")[0]
        return f"it cannot be parsed: {words}"


class _Model:
    """A formula fitted to samples: its matrix, and rows for other values under the same coding.

    Knots, centres and levels are those of the samples; a row for another value must not move them.
    """

    def __init__(self, design: Design, samples: pd.DataFrame) -> None:
        from formulaic import model_matrix
        from formulaic.errors import FormulaicError

        fault = formula_fault(design.formula)
        if fault is not None:
            raise InvalidFormula(f"formula {design.formula!r}: {fault[0]}; expected {fault[1]}")
        self.as_factor = _as_factor(design.formula)
        self.samples = self._coded(samples[list(design.variables)])
        try:
            # without a variable formulaic would not know how many rows there are
            frame = self.samples.assign(**{_ROWS: 0.0})
            matrix = model_matrix(_centred(design.formula), frame, context={}, na_action="raise")
        except (FormulaicError, ValueError, TypeError, AttributeError) as error:
            words = " ".join(re.sub(r"\x1b\[[0-9;]*m|[⧛⧚]", "", str(error)).split())
            raise InvalidFormula(f"formula {design.formula!r}: {words[:300]}") from error
        self._spec = matrix.model_spec
        self.names = tuple(str(name).replace(_CENTRED, "") for name in matrix.columns)
        self.values: NDArray[np.float64] = np.asarray(matrix, dtype=float).reshape(
            len(samples), len(self.names)
        )

    def mean_row(self, frame: pd.DataFrame) -> NDArray[np.float64]:
        """The mean (p,) of the model rows of a frame with the variables of the formula."""
        rows = self._spec.get_model_matrix(frame.assign(**{_ROWS: 0.0}), context={})
        mean: NDArray[np.float64] = np.asarray(rows, dtype=float).mean(axis=0)
        return mean

    def levels(self, name: str) -> list[str] | None:
        """Levels of a factor in their order, or None for a numeric covariate."""
        column = self.samples[name]
        return list(column.cat.categories) if isinstance(column.dtype, pd.CategoricalDtype) else None

    def _coded(self, samples: pd.DataFrame) -> pd.DataFrame:
        """Factors as categories of text with sorted levels, covariates as float."""
        coded = pd.DataFrame(index=pd.RangeIndex(len(samples)))
        for name in samples.columns:
            column = samples[name].reset_index(drop=True)
            if is_covariate(column) and name not in self.as_factor:
                coded[name] = column.astype(float)
                continue
            texts = [None if pd.isna(value) else _label(value) for value in column]
            # sorted levels: the reference level must not depend on the order of the rows
            coded[name] = pd.Categorical(
                texts, categories=sorted({t for t in texts if t is not None}, key=_rank)
            )
        return coded


def _as_factor(formula: str) -> set[str]:
    return {m.group(2) for m in _CALL.finditer(formula) if m.group(1) == "C"}


_CENTRED = ", constraints='center'"


def _centred(formula: str) -> str:
    """The formula with its natural splines centred: uncentred they sum to the intercept, which hides both."""
    return _CALL.sub(lambda m: f"{m.group()[:-1]}{_CENTRED})" if m.group(1) == "cr" else m.group(), formula)


def is_covariate(column: pd.Series) -> bool:
    """Whether a column of the sample table enters a formula as a number (truth values do not)."""
    return bool(pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column))


def _label(value: object) -> str:
    return language.same_text(
        str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    )


def _rank(level: str) -> tuple[float, str]:
    """Numbers in their own order (`C(passage)`), all other labels after them by letter."""
    return (float(level), "") if re.fullmatch(r"-?\d+(\.\d+)?", level) else (float("inf"), level)


# --- contrasts --------------------------------------------------------------------------------


def contrast_variables(expression: str) -> tuple[str, ...]:
    """Columns that a contrast expression names.

    Examples
    --------
    >>> contrast_variables("tissue[WJ-MSCs] - tissue[ADSCs]")
    ('tissue',)
    """
    return language.variables(expression)


def contrast_levels(expression: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """For each factor of a contrast without interactions, its levels with their weights.

    Examples
    --------
    >>> contrast_levels("tissue[a] - 0.5 * (tissue[b] + tissue[c])")
    {'tissue': (('a', 1.0), ('b', -0.5), ('c', -0.5))}
    """
    found: dict[str, list[tuple[str, float]]] = {}
    for term in language.terms(expression):
        if len(term.places) > 1:
            raise InvalidContrast(f"{expression!r} has terms of several factors; see expression.terms")
        place = term.places[0]
        if place.level is not None:
            found.setdefault(place.factor, []).append((place.level, term.weight))
    return {factor: tuple(levels) for factor, levels in found.items()}


def flasks_of(term: language.Term, samples: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (m,) of the sample table where every level of a term holds; a slope holds everywhere."""
    held = np.ones(len(samples), dtype=bool)
    for place in term.places:
        if place.level is not None:
            labels = [None if pd.isna(value) else _label(value) for value in samples[place.factor]]
            held &= np.array([label == place.level for label in labels], dtype=bool)
    return held


def _contrast_weights(design: Design, samples: pd.DataFrame, expression: str) -> NDArray[np.float64]:
    found = language.terms(expression)
    for name in language.variables(expression):
        if name not in samples.columns:
            raise UnknownLevel(
                f"contrast {expression!r}: no column {name!r} in the sample table{near_misses(name, samples.columns)}"
            )
        if name not in design.variables:
            raise NotEstimable(
                f"contrast {expression!r} names {name}, which the formula {design.formula!r} lacks"
            )
    model = _Model(design, samples)
    total = np.zeros(len(model.names))
    for term in found:
        total = total + term.weight * _term_row(design, model, term)
    return np.where(np.abs(total) < 1e-12, 0.0, total)


def _term_row(design: Design, model: _Model, term: language.Term) -> NDArray[np.float64]:
    """The mean row (p,) where the places of a term hold, or the change of it for one more unit."""
    slopes = [place.factor for place in term.places if place.level is None]
    if len(slopes) > 1:
        raise InvalidContrast(f"a product of the slopes of {' and '.join(slopes)}: name one slope at a time")
    fixed = {place.factor: _value(model, place) for place in term.places if place.level is not None}
    others = model.samples.drop(columns=list(fixed)).drop_duplicates()
    # without other variables one row is left, which drop_duplicates cannot know
    frame = others if len(others.columns) else pd.DataFrame(index=pd.RangeIndex(1))
    for name, value in fixed.items():
        levels = model.levels(name)
        frame = frame.assign(
            **{name: value if levels is None else pd.Categorical([value] * len(frame), levels)}
        )
    if not slopes:
        return model.mean_row(frame)
    name = slopes[0]
    _refuse_slope(design, model, name)
    return model.mean_row(frame.assign(**{name: frame[name] + 1.0})) - model.mean_row(frame)


def _refuse_slope(design: Design, model: _Model, name: str) -> None:
    levels = model.levels(name)
    if levels is not None:
        raise UnknownLevel(f"{name!r} is a factor and needs a level: {name}[{levels[0] if levels else '…'}]")
    curves = [
        m.group() for m in _CALL.finditer(design.formula) if m.group(1) in _CURVES and m.group(2) == name
    ]
    if curves:
        low, high = model.samples[name].min(), model.samples[name].max()
        raise InvalidContrast(
            f"{name!r} enters the formula as the curve {curves[0]}, which has no one slope; compare two values, "
            f"for example {name}[{high:g}] - {name}[{low:g}]"
        )


def _value(model: _Model, place: language.Place) -> object:
    """The level of a factor, or the value of a covariate within those measured."""
    levels, text = model.levels(place.factor), str(place.level)
    if levels is not None:
        if text not in levels:
            raise UnknownLevel(f"{place.factor!r} has no level {text!r}{near_misses(text, levels)}")
        return text
    low, high = model.samples[place.factor].min(), model.samples[place.factor].max()
    try:
        value = float(text)
    except ValueError as error:
        raise UnknownLevel(
            f"{place.factor!r} is a number from {low:g} to {high:g} and has no level {text!r}; C({place.factor}) makes it a factor"
        ) from error
    if not low <= value <= high:
        raise UnknownLevel(f"{place} lies outside the measured values, {low:g} to {high:g}")
    return value


# --- problems ---------------------------------------------------------------------------------


def _design_problems(design: Design, samples: pd.DataFrame, file: str) -> list[Problem]:
    problems = _formula_problems(design, samples, file)
    for name in (design.unit, *design.random):
        if name not in samples.columns:
            problems.append(
                Problem(
                    file,
                    f"the design names {name!r}, which the sample table lacks",
                    "a column of the sample table",
                    f"Name a column{near_misses(name, samples.columns)}",
                )
            )
    if not problems:
        for name, expression in design.contrasts.items():
            problems.extend(_contrast_problems(design, samples, name, expression, file))
    return problems


def _formula_problems(design: Design, samples: pd.DataFrame, file: str) -> list[Problem]:
    text = design.formula
    fault = formula_fault(text)
    if fault is not None:
        return [
            Problem(
                file,
                f"formula {text!r}: {fault[0]}",
                fault[1],
                "Mend it, or compute the column in the sheet.",
            )
        ]
    syntax = _fault_of_syntax(text)
    if syntax:
        return [
            Problem(
                file, f"formula {text!r}: {syntax}", "a formula such as ~ 0 + tissue + condition", "Mend it."
            )
        ]
    missing = [name for name in design.variables if name not in samples.columns]
    if missing:
        return [
            Problem(
                file,
                f"formula {text!r} names {name!r}, which the sample table lacks",
                "a column of the sample table",
                f"Mend the name{near_misses(name, samples.columns)}",
            )
            for name in missing
        ]
    problems = [p for name in design.variables for p in _column_problems(design, name, samples[name], file)]
    if problems or not len(samples):
        return problems
    try:
        model = design.matrix(samples)
    except InvalidFormula as error:
        return [Problem(file, str(error), "a formula that these samples allow", "Mend it.")]
    if not model.names:
        return [
            Problem(
                file, f"formula {text!r} has no terms", "at least an intercept", "Write ~ 1 or name a factor."
            )
        ]
    return []


def _column_problems(design: Design, name: str, column: pd.Series, file: str) -> list[Problem]:
    if column.isna().any():
        return [
            Problem(
                file,
                f"no {name!r} for {_some(column.index[column.isna()])}",
                "a value for every sample that the formula uses",
                "Fill the cells, or leave the column out of the formula.",
                column=name,
            )
        ]
    called = [m.group(1) for m in _CALL.finditer(design.formula) if m.group(2) == name and m.group(1) != "C"]
    if not is_covariate(column):
        if not called:
            return []
        found = f"{called[0]}({name}), but {name!r} holds text such as {str(column.iloc[0])!r}"
        return [Problem(file, found, "a column of numbers", "Mend the formula or the column.", column=name)]
    for match in _CALL.finditer(design.formula):
        asked = max((int(number) for number in re.findall(r"\d+", match.group(3))), default=0)
        if match.group(2) == name and match.group(1) in _CURVES and asked >= column.nunique():
            found = f"{match.group()} of {column.nunique()} different values"
            return [Problem(file, found, "more values than the curve bends", "Ask for less.", column=name)]
    infinite = ~np.isfinite(column.astype(float).to_numpy())
    if not infinite.any():
        return []
    found = f"an infinite {name!r} for {_some(column.index[infinite])}"
    return [Problem(file, found, "a number", "Mend the cells.", column=name)]


def _contrast_problems(
    design: Design, samples: pd.DataFrame, name: str, expression: str, file: str
) -> list[Problem]:
    def problem(found: str, expected: str, action: str) -> list[Problem]:
        return [Problem(file, f"contrast {name!r}: {found}", expected, action)]

    try:
        weights = _contrast_weights(design, samples, expression)
    except UnknownLevel as error:
        return problem(str(error), "levels that the samples have", "Mend the contrast.")
    except InvalidContrast as error:
        return problem(
            str(error), "a linear expression in factor[level]", 'Write for example "tissue[a] - tissue[b]".'
        )
    except NotEstimable as error:
        return problem(str(error), "variables of the formula", "Add them to the formula.")
    total = language.total_weight(expression)
    if abs(total) > 1e-9:
        return problem(
            f"the weights in {expression!r} sum to {total:g}, not 0: that is a mean and no difference",
            "weights that cancel",
            'Write for example "tissue[a] - (tissue[b] + tissue[c]) / 2".',
        )
    aliased = aliased_with(design, samples, weights)
    if aliased:
        return problem(
            f"cannot be estimated: {aliased}",
            "factors that vary independently of each other",
            "Drop one of them from the formula, or measure the missing combination.",
        )
    return []


def aliased_with(design: Design, samples: pd.DataFrame, weights: NDArray[np.float64]) -> str:
    """Why a contrast is not estimable from this design, or an empty text when it is."""
    model = design.matrix(samples)
    row_space = np.linalg.pinv(model.values) @ model.values
    if np.allclose(weights @ row_space, weights, atol=1e-8):
        return ""
    null = np.eye(len(weights)) - row_space
    involved = [name for name, hit in zip(model.names, np.abs(null).max(axis=0) > 1e-8, strict=True) if hit]
    return f"{', '.join(involved)} are aliased with each other"


def _some(names: pd.Index) -> str:
    return ", ".join(str(name) for name in names[:5])
