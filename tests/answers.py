"""The keys of answers in JSON, and what the reference says that they mean."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs/reference/json.md"

OF_USERS = {"counts", "summary", "phases", "samples", "by_column", "types", "inputs", "preview"}
"""Keys whose own keys are names: of nodes, columns, statuses."""


def keys(value, inside=None):
    """Every key of an answer, but for those that are names of the user's."""
    if isinstance(value, dict):
        for key, item in value.items():
            if inside not in OF_USERS:
                yield key
            yield from keys(item, key)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item, "" if isinstance(item, dict) else inside)


def explained():
    """The keys that the reference has, each with its meanings."""
    found = {}
    for line in PAGE.read_text().splitlines():
        if row := re.match(r"\| ((?:`\w+`(?:, )?)+) \| (.*) \|$", line):
            for key in re.findall(r"`(\w+)`", row[1]):
                found.setdefault(key, []).append(row[2].strip())
    return found
