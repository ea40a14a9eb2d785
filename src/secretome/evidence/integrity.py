"""Checks of what papers print: each finding is a flag for a person, never a judgement."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy import stats

from .records import Record, Reference, clean_doi

# Six numbers or more that two papers share in one order are more than chance; three percentages with their p are.
_SHARED_NUMBERS = 3
_ASYMMETRY = 0.15
_LABEL = "human check needed"


@dataclass(frozen=True)
class Flag:
    """One doubt: which check, about what, what was printed, what was computed.

    Parameters
    ----------
    check
        Name of the check.
    about
        Record, work or citation.
    found, expected
        As printed; as it would be if all were well.
    """

    check: str
    about: str
    found: str
    expected: str

    def __str__(self) -> str:
        """One line, neutral in wording."""
        return f"{self.check}, {self.about}: {self.found}; expected {self.expected} ({_LABEL})"


def p_from_counts(
    events_a: int,
    n_a: int,
    events_b: int,
    n_b: int,
    *,
    printed_p: float,
    relation: str = "=",
    about: str = "",
) -> Flag | None:
    """A flag when the p that the counts give (Fisher, two-sided) lies on the other side of what was printed.

    Parameters
    ----------
    printed_p, relation
        `p<0.0001` is 0.0001 with `<`; `p=0.03` is 0.03 with `=`.

    Notes
    -----
    Another test gives another p; a flag is raised only when it differs by a factor of ten, or by significance at
    0.05 with a factor of two.

    Examples
    --------
    >>> str(p_from_counts(8, 14, 4, 15, printed_p=1e-4, relation="<", about="a trial"))
    'p from counts, a trial: printed p<0.0001 for 8/14 against 4/15; expected p = 0.14 by Fisher exact test (human check needed)'
    """
    table = np.array([[events_a, n_a - events_a], [events_b, n_b - events_b]])
    computed = float(stats.fisher_exact(table).pvalue)
    if relation == "<":
        wrong = computed > 10 * printed_p or (printed_p <= 0.05 and computed > max(0.05, 2 * printed_p))
    elif relation == ">":
        wrong = computed < printed_p / 10
    else:
        ratio = max(computed, 1e-12) / max(printed_p, 1e-12)
        wrong = ratio > 10 or ratio < 0.1 or ((computed < 0.05) != (printed_p < 0.05) and not 0.5 < ratio < 2)
    if not wrong:
        return None
    found = f"printed p{relation}{printed_p:g} for {events_a}/{n_a} against {events_b}/{n_b}"
    return Flag("p from counts", about, found, f"p = {computed:.2g} by Fisher exact test")


def percent_from_counts(
    events: int, n: int, percent: float, *, decimals: int = 0, about: str = ""
) -> Flag | None:
    """A flag when a printed percentage is not that of its counts, rounded either way.

    Examples
    --------
    >>> percent_from_counts(8, 14, 57), percent_from_counts(8, 14, 61).found
    (None, 'printed 61 % for 8 of 14')
    """
    true = 100 * events / n
    if (
        abs(true - percent) <= 0.5 * 10**-decimals + 1e-9
        or math.floor(true * 10**decimals) / 10**decimals == percent
    ):
        return None
    return Flag(
        "percentage from counts",
        about,
        f"printed {percent:g} % for {events} of {n}",
        f"{true:.{decimals + 1}f} %",
    )


def interval_symmetry(
    estimate: float, lower: float, upper: float, *, scale: str = "linear", about: str = ""
) -> Flag | None:
    """A flag when an interval is not symmetric about its estimate on its scale, or does not hold it.

    Parameters
    ----------
    scale
        `linear` (differences, SMD) or `log` (ratios).

    Examples
    --------
    >>> interval_symmetry(2.32, 1.55, 3.09), interval_symmetry(5.48, 3.55, 8.13).expected
    (None, 'both sides alike on the linear scale')
    """
    numbers = [estimate, lower, upper]
    if scale == "log":
        if min(numbers) <= 0:
            return Flag("interval", about, f"{lower:g} to {upper:g} on a log scale", "positive numbers")
        numbers = [math.log(number) for number in numbers]
    middle, low, high = numbers
    found = f"{estimate:g} ({lower:g} to {upper:g})"
    if not low <= middle <= high:
        return Flag("interval", about, found, "an estimate inside its interval")
    left, right = middle - low, high - middle
    width = left + right
    if width == 0 or abs(right - left) / width <= _ASYMMETRY:
        return None
    return Flag("interval", about, found, f"both sides alike on the {scale} scale")


def sums(parts: Sequence[int], total: int, *, about: str = "") -> Flag | None:
    """A flag when printed parts do not add up to the printed total.

    Examples
    --------
    >>> str(sums([217, 173], 381, about="animals"))
    'sum, animals: 217 + 173 = 390; expected 381 as printed (human check needed)'
    """
    if sum(parts) == total:
        return None
    return Flag("sum", about, f"{' + '.join(map(str, parts))} = {sum(parts)}", f"{total} as printed")


def spread(mean: float, sd: float, n: int, *, about: str = "") -> Flag | None:
    """A flag when an SD looks like a standard error (or the reverse), for amounts that cannot be negative.

    Notes
    -----
    SD / mean below 0.02 with n at least 3 is rarer than biology allows, sd * sqrt(n) is then the likelier SD;
    SD / mean above 2 is rare for amounts. Limits chosen for this package, not taken from a guideline.
    """
    if mean <= 0 or sd < 0:
        return None
    ratio = sd / mean
    if sd == 0 or (ratio < 0.02 and n >= 3):
        return Flag(
            "SD or SE",
            about,
            f"mean {mean:g}, SD {sd:g}, n {n}",
            f"an SD; {sd * math.sqrt(n):.3g} if this is a standard error",
        )
    if ratio > 2:
        return Flag("SD or SE", about, f"mean {mean:g}, SD {sd:g}, n {n}", "an SD not above twice the mean")
    return None


def same_numbers(records: Iterable[Record]) -> tuple[Flag, ...]:
    """Flags for pairs of papers whose abstracts print the same results: percentages with their p, in one order."""
    listed = [(record, number_string(record.text)) for record in records]
    flags = []
    for (one, first), (other, second) in combinations(listed, 2):
        if one.doi and one.doi == other.doi:
            continue
        shared = _common_run(first, second)
        if len(shared) >= _SHARED_NUMBERS:
            about = f"{one.label} and {other.label}"
            flags.append(
                Flag("identical numbers", about, "both print " + ", ".join(shared), "numbers of their own")
            )
    return tuple(flags)


def number_string(text: str) -> tuple[str, ...]:
    """Percentages with the p printed behind them, as `77% P<.001`, in their order.

    Examples
    --------
    >>> number_string("fell by 77% (P < 0.001), 43 % (P<0.001)")
    ('77% p<0.001', '43% p<0.001')
    """
    found = re.findall(r"(\d+(?:\.\d+)?)\s?%[^.%;]{0,12}?\(?\s?[Pp]\s?([<=>])\s?(0?\.\d+)", text)
    return tuple(f"{number}% p{sign}{'0' if p.startswith('.') else ''}{p}" for number, sign, p in found)


def shared_arms(trials: Sequence[tuple[str, str, Sequence[int]]]) -> tuple[Flag, ...]:
    """Flags for studies of one condition that share the sizes of two or more arms: possible double counting.

    Parameters
    ----------
    trials
        (label, condition, sizes of the arms) of each study.

    Examples
    --------
    >>> [flag.about for flag in shared_arms([("A", "leprosy ulcer", [16, 16]), ("B", "leprosy ulcer", [16, 22, 16])])]
    ['A and B']
    """
    flags = []
    for (one, condition, sizes), (other, second, others) in combinations(trials, 2):
        if condition != second:
            continue
        rest = list(others)
        common = [size for size in sizes if size in rest and (rest.remove(size) or True)]  # type: ignore[func-returns-value]
        if len(common) >= 2:
            words = " and ".join(map(str, common))
            flags.append(
                Flag(
                    "shared arms",
                    f"{one} and {other}",
                    f"{condition}: arms of {words} in both",
                    "patients counted once",
                )
            )
    return tuple(flags)


def standings(records: Iterable[Record]) -> tuple[Flag, ...]:
    """Flags for records that were retracted, corrected, or are under an expression of concern."""
    words = {
        "retracted": "a record in good standing",
        "concern": "no expression of concern",
        "corrected": "the erratum read",
    }
    return tuple(
        Flag("standing", record.label, record.standing, words[record.standing])
        for record in records
        if record.standing
    )


# Code that a publisher puts into its DOIs for a journal, and words of the journal's name. From the DOIs' own form.
_JOURNAL_CODES = {
    "10.1111/jcpe": "j clin periodontol",
    "10.1111/ijlh": "int j lab hematol",
    "10.1111/jre": "j periodontal res",
    "10.1038/leu": "leukemia",
    "10.1038/ng": "nat genet",
    "10.1038/nm": "nat med",
    "10.1002/sctm": "stem cells transl med",
    "10.1002/jev2": "j extracell vesicles",
    "10.1089/scd": "stem cells dev",
    "10.1111/cns": "cns neurosci ther",
    "10.1098/rstb": "philos trans r soc",
    "10.18388/abp": "acta biochim pol",
    "10.33549/physiolres": "physiol res",
}


def doi_of_another_journal(reference: Reference, *, journal: str = "") -> Flag | None:
    """A flag when the journal code inside a DOI is that of another journal than the one printed.

    Only codes of the list in this file are judged; an unknown code raises nothing.

    Examples
    --------
    >>> printed = "J Clin Periodontol. 2017;38:42-49. doi: 10.1111/ijlh.12426"
    >>> doi_of_another_journal(Reference(printed, doi="10.1111/ijlh.12426")).expected
    'a DOI of that journal'
    """
    doi = reference.doi or clean_doi(reference.text)
    text = re.sub(r"[^\w ]", " ", journal or reference.text).lower()
    words = " ".join(text.split())
    for code, name in _JOURNAL_CODES.items():
        if re.match(re.escape(code) + r"[.\-/\d]", doi):
            if name in words:
                return None
            others = [other for other in _JOURNAL_CODES.values() if other in words]
            about = others[0] if others else "the journal printed"
            return Flag("DOI", about, f"DOI {doi} has the code of {name}", "a DOI of that journal")
    return None


_POSITIVE = re.compile(
    r"\b(?:effective|promising|significantly (?:improv|reduc|increas|decreas)\w*|could be (?:a )?(?:potential|used)|potential (?:treatment|therapy|alternative)|beneficial|superior)\b",
    re.IGNORECASE,
)
_NULL = re.compile(
    r"\b(?:no|not|without)\b[^.;]{0,25}\b(?:significant|statistical\w*)\b[^.;]{0,25}\bdifferen\w*|\bdid not (?:differ|reach)|\bnot significant(?:ly)?\b|\bno difference\b",
    re.IGNORECASE,
)


def conclusion_beyond_result(record: Record, *, registered_null: bool = False) -> Flag | None:
    """A flag when the conclusion praises what the results (or the registered primary outcome) did not separate.

    Parameters
    ----------
    registered_null
        True when a person found that the registered primary outcome did not differ between groups.
    """
    conclusion = " ".join(part.text for part in record.abstract if "conclusion" in part.label.lower())
    results = " ".join(
        part.text
        for part in record.abstract
        if "result" in part.label.lower() or "finding" in part.label.lower()
    )
    if not conclusion:
        sentences = re.split(r"(?<=[.?!]) ", record.abstract[0].text if record.abstract else "")
        conclusion, results = " ".join(sentences[-2:]), " ".join(sentences[:-2])
    praise, null = _POSITIVE.search(conclusion), _NULL.search(results)
    if praise is None or (null is None and not registered_null):
        return None
    said = null.group() if null else "no difference in the registered primary outcome"
    return Flag(
        "conclusion",
        record.label,
        f"concludes {praise.group()!r}, results say {said!r}",
        "a conclusion no stronger than the result",
    )


def dose_units(doses: Sequence[tuple[str, float, str]], *, about: str = "") -> Flag | None:
    """A flag when sources give doses of one trial that differ by more than a thousandfold.

    Parameters
    ----------
    doses
        (source, amount, unit) with one unit after conversion.
    """
    amounts = [amount for _, amount, _ in doses if amount > 0]
    if len(amounts) < 2 or max(amounts) / min(amounts) < 1000:
        return None
    found = "; ".join(f"{source}: {amount:g} {unit}" for source, amount, unit in doses)
    return Flag("dose", about, found, "one dose; the registry record decides")


def _common_run(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """The longest run of numbers that both print in one order."""
    best: tuple[str, ...] = ()
    for i in range(len(first)):
        for j in range(len(second)):
            k = 0
            while i + k < len(first) and j + k < len(second) and first[i + k] == second[j + k]:
                k += 1
            if k > len(best):
                best = tuple(first[i : i + k])
    return best
