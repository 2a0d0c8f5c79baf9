"""What erasing somebody answers."""

from __future__ import annotations

from typing import Literal

from gamify_core.answers import Answer
from gamify_core.domain.decimals import Amount, plain
from gamify_core.effects import AssetBurned, PointsAwarded, PointsDeducted

__all__ = ["ErasedAnswer"]


class ErasedAnswer(Answer):
    """Somebody who was anonymized or deleted; `participant_id` is the alias that stands for them from now on."""

    __slots__ = ()

    @property
    def erased(self) -> Literal["anonymized", "deleted"]:
        """What was done."""
        return "deleted" if self._said()[2] == "deleted" else "anonymized"

    @property
    def already_erased(self) -> bool:
        """Whether there was nothing left to do."""
        return bool(self._said()[3])

    @property
    def commands_blanked(self) -> int:
        """How many commands lost the words that they came with."""
        return int(self._said()[4] or 0)

    @property
    def balances(self) -> dict[str, Amount]:
        """What was moved to the account `@deleted`, by currency; below zero where there were debts."""
        found: dict[str, Amount] = {}
        for effect in self.effects:
            if isinstance(effect, PointsDeducted):
                found[effect.currency] = effect.amount
            elif isinstance(effect, PointsAwarded):
                found[effect.currency] = -effect.amount
        return found

    @property
    def burned(self) -> tuple[str, ...]:
        """The ids of the assets that were burnt."""
        return tuple(effect.asset_id for effect in self.effects if isinstance(effect, AssetBurned))

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "erased": self.erased,
            "already_erased": self.already_erased,
            "commands_blanked": self.commands_blanked,
            "balances": {currency: plain(amount) for currency, amount in self.balances.items()},
            "assets_burned": list(self.burned),
        }
