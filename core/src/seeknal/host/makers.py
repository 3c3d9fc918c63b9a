"""Which file of a project would make a table or file that is not there, told from its text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from seeknal.host.walk import project_files

_NODES = "seeknal/"
_MOST_FILES = 2000
_MOST_CHARACTERS = 1_000_000
_WRITES = re.compile(r"create|\bto_sql\b|\bsave_?as_?table\b|\bwrite", re.IGNORECASE)
_SAVES = re.compile(
    r"\bto_(csv|json|parquet|excel)\b|\b(sink|write|save|copy|dump|download|urlretrieve)|\bopen\(",
    re.IGNORECASE,
)

_TARGETS = re.compile(r"@materialize\(([^)]*)")
_KEYS = re.compile(r"""\b(type|table)\s*=\s*["']([^"'\n]*)["']""")


def how_to_make(
    root: Path, table: str, sql: str | None = None, types: Collection[str] = ()
) -> str | None:
    """What to do about a missing ``table``: the project's file that makes it, and how to run that.

    ``sql`` is the command that runs an SQL file, whose name follows. ``types`` are the names of
    the target type that writes such tables; without them any counts. None when no file says that
    it makes it.
    """
    name = table.rpartition(".")[2].strip('"')
    known = list(islice(project_files(root), _MOST_FILES))
    makers = [*_scripts(root, known, name), *_python_nodes(root, known, table, types)]
    node = _node(root, known, table, types)
    if node is not None:
        return node
    if not makers:
        return None
    return _advice(min(makers, key=_likelihood), sql)


class FileMakers:
    """The project's scripts that write files. They are read when first asked for."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._texts: dict[str, str] | None = None

    def of(self, path: str, but: str) -> str | None:
        """What makes the file ``path``, and how to run that; None when no script says it does.

        ``but`` is a file that only reads it.
        """
        name = re.compile(rf"(?<![\w.-]){re.escape(path.rpartition('/')[2])}(?![\w.-])")
        makers = [file for file, text in self.texts().items() if file != but and name.search(text)]
        return _advice(min(makers, key=_likelihood), None) if makers else None

    def texts(self) -> dict[str, str]:
        if self._texts is None:
            known = islice(project_files(self._root), _MOST_FILES)
            scripts = ((file, _text(self._root / file)) for file in known if _is_script(file))
            self._texts = {file: text for file, text in scripts if _SAVES.search(text)}
        return self._texts


def _is_script(file: str) -> bool:
    return file.endswith(".py") or (file.endswith(".sql") and not file.startswith(_NODES))


def _advice(file: str, sql: str | None) -> str:
    if file.startswith(_NODES):
        return f"a node of {file} writes it: run that first, or read the node with ref()"
    run = sql if file.endswith(".sql") else "seeknal python"
    return f"{file} makes it: {run} {file}" if run else f"{file} makes it"


def _likelihood(file: str) -> tuple[bool, bool, str]:
    """Seeds first, then SQL: a script may only write the SQL file that creates the table."""
    return not file.rpartition("/")[2].startswith("seed"), not file.endswith(".sql"), file


def _scripts(root: Path, files: list[str], name: str) -> Iterator[str]:
    """SQL files and Python scripts beside the nodes."""
    created = re.compile(
        rf'\bCREATE\s+(?:\w+\s+)*?TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?[\w".]*?\b{re.escape(name)}\b',
        re.IGNORECASE,
    )
    named = re.compile(rf"\b{re.escape(name)}\b", re.IGNORECASE)
    for file in files:
        if file.startswith(_NODES) or not file.endswith((".sql", ".py")):
            continue
        text = _text(root / file)
        is_sql = file.endswith(".sql")
        if created.search(text) if is_sql else named.search(text) and _WRITES.search(text):
            yield file


def _python_nodes(
    root: Path, files: list[str], table: str, types: Collection[str]
) -> Iterator[str]:
    for file in files:
        if not file.startswith(_NODES) or not file.endswith(".py"):
            continue
        targets = (dict(_KEYS.findall(keys)) for keys in _TARGETS.findall(_text(root / file)))
        if any(_is_at(keys, table, types) for keys in targets):
            yield file


def _node(root: Path, files: list[str], table: str, types: Collection[str]) -> str | None:
    """The YAML node that delivers to the table."""
    for file in files:
        if file.startswith(_NODES) and file.endswith((".yml", ".yaml")):
            for node in _delivering(_text(root / file), table, types):
                return f"{node} writes it ({file}): run that first, or read it with ref('{node}')"
    return None


def _delivering(text: str, table: str, types: Collection[str]) -> Iterator[str]:
    if "materializ" not in text or _parts(table)[-1] not in text.casefold():
        return
    import yaml

    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return
    for node in (entry for entry in documents if isinstance(entry, dict)):
        given = [node.get("materialization"), *_list(node.get("materializations"))]
        if any(_is_at(entry, table, types) for entry in given if isinstance(entry, dict)):
            yield f"{node.get('kind')}.{node.get('name')}"


def _is_at(target: dict[str, Any], table: str, types: Collection[str]) -> bool:
    """Whether a target may be the table: what only one of the two names says is left open."""
    type = target.get("type")
    if types and type is not None and type not in types:
        return False
    written, wanted = _parts(str(target.get("table", ""))), _parts(table)
    return all(a == b for a, b in zip(reversed(written), reversed(wanted), strict=False))


def _parts(table: str) -> list[str]:
    return table.replace('"', "").casefold().split(".")


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")[:_MOST_CHARACTERS]
    except (OSError, ValueError):
        return ""
