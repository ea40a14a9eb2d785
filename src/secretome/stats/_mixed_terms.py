"""Random terms as numbers: the columns of Z, and the cross-products of every row on its own samples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from secretome.errors import InvalidArray, NotEstimable
from secretome.stats._arrays import Bools, Floats, Ints, as_codes


@dataclass(frozen=True)
class Terms:
    """Indicator columns `z` (m, q) of k random terms; `owner` (q,) says which term a column is of."""

    names: tuple[str, ...]
    z: Floats
    owner: Ints

    @property
    def member(self) -> Floats:
        """(q, k): 1 where a column belongs to a term."""
        belongs: Bools = self.owner[:, None] == np.arange(len(self.names))
        return belongs.astype(float)

    def among(self, kept: Bools) -> Terms:
        """The terms marked in `kept` (k,)."""
        columns = kept[self.owner]
        owner: Ints = (np.cumsum(kept) - 1)[self.owner[columns]].astype(np.intp)
        names = tuple(name for name, keep in zip(self.names, kept, strict=True) if keep)
        return Terms(names, self.z[:, columns], owner)


@dataclass(frozen=True)
class Products:
    """Cross-products of n rows: Z'Z (n, q, q), Z'X (n, q, p), Z'y (n, q), X'X (n, p, p), X'y (n, p), y'y (n,)."""

    zz: Floats
    zx: Floats
    zy: Floats
    xx: Floats
    xy: Floats
    yy: Floats
    n_seen: Floats

    def rows(self, chosen: Ints | Bools) -> Products:
        """The same of some rows."""
        return Products(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def random_terms(random: Mapping[str, ArrayLike], n_samples: int) -> Terms:
    """Indicator columns of all random terms, once each of them can be told from the residual.

    Raises
    ------
    InvalidArray
        No term is given, or a term does not have one label per sample.
    NotEstimable
        A term has one level only, or a level for every sample.

    Examples
    --------
    >>> random_terms({"donor": ["a", "a", "b"]}, 3).z
    array([[1., 0.],
           [1., 0.],
           [0., 1.]])
    """
    if not random:
        raise InvalidArray("no random term is given; without one, linear.fit_rows is the model")
    columns, owner = [], []
    for position, (name, labels) in enumerate(random.items()):
        codes = as_codes(labels, n_samples, name=f"random term {name!r}")
        levels = int(codes.max()) + 1
        if levels < 2:
            raise NotEstimable(f"random term {name!r} has one level; drop it, or give at least two")
        if levels == n_samples:
            raise NotEstimable(
                f"random term {name!r} has a level for every sample ({levels}), so it cannot be told from "
                "the residual; drop it"
            )
        columns.append(np.eye(levels)[codes])
        owner.extend([position] * levels)
    return Terms(tuple(random), np.hstack(columns), np.array(owner, dtype=np.intp))


def cross_products(y: Floats, x: Floats, terms: Terms) -> Products:
    """Cross-products of each row of `y` (n, m; NaN missing) with `x` (m, p), on the samples it was seen in."""
    z = terms.z
    seen = (~np.isnan(y)).astype(float)
    filled = np.where(seen > 0, y, 0.0)
    return Products(
        zz=_gram(seen, z, z),
        zx=_gram(seen, z, x),
        zy=filled @ z,
        xx=_gram(seen, x, x),
        xy=filled @ x,
        yy=np.einsum("nm,nm->n", filled, filled),
        n_seen=seen.sum(axis=1),
    )


def _gram(seen: Floats, a: Floats, b: Floats) -> Floats:
    pairs = (a[:, :, None] * b[:, None, :]).reshape(a.shape[0], -1)
    gram: Floats = (seen @ pairs).reshape(seen.shape[0], a.shape[1], b.shape[1])
    return gram
