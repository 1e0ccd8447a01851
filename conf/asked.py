"""Secrets that a command asks for, so that they stand in no list of processes and in no history of a shell."""

from __future__ import annotations

import sys

import click


def key(prompt: str = "API key") -> str:
    """What a person types unseen, or the first line of a pipe. Raises UsageError for nothing."""
    if sys.stdin.isatty():
        return str(click.prompt(prompt, hide_input=True))
    text = sys.stdin.readline().strip()
    if not text:
        raise click.UsageError("Standard input holds no key.")
    return text
