"""How a study is compared: formula, blocks and contrasts, and the model matrices they make."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import Problem, UnknownLevel, near_misses


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
        return tuple(
            dict.fromkeys(
                word for word in re.findall(r"[A-Za-z_]\w*", self.formula) if word not in _FORMULA_FUNCTIONS
            )
        )

    def problems(self, samples: pd.DataFrame, *, file: str) -> list[Problem]:
        """Everything in formula, random terms and contrasts that these samples cannot answer."""
        return _design_problems(self, samples, file)

    def matrix(self, samples: pd.DataFrame) -> ModelMatrix:
        """The model matrix of the formula for these samples, (m, p), with its column names."""
        return _model_matrix(self.formula, samples)

    def contrast(self, samples: pd.DataFrame, expression: str) -> NDArray[np.float64]:
        """Weights (p,) of a contrast on the columns of `matrix(samples)`.

        `factor[level]` is the mean of the model over the observed combinations of the other
        variables, each weighing the same (an estimated marginal mean); the name of a numeric
        covariate is its slope.

        Raises
        ------
        UnknownLevel
            If a factor, level or covariate is not in the samples.
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
        usable = [term for term in terms if term != "1" and set(Design(formula=term).variables) <= kept]
        intercept = "1" if "1" in terms else "0"
        return replace(self, formula="~ " + " + ".join([intercept, *usable]), contrasts={})

    def factors(self, expression: str) -> tuple[str, ...]:
        """Columns of the sample table that a contrast names, in order."""
        return contrast_variables(expression)


@dataclass(frozen=True)
class ModelMatrix:
    """Columns of a design as numbers: `values` (m, p) and `names` (p,)."""

    values: NDArray[np.float64]
    names: tuple[str, ...]


# --- formulas and contrasts -------------------------------------------------------------------

_FORMULA_FUNCTIONS = frozenset({"C", "bs", "cr", "poly", "center", "scale"})
_FORMULA_TOKEN = re.compile(r"\s+|[A-Za-z_]\w*|\d+(?:\.\d+)?|[~+\-*:()/,=^]")
_LEVEL = re.compile(r"([A-Za-z_]\w*)\s*\[([^\]]*)\]")


def contrast_variables(expression: str) -> tuple[str, ...]:
    """Columns that a contrast expression names.

    Examples
    --------
    >>> contrast_variables("tissue[WJ-MSCs] - tissue[ADSCs]")
    ('tissue',)
    """
    bare = _LEVEL.sub(lambda match: f" {match.group(1)} ", expression)
    return tuple(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", bare)))


def contrast_levels(expression: str) -> dict[str, tuple[tuple[str, float], ...]]:
    """For each factor of a contrast, its levels with their weights.

    Examples
    --------
    >>> contrast_levels("tissue[a] - 0.5 * (tissue[b] + tissue[c])")
    {'tissue': (('a', 1.0), ('b', -0.5), ('c', -0.5))}
    """
    basis = list(dict.fromkeys(_LEVEL.findall(expression)))
    found: dict[str, list[tuple[str, float]]] = {}
    for position, (factor, level) in enumerate(basis):
        weight = _evaluate(expression, {basis[position]: 1.0})
        found.setdefault(factor, []).append((level.strip(), weight))
    return {factor: tuple(levels) for factor, levels in found.items()}


def _evaluate(expression: str, values: Mapping[tuple[str, str | None], float]) -> float:
    """A linear expression as a number; names that `values` lacks count as 0."""
    names: list[tuple[str, str | None]] = []

    def place(match: re.Match[str]) -> str:
        names.append((match.group(1), match.group(2)))
        return f"_{len(names) - 1}_"

    text = _LEVEL.sub(place, expression)
    tree = ast.parse(text, mode="eval").body

    def walk(node: ast.AST) -> float:
        if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
            left, right = walk(node.left), walk(node.right)
            return float(_OPERATIONS[type(node.op)](left, right))
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
            return -walk(node.operand) if isinstance(node.op, ast.USub) else walk(node.operand)
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return float(node.value)
        if isinstance(node, ast.Name):
            token = re.fullmatch(r"_(\d+)_", node.id)
            factor, level = names[int(token.group(1))] if token else (node.id, None)
            return values.get((factor, level), 0.0)
        raise SyntaxError(expression)

    return walk(tree)


_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def _model_matrix(formula: str, samples: pd.DataFrame) -> ModelMatrix:
    from formulaic import model_matrix

    frame = samples.reset_index(drop=True)
    for name in frame.columns:
        if not pd.api.types.is_numeric_dtype(frame[name]):
            # sorted levels: the reference level must not depend on the order of the rows
            frame[name] = pd.Categorical(frame[name], categories=sorted(frame[name].dropna().unique()))
    matrix = model_matrix(formula, frame, context={}, na_action="raise")
    return ModelMatrix(np.asarray(matrix, dtype=float), tuple(str(name) for name in matrix.columns))


def _contrast_weights(design: Design, samples: pd.DataFrame, expression: str) -> NDArray[np.float64]:
    for factor, level in _LEVEL.findall(expression):
        _check_level(samples, factor, level.strip())
    for name in contrast_variables(expression):
        if name not in samples.columns:
            raise UnknownLevel(
                f"contrast {expression!r}: no column {name!r}{near_misses(name, samples.columns)}"
            )
    combinations = samples[list(design.variables)].drop_duplicates()

    def rows(changed: pd.DataFrame) -> NDArray[np.float64]:
        # fitted together with all samples, so that every level of every factor keeps its column
        both = pd.concat([samples[list(design.variables)], changed], ignore_index=True)
        values = _model_matrix(design.formula, both).values
        mean: NDArray[np.float64] = values[len(samples) :].mean(axis=0)
        return mean

    def part(factor: str, level: str | None) -> NDArray[np.float64]:
        if level is not None:
            wanted = level.strip()
            return rows(combinations.assign(**{factor: wanted}))
        return rows(combinations.assign(**{factor: combinations[factor] + 1.0})) - rows(combinations)

    names: list[tuple[str, str | None]] = list(dict.fromkeys(_LEVEL.findall(expression)))
    names += [(name, None) for name in contrast_variables(_LEVEL.sub("0", expression))]
    total = np.zeros(len(design.matrix(samples).names))
    for pair in names:
        weight = _evaluate(expression, {pair: 1.0})
        total = total + weight * part(*pair)
    return np.where(np.abs(total) < 1e-12, 0.0, total)


def _check_level(samples: pd.DataFrame, factor: str, level: str) -> None:
    if factor not in samples.columns:
        raise UnknownLevel(f"no column {factor!r} in the sample table{near_misses(factor, samples.columns)}")
    levels = sorted(str(value) for value in samples[factor].dropna().unique())
    if level not in levels:
        raise UnknownLevel(f"{factor!r} has no level {level!r}{near_misses(level, levels)}")


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
    rest = _FORMULA_TOKEN.sub("", text)
    if rest or not text.lstrip().startswith("~"):
        found = f"formula {text!r} has {rest!r}" if rest else f"formula {text!r} does not start with ~"
        return [
            Problem(
                file,
                found,
                "a formula such as ~ 0 + tissue + condition",
                "Write names, + : * ( ) and numbers only.",
            )
        ]
    called = set(re.findall(r"([A-Za-z_]\w*)\s*\(", text)) - _FORMULA_FUNCTIONS
    if called:
        return [
            Problem(
                file,
                f"formula calls {', '.join(sorted(called))}",
                f"one of {', '.join(sorted(_FORMULA_FUNCTIONS))}",
                "Drop the call or compute the column in the sample sheet.",
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
    gaps = [name for name in design.variables if samples[name].isna().any()]
    return [
        Problem(
            file,
            f"no {name!r} for {_some(samples.index[samples[name].isna()])}",
            "a value for every sample that the formula uses",
            "Fill the cells, or leave the column out of the formula.",
            column=name,
        )
        for name in gaps
    ]


def _contrast_problems(
    design: Design, samples: pd.DataFrame, name: str, expression: str, file: str
) -> list[Problem]:
    try:
        weights = _contrast_weights(design, samples, expression)
    except UnknownLevel as error:
        return [
            Problem(file, f"contrast {name!r}: {error}", "levels that the samples have", "Mend the contrast.")
        ]
    except (SyntaxError, TypeError, ValueError, ZeroDivisionError, IndexError):
        return [
            Problem(
                file,
                f"contrast {name!r} = {expression!r} cannot be read",
                "a linear expression in factor[level]",
                'Write for example "tissue[a] - tissue[b]".',
            )
        ]
    unused = [factor for factor in contrast_variables(expression) if factor not in design.variables]
    if unused:
        return [
            Problem(
                file,
                f"contrast {name!r} names {', '.join(unused)}, which the formula {design.formula!r} lacks",
                "variables of the formula",
                "Add them to the formula.",
            )
        ]
    aliased = aliased_with(design, samples, weights)
    if aliased:
        return [
            Problem(
                file,
                f"contrast {name!r} cannot be estimated: {aliased}",
                "factors that vary independently of each other",
                "Drop one of them from the formula, or measure the missing combination.",
            )
        ]
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
