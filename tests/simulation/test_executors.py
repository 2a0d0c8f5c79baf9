"""Work is shared out by any executor of `concurrent.futures`; Dask's is one."""

from __future__ import annotations

import pytest

from gamify_core import simulate
from gamify_core.simulation.report import html_of
from tests.simulation.games import APART, PEOPLE


@pytest.mark.filterwarnings("default")  # Dask's own
def test_dask_gives_the_same_bytes() -> None:
    """A cluster of Dask's writes the same page as this process alone, and stays open for its owner."""
    distributed = pytest.importorskip("distributed")
    alone = simulate(APART, scenario=PEOPLE, players=12, days=12, seed=3, replications=3)
    with distributed.Client(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=None, set_as_default=False
    ) as client:
        executor = client.get_executor()
        there = simulate(
            APART, scenario=PEOPLE, players=12, days=12, seed=3, replications=3, executor=executor
        )
        assert client.submit(sum, [1, 2]).result() == 3
    assert html_of(there) == html_of(alone)
