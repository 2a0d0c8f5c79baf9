"""What an amendment puts aside while an event is sent again: what it gave and is to give again is not given twice.

Promise: a copy that the event minted keeps its number and its owner where the event, as it should have been, mints one
of the same badge; what is not asked for again goes in the end. Burning at once and minting anew would use up numbers,
of which a limited badge may have no more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from gamify_core.effects import Words
    from gamify_core.storage.tables.assets import AssetRow

__all__ = ["Aside"]


@attrs.define
class Aside:
    """What the event had given to its participant, newest first, and what of that it has given again (`kept`).

    `badges` are earnings of repeatable badges that stay for ever, each with the activity that brought it; `paid` is
    what each cause took in each currency.
    """

    copies: list[tuple[AssetRow, Words, str]] = attrs.field(factory=list)
    badges: list[tuple[str, int]] = attrs.field(factory=list)
    paid: dict[tuple[str, str], int] = attrs.field(factory=dict)
    kept: list[Words] = attrs.field(factory=list)

    def has(self, badge: str) -> bool:
        """Say whether a copy or an earning of a badge is here."""
        return badge in [asset.badge for asset, _, _ in self.copies] + [code for code, _ in self.badges]

    def words(self) -> Words:
        """Return what has been given again as words, five to each: its cause, and by what it is found."""
        found: Words = []
        for tag, _, cause, *rest in self.kept:
            badge, activity = rest[:2]
            found += [cause, *(rest if tag == "asset_minted" else (activity, None, badge, None))]
        return found

    def copy_of(self, badge: str, cause: str) -> AssetRow | None:
        """Give the oldest copy of a badge again, for this cause, or None where there is none."""
        places = [place for place, (asset, _, _) in enumerate(self.copies) if asset.badge == badge]
        if not places:
            return None
        asset, words, _ = self.copies.pop(places[-1])
        self.kept.append([*words[:2], cause, *words[3:]])
        return asset

    def earned(self, who: int, badge: str, cause: str) -> bool:
        """Say whether a badge was earned that stays, and count that as its earning now."""
        places = [place for place, (code, _) in enumerate(self.badges) if code == badge]
        if not places:
            return False
        self.kept.append(["badge_earned", who, cause, *self.badges.pop(places[-1])])
        return True

    def cover(self, cause: str, currency: str, amount: int) -> None:
        """Remember that a cause took so much: it may take as much again, whatever the wallet holds by then."""
        self.paid[cause, currency] = self.paid.get((cause, currency), 0) + amount
