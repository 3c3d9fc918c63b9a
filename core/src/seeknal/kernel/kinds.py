"""Kinds of node and types of source, as plugins declare them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from attrs import field, frozen

from seeknal.values.errors import PluginError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seeknal.values.node import Does

Named = type | str
"""An attrs class, or where it is: ``module:Class``, which is imported when it is used."""


class WithOptions:
    """What a plugin declares with options: their class is imported when it is first used."""

    __slots__ = ()
    _options: Named

    @property
    def options(self) -> type:
        """The attrs class. Raises PluginError where there is none of that name."""
        if not isinstance(self._options, str):
            return self._options
        module, _, name = self._options.partition(":")
        try:
            found: type = getattr(import_module(module), name)
        except (ImportError, AttributeError, ValueError) as error:
            raise PluginError(
                f"a plugin names options that there are not: {self._options!r}: {error}",
                help="install another version of the plugin",
            ) from error
        return found


@frozen(kw_only=True)
class Held:
    """Nodes that stand in a list below a key of another one, each with its name.

    ``kind`` is theirs, and ``owner`` their option that names the node that holds them.
    """

    kind: str
    owner: str


@frozen(kw_only=True)
class NodeKind(WithOptions):
    """A kind of node.

    ``options`` is the attrs class of the keys that the kind adds to the common ones.
    ``functional``: its options that can change rows; None means all.

    ``does`` says what a run does with its nodes, and which of the common keys they take: one that
    ``loads`` has ``source:``, one that ``delivers`` may have ``type:``. One that ``checks``,
    ``delivers`` or ``describes`` has no rows, and one that ``describes`` is no step of a run: its
    nodes are in graph, selection, lineage and plan. ``rows_of_body``: its rows are just those of
    the node's SQL or function, which names its inputs itself. An option of type `NodeId`, at any
    depth, names a node that is read.
    Options of one that ``describes`` may have a method ``by_column()``: what each column of the
    node, in lower case, means by itself, as texts to compare, and under ``""`` all the rest.
    Options of one that has a key ``time_column`` of its own, instead of the common one, have a
    method ``rows_in_time()``: the column of its rows that says when, and how many seconds before
    that what a row is made of reaches, None for without an end; or None for rows of no time.
    Options of one whose rows are features have a method ``feature_rows(columns)``: how rows of
    these columns are, as `FeatureRows`.
    ``from_earlier``: its rows are made from those that the node has, which `NodeInputs.earlier`
    gives to ``run_node``. They outlive ``--full`` and every edit of the definition, and where they
    are lost the node fails: nothing else says what they were. Run over the same inputs again, it
    gives the same rows.
    ``holds``: keys of its own below which nodes of another kind may stand.
    ``old_settings`` are keys of seeknal 2.x below ``materialization:`` that are no target, each
    with the option that it is now, or ``""``.
    """

    name: str
    folder: str
    _options: Named
    summary: str
    colour: str = "#8a8f98"
    does: Does = "computes"
    rows_of_body: bool = False
    from_earlier: bool = False
    functional: tuple[str, ...] | None = None
    accepts_sql: bool = True
    accepts_python: bool = True
    holds: Mapping[str, Held] = field(factory=dict)
    old_settings: Mapping[str, str] = field(factory=dict)

    @property
    def produces_rows(self) -> bool:
        """Whether its nodes have rows that others can read."""
        return self.does in ("loads", "computes")


@frozen(kw_only=True)
class SourceType(WithOptions):
    """A value of ``source:``. ``aliases`` are accepted spellings.

    ``reads_files``: ``table`` is a path below the project. ``selects_columns``: of a table only
    what ``columns:`` names is read, where it names some. ``refresh`` is the policy when a
    source has none and no version is known. For ``draft``: ``table`` is an example of what
    stands after ``table:``, ``needs`` what most sources of this type have to say besides it:
    options, or ``connection``, which is one of the type of the same name.
    """

    name: str
    _options: Named
    summary: str
    aliases: tuple[str, ...] = ()
    reads_files: bool = False
    selects_columns: bool = False
    refresh: str = "always"
    table: str = ""
    needs: tuple[str, ...] = ()
