"""How an answer is held against a document."""

from __future__ import annotations

from datetime import datetime

__all__ = ["ANY", "at", "same"]

ANY = "…"
"""Stands in a document for an id or an instant of the server's own."""


def at(text: str) -> datetime:
    """Return an instant of a document."""
    return datetime.fromisoformat(text)


def same(answer: object, document: object, where: str = "answer") -> None:
    """Hold an answer against a document: the same keys everywhere, the same values but for what `ANY` stands for."""
    if document == ANY:
        assert answer is not None, where
    elif isinstance(document, dict):
        assert isinstance(answer, dict), where
        assert set(answer) == set(document), where
        for key, value in document.items():
            same(answer[key], value, f"{where}.{key}")
    elif isinstance(document, list):
        assert isinstance(answer, list), where
        assert len(answer) == len(document), where
        for place, value in enumerate(document):
            same(answer[place], value, f"{where}[{place}]")
    else:
        assert answer == document, where
