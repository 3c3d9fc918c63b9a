"""The document's graph in the languages of Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Document = Mapping[str, Any]


def mermaid(document: Document) -> str:
    """A flowchart that Markdown renderers draw."""
    numbers = {node["id"]: f"n{position}" for position, node in enumerate(document["nodes"])}
    lines = ["flowchart LR"]
    lines += [f'    {number}["{_mermaid_text(id)}"]' for id, number in numbers.items()]
    lines += [
        f"    {numbers[edge['from']]} --> {numbers[edge['to']]}" for edge in document["edges"]
    ]
    return "\n".join(lines)


def _mermaid_text(text: str) -> str:
    return text.replace("&", "#amp;").replace('"', "#quot;").replace("<", "#lt;")


def dot(document: Document) -> str:
    """A digraph for Graphviz."""
    lines = ["digraph lineage {", "    rankdir=LR;", "    node [shape=box];"]
    lines += [f"    {_dot_text(node['id'])};" for node in document["nodes"]]
    lines += [
        f"    {_dot_text(edge['from'])} -> {_dot_text(edge['to'])};" for edge in document["edges"]
    ]
    return "\n".join([*lines, "}"])


def _dot_text(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
