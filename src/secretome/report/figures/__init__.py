"""The figures of the page, drawn from tables of results; the only folder that names the plotting library."""

from .assays import amount_bands, standard_curve
from .chart import ORIGINS, drawn, svg
from .define import detection, leakage, origins, quality, samples
from .mechanism import outcomes, scheme
from .potential import camera, gene_sets, processes, profile
from .qualify import keeping, potency
from .vary import partition, volcano

__all__ = [
    "ORIGINS",
    "amount_bands",
    "camera",
    "detection",
    "drawn",
    "gene_sets",
    "keeping",
    "leakage",
    "origins",
    "outcomes",
    "partition",
    "potency",
    "processes",
    "profile",
    "quality",
    "samples",
    "scheme",
    "standard_curve",
    "svg",
    "volcano",
]
