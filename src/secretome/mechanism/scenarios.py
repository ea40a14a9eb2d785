"""What each model is asked: the setting of the dish, the outcomes, and the words that must stand beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Scenario:
    """The dish into which a medium is poured.

    Parameters
    ----------
    levels
        Nodes that the setting holds.
    context
        Context of the network.
    outcomes
        Nodes that are reported.
    beside
        Sentences that stand beside every outcome (CLAIMS section 6).
    """

    title: str
    levels: Mapping[str, float]
    context: Mapping[str, str]
    outcomes: tuple[str, ...]
    beside: tuple[str, ...]


TOLD_TOO_LITTLE = "this medium was not measured well enough to tell"
# CLAIMS section 6: no ranking beyond these, fixed.
UNMEASURED_LIMIT = 0.5
SIGN_LIMITS = (0.1, 0.9)

CULTURE = "A model of cells in culture; no estimate of hair growth in a person."
TRIAL = (
    "In the split-scalp trial NCT05296863 (10.1186/s13287-023-03440-2) the side treated with conditioned medium "
    "did as well as the side treated with saline, all participants on minoxidil."
)
READING_B = (
    "In the other reading of this scheme the stromal cells themselves die and are the apoptotic cargo; "
    "a medium contains none, so there only its soluble arm remains (table reading_b)."
)

SCENARIOS: Mapping[str, Scenario] = MappingProxyType(
    {
        "clearance": Scenario(
            "macrophages with apoptotic cells under mild endotoxin; a medium, no stromal cells",
            MappingProxyType({"AC": 1.0, "LPS": 0.5, "MSC": 0.0, "MSC_apoptosis": 0.0}),
            MappingProxyType({}),
            (
                "Efferocytosis", "TNF", "IL12", "M2", "Treg", "Tcell_prolif", "DC_maturation", "Neutrophil_influx",
            ),
            (READING_B,),
        ),
        "clearance_b": Scenario(
            "the same without any apoptotic cell: what a medium leaves of the second reading",
            MappingProxyType({"AC": 0.0, "LPS": 0.5, "MSC": 0.0, "MSC_apoptosis": 0.0}),
            MappingProxyType({}),
            ("TNF", "IL12", "M2", "Treg", "Tcell_prolif", "DC_maturation", "Neutrophil_influx"),
            (READING_B,),
        ),
        "follicle": Scenario(
            "papilla cells and follicles in culture, without vessels",
            MappingProxyType({}),
            MappingProxyType({"vessels": "0"}),
            (
                "DPC_prolif", "DPC_viability", "DP_inductivity", "Anagen_induction", "Catagen", "Matrix_prolif",
                "Hair_elongation", "HFSC_activation",
            ),
            (CULTURE, TRIAL),
        ),
    }
)  # fmt: skip
