"""What no catalog may change that a store is written under: how many decimals its amounts have.

Rows keep integers of the smallest unit, which say nothing of what that is.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gamify_core.errors import CatalogError, Fault
from gamify_core.storage.tables.activity import CATALOG

if TYPE_CHECKING:
    from gamify_core.catalog import Catalog
    from gamify_core.storage.unit import Unit

__all__ = ["check_scales"]


def check_scales(unit: Unit, before: Catalog, after: Catalog) -> None:
    """Refuse a currency with other decimals than the amounts have that stand in the file. Raises `CatalogError`.

    One that comes back after it was left out is held against all catalogs that there were.
    """
    known = {currency.code: currency.scale for currency in before.currencies}
    if any(currency.code not in known for currency in after.currencies):
        for row in unit.scan(CATALOG):
            declared = json.loads(row.document).get("currencies", ())
            known = {each["code"]: each.get("scale", 0) for each in declared} | known
    faults = [
        Fault(
            f"currencies.{currency.code}.scale",
            f"{currency.scale} is not the scale {known[currency.code]} that its amounts were recorded in",
            "a scale is chosen once: take another currency",
        )
        for currency in after.currencies
        if known.get(currency.code, currency.scale) != currency.scale
    ]
    if faults:
        raise CatalogError(faults)
