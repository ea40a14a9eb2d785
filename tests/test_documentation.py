"""Documentation that cannot lie: every command, stage function, table and error has its heading."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

import pytest

from secretome import errors, knowledge, pipeline
from secretome.cli import COMMANDS

DOCS = Path(__file__).resolve().parents[1] / "docs"
STAGES = [stage.name for stage in pipeline.STAGES]


def _headings(page: Path) -> set[str]:
    return {
        match.strip(" #`") for match in re.findall(r"^#+ .*$", page.read_text(encoding="utf-8"), re.MULTILINE)
    }


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_its_numbered_page(stage):
    assert list(DOCS.glob(f"[0-9]-{stage}.md")), f"docs/N-{stage}.md is missing"


@pytest.mark.parametrize("command", list(COMMANDS))
def test_every_command_has_its_heading_in_the_reference(command):
    assert f"secretome {command}" in _headings(DOCS / "cli.md")


@pytest.mark.parametrize("stage", STAGES)
def test_every_public_function_of_a_stage_has_its_heading(stage):
    module = import_module(f"secretome.{stage}")
    page = next(iter(DOCS.glob(f"[0-9]-{stage}.md")))
    missing = [name for name in module.__all__ if f"{stage}.{name}" not in _headings(page)]
    assert not missing, f"{page.name} lacks headings for {', '.join(missing)}"


def test_every_knowledge_table_has_its_heading():
    assert set(knowledge.names()) <= _headings(DOCS / "knowledge.md")


def test_every_error_class_has_its_heading():
    classes = {
        name
        for name, thing in vars(errors).items()
        if inspect.isclass(thing) and issubclass(thing, errors.SecretomeError)
    }
    assert classes <= _headings(DOCS / "errors.md")


def test_every_option_of_study_toml_is_described():
    from dataclasses import fields

    from secretome import plan

    text = (DOCS / "study-toml.md").read_text(encoding="utf-8")
    kinds = [
        plan.SamplesPlan,
        plan.AssayPlan,
        plan.DefineOptions,
        plan.VaryOptions,
        plan.PotentialOptions,
        plan.MechanismOptions,
        plan.EvidenceOptions,
        plan.QualifyOptions,
    ]
    missing = [
        f"{kind.__name__}.{field.name}"
        for kind in kinds
        for field in fields(kind)
        if f"`{field.name}`" not in text
    ]
    assert not missing


def test_links_between_pages_lead_somewhere():
    broken = [
        f"{page.name}: {target}"
        for page in [*DOCS.rglob("*.md"), DOCS.parent / "README.md"]
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert not broken
