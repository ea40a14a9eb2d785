"""Characterise conditioned medium and vesicles of mesenchymal stromal cells, from flask to dossier."""

__version__ = "0.1.0"
