"""Precursor reports become proteins: filtered with counts, joined, de-duplicated or rolled up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from secretome.errors import InvalidInput, Problem, near_misses
from secretome.plan import AssayPlan
from secretome.stats import rollup

from .columns import batches
from .groups import Group, is_entry_name, organism_of, parse_group, unique_names
from .layout import Layout
from .proteins import ProteinTable, features_frame
from .run_names import resolve_runs
from .sift import Sifted, sift
from .text import TextTable

# repeats of one quantity are printed with at least 6 digits
_SAME = 1e-5


def runs_of(table: TextTable, layout: Layout, samples: Sequence[str] = ()) -> tuple[str, ...]:
    """Names of the runs of a report, in file order."""
    texts: dict[str, None] = {}
    for rows in batches(table, [layout.run], [], []):
        texts |= dict.fromkeys(text for text in rows[layout.run].unique() if text)
    return tuple(resolve_runs(list(texts), samples).values())


def read_precursors(
    table: TextTable, layout: Layout, plan: AssayPlan, samples: Sequence[str] = ()
) -> ProteinTable:
    """Proteins and precursors of a report.

    Parameters
    ----------
    table
        The report, in memory or a `large.Report`.
    layout
        Where its parts are.
    plan
        `quantity` is one of the report's protein quantities (default the first that the layout
        offers), `"maxlfq"` or `"sum"` (roll-up of the precursors; default `"maxlfq"` where the
        report has no protein quantity).
    samples
        Names of the sample sheet: they decide which column of runs, and which form, is meant.

    Raises
    ------
    InvalidInput
        If numbers are text or negative, two columns of runs conflict, a precursor or a protein
        quantity has two values in one run, or nothing passes the filters; all at once.
    """
    quantity = _quantity(table, layout, plan)
    problems: list[Problem] = []
    sifted = sift(table, layout, quantity, problems)
    if problems:
        raise InvalidInput(problems)
    runs, run_note = _runs(table, layout, sifted, samples)
    proteins = _proteins(sifted.rows, layout)
    long = _long(table, layout, sifted.rows, runs, proteins, problems)
    if layout.quantities.get(quantity):
        values, unconnected = _given(table, layout, quantity, sifted.rows, runs, proteins, problems), ""
    else:
        values, unconnected = _rolled(long, quantity, len(proteins.names), len(runs.names))
    if problems:
        raise InvalidInput(problems)
    notes = [run_note, *layout.notes, *sifted.notes(), proteins.note, unconnected]
    shown = quantity if layout.quantities.get(quantity) else _ROLLUPS[quantity].format(layout.intensity)
    return ProteinTable(
        _features(sifted.rows, layout, proteins, long),
        runs.names,
        values,
        layout.format,
        shown,
        "intensity",
        precursors=_tidy(long, runs, proteins),
        remarks=tuple(f"{table.file}: {note}" for note in notes if note),
    )


_ROLLUPS = {"maxlfq": "MaxLFQ of {}", "sum": "sum of {}"}


def _quantity(table: TextTable, layout: Layout, plan: AssayPlan) -> str:
    offered = list(dict.fromkeys([*layout.quantities, *_ROLLUPS]))
    quantity = plan.quantity or offered[0]
    if quantity not in offered:
        found = f"no quantity {quantity!r}{near_misses(quantity, offered)}"
        raise InvalidInput([Problem(table.file, found, f"one of {', '.join(offered)}", "Mend quantity = ….")])
    return quantity


# --- runs -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Runs:
    """Names of runs, and the run of each text of the column that was chosen."""

    column: str
    names: tuple[str, ...]
    position: Mapping[str, int]

    def codes(self, rows: pd.DataFrame) -> NDArray[np.intp]:
        column = rows[self.column]
        known = [self.position.get(text, -1) for text in column.cat.categories]
        found: NDArray[np.intp] = np.array(known, dtype=np.intp)[column.cat.codes.to_numpy()]
        return found


def _runs(table: TextTable, layout: Layout, sifted: Sifted, samples: Sequence[str]) -> tuple[_Runs, str]:
    columns = [layout.run, *([layout.other_run] if layout.other_run else [])]
    forms = {
        column: resolve_runs(list(dict.fromkeys(pair[place] for pair in sifted.run_pairs)), samples)
        for place, column in enumerate(columns)
    }
    known = set(samples)
    chosen = next((column for column in columns if set(forms[column].values()) <= known), layout.run)
    note = ""
    if layout.other_run and len(sifted.run_pairs) > max(len(form) for form in forms.values()):
        counts = " and ".join(f"{column} names {len(form)} runs" for column, form in forms.items())
        note = f"{counts}, which do not go together; {chosen} was taken"
        if samples and not set(forms[chosen].values()) <= known:
            first, second = list(sifted.run_pairs.items())[:2]
            found = f"{counts}, which do not go together ({first[0][0]!r} with {first[0][1]!r}, {second[0][0]!r} with {second[0][1]!r})"
            action = "Name the runs in the sample sheet as one of the two columns does, or export the report again."
            raise InvalidInput([Problem(table.file, found, "one run for each file", action, second[1])])
    names = tuple(forms[chosen].values())
    return _Runs(chosen, names, {text: place for place, text in enumerate(forms[chosen])}), note


# --- proteins -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Proteins:
    """The groups that passed, in file order, and the group of each category of the protein column."""

    names: list[str]
    groups: list[Group]
    position: NDArray[np.intp]
    column: str
    note: str

    def codes(self, rows: pd.DataFrame) -> NDArray[np.intp]:
        found: NDArray[np.intp] = self.position[rows[self.column].cat.codes.to_numpy()]
        return found


def _proteins(rows: pd.DataFrame, layout: Layout) -> _Proteins:
    column = rows[layout.protein]
    order = pd.unique(column.cat.codes.to_numpy())
    texts = [column.cat.categories[code] for code in order]
    position = np.full(len(column.cat.categories), -1, dtype=np.intp)
    position[order] = np.arange(len(order))
    groups = [parse_group(text) for text in texts]
    if layout.leading:
        leaders = _first_texts(rows, layout.leading, position[column.cat.codes.to_numpy()], len(order))
        groups = [_led(group, parse_group(leader)) for group, leader in zip(groups, leaders, strict=True)]
    if layout.parallel:
        accessions = _accessions(rows, *layout.parallel)
        groups = [_translated(group, accessions) for group in groups]
    names, longer = unique_names(groups, texts)
    note = (
        f"{longer:,} protein groups share their first accession with another and are named by all"
        if longer
        else ""
    )
    return _Proteins(names, groups, position, layout.protein, note)


def _led(group: Group, leader: Group) -> Group:
    """The group with its leading protein first."""
    first = leader.accessions[:1]
    rest = tuple(accession for accession in group.accessions if accession not in first)
    return replace(group, accessions=(*first, *rest), entry_name=leader.entry_name or group.entry_name)


def _translated(group: Group, accessions: Mapping[str, str]) -> Group:
    """The group by accessions, where the report tells which belongs to each name."""
    return replace(group, accessions=tuple(accessions.get(name, name) for name in group.accessions))


def _accessions(rows: pd.DataFrame, names: str, accessions: str) -> dict[str, str]:
    """Name to accession, from cells in which both lists are equally long."""
    pairs = rows[[names, accessions]].drop_duplicates()
    found: dict[str, str] = {}
    for name, accession in zip(pairs[names], pairs[accessions], strict=True):
        keys, values = str(name).split(";"), str(accession).split(";")
        if len(keys) == len(values):
            found |= dict(zip(keys, values, strict=True))
    return found


def _first(rows: pd.DataFrame, column: str, proteins: _Proteins) -> list[str]:
    """The first text that is not empty of each protein; empty texts without a column."""
    if not column:
        return [""] * len(proteins.names)
    return _first_texts(rows, column, proteins.codes(rows), len(proteins.names))


def _first_texts(rows: pd.DataFrame, column: str, protein: NDArray[np.intp], count: int) -> list[str]:
    found = [""] * count
    categories = rows[column].cat.categories
    pairs = pd.DataFrame({"protein": protein, "text": rows[column].cat.codes.to_numpy()}).drop_duplicates()
    for place, code in zip(pairs["protein"], pairs["text"], strict=True):
        found[place] = found[place] or str(categories[code])
    return found


def _features(rows: pd.DataFrame, layout: Layout, proteins: _Proteins, long: _Long) -> pd.DataFrame:
    written = [text.split(";")[0].strip() for text in _first(rows, layout.entry_name, proteins)]
    entry_names = [
        group.entry_name or (text if is_entry_name(text) else "")
        for group, text in zip(proteins.groups, written, strict=True)
    ]
    genes = _first(rows, layout.gene, proteins)
    # FASTA headers that are not UniProt's leave a word of the description in both columns
    genes = [
        "" if gene == text and not is_entry_name(text) else gene
        for gene, text in zip(genes, written, strict=True)
    ]
    features = {
        "gene": genes,
        "entry_name": entry_names,
        "organism": [organism_of(name) for name in entry_names],
        "description": _first(rows, layout.description, proteins),
        "protein_group": [";".join(group.accessions) for group in proteins.groups],
        "tagged_contaminant": [group.contaminant for group in proteins.groups],
        "peptides": long.peptides(len(proteins.names)).tolist(),
    }
    frame = features_frame(proteins.names, features)
    frame["precursors"] = long.precursors(len(proteins.names))
    return frame


# --- precursors -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Long:
    """One entry for each precursor seen in a run, sorted by protein, precursor and run."""

    protein: NDArray[np.intp]
    precursor: NDArray[np.intp]
    run: NDArray[np.intp]
    intensity: NDArray[np.float64]
    q_value: NDArray[np.float64]
    n: NDArray[np.intp]
    labels: NDArray[np.object_]
    sequence: NDArray[np.intp]

    def peptides(self, proteins: int) -> NDArray[np.intp]:
        """Distinct peptide sequences of each protein."""
        pairs = np.unique(np.column_stack([self.protein, self.sequence[self.precursor]]), axis=0)
        return np.bincount(pairs[:, 0], minlength=proteins)

    def precursors(self, proteins: int) -> NDArray[np.intp]:
        """Distinct precursors of each protein."""
        pairs = np.unique(np.column_stack([self.protein, self.precursor]), axis=0)
        return np.bincount(pairs[:, 0], minlength=proteins)


def _long(
    table: TextTable,
    layout: Layout,
    rows: pd.DataFrame,
    runs: _Runs,
    proteins: _Proteins,
    problems: list[Problem],
) -> _Long:
    """Rows with an intensity, joined to one for each precursor and run."""
    rows = rows[rows[layout.intensity].notna().to_numpy()]
    precursor, labels, sequence = _labels(rows, layout)
    keys = np.column_stack([proteins.codes(rows), precursor, runs.codes(rows)])
    order = np.lexsort((keys[:, 2], keys[:, 1], keys[:, 0]))
    keys, lines = keys[order], rows.index.to_numpy()[order]
    intensity = rows[layout.intensity].to_numpy()[order]
    fresh = np.ones(len(keys), dtype=bool)
    fresh[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    starts = np.nonzero(fresh)[0]
    n = np.diff(np.append(starts, len(keys)))
    q_value = rows[layout.q_value].to_numpy()[order] if layout.q_value else np.full(len(keys), np.nan)
    if not len(keys):
        return _Long(keys[:, 0], keys[:, 1], keys[:, 2], intensity, q_value, n, labels, sequence)
    high, low = np.maximum.reduceat(intensity, starts), np.minimum.reduceat(intensity, starts)
    wrong = n > 1 if layout.join == "one" else (high > low * (1 + _SAME)) & (layout.join == "same")
    for place in np.nonzero(wrong)[0][:20]:
        first, second = sorted(lines[starts[place] : starts[place] + n[place]])[:2]
        problems.append(
            Problem(
                table.file,
                f"precursor {labels[keys[starts[place], 1]]!r} stands in row {first} already with {low[place]:g}, here up to {high[place]:g}",
                "one intensity for each precursor and run",
                "Were two reports joined? Export the report again.",
                int(second),
                layout.intensity,
            )
        )
    total = np.add.reduceat(intensity, starts)
    joined_intensity = {"sum": total, "max": high, "one": high, "same": high}[layout.join]
    lowest_q = np.fmin.reduceat(q_value, starts)
    return _Long(
        keys[starts, 0], keys[starts, 1], keys[starts, 2], joined_intensity, lowest_q, n, labels, sequence
    )


def _labels(
    rows: pd.DataFrame, layout: Layout
) -> tuple[NDArray[np.intp], NDArray[np.object_], NDArray[np.intp]]:
    """Precursor of each row as a code, the name of each code, and its peptide as a code."""
    columns = [rows[name] for name in layout.precursor]
    codes = np.column_stack([column.cat.codes.to_numpy().astype(np.int64) for column in columns])
    flat = codes[:, 0]
    for place in range(1, codes.shape[1]):
        flat = flat * (int(codes[:, place].max(initial=0)) + 1) + codes[:, place]
    precursor, unique = pd.factorize(flat)
    first = np.full(len(unique), len(flat), dtype=np.intp)
    np.minimum.at(first, precursor, np.arange(len(flat)))
    names = [column.cat.categories.to_numpy()[codes[first, place]] for place, column in enumerate(columns)]
    labels = np.array(["/".join(map(str, parts)) for parts in zip(*names, strict=True)], dtype=object)
    if layout.peptide:
        peptide = rows[layout.peptide]
        sequences = peptide.cat.categories.to_numpy()[peptide.cat.codes.to_numpy()[first]]
    else:
        sequences = np.array([bare_sequence(str(text)) for text in names[0]], dtype=object)
    return precursor.astype(np.intp), labels, pd.factorize(sequences)[0].astype(np.intp)


def bare_sequence(modified: str) -> str:
    """A peptide's letters without modifications, charge and marks.

    Examples
    --------
    >>> bare_sequence("_(Acetyl (Protein N-term))AC[+57]DM(UniMod:35)K_.2")
    'ACDMK'
    """
    text, before = modified, ""
    while text != before:
        before, text = text, re.sub(r"\([^()]*\)|\[[^\[\]]*\]", "", text)
    return re.sub(r"[^A-Za-z]", "", text).upper()


def _tidy(long: _Long, runs: _Runs, proteins: _Proteins) -> pd.DataFrame:
    texts = pd.Categorical.from_codes
    return pd.DataFrame(
        {
            "sample": texts(long.run, list(runs.names)),
            "protein": texts(long.protein, proteins.names),
            "precursor": texts(long.precursor, list(long.labels)),
            "intensity": long.intensity,
            "q_value": long.q_value,
            "n": long.n,
        }
    )


# --- protein quantities ---------------------------------------------------------------------------


def _given(
    table: TextTable,
    layout: Layout,
    quantity: str,
    rows: pd.DataFrame,
    runs: _Runs,
    proteins: _Proteins,
    problems: list[Problem],
) -> NDArray[np.float64]:
    """A quantity that the report repeats in every row of a protein and run: once, never summed."""
    column = layout.quantities[quantity]
    given = rows[column].to_numpy()
    kept = ~np.isnan(given) & (given != 0)
    given, protein, run, lines = (part[kept] for part in (given, proteins.codes(rows), runs.codes(rows), rows.index.to_numpy()))  # fmt: skip
    shape = (len(proteins.names), len(runs.names))
    high, low = np.full(shape, -np.inf), np.full(shape, np.inf)
    np.maximum.at(high, (protein, run), given)
    np.minimum.at(low, (protein, run), given)
    conflict = high > low + np.abs(low) * _SAME
    for row, sample in np.argwhere(conflict)[:20]:
        line = int(lines[(protein == row) & (run == sample)][0])
        found = f"{proteins.names[row]} in {runs.names[sample]} has values from {low[row, sample]:g} to {high[row, sample]:g}"
        action = 'The runs of this file may be mixed up; quantity = "maxlfq" does not use this column.'
        problems.append(Problem(table.file, found, "one value for a protein and run", action, line, column))
    if (low < 0).any():
        problems.append(
            Problem(
                table.file,
                f"negative value {low.min():g}",
                "a linear intensity",
                "Is the report log2?",
                column=column,
            )
        )
    return np.where(np.isfinite(high), high, np.nan)


def _rolled(long: _Long, quantity: str, proteins: int, runs: int) -> tuple[NDArray[np.float64], str]:
    """Proteins made of their precursors, and a sentence on what could not be compared."""
    values = np.full((proteins, runs), np.nan)
    if not len(long.run):
        return values, ""
    pairs, rows = np.unique(np.column_stack([long.protein, long.precursor]), axis=0, return_inverse=True)
    wide = np.full((len(pairs), runs), np.nan)
    wide[rows.ravel(), long.run] = long.intensity
    make = rollup.maxlfq if quantity == "maxlfq" else rollup.sum
    rolled = make(wide, pairs[:, 0])
    values[: len(rolled.values)] = rolled.values
    apart = rolled.component > 0
    if not apart.any():
        return values, ""
    sentence = (
        f"{int(apart.sum()):,} values of {int(apart.any(axis=1).sum()):,} proteins were left empty: "
        "these runs share no precursor with the others, so no ratio was measured"
    )
    return values, sentence
