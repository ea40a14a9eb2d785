"""Linear models of many rows at once, moderated between rows: the limma method on arrays with gaps."""

from secretome.stats._array_weights import array_weights
from secretome.stats._batch import remove_batch
from secretome.stats._contrasts import contrast_rows
from secretome.stats._correlation import ConsensusCorrelation, consensus_correlation
from secretome.stats._count_prior import moderate_by_count
from secretome.stats._moderate import Moderated, RowTests, moderate, treat
from secretome.stats._row_fit import RowFit, fit_rows
from secretome.stats._squeeze import Squeezed, squeeze

__all__ = [
    "ConsensusCorrelation",
    "Moderated",
    "RowFit",
    "RowTests",
    "Squeezed",
    "array_weights",
    "consensus_correlation",
    "contrast_rows",
    "fit_rows",
    "moderate",
    "moderate_by_count",
    "remove_batch",
    "squeeze",
    "treat",
]
