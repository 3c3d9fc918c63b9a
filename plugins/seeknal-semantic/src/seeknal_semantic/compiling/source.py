"""A model's rows with those of other models joined to them, as far as a query names these."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

from seeknal_semantic.compiling.alike import member_side, refuse_unlike
from seeknal_semantic.compiling.calendar import at_wall, begin_of
from seeknal_semantic.compiling.families import family_of
from seeknal_semantic.compiling.items import own_time
from seeknal_semantic.compiling.lookups import Lookups, unused
from seeknal_semantic.compiling.refusing import refused
from seeknal_semantic.compiling.scope import Measured
from seeknal_semantic.compiling.trees import both, column, name
from seeknal_semantic.compiling.used_keys import UsedKey, overlapping, several
from seeknal_semantic.definitions import Dimension
from seeknal_semantic.expressions import parse_expression

if TYPE_CHECKING:
    from seeknal_semantic.compiling.scope import Scope
    from seeknal_semantic.definitions import Entity, SemanticModel
    from seeknal_semantic.graph import JoinStep
    from seeknal_semantic.resolving import Resolved

Steps = tuple["JoinStep", ...]


class Source:
    """Grows by a join for each way that values are asked for; each way is joined once.

    Rows that hold for a while are joined as of the measure's time.
    """

    def __init__(self, scope: Scope, measured: Measured) -> None:
        self.scope, self.measured, self.model = scope, measured, measured.model
        self._aliases: dict[Steps, str] = {(): measured.model.name}
        self._joins: list[exp.Join] = []
        self.lookups = Lookups(lambda: (*self._aliases.values(), *self.lookups.aliases))

    def written(self, words: str, steps: Steps = ()) -> exp.Expr:
        """An expression of the project's files over the columns of a model."""
        alias = self._alias(steps)
        model = steps[-1].model if steps else self.model
        tree = parse_expression(words).copy()
        for each in tree.find_all(exp.Column):
            self.scope.read(model.rows, each.name)
        if isinstance(tree, exp.Column):
            return column(tree.name, alias)
        for each in list(tree.find_all(exp.Column)):
            each.replace(column(each.name, alias))
        return exp.Paren(this=tree) if isinstance(tree, exp.Binary) else tree

    def column(self, word: str) -> exp.Expr:
        """A column of the model's own rows."""
        self.scope.read(self.model.rows, word)
        return column(word, self.model.name)

    def value(self, found: Resolved) -> exp.Expr:
        """A dimension or an entity; a time at its own grain."""
        steps = found.path.steps
        if any(step.validity for step in steps):
            own_time(self.measured, found.text)
        if isinstance(found.member, Dimension):
            return self.dimension(found.member, steps)
        return self.written(found.member.expr, steps)

    def dimension(self, dimension: Dimension, steps: Steps = ()) -> exp.Expr:
        """A dimension's value; a time is the begin of the period of its own grain."""
        if dimension.type != "time":
            return self.written(dimension.expr, steps)
        grain = dimension.grain or "day"
        if grain == "day" and self._type_of(dimension, steps) == "DATE":
            return self.written(dimension.expr, steps)
        return begin_of(grain, self.moment(dimension, steps), self.scope.calendar)

    def moment(self, dimension: Dimension, steps: Steps = ()) -> exp.Expr:
        """The moment that a time dimension says, as the query's clocks show it."""
        type = self._type_of(dimension, steps)
        if family_of(type) not in (None, "time", "text"):
            raise refused(
                "SK1525",
                f"the time dimension {dimension.name!r} is no time: its values are {type}",
                help="let its expr give a date or a timestamp",
            )
        return at_wall(self.written(dimension.expr, steps), type, self.scope.calendar.timezone)

    def _type_of(self, dimension: Dimension, steps: Steps) -> str:
        model = steps[-1].model if steps else self.model
        return self.scope.type_of(model.rows, dimension.expr)

    @property
    def time(self) -> exp.Expr:
        """The measure's time, at its own grain."""
        assert self.measured.time is not None
        return self.dimension(self.measured.time)

    def select(
        self,
        *values: exp.Expr,
        periods: exp.Table | None = None,
        on: exp.Expr | None = None,
        all_rows: bool = False,
    ) -> exp.Select:
        """These of the rows; of each pair of a period and a row with ``periods`` and ``on``.

        With ``all_rows`` rows without a period are there as well.
        """
        table = self._table(self.model, self.model.name)
        query = exp.select(*values)
        if periods is not None and all_rows:
            query = query.from_(table).join(periods, on=on, join_type="LEFT")
        elif periods is not None:
            query = query.from_(periods).join(table, on=on)
        else:
            query = query.from_(table)
        for join in (*self._joins, *self.lookups.joins):
            query.append("joins", join)
        return query

    def simplified(self, query: exp.Select) -> exp.Select:
        """The query without the names of tables before columns, where there is just one."""
        if query.args.get("joins"):
            return query
        for each in query.find_all(exp.Column):
            if each.table == self.model.name:
                each.set("table", None)
        return query

    def _alias(self, steps: Steps) -> str:
        if steps not in self._aliases:
            taken = (*self._aliases.values(), *self.lookups.aliases)
            self._aliases[steps] = unused("__".join(step.entity for step in steps), taken)
            self._joins.append(self._join(steps))
            self.scope.joins_by(_key_of(self.scope, steps[-1]))
        return self._aliases[steps]

    def _join(self, steps: Steps) -> exp.Join:
        step, before = steps[-1], steps[:-1]
        self._check_types(step)
        conditions: list[exp.Expr] = [
            exp.EQ(
                this=self.written(step.left.expr, before),
                expression=self.written(step.right.expr, steps),
            )
        ]
        for here, there in step.partitions:
            one, other = self.dimension(here, before), self.dimension(there, steps)
            conditions.append(exp.EQ(this=one, expression=other))
        if step.validity is not None:
            conditions += self._valid(*step.validity, steps)
        table = self._table(step.model, self._aliases[steps])
        return exp.Join(this=table, side="LEFT", on=both(conditions))

    def _check_types(self, step: JoinStep) -> None:
        """Raise QueryRefused for what is joined and cannot be compared exactly."""
        pairs: list[tuple[Dimension | Entity, Dimension | Entity]] = [(step.left, step.right)]
        # Moments of two grains are compared as moments.
        pairs += [pair for pair in step.partitions if {each.type for each in pair} != {"time"}]
        for left, right in pairs:
            sides = (
                member_side(self.scope, step.source, left),
                member_side(self.scope, step.model, right),
            )
            refuse_unlike(right.name, sides)

    def _valid(self, start: Dimension, end: Dimension, steps: Steps) -> list[exp.Expr]:
        """Conditions under which a row holds at the measure's time. Raises QueryRefused."""
        own_time(self.measured, "__".join(step.entity for step in steps))
        until = self.dimension(end, steps)
        return [
            exp.GTE(this=self.time, expression=self.dimension(start, steps)),
            exp.Or(
                this=exp.LT(this=self.time, expression=until),
                expression=exp.Is(this=until.copy(), expression=exp.Null()),
            ),
        ]

    def _table(self, model: SemanticModel, alias: str) -> exp.Expr:
        found = self.scope.table_of(model.rows)
        if found.name != alias:
            found.set("alias", exp.TableAlias(this=name(alias)))
        return found


def _key_of(scope: Scope, step: JoinStep) -> UsedKey:
    """What has to be one row of the model that a join leads to."""
    source = Source(scope, Measured(model=step.model))
    keys = [source.written(step.right.expr)]
    keys += [source.dimension(there) for _, there in step.partitions]
    (rows,) = source.select().find_all(exp.Table)
    if step.validity is None:
        question = several(keys, rows)
    else:
        since, until = map(source.dimension, step.validity)
        question = overlapping(keys, since, until, rows)
    return UsedKey(
        owner=step.model.id,
        name=step.right.name,
        rows=step.model.rows,
        within=tuple(there.name for _, there in step.partitions),
        question=question,
    )
