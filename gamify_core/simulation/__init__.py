"""Seasons before anybody has met the rules: invented participants play the same catalog on the same road."""

from __future__ import annotations

from gamify_core.simulation.comparing import Comparison, Difference, compare
from gamify_core.simulation.results import Estimate, Goal, Simulation
from gamify_core.simulation.scenario import Giveaway, Mix, Persona, Scenario, ScenarioError
from gamify_core.simulation.simulating import SimulationFailed, simulate
from gamify_core.simulation.sweeping import Point, Sweep, sweep

__all__ = [
    "Comparison",
    "Difference",
    "Estimate",
    "Giveaway",
    "Goal",
    "Mix",
    "Persona",
    "Point",
    "Scenario",
    "ScenarioError",
    "Simulation",
    "SimulationFailed",
    "Sweep",
    "compare",
    "simulate",
    "sweep",
]
