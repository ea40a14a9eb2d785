"""Tests of sets of rows: against the other rows (camera), on their own (fry), and of lists of hits."""

from secretome.stats._camera import SetTests, camera, camera_pr, gene_set_test
from secretome.stats._fry import FryTests, fry
from secretome.stats._over_representation import OverRepresentation, over_representation

__all__ = [
    "FryTests",
    "OverRepresentation",
    "SetTests",
    "camera",
    "camera_pr",
    "fry",
    "gene_set_test",
    "over_representation",
]
