"""``init`` and ``draft``: files to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seeknal.cli.app import Command
from seeknal.cli.common import exclude_each_other, from_here, project_root
from seeknal.cli.examples import find_example
from seeknal.cli.invocation import Invocation
from seeknal.cli.streams import say
from seeknal.host.files import write_text
from seeknal.kernel.command_options import force_option, format_option
from seeknal.values.errors import ProjectError, SeeknalError, UsageError, did_you_mean
from seeknal.values.names import NodeId

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.cli.examples import Example
    from seeknal.kernel.kinds import NodeKind
    from seeknal.kernel.plugins import Plugins
    from seeknal.values.node import Node
    from seeknal.values.project import Project

SCHEMA = Path(".seeknal/schema.json")


@click.command("init", cls=Command)
@click.argument("name", required=False)
@click.option(
    "--example", metavar="NAME", default="minimal", show_default=True, help="What to start from."
)
@force_option
def init_command(name: str | None, example: str, force: bool) -> None:
    """Create a working project to start from.

    NAME is the folder to create; without it the files go into the current folder.
    """
    base = click.get_current_context().ensure_object(Invocation).folder or Path.cwd()
    folder = base / name if name else base
    chosen = find_example(example)
    files = list(chosen.files())
    _refuse_existing(folder, files, force)
    for file in files:
        _copy(chosen.folder / file, folder / file, _depth(file), _project_name(folder))
    from seeknal.cli.schema import write_schema

    write_schema(folder / SCHEMA)
    place = name if base == Path.cwd() else str(folder)
    _say_what_next(chosen, folder, place, len(files))


def _refuse_existing(folder: Path, files: list[Path], force: bool) -> None:
    existing = [str(file) for file in files if (folder / file).exists()]
    if existing and not force:
        raise UsageError(
            f"{folder} already has {', '.join(existing[:3])}{' ...' if existing[3:] else ''}",
            code="SK0261",
            help="name a new folder, or say --force to replace the files",
        )


def _depth(file: Path) -> int | None:
    """How far below the project a node file lies; None for other files."""
    is_node = file.parts[0] == "seeknal" and file.suffix in (".yml", ".yaml")
    return len(file.parts) - 1 if is_node and "common" not in file.parts else None


def _copy(source: Path, target: Path, depth: int | None, name: str) -> None:
    content = source.read_bytes()
    if depth is not None:
        content = modeline(depth).encode() + content
    elif source.name == "seeknal_project.yml":
        content = re.sub(rb"(?m)^name:.*$", f"name: {name}".encode(), content, count=1)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)


def modeline(depth: int) -> str:
    """The line by which editors find the schema, for a file ``depth`` folders down."""
    return f"# yaml-language-server: $schema={'../' * depth}{SCHEMA.as_posix()}\n"


def _project_name(folder: Path) -> str:
    name = re.sub(r"\W+", "_", folder.resolve().name).strip("_") or "project"
    return name if not name[0].isdigit() else f"_{name}"


def _say_what_next(example: Example, folder: Path, place: str | None, count: int) -> None:
    lacks = ", ".join(requirement.partition("[")[0] for requirement in example.missing)
    missing = f" Not installed, and needed here: {lacks}." if lacks else ""
    say(f"{count} files in {from_here(folder)}.{missing} Next:")
    for step in example.steps(place):
        say(f"  {step}")


@click.command("draft", cls=Command)
@click.argument("kind")
@click.argument("name")
@click.option(
    "--type",
    "source_type",
    metavar="TYPE",
    show_default="csv",
    help="For sources: what they read.",
)
@click.option("--python", is_flag=True, help="Draft a Python node.")
@click.option("--sql", is_flag=True, help="Draft an .sql file.")
@force_option
@click.option("--stdout", is_flag=True, help="Print the draft and write nothing.")
@format_option("text", "json")
def draft_command(
    kind: str,
    name: str,
    source_type: str | None,
    python: bool,
    sql: bool,
    force: bool,
    stdout: bool,
    format_: str,
) -> None:
    """Write a template file for a new node.

    KIND is what it is (source, transform, exposure, ...), NAME what it is called. KIND audit is
    an audit type of the project's own; properties says more of the node NAME.
    """
    from seeknal.cli.drafts import DOCUMENTS, python_draft, sql_draft, yaml_draft
    from seeknal.kernel.plugins import load_plugins

    exclude_each_other("python", "sql")
    _check_name(name)
    if kind in DOCUMENTS:
        for option in ("python", "sql", "source_type"):
            exclude_each_other("kind", option, help=f"seeknal draft {kind} {name}")
        file, text = _document(kind, name, None if stdout else load_plugins())
    else:
        plugins = load_plugins()
        declared = _kind(kind, plugins)
        folder = Path("seeknal") / ("pipelines" if python else declared.folder)
        file = folder / f"{name}.{'py' if python else 'sql' if sql else 'yml'}"
        if python:
            text = python_draft(declared, name)
        elif sql:
            text = sql_draft(declared, name, source_type, plugins)
        else:
            body = yaml_draft(declared, name, source_type, plugins, _connections(plugins))
            text = modeline(len(folder.parts)) + body
        if not stdout:
            _refuse_second(NodeId.of(declared.name, name), file, plugins)
    if not stdout:
        _write(project_root() / file, text, str(file), force)
    if format_ == "json":
        from seeknal.cli.answers import answered
        from seeknal.cli.render import print_json

        print_json(answered("success", file=str(file), text=text, written=not stdout))
    elif stdout:
        print(text, end="")
    else:
        say(f"{file} written; seeknal validate checks it")


def _document(kind: str, name: str, plugins: Plugins | None) -> tuple[Path, str]:
    """The file of what is no node, and its text; with ``plugins`` as the project can have it."""
    from seeknal.cli.drafts import DOCUMENTS, audit_draft, properties_draft

    file = Path("seeknal") / DOCUMENTS[kind].file.format(name=name)
    head = modeline(len(file.parent.parts)) if file.suffix == ".yml" else ""
    text = DOCUMENTS[kind].text.replace("NODE", name)
    if plugins is not None and not (project_root() / file).exists():
        is_audit = kind == "audit"
        text = audit_draft(name, plugins) if is_audit else properties_draft(name, _nodes(plugins))
    return file, head + text


def _nodes(plugins: Plugins) -> Mapping[NodeId, Node]:
    """The nodes of the project, as far as they can be read."""
    from seeknal.project.loader import load_project

    project: Project | None
    try:
        project = load_project(project_root(), plugins)
    except ProjectError as error:
        project = error.partial
    return project.nodes if project else {}


def _refuse_second(id: NodeId, file: Path, plugins: Plugins) -> None:
    """Raise UsageError where another file has the node: no project may have it twice."""
    for other in _nodes(plugins).values():
        if other.id.lower() == id.lower() and other.location.file != file.as_posix():
            raise UsageError(
                f"{other.id} is already there, in {other.location.file}",
                code="SK0261",
                help="choose another name",
            )


def _write(path: Path, text: str, shown: str, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(
            f"{shown} is already there", code="SK0261", help="say --force to replace it"
        )
    write_text(path, text)


def _connections(plugins: Plugins) -> dict[str, str]:
    """The project's connections with their types; none where they cannot be read."""
    from seeknal.project.profile.profiles import load_profile

    try:
        profile = load_profile(project_root(), None, plugins)
    except SeeknalError:
        return {}
    given = profile.connections if profile else {}
    return {name: str(raw.get("type", "")) for name, raw in given.items()}


def _kind(name: str, plugins: Plugins) -> NodeKind:
    from seeknal.cli.drafts import DOCUMENTS

    normal = name.replace("-", "_")
    if normal not in plugins.kinds:
        kinds = [*plugins.kinds, *DOCUMENTS]
        help = plugins.missing("kind", normal) or did_you_mean(normal, kinds)
        known = f"known: {', '.join(kinds)}"
        raise UsageError(f"unknown kind {name!r}", code="SK0262", help=help or known)
    return plugins.kinds[normal]


def _check_name(name: str) -> None:
    from seeknal.project.documents import fault_of_name

    if (fault := fault_of_name(name)) is not None:
        raise UsageError(f"{name!r} cannot be a node's name", code="SK0263", help=fault)
