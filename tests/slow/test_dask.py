"""A real Dask cluster on this machine gives the answers that this process gives."""

from __future__ import annotations

import numpy as np
import pytest

from secretome.errors import Unreachable
from secretome.parallel import cluster, dask, here, spawn_seeds

distributed = pytest.importorskip("distributed")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]


def test_a_local_cluster_gives_the_same_draws_and_names_a_bad_item():
    seeds = spawn_seeds(3, 6)
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as local,
        distributed.Client(local) as client,
    ):
        spread = dask(client)
        drawn = [g.normal(size=2).tolist() for g in spread(np.random.default_rng, seeds)]
        with pytest.raises(ValueError, match="invalid literal") as raised:
            spread(int, ["1", "x"])
        again = cluster(local.scheduler_address)(abs, [-1, -2])
    assert drawn == [g.normal(size=2).tolist() for g in here(np.random.default_rng, seeds)]
    assert again == [1, 2]
    assert "item 1: 'x'" in raised.value.__notes__[0]


def test_nobody_at_the_address_is_said():
    with pytest.raises(Unreachable, match="no Dask scheduler"):
        cluster("tcp://127.0.0.1:9")
