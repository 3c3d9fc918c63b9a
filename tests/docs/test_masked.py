"""What seeknal says by itself looks like no secret: masked, it would help nobody."""

import ast
from pathlib import Path

from seeknal.values.secret import scrub

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "core/src", *ROOT.glob("plugins/*/src")]
PATTERNS = "confidential.py"
"""Holds patterns of what secrets look like."""


def literals(path):
    """The texts that are given to a call: messages, helps, summaries of options."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            for part in (part for entry in given for part in ast.walk(entry)):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.value


def test_no_message_of_ours_is_masked():
    files = [file for source in SOURCES for file in source.rglob("*.py")]

    masked = [
        (file.name, text)
        for file in files
        if file.name != PATTERNS
        for text in set(literals(file))
        if scrub(text) != text
    ]

    assert masked == []


def test_no_line_of_the_list_of_errors_is_masked():
    lines = (ROOT / "docs/reference/errors.txt").read_text("utf-8").splitlines()

    masked = [line for line in lines if scrub(line) != line]

    assert masked == []
