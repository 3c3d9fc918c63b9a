"""From the SQL that a user wrote to the SQL that DuckDB runs: inputs under their full names.

The text is edited where an input is named and left alone elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING

from seeknal.sql.functions import UNKNOWN, arguments, effects_of, outside_name
from seeknal.sql.inputs import NOWHERE, Scope
from seeknal.sql.names import named
from seeknal.sql.quote import quote_identifier, quote_literal, quote_name
from seeknal.sql.scopes import lists_tables, table_references
from seeknal.sql.tokens import line_and_column, parameters, tokenize
from seeknal.values.dialects import NO_PAIRS
from seeknal.values.errors import UsageError
from seeknal.values.location import Location
from seeknal.values.names import NodeId
from seeknal.values.other_tools import in_a_template, model_instead

if TYPE_CHECKING:
    from seeknal.sql.inputs import ResolvedSql
    from seeknal.sql.scopes import TableRef
    from seeknal.sql.tokens import Token
    from seeknal.values.dialects import Pairs
    from seeknal.values.node import Input


def resolve_sql(
    sql: str,
    *,
    inputs: Sequence[Input],
    known: Collection[NodeId],
    node: NodeId,
    location: Location,
    dialect: str = "duckdb",
    pairs: Pairs = NO_PAIRS,
    this_allowed: bool = True,
    reads_itself: bool = False,
    locate: Callable[[int, int], Location] | None = None,
) -> ResolvedSql:
    """``sql`` with each input named ``"kind"."name"``, and all that is wrong with it.

    ``location`` is where the text begins: problems point to its line plus theirs. A column is
    given when ``location`` has one, the column where the text's lines begin. ``locate`` knows
    better where a line and column of the text are. ``reads_itself``: the node's own full name
    means the rows that it has, and is no input. In another dialect than DuckDB's the text is
    parsed in it and written anew, unless DuckDB reads it as well.
    """

    def scope() -> Scope:
        return Scope(
            inputs=inputs,
            known=known,
            node=node,
            location=location,
            this_allowed=this_allowed,
            reads_itself=reads_itself,
            locate=locate,
        )

    if dialect == "duckdb":
        return _resolve(sql, scope())
    from seeknal.sql.alike import cut_alike

    if (alike := cut_alike(sql, dialect, pairs)) is not None:
        # What it means is found out when it is translated; here only its inputs are.
        found = _resolve(alike, scope())
        is_read = not any(problem.code in ("SK0450", "SK0452") for problem in found.problems)
        if is_read and not (found.volatile or "").endswith(UNKNOWN):
            return found
    from seeknal.sql.dialects import resolve_dialect

    return resolve_dialect(sql, dialect, scope(), pairs)


def _resolve(sql: str, scope: Scope) -> ResolvedSql:
    tokens = tokenize(sql)
    tables = table_references(tokens)
    edits = _Edits(sql, tokens, scope)
    edits.replace_refs()
    edits.replace_tables(tables)
    edits.refuse_foreign(tables)
    edits.drop_last_semicolons()
    executable = edits.text()
    if edits.well_formed() and edits.check_syntax(executable):
        edits.refuse_parameters()
    scope.report_unused()
    return scope.resolved(
        executable,
        effects_of(tokens, edits.kept(tables)),
        edits.outside(tables),
        tuple((start, stop, len(new)) for start, stop, new in sorted(edits.edits)),
    )


def replace_refs(sql: str, known: Collection[NodeId]) -> str:
    """``sql`` with each ``ref()``, in double braces or not, as a quoted name; else unchanged.

    Raises UsageError for one that names no node, or may mean several.
    """
    tokens = tokenize(sql)
    scope = Scope(
        inputs=(), known=known, node=NodeId(""), location=Location(""), this_allowed=False
    )
    edits = _Edits(sql, tokens, scope)
    edits.replace_refs()
    for problem in scope.problems:
        of_rows = " with stored rows" if problem.code == "SK0310" else ""
        raise UsageError(f"{problem.message}{of_rows}", code=problem.code, help=problem.help)
    edits.edits = [_with_braces(sql, edit) for edit in edits.edits]
    return edits.text()


def complete_refs(sql: str, known: Collection[NodeId]) -> str:
    """``sql`` with the kind in each ``ref('name')`` that only one node can be meant by."""
    if "ref" not in sql.lower():
        return sql
    scope = Scope(
        inputs=(), known=known, node=NodeId(""), location=Location(""), this_allowed=False
    )
    edits = _Completions(sql, tokenize(sql), scope)
    edits.replace_refs()
    return edits.text()


def _with_braces(sql: str, edit: tuple[int, int, str]) -> tuple[int, int, str]:
    """An edit that takes the braces of a template around its place with it."""
    start, end, replacement = edit
    before, after = sql[:start].rstrip(), sql[end:].lstrip()
    if not (before.endswith("{{") and after.startswith("}}")):
        return edit
    return len(before) - 2, len(sql) - len(after) + 2, replacement


class _Edits:
    """The changes to one text, and the checks that need its tokens."""

    def __init__(self, sql: str, tokens: list[Token], scope: Scope) -> None:
        self.sql = sql
        self.tokens = tokens
        self.scope = scope
        self.edits: list[tuple[int, int, str]] = []

    def place(self, position: int) -> tuple[int, int]:
        return line_and_column(self.sql, self.tokens[position].start)

    def text(self) -> str:
        """The edited text."""
        parts, end = [], 0
        for start, stop, replacement in sorted(self.edits):
            parts += [self.sql[end:start], replacement]
            end = stop
        return "".join((*parts, self.sql[end:]))

    def replace(self, first: int, last: int, replacement: str) -> None:
        self.edits.append((self.tokens[first].start, self.tokens[last].end, replacement))

    def replace_refs(self) -> None:
        tokens = self.tokens
        for position, token in enumerate(tokens[:-1]):
            if token.key != "ref" or tokens[position + 1].key != "(":
                continue
            if position and tokens[position - 1].key == ".":
                continue
            self.replace_ref(position)

    def replace_ref(self, position: int) -> None:
        given = arguments(self.tokens, position + 1)
        names = [self.literal(start, end) for start, end in given]
        texts = [name for name in names if name]
        place = self.place(position)
        if len(texts) != len(given) or len(texts) not in (1, 2):
            is_open = all(token.key != ")" for token in self.tokens[position + 1 :])
            takes = "ref() takes a node's name as text"
            message = "the bracket of ref( is not closed" if is_open else takes
            self.scope.report("SK0316", message, place, "write ref('kind.name')")
            return
        id = self.scope.ref(texts, place)
        # What names nothing is told; the rest of the query can be looked at all the same.
        name = (NOWHERE, texts[-1].rpartition(".")[2]) if id is None else (id.kind, id.name)
        self.replace(position, given[-1][1], quote_name(*name))

    def literal(self, start: int, end: int) -> str | None:
        """The text of an argument that is one literal, in either kind of quotes."""
        if end - start != 1:
            return None
        token = self.tokens[start]
        return token.name if token.kind == "name" else token.value

    def replace_tables(self, tables: Sequence[TableRef]) -> None:
        for table in tables:
            if table.shadowed or table.function or not table.parts:
                continue
            told = len(self.scope.problems)
            id, keep = self.scope.table(table.parts, self.place(table.first))
            if id is None:
                if len(self.scope.problems) > told:
                    self.replace(table.first, table.last, quote_name(NOWHERE, table.parts[-1]))
                continue
            name = quote_name(id.kind, id.name)
            if keep and not table.aliased:
                name += f" AS {quote_identifier(table.parts[0])}"
            self.replace(table.first, table.last, name)

    def refuse_foreign(self, tables: Sequence[TableRef]) -> None:
        """Answer dbt's functions, written without the brackets of templates, with ours."""
        for table in tables:
            if table.function and [part.lower() for part in table.parts] == ["source"]:
                self.foreign("source", table.first)
        keys = [token.key for token in self.tokens]
        for position, key in enumerate(keys):
            follow = keys[position + 1 : position + 4]
            # A table may be called config, and then its columns stand in brackets.
            is_config = key == "config" and follow[:1] == ["("] and follow[2:] == ["="]
            if is_config or (key == "is_incremental" and follow[:2] == ["(", ")"]):
                self.foreign(key, position)

    def foreign(self, word: str, position: int) -> None:
        message = f"{word}() is a function of dbt's"
        help = in_a_template(word, self.sql)
        self.scope.report("SK0317", message, self.place(position), help)

    def drop_last_semicolons(self) -> None:
        """What is executed stands in brackets, where no semicolon may be."""
        position = len(self.tokens) - 1
        while position >= 0 and self.tokens[position].key == ";":
            self.replace(position, position, "")
            position -= 1

    def well_formed(self) -> bool:
        """Whether the text is one statement that DuckDB can be asked about."""
        if "\0" in self.sql:
            place = line_and_column(self.sql, self.sql.index("\0"))
            self.scope.report("SK0453", "the SQL holds a NUL character", place, "remove it")
            return False
        keys = [token.key for token in self.tokens]
        while keys and keys[-1] == ";":
            keys.pop()
        if (listing := lists_tables(self.tokens)) is not None:
            message = f"a query is needed here, not {self.tokens[listing].text.upper()} of tables"
            self.scope.report("SK0452", message, self.place(listing), "write a SELECT")
            return False
        if ";" not in keys:
            return True
        place = self.place(keys.index(";"))
        if keys[:2] == ["model", "("]:
            message, help = "MODEL (...) is SQLMesh's", model_instead(self.scope.node.name)
            self.scope.report("SK0317", message, self.place(0), help)
            return False
        help = "keep one query; other steps are nodes of their own"
        self.scope.report("SK0451", "several statements where one query is needed", place, help)
        return False

    def refuse_parameters(self) -> None:
        """Nobody gives values to a node's SQL when it runs."""
        for token in parameters(self.tokens):
            message = f"the SQL has a parameter, {token.text}, that nothing gives a value"
            help = "write the value, or a template: {{ params.NAME }}"
            self.scope.report("SK0458", message, line_and_column(self.sql, token.start), help)

    def check_syntax(self, executable: str) -> bool:
        """Whether DuckDB's parser takes the text; what it says else is a problem."""
        from seeknal.sql.syntax import syntax_fault

        fault = syntax_fault(executable)
        if fault is None:
            return True
        if any(problem.code in ("SK0316", "SK0317") for problem in self.scope.problems):
            return False
        code = "SK0452" if fault.not_a_query else "SK0450"
        place = self.original_place(executable, fault.line, fault.column)
        help = "write a SELECT" if fault.not_a_query else None
        if executable.split("\n")[fault.line - 1][fault.column - 1 :].startswith("{#"):
            help = "write -- or /* */: {# #} is no comment here"
        self.scope.report(code, fault.message, place, help)
        return False

    def original_place(self, executable: str, line: int, column: int) -> tuple[int, int]:
        """Where a place of the edited text was before the edits. They never span lines."""
        if not line or not column:
            return line, 0
        shift = 0
        begin = _line_start(executable, line)
        for start, stop, replacement in sorted(self.edits):
            at = start + shift
            if begin <= at < begin + column - 1:
                column -= min(len(replacement) - (stop - start), column - 1)
            shift += len(replacement) - (stop - start)
        return line, column

    def outside(self, tables: Sequence[TableRef]) -> list[tuple[str, int]]:
        """What the query reads that is not in the database."""
        found = []
        for table in self.kept(tables):
            what = outside_name(table, self.tokens)
            if what:
                found.append((what, self.place(table.first)[0]))
        return found

    def kept(self, tables: Sequence[TableRef]) -> list[TableRef]:
        """The tables that are no inputs."""
        edited = {start for start, _, _ in self.edits}
        return [table for table in tables if self.tokens[table.first].start not in edited]


class _Completions(_Edits):
    """The changes that only complete the names in ``ref()``."""

    def replace_ref(self, position: int) -> None:
        given = arguments(self.tokens, position + 1)
        name = self.literal(*given[0]) if len(given) == 1 else None
        candidates = named(name, self.scope.known) if name and "." not in name else ()
        if len(candidates) == 1:
            self.replace(position, given[-1][1], f"ref({quote_literal(candidates[0])})")


def _line_start(text: str, line: int) -> int:
    start = 0
    for _ in range(line - 1):
        start = text.index("\n", start) + 1
    return start
