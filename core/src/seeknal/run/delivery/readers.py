"""What of a project may read a destination, by the words that its files and nodes use.

A drop cannot be undone, so that a name counts wherever it stands: only what delivers is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import attrs
from attrs import frozen

from seeknal.host.walk import python_files
from seeknal.values.names import PRODUCTION

if TYPE_CHECKING:
    from seeknal.plan.session import Loaded
    from seeknal.state.destinations import Destination
    from seeknal.values.node import Node
    from seeknal.values.snapshot import Snapshot

_FILES = (".sql", ".yml", ".yaml", ".py", ".json", ".toml", ".txt", ".ini", ".cfg", ".j2", ".jinja")
_READS_NOTHING = {
    *("kind", "description", "owner", "tags", "inputs"),
    *("materialization", "materializations"),
}
_REF = re.compile(r"""\bref\(\s*(['"])[^'"\n]*\1\s*\)""")
_NODE = re.compile(r'"\w+"\."[^"]+"')
_COMPUTED = re.compile(r"""\$?\{+[^{}]*\}+|%\([^)]*\)s|%s|["']\s*\+|\+\s*["']""")
_DOT = re.compile(r"""["`\\]*\.["`\\]*""")
_GLOB = re.compile(r"""[^\s'"(),;=]*[*?\[][^\s'"(),;=]*""")
_QUOTED = re.compile(r"""'([^'\n]*)'|"([^"\n]*)\"""")
_SEPARATOR = "__"
"""Stands between a name and that of the environment it is of."""


@frozen(kw_only=True)
class Texts:
    """What a project says of what it reads: where, and the words. ``around`` may qualify names."""

    said: tuple[tuple[str, str], ...]
    around: str = ""


def texts_of(loaded: Loaded) -> Texts:
    """All that may name what a node reads, whether it is loaded, disabled or of an older run."""
    said = [*_of_nodes(loaded), *_of_files(loaded.project.root), *_of_snapshots(loaded)]
    profile = loaded.project.profile
    return Texts(
        said=tuple((where, _REF.sub(" ", text)) for where, text in said),
        around=_text(profile) if profile else "",
    )


def reader_of(destination: Destination, texts: Texts) -> str | None:
    """The node or file that may read the destination; None when nothing names it."""
    is_file = "/" in destination.name or "path" in (destination.options or {})
    names = _names_file if is_file else _names_table
    if not is_file and not _may_be_qualified(destination, texts):
        return None
    return next((where for where, text in texts.said if names(destination.name, text)), None)


def _of_nodes(loaded: Loaded) -> Iterator[tuple[str, str]]:
    """As they are once their templates are filled in."""
    for node in loaded.project.nodes.values():
        yield node.id, "\n".join(_words(_read_by(node)))


def _read_by(node: Node) -> list[Any]:
    source, sql = node.source, node.sql
    said = [source.table, source.query, source.version_query, source.options] if source else []
    audits = [(audit.options, audit.where) for audit in node.audits]
    reads = node.python.reads if node.python else ()
    return [said, sql.rendered if sql else None, audits, node.params, node.files, reads]


def _of_files(root: Path) -> Iterator[tuple[str, str]]:
    below = (path for path in (root / "seeknal").rglob("*") if path.suffix.lower() in _FILES)
    files = {path.relative_to(root).as_posix() for path in below if path.is_file()}
    for name in ["seeknal_project.yml", *sorted(files | set(python_files(root)))]:
        text = _text(root / name)
        yield name, _yaml_words(text) if name.endswith((".yml", ".yaml")) else text


def _of_snapshots(loaded: Loaded) -> Iterator[tuple[str, str]]:
    for name, environment in loaded.state.environments.items():
        for snapshot in environment.snapshots.values():
            yield f"{snapshot.node} as {name} has it", "\n".join(_read_before(snapshot))


def _read_before(snapshot: Snapshot) -> Iterator[str]:
    yield from _words(snapshot.source_version)
    for sql in (snapshot.query, snapshot.view.sql if snapshot.view else None):
        yield _NODE.sub(" ", sql or "")


def _yaml_words(text: str) -> str:
    """The values of a YAML file, without what only delivers; all of one that is not YAML."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = list(yaml.load_all(text, Loader=loader))
    except (yaml.YAMLError, ValueError):
        return text
    return "\n".join(_words([_reading(document) for document in documents]))


def _reading(document: Any) -> Any:
    if not isinstance(document, Mapping):
        return document
    # A source without a table may read one that is named as it is.
    unread = _READS_NOTHING if "source" in document else {*_READS_NOTHING, "name"}
    return {key: value for key, value in document.items() if key not in unread}


def _words(value: Any) -> Iterator[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str | Path):
        yield str(value)
    elif attrs.has(type(value)):
        yield from _all_words(getattr(value, entry.name) for entry in attrs.fields(type(value)))
    elif isinstance(value, Mapping):
        yield from _all_words(value.keys())
        yield from _all_words(value.values())
    elif isinstance(value, Iterable) and not isinstance(value, bytes):
        yield from _all_words(value)


def _all_words(values: Iterable[Any]) -> Iterator[str]:
    for value in values:
        yield from _words(value)


def _names_table(name: str, text: str) -> bool:
    parts = _parts(name)
    if _is_word(parts[-1], text):
        return True
    globs = _globs(_DOT.sub(".", _COMPUTED.sub("*", text)))
    return any(_may_be(parts, found.split(".")) for found in globs)


def _may_be(parts: list[str], computed: list[str]) -> bool:
    """Whether a name that code puts together may be this one: ``out.*`` for ``out.{table}``."""
    pairs = zip(reversed(parts), reversed(computed), strict=False)
    return all(fnmatchcase(part.casefold(), glob.casefold()) for part, glob in pairs)


def _may_be_qualified(destination: Destination, texts: Texts) -> bool:
    """Whether anything says what tells an environment's name from that of other environments."""
    own = [part for part in _parts(destination.name)[:-1] if _SEPARATOR in part]
    if destination.environment == PRODUCTION or not own:
        return True
    everything = (texts.around, *(text for _, text in texts.said))
    computed = re.compile(rf"""{_SEPARATOR}["'`\\]*\s*[${{%+]""")
    return any(
        computed.search(text) or any(_is_word(part, text) for part in own) for text in everything
    )


def _parts(name: str) -> list[str]:
    return name.replace('"', "").split(".")


def _names_file(name: str, text: str) -> bool:
    path = PurePosixPath(name.replace("\\", "/"))
    if _is_word(path.name, text) or any(_is_folder(folder, text) for folder in path.parts[:-1]):
        return True
    whole = f"/{path}".casefold()
    return any(fnmatchcase(whole, f"*{glob.casefold()}") for glob in _globs(text))


def _globs(text: str) -> Iterator[str]:
    text = _COMPUTED.sub("*", text)
    quoted = ("".join(found) for found in _QUOTED.findall(text))
    for found in {*_GLOB.findall(text), *quoted, *map(str.strip, text.splitlines())}:
        if set("*?[") & set(found) and any(map(str.isalnum, found)):
            yield found.replace("**/", "*").removeprefix("./")


def _is_word(word: str, text: str) -> bool:
    return bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE))


def _is_folder(folder: str, text: str) -> bool:
    """Whether a path ends with the folder, so that what is in it may be listed."""
    pattern = rf"""(?:^|['"/]){re.escape(folder)}/?(?=['"]|$)"""
    return folder != "/" and bool(re.search(pattern, text, re.IGNORECASE | re.MULTILINE))


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", errors="replace")
    except OSError:
        return ""
