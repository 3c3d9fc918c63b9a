"""What is asked: items, filter, bounds, and the periods that there are."""

from dataclasses import dataclass, field
from datetime import datetime

from tests.semantic.reference.calendar import RANK
from tests.semantic.reference.language import as_datetime, moment
from tests.semantic.reference.paths import Rows
from tests.semantic.reference.project import Measure, Project, measures_under
from tests.semantic.reference.refusal import Reason, refuse


@dataclass
class Asked:
    """A query as the evaluation of each metric sees it."""

    project: Project
    metrics: tuple
    items: tuple
    filters: tuple = ()
    start: str | None = None
    end: str | None = None
    within: tuple = ()
    rows: Rows = field(init=False)

    def __post_init__(self):
        self.rows = Rows(self.project)
        self.spines = {}
        for bound in (self.start, self.end):
            if bound is not None and moment(str(bound)) is None:
                refuse(Reason.BAD_QUERY, f"{bound!r} is no date")
        low, high, inclusive = self.bounds([])
        if low is not None and high is not None:
            low, high = as_datetime(low), as_datetime(high)
            if low > high or (low == high and not inclusive):
                refuse(Reason.BAD_QUERY, f"start {self.start} is after end {self.end}")

    @property
    def default_grain(self) -> str:
        """The coarsest default among the metrics asked for."""
        found = [one for name in self.metrics for one in default_grains(self.project, name)]
        return max(found, key=RANK.get)

    def bounds(self, grains: list[str]):
        """Start and end as moments, the end exclusive unless it is one; widened to periods."""
        calendar = self.project.calendar
        low = None if self.start is None else moment(str(self.start))
        high = None if self.end is None else moment(str(self.end))
        inclusive = isinstance(high, datetime)
        if high is not None and not inclusive:
            high = calendar.next(high, "day")
        if grains:
            coarsest = max(grains, key=RANK.get)
            low = None if low is None else calendar.truncate(low, coarsest)
            whole = None if high is None else calendar.truncate(high, coarsest)
            if whole is not None and (inclusive or as_datetime(whole) < as_datetime(high)):
                whole, inclusive = calendar.next(whole, coarsest), False
            high = whole
        return low, high, inclusive

    def bounded(self, shown, bounds) -> bool:
        """Whether start and end let a shown time through."""
        low, high, inclusive = bounds
        if low is None and high is None:
            return True
        if shown is None:
            return False
        at = as_datetime(shown)
        if low is not None and at < as_datetime(low):
            return False
        return high is None or at < as_datetime(high) or (inclusive and at == as_datetime(high))

    def spine(self, grain: str) -> list:
        """The periods that there are, in order."""
        if grain not in self.spines:
            self.spines[grain] = self.find_spine(grain)
        return self.spines[grain]

    def find_spine(self, grain: str) -> list:
        project = self.project
        if grain in project.customs:
            spine = project.customs[grain]
            return sorted(
                project.calendar.truncate(row[spine.column], spine.grain)
                for row in project.tables[spine.table]
                if row[spine.column] is not None and row[spine.customs[grain]] is not None
            )
        fitting = [one for one in project.spines if project.calendar.nests(one.grain, grain)]
        if fitting:
            spine = max(fitting, key=lambda one: RANK[one.grain])
            column = [row[spine.column] for row in project.tables[spine.table]]
            declared = {project.calendar.truncate(one, grain) for one in column if one}
            beyond = [
                one
                for one in self.generated(grain)
                if not declared or not min(declared) <= one <= max(declared)
            ]
            return sorted(declared.union(beyond))
        return self.generated(grain)

    def generated(self, grain: str) -> list:
        """The periods from the earliest to the latest time of all measures."""
        times = [one for measure in self.measures() for one in self.times(measure)]
        if not times:
            return []
        calendar = self.project.calendar
        at, last = (calendar.truncate(edge(times, key=as_datetime), grain) for edge in (min, max))
        found = []
        while at <= last:
            found.append(at)
            at = calendar.next(at, grain)
        return found

    def measures(self) -> list[Measure]:
        return [one for name in self.metrics for one in measures_under(self.project, name)]

    def times(self, measure: Measure) -> list:
        if measure.time is None:
            return []
        table = self.project.tables[measure.model.table]
        found = [self.rows.value(measure.time, row) for row in table]
        return [one for one in found if one is not None]


def default_grains(project: Project, name: str) -> list[str]:
    """A metric's own default grain, else those of what it is made of."""
    metric = project.metric(name)
    if "time_granularity" in metric.keys:
        return [metric.keys["time_granularity"]]
    if metric.type in ("simple", "cumulative", "conversion"):
        measures = [project.measure(one.name, name) for one in metric.inputs]
        found = [one.time.grain for one in measures if one.time is not None]
        if not found:
            refuse(Reason.NEEDS_TIME, f"metric {name!r} has no time")
        if metric.type == "cumulative":
            return [max("day", one, key=RANK.get) for one in found]
        return found
    return [found for one in metric.inputs for found in default_grains(project, one.name)]
