"""Agents: a graph of components that a question runs through, from one Answer to the next."""

from __future__ import annotations

from chat.canvas.canvas import Canvas, load
from chat.canvas.components.begin import Parameter
from chat.canvas.events import Limits, RunEvent, Spoken, Started, Step
from chat.canvas.world import Doors, Lookup, World

__all__ = ["Canvas", "Doors", "Limits", "Lookup", "Parameter", "RunEvent", "Spoken", "Started", "Step", "World", "load"]
