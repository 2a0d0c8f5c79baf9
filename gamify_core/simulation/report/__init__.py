"""A season on one page: a file that opens offline, in any browser, for somebody who has not played."""

from __future__ import annotations

from gamify_core.simulation.report.page import html_of

__all__ = ["html_of"]
