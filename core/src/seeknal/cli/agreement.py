"""Asking before something is done that cannot be taken back."""

from __future__ import annotations

import sys

import click

from seeknal.values.errors import UsageError


def agreed(question: str, yes: bool) -> bool:
    """Whether the user says so. Raises UsageError where nobody can be asked."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(
            "nobody can be asked here", code="SK0827", help="say --yes when it is to be done"
        )
    return click.confirm(question, err=True)
