"""read: files become a Study; every format is a reader, every fault a named problem."""

from .draft import Draft, draft
from .gather import Reading, read_study
from .one_assay import read_proteins
from .proteins import ProteinTable
from .recognise import FORMATS, Recognised, recognise
from .sheet import read_sheet
from .summary import product_record
from .text import TextTable, read_table

__all__ = [
    "FORMATS",
    "Draft",
    "ProteinTable",
    "Reading",
    "Recognised",
    "TextTable",
    "draft",
    "product_record",
    "read_proteins",
    "read_sheet",
    "read_study",
    "read_table",
    "recognise",
]
