"""ClinicalTrials.gov JSON: API v2 studies, and the legacy study_fields layout (each field a list)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any, BinaryIO

from secretome.errors import UnreadableFile
from secretome.evidence.records import (
    Arm,
    Intervention,
    Item,
    Outcome,
    Part,
    Record,
    Reference,
    Trial,
    clean_doi,
    year_of,
)

from . import Source, decoded

Facts = Mapping[str, Any]


def read(stream: BinaryIO, source: Source) -> Iterator[Item]:
    """A record for every study of a JSON document, or of every line of JSON lines."""
    text = decoded(stream, source)
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        yield from _lines(text, source, str(error))
        return
    for position, facts in enumerate(_studies(whole), start=1):
        yield _guarded(facts, source, position)


def _lines(text: str, source: Source, reason: str) -> Iterator[Item]:
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines[0].rstrip().endswith("}"):
        raise UnreadableFile(f"{source.file}: no whole JSON and no JSON lines ({reason}); send it again")
    for position, line in enumerate(lines, start=1):
        try:
            facts = json.loads(line)
        except json.JSONDecodeError as error:
            yield source.fault(position, f"the line is no JSON: {error}")
            continue
        yield _guarded(facts, source, position)


def _studies(whole: object) -> list[Any]:
    if isinstance(whole, list):
        return whole
    if isinstance(whole, dict):
        if "studies" in whole:
            return list(whole["studies"])
        if "StudyFieldsResponse" in whole:
            return list(whole["StudyFieldsResponse"].get("StudyFields", []))
    return [whole]


def _guarded(facts: object, source: Source, position: int) -> Item:
    if not isinstance(facts, Mapping):
        return source.fault(position, f"{type(facts).__name__} where a study was expected")
    try:
        record = _modern(facts) if "protocolSection" in facts else _legacy(facts)
    except (AttributeError, TypeError, KeyError, ValueError) as error:
        number = str(facts.get("NCTId") or facts["protocolSection"])[:60]
        return source.fault(position, f"a field has another shape than the layout says: {error}", number)
    if not record.get("trial_id"):
        return source.fault(position, "the study has no NCT number", str(record.get("title", ""))[:60])
    whole = json.dumps(facts, ensure_ascii=False, separators=(",", ":"))
    number = record["trial_id"]
    # The whole answer stays with the record: results, unknown fields and enums are lost nowhere.
    return Record(
        kind="trial", registry_ids=(number,), other=(("json", whole),), origin=source.at(position), **record
    )


def _modern(facts: Facts) -> dict[str, Any]:
    protocol: Facts = facts["protocolSection"]
    named, status = _module(protocol, "identification"), _module(protocol, "status")
    words, subjects = _module(protocol, "description"), _module(protocol, "conditions")
    secondary = (named.get("orgStudyIdInfo", {}), *named.get("secondaryIdInfos", []))
    start = status.get("startDateStruct", {}).get("date", "")
    official, brief = named.get("officialTitle", ""), named.get("briefTitle", "")
    return {
        "trial_id": named.get("nctId", ""),
        "other_ids": tuple(
            (str(e.get("type", "organisation")), str(e["id"])) for e in secondary if e.get("id")
        ),
        "revised": status.get("lastUpdatePostDateStruct", {}).get("date", ""),
        "title": official or brief,
        "other_title": brief if official else "",
        "abstract": _summary(words.get("briefSummary", ""), words.get("detailedDescription", "")),
        "year": year_of(start),
        "date": start,
        "keywords": tuple(subjects.get("keywords", [])),
        "trial": _modern_trial(protocol, facts),
    }


def _modern_trial(protocol: Facts, facts: Facts) -> Trial:
    status, design = _module(protocol, "status"), _module(protocol, "design")
    info = design.get("designInfo", {})
    arms, people = _module(protocol, "armsInterventions"), _module(protocol, "sponsorCollaborators")
    outcomes = _module(protocol, "outcomes")
    count = design.get("enrollmentInfo", {}).get("count")
    return Trial(
        status=status.get("overallStatus", ""),
        why_stopped=status.get("whyStopped", ""),
        phases=tuple(design.get("phases", [])),
        study_type=design.get("studyType", ""),
        enrolment=None if count is None else int(count),
        enrolment_type=design.get("enrollmentInfo", {}).get("type", ""),
        allocation=info.get("allocation", ""),
        model=info.get("interventionModel", ""),
        masking=info.get("maskingInfo", {}).get("masking", ""),
        purpose=info.get("primaryPurpose", ""),
        conditions=tuple(_module(protocol, "conditions").get("conditions", [])),
        arms=tuple(
            Arm(
                a.get("label", ""),
                a.get("type", ""),
                a.get("description", ""),
                tuple(a.get("interventionNames", [])),
            )
            for a in arms.get("armGroups", [])
        ),
        interventions=tuple(
            Intervention(
                i.get("name", ""),
                i.get("type", ""),
                i.get("description", ""),
                tuple(i.get("otherNames", [])),
                tuple(i.get("armGroupLabels", [])),
            )
            for i in arms.get("interventions", [])
        ),
        outcomes=tuple(
            Outcome(o.get("measure", ""), kind, o.get("timeFrame", ""), o.get("description", ""))
            for kind in ("primary", "secondary", "other")
            for o in outcomes.get(f"{kind}Outcomes", [])
        ),
        sponsor=people.get("leadSponsor", {}).get("name", ""),
        collaborators=tuple(c.get("name", "") for c in people.get("collaborators", [])),
        start=status.get("startDateStruct", {}).get("date", ""),
        completion=status.get("completionDateStruct", {}).get("date", ""),
        has_results=facts.get("hasResults"),
        papers=tuple(
            Reference(r.get("citation", ""), str(r.get("pmid", "")), clean_doi(r.get("citation", "")))
            for r in _module(protocol, "references").get("references", [])
        ),
    )


def _module(protocol: Facts, name: str) -> Facts:
    found: Facts = protocol.get(f"{name}Module", {})
    return found


def _legacy(facts: Facts) -> dict[str, Any]:
    def one(name: str) -> str:
        listed = facts.get(name) or [""]
        return str(listed[0]) if isinstance(listed, list) else str(listed)

    def many(name: str) -> tuple[str, ...]:
        return tuple(str(value) for value in facts.get(name) or ())

    official, brief = one("OfficialTitle"), one("BriefTitle")
    count = one("EnrollmentCount")
    return {
        "trial_id": one("NCTId"),
        "other_ids": (
            *((("organisation", one("OrgStudyId")),) if one("OrgStudyId") else ()),
            *(("secondary", number) for number in many("SecondaryId")),
        ),
        "revised": one("LastUpdatePostDate"),
        "title": official or brief,
        "other_title": brief if official else "",
        "abstract": _summary(one("BriefSummary"), one("DetailedDescription")),
        "year": year_of(one("StartDate")),
        "date": one("StartDate"),
        "keywords": many("Keyword"),
        "trial": Trial(
            status=one("OverallStatus"),
            why_stopped=one("WhyStopped"),
            phases=many("Phase"),
            study_type=one("StudyType"),
            enrolment=int(count) if count else None,
            enrolment_type=one("EnrollmentType"),
            allocation=one("DesignAllocation"),
            model=one("DesignInterventionModel"),
            masking=one("DesignMasking"),
            purpose=one("DesignPrimaryPurpose"),
            conditions=many("Condition"),
            arms=tuple(_side_by_side(Arm, many, "ArmGroupLabel", "ArmGroupType", "ArmGroupDescription")),
            interventions=tuple(
                _side_by_side(
                    Intervention, many, "InterventionName", "InterventionType", "InterventionDescription"
                )
            ),
            outcomes=tuple(
                outcome for kind in ("Primary", "Secondary", "Other") for outcome in _outcomes(kind, many)
            ),
            sponsor=one("LeadSponsorName"),
            collaborators=many("CollaboratorName"),
            start=one("StartDate"),
            completion=one("CompletionDate"),
            has_results=bool(one("ResultsFirstPostDate")),
            papers=_papers(many("ReferenceCitation"), many("ReferencePMID")),
        ),
    }


def _side_by_side(kind: type[Any], many: Any, name: str, word: str, description: str) -> Iterator[Any]:
    """Lists that run side by side; where a shorter one cannot be placed it is left out.

    The layout drops empty cells, so that lists of another length than the names tell nothing about which is whose.
    """
    names: Sequence[str] = many(name)
    kinds, texts = many(word), many(description)
    for position, label in enumerate(names):
        yield kind(
            label,
            kinds[position] if len(kinds) == len(names) else "",
            texts[position] if len(texts) == len(names) else "",
        )


def _outcomes(kind: str, many: Any) -> Iterator[Outcome]:
    names: Sequence[str] = many(f"{kind}OutcomeMeasure")
    frames, texts = many(f"{kind}OutcomeTimeFrame"), many(f"{kind}OutcomeDescription")
    for position, measure in enumerate(names):
        yield Outcome(
            measure,
            kind.lower(),
            frames[position] if len(frames) == len(names) else "",
            texts[position] if len(texts) == len(names) else "",
        )


def _papers(citations: Sequence[str], numbers: Sequence[str]) -> tuple[Reference, ...]:
    if len(citations) == len(numbers):
        pairs = zip(citations, numbers, strict=True)
        return tuple(Reference(text, number, clean_doi(text)) for text, number in pairs)
    listed = zip_longest(citations, (), fillvalue="")
    return (
        *(Reference(text, "", clean_doi(text)) for text, _ in listed),
        *(Reference("", number) for number in numbers),
    )


def _summary(brief: str, detailed: str) -> tuple[Part, ...]:
    named = (("", brief), ("DETAILED DESCRIPTION", detailed))
    return tuple(Part(text.strip(), label) for label, text in named if text.strip())
