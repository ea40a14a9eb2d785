"""Binding by mass action, molar: what soluble receptors leave free, and what a receptor then sees."""

from secretome.stats._free_ligand import FreeLigand, free_ligand
from secretome.stats._occupancy import Occupancy, receptor_occupancy

__all__ = ["FreeLigand", "Occupancy", "free_ligand", "receptor_occupancy"]
