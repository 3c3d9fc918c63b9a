"""What a command line is about: the project, its outputs and its connections, once asked for."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from seeknal.values.errors import UsageError

if TYPE_CHECKING:
    from seeknal.kernel.plugin_types import Elsewhere, Outputs, Session
    from seeknal.values.columns import Column
    from seeknal.values.marks import Marks
    from seeknal.values.names import NodeId
    from seeknal.values.problems import Problem
    from seeknal.values.project import Project

OptionsT = TypeVar("OptionsT")


class Invocation:
    """What holds for a whole command line, wherever on it the option stood.

    Implements `seeknal.kernel.plugin_types.Command`.
    """

    def __init__(self) -> None:
        self.folder: Path | None = None
        self.debug = False
        self.root: Path | None = None
        """The project that the command found; errors are shown with its files."""
        self.maker = "seeknal"
        """Who made the command that is carried out; a plugin's distribution for one of its own."""
        self._project: Project | None = None

    def project_root(self) -> Path:
        """The project that the command works on: ``-C``'s, or the one around the folder."""
        if self.root is None:
            from seeknal.project.loader import find_root

            folder = self.folder or Path.cwd()
            if not folder.is_dir():
                raise UsageError(f"there is no folder {str(folder)!r}", code="SK0252")
            self.root = find_root(folder)
            from seeknal.project.profile.secrecy import note_project

            note_project(self.root)
        return self.root

    def project(self) -> Project:
        """The project as its files say it. Raises ProjectError with all that is wrong."""
        if self._project is None:
            from seeknal.plan.session import Request, read_project

            self._project = read_project(self.project_root(), Request()).project
        return self._project

    def read_foreign_yaml(self, path: Path) -> list[tuple[object, Marks]]:
        """The documents of another program's file, each with the places of its keys."""
        from seeknal.project.yaml_files import read_foreign

        whole, root = path.resolve(), self.project_root()
        shown = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else str(whole)
        return [(each.data, each.marks) for each in read_foreign(path, shown)]

    def problems_with(self, files: Mapping[str, str]) -> Sequence[Problem]:
        """What would be wrong in the project if these YAML files stood in it."""
        from seeknal.plan.session import Request
        from seeknal.plan.validating import examine

        found = examine(self.project_root(), Request(beside=files)).problems
        return [problem for problem in found if problem.severity == "error"]

    def outputs(
        self, environment: str = "prod", generation: int | None = None
    ) -> AbstractContextManager[Outputs]:
        """What runs have stored: of the newest generation that is complete, or an earlier one."""
        from seeknal.query.outputs import open_outputs

        return open_outputs(self.project_root(), environment, generation)

    def columns(self, environment: str = "prod") -> dict[NodeId, tuple[Column, ...]]:
        """The columns of the rows that nodes have by the project's files, as far as these tell."""
        from seeknal.plan.session import Request, load
        from seeknal.query.stored import lineage_of

        loaded = load(self.project_root(), Request(environment=environment))
        return {
            id: lineage.columns
            for id, lineage in lineage_of(loaded, environment).nodes.items()
            if lineage.known and all(column.type for column in lineage.columns)
        }

    @contextmanager
    def session(self, connection: str) -> Iterator[Session]:
        """A read-only session on a connection of profiles.yml."""
        from seeknal.cli.connection import open_session

        opened = open_session(self.project_root(), None, connection)
        try:
            yield opened
        finally:
            opened.close()

    @contextmanager
    def delivered(
        self, connection: str, environment: str = "prod", *, allow_stale: bool = False
    ) -> Iterator[Elsewhere]:
        """The newest generation that is complete, where a connection has it: to read only."""
        from seeknal.query.delivered import delivered_rows

        root = self.project_root()
        with self.session(connection) as session:
            yield delivered_rows(root, connection, session, environment, allow_stale=allow_stale)

    def connections(
        self, options: type[OptionsT], connection: str | None = None
    ) -> dict[str, OptionsT]:
        """The connections of the profile in force whose options are of that class, by name."""
        from seeknal.kernel.plugins import load_plugins

        declared = load_plugins().connection_types.items()
        types = {name for name, entry in declared if entry.options is options}
        found = self._settled(types, connection)
        return {name: entry for name, entry in found.items() if isinstance(entry, options)}

    def options_of(self, type: str, connection: str | None = None) -> dict[str, dict[str, object]]:
        """The connections of a type that another plugin declares, by name: their options by key."""
        from seeknal.kernel.options import fields_of
        from seeknal.kernel.plugins import load_plugins

        declared = load_plugins().connection_types.get(type)
        types = {type} if declared is None else {declared.name, *declared.aliases}
        return {
            name: {entry.key: getattr(given, entry.name) for entry in fields_of(given.__class__)}
            for name, given in self._settled(types, connection).items()
        }

    def _settled(self, types: Collection[str], connection: str | None) -> dict[str, Any]:
        """The options of the connections of these types, or of one of them, by name."""
        from seeknal.kernel.plugins import load_plugins
        from seeknal.project.profile.profiles import load_profile

        plugins = load_plugins()
        profile = load_profile(self.project_root(), None, plugins)
        given = profile.connections if profile else {}
        wanted = given if connection is None else {connection}
        ours = [name for name in given if name in wanted and given[name].get("type") in types]
        return {name: profile.connection(name, plugins).options for name in ours if profile}

    def print_json(self, value: Any) -> None:
        """``value`` as the command's answer; one object says first which version it has."""
        from seeknal.cli.answers import SCHEMA_VERSION
        from seeknal.cli.render import print_json

        whole = isinstance(value, Mapping)
        print_json({"schema_version": SCHEMA_VERSION, **value} if whole else value)

    def print_rows(
        self, names: Sequence[str], rows: Sequence[Sequence[object]], format_: str = "table"
    ) -> None:
        """Rows as ``table``, ``json`` or ``csv``."""
        from seeknal.cli.results import Wanted, write_foreign_rows

        write_foreign_rows(names, rows, Wanted(format=format_))
