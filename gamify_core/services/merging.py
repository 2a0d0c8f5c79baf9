"""What merging two participants answers."""

from __future__ import annotations

from gamify_core.answers import Answer
from gamify_core.clock import iso
from gamify_core.effects import AssetTransferred, BadgeMerged, HistoryMerged, PointsMerged

__all__ = ["MergedAnswer"]


class MergedAnswer(Answer):
    """Two participants who are one from now on; `participant_id` is the one who stays.

    The effects tell what came along, what both had, and what the two together have reached.
    """

    __slots__ = ()

    @property
    def source_id(self) -> str:
        """Who was merged: from now on one more name of the other."""
        return self._decided.people.get(int(self._said()[2] or 0), "")

    @property
    def already_merged(self) -> bool:
        """Whether they were one already, so that nothing was written."""
        return bool(self._said()[3])

    @property
    def wallets(self) -> tuple[PointsMerged, ...]:
        """What came along of points, by currency."""
        return tuple(effect for effect in self.effects if isinstance(effect, PointsMerged))

    @property
    def merged_badges(self) -> tuple[BadgeMerged, ...]:
        """The badges that the source held; those that were held already are `duplicate`."""
        return tuple(effect for effect in self.effects if isinstance(effect, BadgeMerged))

    @property
    def assets(self) -> tuple[str, ...]:
        """The ids of the copies of badges that changed hands."""
        return tuple(effect.asset_id for effect in self.effects if isinstance(effect, AssetTransferred))

    @property
    def history(self) -> dict[str, int]:
        """How many events, scores, claims, completed challenges, open holds and pending awards came along."""
        return {effect.what: effect.count for effect in self.effects if isinstance(effect, HistoryMerged)}

    def _title(self) -> str:
        return f"{self.source_id} merged" + (" already" if self.already_merged else "")

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON."""
        return {
            "participant_id": self.participant_id,
            "source_id": self.source_id,
            "already_merged": self.already_merged,
            "recorded_at": iso(self._decided.recorded_at),
            "effects": [effect.to_dict() for effect in self.effects],
        }
