"""What else plugins declare: types of targets, audits and connections, and engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

from seeknal.kernel.kinds import WithOptions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from seeknal.kernel.kinds import Named
    from seeknal.kernel.plugin_types import TemplateCall, WrittenQuery
    from seeknal.values.problems import Problem
    from seeknal.values.targets import Target


@frozen(kw_only=True)
class TargetType(WithOptions):
    """A value of a target's ``type:``.

    ``label_field`` is the option that names the destination to people. ``modes`` are the
    write modes it supports. ``exposure``: it may also stand as an exposure's ``type``, of which
    ``own_keys`` stand beside the exposure's others, as ``connection:`` then does, and not below
    ``params:``. ``engine``: it is a query, and an exposure's alone, whose SQL is of that engine and
    is not run by DuckDB: what ``run_node`` gives for the exposure is what ``materialize`` is given.
    ``profile_section``: what its targets start with stands in profiles.yml. ``check`` is given a
    target and the options of its connection, None where it has none in profiles.yml or they are
    wrong; it connects to nothing, and raises SeeknalError where nothing may be delivered there.
    ``names`` is given the same and gives the names of the place that the target may be written
    with, first the one that is the same for all of them: under it deliveries are kept in mind.
    """

    name: str
    _options: Named
    summary: str
    label_field: str = "table"
    modes: tuple[str, ...] = ("full",)
    aliases: tuple[str, ...] = ()
    exposure: bool = False
    own_keys: bool = False
    engine: str | None = None
    profile_section: ProfileSection | None = None
    check: Callable[[Target, Any], None] | None = None
    names: Callable[[Target, Any], Sequence[str]] | None = None


@frozen(kw_only=True)
class ProfileSection(WithOptions):
    """A key of profiles.yml below which stands what the targets of a type start with.

    ``options`` is the attrs class of its keys. ``complete`` is given an instance, what a target
    says and the name of its node; it gives what the target says in full, or None for one that is
    left out. Targets that name no type are of the one whose section is ``materialization``.
    """

    name: str
    _options: Named
    complete: Callable[[Any, Mapping[str, object], str], Mapping[str, object] | None]


@frozen(kw_only=True)
class AuditType(WithOptions):
    """A value of an audit's ``type:``.

    One that a file of a project makes has ``keep``: it is given the parameters and a function
    that fills in a template with further names, and gives the options that the audit keeps,
    which are of the declared type ``kept_as``. ``check`` is given that function and gives what is
    wrong with the file whatever its audits are given. ``per_row``: it judges each row by that row
    alone, so that what it counts in all rows is what it counts in any parts of them together.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    per_row: bool = False
    kept_as: str = ""
    keep: Callable[[Any, Callable[[str, Mapping[str, object]], str]], Any] | None = None
    check: Callable[[Callable[[str, Mapping[str, object]], str]], Iterable[Problem]] | None = None


@frozen(kw_only=True)
class AuditFile:
    """An .sql file of a project's folder for audits; ``path`` is relative to the project."""

    name: str
    path: str
    text: str


@frozen(kw_only=True)
class ConnectionType(WithOptions):
    """A value of ``type:`` below ``connections:``.

    ``check`` is given a connection's name and options, connects to nothing, and raises
    SeeknalError where nobody could connect with these. ``implicit`` is the name of a connection
    that every project has without writing it, with all options as they are by default.
    Its options may also stand in ``profile_section`` of profiles.yml, a path of keys such as
    ``("materialization", "catalog")``; ``type:`` means the option ``section_type`` there.
    ``server`` is given the options and says where they lead, alike for all that lead to one
    place; None where that cannot be told. It is compared, and neither shown nor kept.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    check: Callable[[str, Any], None] | None = None
    implicit: str | None = None
    profile_section: tuple[str, ...] = ()
    section_type: str | None = None
    server: Callable[[Any], str | None] | None = None


@frozen(kw_only=True)
class EngineType:
    """A value of a transform's ``engine:``; ``run_node`` of the same plugin runs it.

    ``dialect`` is sqlglot's name of the SQL that it speaks. Where it is given, columns that SQL of
    the engine names and none of its inputs has are told before anything runs.
    """

    name: str
    summary: str
    aliases: tuple[str, ...] = ()
    dialect: str | None = None


@frozen(kw_only=True)
class DiffOption:
    """An option of ``seeknal diff`` that takes words, such as ``--metrics NAME,...``.

    ``alone``: it may stand without any, which is given as none.
    """

    name: str
    metavar: str
    help: str
    alone: bool = False


@frozen(kw_only=True)
class TemplateFunction:
    """A function that templates in nodes' SQL may call for a query, which stands there in brackets.

    ``write`` is given each call: when the project is read, and again, with the columns of what the
    node reads, before its SQL is checked, traced or run. The first answer is part of the node's
    fingerprint, and says all that decides on rows but the types of columns. It raises SeeknalError
    for what cannot be asked, and is called in any thread. ``usage`` shows a call to people.
    """

    name: str
    usage: str
    write: Callable[[TemplateCall], WrittenQuery]
