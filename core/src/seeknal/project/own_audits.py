"""Audit types of the project's own: what plugins make of the files in ``seeknal/audits/``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from seeknal.kernel.declared import AuditFile, AuditType
from seeknal.kernel.options import keys_of
from seeknal.project.documents import NAME
from seeknal.project.keys import AuditKeys
from seeknal.project.paths import files_below
from seeknal.project.templates.rendering import render
from seeknal.project.text_files import nothing_in_sql
from seeknal.sql.check import SqlRefused
from seeknal.sql.refs import complete_refs
from seeknal.values.location import Location
from seeknal.values.problems import Problem, Problems

if TYPE_CHECKING:
    from seeknal.kernel.plugins import Plugins
    from seeknal.project.templates.rendering import Scope
    from seeknal.values.names import NodeId

FOLDER = Path("seeknal") / "audits"
AUDIT_KEYS = tuple(key for key in keys_of(AuditKeys) if key != "type")
"""What every audit may say beside its type and parameters."""


class _Unfilled(SqlRefused):
    """A template could not be rendered; what is wrong has been noted."""

    def __init__(self) -> None:
        super().__init__("")


@frozen(kw_only=True)
class OwnAudits:
    """The types by name, with their files. ``broken`` names files that made none."""

    types: Mapping[str, AuditType] = field(factory=dict)
    files: Mapping[str, str] = field(factory=dict)
    broken: frozenset[str] = frozenset()
    asked: set[str] = field(factory=set)
    """Types that audits name; each of these is checked with what it is given."""

    def kept(
        self,
        type: AuditType,
        parameters: object,
        scope: Scope,
        known: Collection[NodeId],
        problems: Problems,
        node: NodeId,
    ) -> object | None:
        """The options that an audit with these parameters keeps; None with a problem added."""
        file = self.files[type.name]
        self.asked.add(type.name)
        fill = self._filler(file, scope, known, problems, node)
        keep: Callable[[Any, Any], object] | None = type.keep
        try:
            return keep(parameters, fill) if keep else parameters
        except _Unfilled:
            return None
        except SqlRefused as error:
            problems.append(_refused(error, type.name, file))
            return None

    def faults(self, scope: Scope, known: Collection[NodeId]) -> Problems:
        """What is wrong with the files themselves, be they named by an audit or not."""
        problems = Problems()
        for name, type in self.types.items():
            tries: list[Problems] = []
            fill = self._filler_that_tries(self.files[name], scope, known, tries)
            found = Problems()
            with suppress(_Unfilled):
                found += type.check(fill) if type.check else ()
            # What is wrong with the file is wrong whatever it is filled in with.
            first = tries[0] if tries else Problems()
            found += [each for each in first if all(each in other for other in tries)]
            # What is wrong with one that is asked has been said, with what it is given.
            kept = (entry for entry in found if entry.severity == "warn" or name not in self.asked)
            problems += kept
        return problems

    def _filler_that_tries(
        self, file: str, scope: Scope, known: Collection[NodeId], tries: list[Problems]
    ) -> Callable[[str, Mapping[str, object]], str]:
        """As `_filler`; what is wrong each time is a list of its own."""

        def fill(text: str, names: Mapping[str, object]) -> str:
            tries.append(Problems())
            return self._filler(file, scope, known, tries[-1], None)(text, names)

        return fill

    def _filler(
        self,
        file: str,
        scope: Scope,
        known: Collection[NodeId],
        problems: Problems,
        node: NodeId | None,
    ) -> Callable[[str, Mapping[str, object]], str]:
        """A function that fills in the file's templates, for a plugin to call."""

        def fill(text: str, names: Mapping[str, object]) -> str:
            place = Location(file, 1)
            rendered = render(text, scope, {}, place, problems, node, further=names)
            if not rendered.ok:
                raise _Unfilled
            return complete_refs(rendered.text, known)

        return fill


def audit_paths(root: Path) -> list[Path]:
    """The .sql files that are audit types, in order of path."""
    return files_below(root / FOLDER, ".sql")


def read_own_audits(
    root: Path, read: Callable[[Path], str | None], plugins: Plugins, problems: Problems
) -> OwnAudits:
    """The audit types of the project; what is wrong with their files goes to ``problems``."""
    found = OwnAudits()
    for path in audit_paths(root):
        text = read(path)
        file = path.relative_to(root).as_posix()
        type = None
        if text is not None:
            made = AuditFile(name=path.stem, path=file, text=text)
            type = _type_of(made, found, plugins, problems)
        if type is None:
            found = evolve(found, broken=found.broken | {path.stem})
        else:
            found = evolve(
                found,
                types={**found.types, type.name: type},
                files={**found.files, type.name: file},
            )
    return found


def _type_of(
    file: AuditFile, found: OwnAudits, plugins: Plugins, problems: Problems
) -> AuditType | None:
    if (empty := nothing_in_sql(file.text, file.path)) is not None:
        problems.append(empty)
        return None
    if (wrong := _wrong_name(file, found, plugins)) is not None:
        problems.append(_problem(wrong, Location(file.path, 1)))
        return None
    try:
        type = plugins.hooks.audit_file(file=file)
    except SqlRefused as error:
        problems.append(_refused(error, file.name, file.path))
        return None
    if type is None:
        help = plugins.missing("audit type", file.name) or "move it out of seeknal/audits/"
        message = "no installed plugin makes an audit type of this file"
        lacks = plugins.lacking("audit type", file.name)
        problems.append(evolve(_problem(message, Location(file.path), help), lacks=lacks))
        return None
    for key in keys_of(type.options):
        if key in ("type", *AUDIT_KEYS):
            message, help = f"parameter {key!r} is a key of every audit", "give it another name"
            problems.append(_problem(message, Location(file.path, 1), help))
            return None
    return type


def _wrong_name(file: AuditFile, found: OwnAudits, plugins: Plugins) -> str | None:
    if not NAME.fullmatch(file.name):
        return f"a file's name is that of its audit type, and {file.name!r} is none"
    if file.name in plugins.audit_types:
        return f"{file.name} is an audit type already"
    known = {name.lower(): path for name, path in found.files.items()}
    if (first := known.get(file.name.lower())) is not None:
        return f"{file.name} is an audit type already: {first}"
    return None


def _refused(error: SqlRefused, name: str, file: str) -> Problem:
    place = Location(file, error.line or 1, error.column if error.line else 0)
    return _problem(f"audit {name}: {error}", place)


def _problem(message: str, place: Location, help: str | None = None) -> Problem:
    return Problem(code="SK0930", message=message, location=place, help=help)
