"""The scale of a currency is chosen once."""

from __future__ import annotations

import pytest

from gamify_core import Catalog, CatalogError, Currency, Engine
from tests.engine.conftest import MakeEngine, store_of


def test_a_changed_scale_is_refused(make_engine: MakeEngine) -> None:
    """Amounts that are there would mean something else; nothing is written, and all else may change."""
    game = make_engine(Catalog(currencies=[Currency("euro", scale=2)]))
    game.points.award("ada", 1250, currency="euro")
    store = store_of(game)
    other = Engine(Catalog(currencies=[Currency("euro", scale=3)]), store)
    with pytest.raises(CatalogError, match="3 is not the scale 2 that its amounts were recorded in"):
        other.points.award("ada", 1, currency="euro")
    named = Engine(Catalog(currencies=[Currency("euro", "Euros", scale=2), Currency("gems")]), store)
    assert named.points.award("ada", 50, currency="euro").new_balance == 1300
