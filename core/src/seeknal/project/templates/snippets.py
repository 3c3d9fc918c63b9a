"""Snippets that nodes share: ``seeknal/common/*.yml`` and ``seeknal/macros/*.sql``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.kernel.options import convert, option
from seeknal.project.paths import files_below
from seeknal.project.templates.macros import macro_problems
from seeknal.project.text_files import nothing_in
from seeknal.project.yaml_files import read_documents

if TYPE_CHECKING:
    from seeknal.values.marks import Marks
    from seeknal.values.problems import Problems


@frozen(kw_only=True)
class SourceAlias:
    """Values under one name: ``{{ orders.id }}`` for ``params: {id: ...}`` of ``id: orders``."""

    id: str
    ref: str | None = None
    description: str | None = None
    params: Mapping[str, object] = option(factory=dict)


@frozen(kw_only=True)
class Rule:
    """A condition that SQL takes as ``{{ rules.NAME }}``."""

    id: str
    value: str
    description: str | None = None


@frozen(kw_only=True)
class Snippet:
    """A piece of SQL that other SQL takes as ``{{ transforms.NAME }}``."""

    id: str
    sql: str
    description: str | None = None


@frozen(kw_only=True)
class CommonFile:
    """One file below common/: any of the three lists."""

    sources: tuple[SourceAlias, ...] = ()
    rules: tuple[Rule, ...] = ()
    transformations: tuple[Snippet, ...] = option((), aliases=("transforms",))


@frozen(kw_only=True)
class Common:
    """What templates find by name, such as ``{{ orders.id }}`` or ``{{ rules.x }}``."""

    aliases: Mapping[str, Mapping[str, object]] = field(factory=dict)
    macros: Mapping[str, str] = field(factory=dict)


def load_common(root: Path, read: Callable[[Path], str | None], problems: Problems) -> Common:
    """All snippets of the project; what is wrong goes to ``problems``."""
    aliases: dict[str, dict[str, object]] = {}
    for path in yaml_files(root / "seeknal" / "common"):
        text = read(path)
        file = path.relative_to(root).as_posix()
        if text is not None and (empty := nothing_in(text, file)) is not None:
            problems.append(empty)
        documents, found = read_documents(text or "", file)
        problems += found
        for document in documents:
            _add(document.data, document.marks, aliases, problems)
    folder = root / "seeknal" / "macros"
    files = files_below(folder, ".sql")
    texts = {path: text for path in files if (text := read(path)) is not None}
    problems += macro_problems(
        {path.relative_to(root).as_posix(): text for path, text in texts.items()}
    )
    macros = {
        path.relative_to(folder).with_suffix("").as_posix(): text for path, text in texts.items()
    }
    return Common(aliases=aliases, macros=macros)


def _add(
    data: object, marks: Marks, aliases: dict[str, dict[str, object]], problems: Problems
) -> None:
    if not isinstance(data, dict):
        problems.add("SK0108", "expected a mapping", marks.value())
        return
    common = convert(CommonFile, data, marks, problems)
    if common is None:
        return
    for source in common.sources:
        aliases.setdefault(source.id, {}).update(source.params)
    for rule in common.rules:
        aliases.setdefault("rules", {})[rule.id] = rule.value
    for snippet in common.transformations:
        aliases.setdefault("transforms", {})[snippet.id] = snippet.sql


def yaml_files(folder: Path) -> list[Path]:
    """Every .yml and .yaml file below ``folder``, in order of path."""
    return files_below(folder, ".yml", ".yaml")
