"""A measure in a query: its names resolved, its rows paired with the times they are shown at."""

from dataclasses import dataclass

from tests.semantic.reference.aggregates import aggregate, check_options
from tests.semantic.reference.asked import Asked
from tests.semantic.reference.calendar import RANK, part
from tests.semantic.reference.cuts import check_cuts
from tests.semantic.reference.evaluate import evaluate
from tests.semantic.reference.language import moment, names, walk
from tests.semantic.reference.paths import check_grain, resolve, suffix_of, tells_apart
from tests.semantic.reference.project import Measure
from tests.semantic.reference.refusal import Reason, Refused, refuse
from tests.semantic.reference.shifts import back, forward, way_of


@dataclass(frozen=True)
class TimeItem:
    """The measure's own time at a grain, or a part of it."""

    grain: str | None
    part: str | None = None


@dataclass(frozen=True)
class Column:
    """A raw column that a definition's filter names."""

    name: str


class Leaf:
    """One measure of one metric, below its filters and offsets."""

    def __init__(self, asked: Asked, measure: Measure, filters: tuple, chain: tuple):
        check_options(measure.name, measure.agg, measure.options)
        self.asked, self.measure, self.chain = asked, measure, chain
        self.project, self.rows, self.model = asked.project, asked.rows, measure.model
        self.calendar = self.project.calendar
        self.filters = filters + measure.filters
        self.resolved, self.inner = {}, {}
        self.items = [self.item(name) for name in asked.items]
        self.grains = [one.grain for one in self.time_items if one.grain]
        standard = [one for one in self.grains if one in RANK]
        self.bounds = asked.bounds(standard)
        if (asked.start or asked.end) and measure.time is None:
            self.no_time("start and end")
        self.check_filters()
        if chain and not self.grains:
            self.no_time("an offset, without a grain of metric_time in the query,")
        declared = measure.time.grain if measure.time else "day"
        self.way, self.work = way_of(self.calendar, chain, self.grains, self.told(), declared)
        if self.way in ("months", "back"):
            for tree in asked.filters:
                check_cuts(tree, self.work, self.time_name, declared, self.calendar)
        self.looked = self.looked_back() if self.way == "back" else {}

    @property
    def time_items(self) -> list[TimeItem]:
        return [one for one in self.items if isinstance(one, TimeItem)]

    def told(self) -> dict:
        """The grain that each item of the measure's time tells apart."""
        named = zip(self.asked.items, self.items, strict=True)
        return {
            name: tells_apart(self.project, item.grain or f"extract_{item.part}")
            for name, item in named
            if isinstance(item, TimeItem)
        }

    def no_time(self, what: str):
        name = self.measure.name
        refuse(Reason.NEEDS_TIME, f"{what} of measure {name!r} needs a grain of its time")

    def item(self, name: str):
        """What a dimension of the query is to this measure."""
        found = self.time_name(name, self.asked.default_grain if name == "metric_time" else None)
        return found or self.place(name)

    def place(self, name: str):
        found = resolve(self.project, self.model, name)
        if found.needs_time and self.measure.time is None:
            self.no_time(f"{name}, valid for a while,")
        return found

    def time_name(self, name: str, bare: str | None = None) -> TimeItem | None:
        """The name as this measure's own time, if it is that."""
        time = self.measure.time
        first, *rest = name.split("__")
        if first == "metric_time":
            if time is None:
                self.no_time("metric_time")
            if len(rest) > 1 or (rest and not suffix_of(self.project, rest[0])):
                refuse(Reason.UNKNOWN_NAME, f"{name}: metric_time has no {'__'.join(rest)}")
            suffix = rest[0] if rest else bare or time.grain
            check_grain(self.project, name, time.grain, suffix)
            if suffix.startswith("extract_"):
                return TimeItem(None, suffix.removeprefix("extract_"))
            return TimeItem(suffix)
        if time is None:
            return None
        try:
            found = resolve(self.project, self.model, name)
        except Refused:
            return None
        return TimeItem(found.grain, found.part) if found.field is time else None

    def check_filters(self) -> None:
        for trees, definition in ((self.filters, True), (self.asked.filters, False)):
            for tree in trees:
                for name in names(tree):
                    self.filter_name(name, definition)
                for node in walk(tree):
                    if node[:2] == ("call", "metric"):
                        self.inner_metric(node[2][0][1], node[2][1][1])
                    check_texts(node, lambda name, d=definition: self.is_time(name, d))

    def is_time(self, name: str, definition: bool) -> bool:
        found = self.filter_name(name, definition)
        if isinstance(found, TimeItem):
            return found.part is None and found.grain in RANK
        return not isinstance(found, Column) and found.field.is_time and found.grain in RANK

    def filter_name(self, name: str, definition: bool):
        """What a name in a filter is: the measure's time, a place, or a column of its model."""
        key = (name, definition)
        if key not in self.resolved:
            columns = {one.lower() for one in self.project.columns[self.model.table]}
            is_column = definition and name.lower() in columns
            if is_column and self.model.own(name) is None:
                self.resolved[key] = Column(name)
            else:
                self.resolved[key] = self.time_name(name) or self.place(name)
        return self.resolved[key]

    def inner_metric(self, name: str, entity: str):
        """The values of a metric that a filter names, by entity."""
        from tests.semantic.reference.metrics import metric_by_entity

        if (name, entity) not in self.inner:
            place = self.place(entity)
            if place.field.kind not in ("primary", "unique", "natural", "foreign"):
                refuse(Reason.BAD_FILTER, f"metric({name!r}, {entity!r}): no entity {entity!r}")
            values, fill = metric_by_entity(self.asked, name, entity.split("__")[-1])
            self.inner[name, entity] = (place, values, fill)
        return self.inner[name, entity]

    def own_time(self, row):
        return None if self.measure.time is None else self.rows.value(self.measure.time, row)

    def time_value(self, item: TimeItem, shown):
        if shown is None:
            return None
        return part(shown, item.part) if item.part else self.rows.truncate(shown, item.grain)

    def holds(self, trees, definition: bool, row, time, shown) -> bool:
        """Whether all filters are true of a row shown at a time."""

        def lookup(name):
            found = self.filter_name(name, definition)
            if isinstance(found, TimeItem):
                return self.time_value(found, shown)
            if isinstance(found, Column):
                return self.rows.column(row)(name)
            return self.rows.at(found, row, time)

        def metric(name, entity):
            place, values, fill = self.inner_metric(name, entity)
            key = self.rows.at(place, row, time)
            value = None if key is None else values.get(key)
            return fill if value is None else value

        return all(evaluate(tree, lookup, metric) is True for tree in trees)

    def chosen(self) -> list:
        """(row, own time) of the rows that the definitions' filters keep."""
        timed = [(row, self.own_time(row)) for row in self.project.tables[self.model.table]]
        return [one for one in timed if self.holds(self.filters, True, *one, one[1])]

    def lets_through(self, row, time, shown) -> bool:
        """Whether the query's filter and bounds show a row at a time."""
        return self.asked.bounded(shown, self.bounds) and self.holds(
            self.asked.filters, False, row, time, shown
        )

    def group(self, row, time, shown) -> tuple:
        return tuple(
            self.time_value(item, shown)
            if isinstance(item, TimeItem)
            else self.rows.at(item, row, time)
            for item in self.items
        )

    def shown(self, time) -> list:
        """The times that a row of this time is shown at."""
        if self.way == "none":
            return [time]
        if time is None:
            return []
        if self.way == "back":
            return self.looked.get(self.calendar.truncate(time, self.work), [])
        moved = forward(self.calendar, self.chain, self.calendar.truncate(time, self.work))
        return [moved] if self.in_spine(moved) else []

    @property
    def finest(self) -> str:
        plain = [one for one in self.grains if one in RANK]
        return min(plain, key=RANK.get) if plain else self.grains[0]

    def in_spine(self, shown) -> bool:
        if self.finest not in RANK:
            return self.rows.truncate(shown, self.finest) is not None
        return self.calendar.truncate(shown, self.finest) in self.asked.spine(self.finest)

    def looked_back(self) -> dict:
        found = {}
        for period in self.asked.spine(self.work):
            looked = back(self.calendar, self.chain, period, self.work)
            found.setdefault(looked, []).append(period)
        return found

    def aggregate(self, rows: list):
        measure = self.measure
        values = [
            None if measure.tree is None else evaluate(measure.tree, self.rows.column(row))
            for row in rows
        ]
        return aggregate(measure.agg, values, measure.options, len(rows))

    def grouped(self, pairs) -> dict:
        """Aggregates by group of (row, group) pairs; one of nothing without dimensions."""
        groups = {} if self.items else {(): []}
        for row, group in pairs:
            groups.setdefault(group, []).append(row)
        return {group: self.aggregate(rows) for group, rows in groups.items()}


def check_texts(node, is_time) -> None:
    """Refuses a text beside a time that is no time."""
    sides = {"cmp": node[2:4], "between": node[1:4]}.get(node[0], ())
    if node[0] == "in":
        sides = (node[1], *node[2])
    if any(one[0] == "name" and is_time(one[1]) for one in sides):
        for one in sides:
            if one[0] == "lit" and isinstance(one[1], str) and moment(one[1]) is None:
                refuse(Reason.BAD_FILTER, f"{one[1]!r} is no date")
