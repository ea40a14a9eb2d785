"""The plain CSV layouts of every question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from .layout import Column, Layout
from .layout_examples import EXAMPLES


def _layout(name: str, called: str, columns: Sequence[Column], *, value: str = "value") -> Layout:
    example = tuple(tuple(row.split(",")) for row in EXAMPLES[name])
    return Layout(called, tuple(columns), example, value)


_VALUES = (
    "result", "measurement", "measured", "measured value", "observed", "observation", "reading", "y", "assay value",
)  # fmt: skip
_LOTS = ("batch", "lot number", "lot no", "batch number", "batch no", "lot id", "batch id")
_DONORS = ("donor id", "pool", "bank", "subject", "patient")
_TIMES = {
    word: unit
    for unit, words in {
        "hours": ("hour", "hours", "time h", "time hours"),
        "days": ("day", "days", "time d", "time days"),
        "weeks": ("week", "weeks", "time weeks"),
        "months": ("month", "months", "time months"),
        "years": ("year", "years", "time years"),
    }.items()
    for word in words
}


def _lot(*, required: bool = True) -> Column:
    return Column("lot", "text", "name of the lot", required, _LOTS)


def _value(meaning: str = "the measured value", *aliases: str, below: str = "", gaps: bool = True) -> Column:
    return Column("value", "number", meaning, True, (*_VALUES, *aliases), gaps=gaps, below=below)


def _donor(*, required: bool = False) -> Column:
    return Column("donor", "text", "donor, pool or bank: the unit of replication", required, _DONORS)


_ATTRIBUTE = Column(
    "attribute", "text", "what was measured, where there are several", aliases=("analyte", "parameter", "test", "quality attribute", "assay", "measure", "marker")
)  # fmt: skip
_POTENCY = _layout(
    "potency",
    "potency",
    [
        Column("preparation", "text", "reference lot or test lot", True,
               ("prep", "sample", "lot", "batch", "material", "treatment", "substance", "product", "curve", "vaccine")),
        Column("dose", "number", "dose in one unit for all preparations, or a dilution such as 1:50", True,
               ("concentration", "conc", "amount", "dosage"),
               changed={"ln dose": "exp", "log10 dose": "power of 10", "log2 dose": "power of 2", "ln concentration": "exp",
                        "log10 concentration": "power of 10", "dilution factor": "reciprocal", "fold dilution": "reciprocal"}),
        Column("response", "number", "response of one well", True,
               (*_VALUES, "value", "signal", "od", "absorbance", "rlu", "rfu", "luminescence", "fluorescence", "effect", "readout"), gaps=True),
        Column("plate", "text", "plate or assay; each is fitted on its own and then combined", aliases=("plate id", "assay", "run", "assay run", "experiment")),
        Column("block", "text", "block of a randomised block design (parallel line)"),
        Column("row", "text", "row of a Latin square (parallel line)"),
        Column("column", "text", "column of a Latin square (parallel line)", aliases=("col",)),
        Column("assumed", "number", "assumed potency of the preparation; multiplies the ratio", aliases=("assumed potency", "labelled potency")),
        Column("weight", "number", "inverse variance of the response (curves)", aliases=("weights",)),
    ],
    value="response",
)  # fmt: skip
_VALIDATION = _layout(
    "validation",
    "potency --kind validation",
    [
        Column("level", "number", "true relative potency, percent", True,
               ("nominal", "true", "true potency", "nominal potency", "target", "target potency", "expected", "theoretical")),
        _value("measured relative potency, percent", "potency", "relative potency", "rp", "estimate"),
        Column("run", "text", "assay run; without it, analyst, day and plate together", aliases=("series", "session", "assay", "assay run")),
        Column("analyst", "text", "analyst", aliases=("operator", "technician")),
        Column("day", "text", "day", aliases=("date",)),
        Column("plate", "text", "plate", aliases=("plate id",)),
    ],
)  # fmt: skip
_COMBINATION = _layout(
    "combination",
    "potency --kind combination",
    [
        Column("assay", "text", "independent assay or plate", aliases=("run", "plate", "experiment")),
        Column("estimate", "number", "potency, or relative potency, as number or per cent", True, ("potency", "relative potency", "rp", "value", "ratio"), gaps=True),
        Column("lower", "number", "lower limit of its interval", aliases=("lower limit", "lcl", "ci lower", "lower 95", "low")),
        Column("upper", "number", "upper limit of its interval", aliases=("upper limit", "ucl", "ci upper", "upper 95", "high")),
        Column("standard_error", "number", "of the natural logarithm of the estimate, where there are no limits", aliases=("se ln", "se log", "standard error of ln")),
        Column("df", "number", "residual degrees of freedom of the assay", aliases=("degrees of freedom",)),
        Column("preparation", "text", "test lot, where there are several", aliases=("sample", "lot", "batch", "link")),
    ],
    value="estimate",
)  # fmt: skip
_BASIS = _layout(
    "basis",
    "potency --basis",
    [
        Column("preparation", "text", "reference or test lot", True, ("lot", "sample", "batch")),
        Column("basis", "text", "protein, particles, cell equivalents or another amount", True, ("quantity",)),
        Column("per_ml", "number", "amount in one mL of that lot, one unit a basis", True, ("per ml", "concentration", "value")),
        Column("standard_error", "number", "of that amount, same unit", aliases=("se",)),
    ],
    value="per_ml",
)  # fmt: skip
_MATRIX = _layout(
    "matrix",
    "matrix",
    [
        _lot(required=False),
        _donor(required=True),
        Column("measure", "text", "name of the factor or activity", True, ("analyte", "name", "variable")),
        Column("kind", "text", "factor or activity; without it say --activity", aliases=("type",)),
        _value(gaps=True),
    ],
)
_STABILITY = _layout(
    "stability",
    "stability",
    [
        _lot(),
        Column("time", "number", "time since release or start of use", True, ("t", "age", "storage time", "time point", "timepoint"), units=_TIMES),
        _value("the measured value; the LLOQ when censored; <5 is censored at 5", "potency", "response", "conc", "concentration", "content",
               "assay", "label claim", below="censored"),
        _ATTRIBUTE,
        Column("potency", "yes or no", "whether the attribute is an assay of activity"),
        Column("lower", "number", "lower acceptance limit of the attribute", aliases=("lower limit", "lsl")),
        Column("upper", "number", "upper acceptance limit of the attribute", aliases=("upper limit", "usl")),
        Column("censored", "yes or no", "yes when the value is below the LLOQ given", aliases=("below lloq", "blq")),
        Column("clock", "text", "storage, powder or in use: each is judged on its own"),
        Column("temperature_c", "number", "storage temperature", aliases=("temperature", "temp", "storage temperature")),
        Column("state", "text", "liquid, frozen or freeze-dried"),
    ],
)  # fmt: skip
_STEPS = _layout(
    "steps",
    "stability --kind steps",
    [
        _lot(),
        Column("step", "number", "freeze-thaw cycles or dilution steps done; 0 is before the first", True,
               ("cycle", "cycles", "freeze thaw", "freeze thaws", "freeze thaw cycles", "steps", "dilution step")),
        _value("the measured value, for dilutions times the dilution", "potency", "concentration", "response"),
        _ATTRIBUTE,
        _donor(),
    ],
)  # fmt: skip
_RATES = _layout(
    "arrhenius",
    "stability --kind arrhenius",
    [
        Column("temperature_c", "number", "storage temperature", True, ("temperature", "temp", "temp c")),
        Column("rate", "number", "loss per time at that temperature, positive", True, ("k", "loss", "loss rate", "rate constant")),
        Column("state", "text", "liquid; frozen and freeze-dried are refused", True),
    ],
    value="rate",
)  # fmt: skip
_COMPARABILITY = _layout(
    "comparability",
    "comparability",
    [
        Column("group", "text", "process, form or donor group that is compared", True,
               ("process", "arm", "site", "form", "product", "treatment", "formulation", "method")),
        Column("unit", "text", "donor or pool: the unit of replication; without it each lot, or each row", aliases=("donor", "pool", "subject", "donor id")),
        _value("the measured value", "potency", "response"),
        _ATTRIBUTE,
        Column("lot", "text", "lot; lots of one unit are averaged first", aliases=_LOTS),
        Column("dose_basis", "text", "per cell equivalent, per protein, per particle, per volume"),
    ],
)  # fmt: skip
_SUMMARY = _layout(
    "summary",
    "specification --kind summary",
    [
        Column("line", "text", "name of the test line", True, ("test", "parameter", "attribute")),
        Column(
            "result", "text", "number, or words such as no growth; empty when not tested", aliases=("value",)
        ),
        Column("lower", "number", "lower limit, inclusive", aliases=("lower limit", "lsl", "min")),
        Column("upper", "number", "upper limit, inclusive", aliases=("upper limit", "usl", "max")),
        Column("expected", "text", "words that the result must equal, such as no growth"),
        Column("unit", "text", "unit of the result", aliases=("units",)),
        Column("method", "text", "named method"),
        Column("justification", "text", "why this limit", aliases=("reason", "rationale")),
        Column("required", "yes or no", "default yes; a no needs a justification"),
        Column("k_eu_kg_h", "number", "endotoxin: threshold dose K, EU per kg and hour"),
        Column("k_route", "text", "endotoxin: route for which K holds"),
        Column("route", "text", "endotoxin: route of the product"),
        Column("dose_ml_kg_h", "number", "endotoxin: largest dose, mL per kg and hour"),
    ],
    value="result",
)
_LIMITS = _layout(
    "limits",
    "specification --kind limits",
    [_lot(required=False), _donor(), _value("the measured value, one a lot", "potency")],
)
_CONTROL = _layout(
    "control",
    "control",
    [
        Column("sample", "text", "subgroup or run, in time order; without it each row", aliases=("subgroup", "group", "run", "batch", "lot", "day", "order", "index", "hour", "date", "sample id")),
        _value("the measured value, or a mean that is charted as a single value", "x", "mean", "average", "diameter", "potency"),
    ],
)  # fmt: skip
_PURITY = _layout(
    "purity",
    "purity",
    [
        Column("sample", "text", "vesicle preparation", True, ("preparation", "lot", "batch")),
        Column("quantity", "text", "particles, particle blank, protein, protein blank, marker, soluble, vesicles, input, bovine", True),
        _value("per mL (particles), ug/mL (protein), 1 or 0 (marker), amount, percent (bovine)", gaps=False),
        Column("standard_error", "number", "of the value, same unit", aliases=("se",)),
        Column("name", "text", "marker or factor", aliases=("marker", "factor")),
        Column("marker_class", "text", "transmembrane, cytosolic, contaminant"),
        Column("instrument", "text", "instrument and settings of a particle count"),
    ],
)  # fmt: skip
_FORMS = _layout(
    "forms",
    "forms",
    [
        Column("form", "text", "cells, CM, EV or freeze-dried", True),
        _donor(required=True),
        Column("item", "text", "yield, harvest, clarify, concentrate, freeze, dry, doses, storage, in use, freeze-thaws, shelf life", True),
        _value(gaps=False),
        Column("measure", "text", "factor, particles or potency that the value is of", aliases=("analyte", "factor")),
        Column("unit", "text", "unit of the value", True, ("units",)),
        Column("lower", "number", "lower limit of its interval"),
        Column("upper", "number", "upper limit of its interval"),
        Column("before", "number", "amount before the step, for a recovery"),
    ],
)  # fmt: skip

LAYOUTS: Mapping[str, Layout] = MappingProxyType(
    {
        "potency": _POTENCY,
        "validation": _VALIDATION,
        "combination": _COMBINATION,
        "basis": _BASIS,
        "matrix": _MATRIX,
        "stability": _STABILITY,
        "steps": _STEPS,
        "arrhenius": _RATES,
        "comparability": _COMPARABILITY,
        "summary": _SUMMARY,
        "limits": _LIMITS,
        "control": _CONTROL,
        "purity": _PURITY,
        "forms": _FORMS,
    }
)
