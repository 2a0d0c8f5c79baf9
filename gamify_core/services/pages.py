"""Pages: how every list is handed out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import attrs

__all__ = ["Page"]

Item = TypeVar("Item")


def _to_dict(item: object) -> object:
    make: Callable[[], object] | None = getattr(item, "to_dict", None)
    return make() if make is not None else item


@attrs.frozen
class Page(Generic[Item]):
    """One page of a list: `items`, how many there are in all (`total`), and which page this is, from 1."""

    items: Sequence[Item]
    total: int
    page: int
    page_size: int
    name: str = attrs.field(default="items", repr=False, eq=False)
    about: dict[str, object] = attrs.field(factory=dict, repr=False, eq=False)

    def __iter__(self) -> Iterator[Item]:
        """Go through the items of this page."""
        return iter(self.items)

    def __len__(self) -> int:
        """Return how many items this page has."""
        return len(self.items)

    def __getitem__(self, place: int) -> Item:
        """Return an item of this page."""
        return self.items[place]

    def __str__(self) -> str:
        """Return a line for each item, and where in the list this page is if there is more of it."""
        lines = [str(item) for item in self.items]
        if len(lines) < self.total:
            pages = -(-self.total // self.page_size)
            lines.append(f"page {self.page:,} of {pages:,}, {self.total:,} in all")
        return "\n".join(lines) if lines else "nothing is listed"

    def to_dict(self) -> dict[str, object]:
        """Return plain JSON, the items under the document's own key."""
        return {
            **self.about,
            self.name: [_to_dict(item) for item in self.items],
            "total": self.total,
            "page": self.page,
            "page_size": self.page_size,
        }
