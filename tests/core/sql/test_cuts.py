"""How far queries read of inputs that they compare with the range that is processed."""

import random
from datetime import UTC, datetime, timedelta

import duckdb
import pytest

from seeknal.sql.cuts.reaches import cuts
from seeknal.values.names import NodeId
from seeknal.values.tracking import END_MARK, START_MARK, Reach

pytestmark = [pytest.mark.inside, pytest.mark.versions]

HOUR, DAY = 3600, 86400
TRACKED = {NodeId("source.a"): "ts", NodeId("source.b"): "ts"}
MARKS = {"START": f"TIMESTAMP '{START_MARK}'", "FINISH": f"TIMESTAMP '{END_MARK}'"}


def executable(sql):
    """SQL as it is once inputs are named and templates are filled in."""
    for word, mark in MARKS.items():
        sql = sql.replace(word, mark)
    for name in ("a", "b", "other"):
        sql = sql.replace(f"@{name}", f'"source"."{name}"')
    return sql


def found(sql, *, midnights=True):
    return cuts(executable(sql), TRACKED, midnights=midnights)


CONDITIONS = {
    "ts >= START - INTERVAL '6 hours'": Reach(before=6 * HOUR),
    "ts > START - INTERVAL 6 HOUR": Reach(before=6 * HOUR),
    "ts >= START - to_hours(6)": Reach(before=6 * HOUR),
    "ts >= START - INTERVAL (2 * 3) HOURS": Reach(before=6 * HOUR),
    "ts >= INTERVAL '-6 hours' + START": Reach(before=6 * HOUR),
    "ts >= START - INTERVAL 1 DAY + INTERVAL 18 HOURS": Reach(before=6 * HOUR),
    "START - INTERVAL 1 WEEK <= ts": Reach(before=7 * DAY),
    "(ts >= START - INTERVAL 1 DAY)": Reach(before=DAY),
    "a.ts >= START - INTERVAL 1 DAY AND a.one > 1": Reach(before=DAY),
    "ts < FINISH + INTERVAL 1 DAY": Reach(after=DAY),
    "FINISH + INTERVAL 1 DAY > ts": Reach(after=DAY),
    "ts <= FINISH": Reach(after=1),
    "ts BETWEEN START AND FINISH": Reach(after=1),
    "ts BETWEEN START - INTERVAL 2 HOUR AND FINISH - INTERVAL 1 HOUR": Reach(
        before=2 * HOUR, after=1 - HOUR
    ),
    "ts >= START + INTERVAL 1 HOUR": Reach(before=-HOUR),
    "ts = START": Reach(after=1, after_start=True),
    "ts >= FINISH - INTERVAL 7 DAYS": Reach(before=7 * DAY, before_end=True),
    "ts >= START - INTERVAL 7 DAYS AND ts < START": Reach(before=7 * DAY, after_start=True),
    "ts >= START - INTERVAL '500 milliseconds' AND ts < FINISH + INTERVAL '1500 milliseconds'": (
        Reach(before=1, after=2)
    ),
    "ts >= START - INTERVAL 2 DAY AND ts >= START - INTERVAL 1 DAY": Reach(before=DAY),
    "ts >= START - INTERVAL 1 DAY AND ts >= FINISH - INTERVAL 1 DAY": Reach(
        before=DAY, before_end=True
    ),
    "ts < FINISH + INTERVAL 1 DAY AND ts < START + INTERVAL 1 DAY": Reach(
        after=DAY, after_start=True
    ),
    "ts >= CAST(START AS DATE) - 1 AND ts < CAST(FINISH AS DATE)": Reach(before=DAY),
    "ts >= CAST(START - INTERVAL 1 DAY AS DATE)": Reach(before=DAY),
    "ts BETWEEN START::DATE - 1 AND FINISH::DATE - 1": Reach(before=DAY, after=1 - DAY),
    "ts >= date_trunc('day', START) - INTERVAL 1 DAY": Reach(before=DAY),
    "ts >= CAST(START AS TIMESTAMPTZ) - INTERVAL 1 DAY": Reach(before=DAY),
    "ts >= START AT TIME ZONE 'UTC' - INTERVAL 1 DAY": Reach(before=DAY),
    f"ts >= '{START_MARK}'::TIMESTAMP - INTERVAL 1 DAY": Reach(before=DAY),
    f"ts >= '{START_MARK}' AND ts <= '{END_MARK}'": Reach(after=1),
    "ts >= START AND ts < FINISH": None,
    "updated >= START - INTERVAL 1 DAY": None,
    "ts >= TIMESTAMP '2024-01-01'": None,
    "one IN (SELECT o.one FROM @other AS o WHERE o.ts >= START - INTERVAL 1 DAY)": None,
    "date_diff('day', updated, FINISH) < 3": None,
}


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_condition_says_how_far_an_input_is_read(condition):
    sql = f"SELECT * FROM @a AS a WHERE {condition}"

    answer = found(sql)

    expected = CONDITIONS[condition]
    assert answer.faults == ()
    assert dict(answer.reaches) == ({"source.a": expected} if expected else {})


DAY_BEFORE = Reach(before=DAY)
QUERIES = {
    "SELECT START AS began, * FROM @a": {},
    "SELECT date_diff('minute', ts, FINISH) AS age FROM @a": {},
    "SELECT one FROM @a QUALIFY row_number() OVER (ORDER BY ts) = 1": {},
    "WITH x AS (SELECT * FROM @a) SELECT * FROM x WHERE ts >= START - INTERVAL 1 DAY": {
        "source.a": DAY_BEFORE
    },
    "WITH x AS (SELECT ts AS t, * EXCLUDE (ts) FROM @a), y AS (SELECT * RENAME (t AS u) FROM x)"
    " SELECT * FROM y WHERE y.u >= START - INTERVAL 1 DAY": {"source.a": DAY_BEFORE},
    "WITH p AS (SELECT START - INTERVAL 1 DAY AS low, FINISH AS high)"
    " SELECT * FROM @a, p WHERE ts >= p.low AND ts < high": {"source.a": DAY_BEFORE},
    "SELECT * FROM @a JOIN (VALUES (START - INTERVAL 1 DAY)) AS v(low) ON ts >= low": {
        "source.a": DAY_BEFORE
    },
    "SELECT * FROM (SELECT ts, one FROM @a UNION ALL SELECT ts, one FROM @b)"
    " WHERE ts >= START - INTERVAL 1 DAY": {"source.a": DAY_BEFORE, "source.b": DAY_BEFORE},
    "SELECT * FROM (SELECT * FROM @a UNION ALL BY NAME SELECT * FROM @b)"
    " WHERE ts >= START - INTERVAL 1 DAY": {"source.a": DAY_BEFORE, "source.b": DAY_BEFORE},
    "SELECT * FROM @a WHERE ts >= START - INTERVAL 1 DAY UNION ALL SELECT * FROM @b": {
        "source.a": DAY_BEFORE
    },
    "SELECT * FROM @a AS a JOIN @b AS b ON a.one = b.one AND b.ts >= START - INTERVAL 1 DAY": {
        "source.b": DAY_BEFORE
    },
    "SELECT * FROM @a AS a LEFT JOIN @b AS b ON a.one = b.one AND b.ts >= START - INTERVAL 1 DAY": {
        "source.b": DAY_BEFORE
    },
    "FROM @b AS b RIGHT JOIN @a AS a ON a.one = b.one AND b.ts >= START - INTERVAL 1 DAY": {
        "source.b": DAY_BEFORE
    },
    "SELECT * FROM @a AS a ANTI JOIN @b AS b ON a.one = b.one AND b.ts >= START - INTERVAL 1 DAY": {
        "source.b": DAY_BEFORE
    },
    "SELECT * FROM @a JOIN @b USING (ts) WHERE ts >= START - INTERVAL 1 DAY": {
        "source.a": DAY_BEFORE,
        "source.b": DAY_BEFORE,
    },
    "SELECT * FROM @a NATURAL JOIN @b WHERE ts >= START - INTERVAL 1 DAY": {
        "source.a": DAY_BEFORE,
        "source.b": DAY_BEFORE,
    },
    "SELECT * FROM @other AS o WHERE NOT EXISTS (FROM @a WHERE one = o.one"
    " AND ts >= START - INTERVAL 1 DAY)": {"source.a": DAY_BEFORE},
    "SELECT (SELECT max(two) FROM @a WHERE ts >= START - INTERVAL 1 DAY) AS two FROM @other": {
        "source.a": DAY_BEFORE
    },
    "SELECT one, sum(two) FILTER (WHERE ts >= START) AS now, sum(two) AS lately FROM @a"
    " WHERE ts >= START - INTERVAL 1 DAY GROUP BY one": {"source.a": DAY_BEFORE},
    "SELECT h.range AS ts, sum(two) FROM range(START, FINISH, INTERVAL 1 HOUR) AS h"
    " JOIN @a AS a ON a.ts > h.range - INTERVAL 1 DAY AND a.ts <= h.range"
    " WHERE a.ts >= START - INTERVAL 1 DAY AND a.ts < FINISH GROUP BY ALL": {
        "source.a": DAY_BEFORE
    },
    "WITH x AS (SELECT * FROM @a) SELECT * FROM x AS new JOIN x AS old ON new.one = old.one"
    " AND old.ts >= START - INTERVAL 1 DAY WHERE new.ts >= START": {"source.a": DAY_BEFORE},
    "SELECT * FROM @a AS new JOIN @a AS old ON new.one = old.one"
    " WHERE new.ts >= START AND new.ts < FINISH + INTERVAL 1 HOUR"
    " AND old.ts >= START - INTERVAL 1 DAY AND old.ts < FINISH": {
        "source.a": Reach(before=DAY, after=HOUR)
    },
    "SELECT * FROM @a WHERE ts >= START - INTERVAL 1 DAY UNION ALL"
    " SELECT * FROM @a WHERE ts >= FINISH - INTERVAL 2 DAY": {"source.a": Reach(before=2 * DAY)},
    "WITH RECURSIVE r AS (SELECT ts, one FROM @a UNION ALL SELECT ts, one + 1 FROM r"
    " WHERE one < 3) SELECT * FROM r WHERE ts >= START - INTERVAL 1 DAY": {"source.a": DAY_BEFORE},
    "SELECT * FROM @a AS OF JOIN @b ON TRUE WHERE ts >= START - INTERVAL 1 DAY": {
        "source.a": DAY_BEFORE,
        "source.b": DAY_BEFORE,
    },
    "SELECT * FROM @a AS a ASOF JOIN @b AS b ON a.one = b.one AND a.ts >= b.ts"
    " WHERE b.ts >= START - INTERVAL 1 DAY AND a.ts >= START": {"source.b": DAY_BEFORE},
    "SELECT * FROM @a AS A WHERE a.TS >= START - INTERVAL 1 DAY": {"source.a": DAY_BEFORE},
}


@pytest.mark.parametrize("sql", QUERIES)
def test_conditions_are_found_wherever_they_stand_in_a_query(sql):
    answer = found(sql)

    assert answer.faults == ()
    assert dict(answer.reaches) == QUERIES[sql]


KNOWN, ALL = "is not known: ts is compared with the range, but not", "is read more than once"
REFUSED = {
    "SELECT * FROM @a WHERE |date_trunc('day', ts) >= START": KNOWN,
    "SELECT * FROM @a WHERE |ts + INTERVAL 1 DAY >= START": KNOWN,
    "SELECT * FROM @a WHERE |CAST(ts AS DATE) >= CAST(START AS DATE)": KNOWN,
    "SELECT * FROM @a WHERE |ts >= START OR one = 1": KNOWN,
    "SELECT * FROM @a WHERE NOT (|ts >= START AND one = 1)": KNOWN,
    "SELECT * FROM @a WHERE |ts <> START": KNOWN,
    "SELECT * FROM @a WHERE |ts IN (START, FINISH)": KNOWN,
    "SELECT * FROM @a WHERE |(ts, one) >= (START, 1)": KNOWN,
    "SELECT * FROM @a WHERE |ts >= greatest(START, TIMESTAMP '2024-01-01')": KNOWN,
    "SELECT * FROM @a WHERE |ts >= (SELECT START)": KNOWN,
    "SELECT * FROM @a WHERE |ts >= START - to_hours(one)": KNOWN,
    "SELECT * FROM @a WHERE |date_diff('day', ts, FINISH) < 3": KNOWN,
    "SELECT sum(CASE WHEN |ts > START THEN two END) FROM @a": KNOWN,
    "SELECT sum(CASE WHEN |ts > START THEN two END) FROM @a WHERE ts < FINISH": KNOWN,
    "SELECT max(ts) FROM @a HAVING |max(ts) > START": KNOWN,
    "SELECT * FROM @a QUALIFY row_number() OVER (ORDER BY ts) = 1 AND |ts > START": KNOWN,
    "SELECT * FROM (SELECT max(ts) AS last FROM @a) WHERE |last > START": KNOWN,
    "SELECT * FROM (SELECT *, date_diff('day', ts, FINISH) AS age FROM @a) WHERE |age < 3": KNOWN,
    "SELECT * FROM (PIVOT @a ON one IN (1, 2) USING sum(two)) WHERE |ts >= START": KNOWN,
    "SELECT * FROM @a AS a LEFT JOIN @b AS b ON a.one = b.one AND |a.ts >= START": KNOWN,
    "SELECT * FROM @a AS a FULL JOIN @b AS b ON a.one = b.one AND |b.ts >= START": KNOWN,
    "SELECT * FROM @a AS a ANTI JOIN @b AS b ON a.one = b.one AND |a.ts >= START": KNOWN,
    "SELECT * FROM @a AS a WHERE EXISTS (FROM @other WHERE |a.ts >= START)": KNOWN,
    "FROM range(START, FINISH, INTERVAL 1 HOUR) AS h JOIN @a AS a ON |a.ts > h.range": KNOWN,
    "SELECT * FROM @a WHERE |ts >= START - INTERVAL 1 MONTH": "months and years differ in length",
    "SELECT * FROM @a WHERE |ts < FINISH + to_years(1)": "months and years differ in length",
    "SELECT * FROM |@a WHERE ts < START": "nothing of source.a lies within",
    "SELECT * FROM |@a WHERE ts >= FINISH": "nothing of source.a lies within",
    "SELECT * FROM @a WHERE ts >= START - INTERVAL 1 DAY UNION ALL SELECT * FROM |@a": ALL,
    "WITH x AS (SELECT * FROM |@a) SELECT * FROM x AS n JOIN x AS o ON n.one = o.one"
    " AND o.ts >= START - INTERVAL 1 DAY": ALL,
    "SELECT * FROM @a WHERE ts < FINISH + INTERVAL 1 DAY AND one > (SELECT avg(one) FROM |@a)": ALL,
}


@pytest.mark.parametrize("sql", REFUSED)
def test_what_is_no_plain_condition_is_told_with_its_place(sql):
    marked = executable(sql)
    place = marked.index("|")

    answer = cuts(marked.replace("|", ""), TRACKED, midnights=True)

    first = answer.faults[0]
    assert REFUSED[sql] in first.message
    assert (first.offset, first.help != "") == (place, True)


@pytest.mark.parametrize(
    "condition",
    [
        "ts >= CAST(START AS DATE)",
        "ts >= START::DATE - 1",
        "ts >= date_trunc('day', START)",
    ],
)
def test_a_day_is_no_end_of_a_range_that_begins_elsewhere(condition):
    sql = f"SELECT * FROM @a WHERE {condition}"

    answer = found(sql, midnights=False)

    assert [fault.offset for fault in answer.faults] == [executable(sql).index("ts >=")]
    assert "not always a midnight in UTC" in answer.faults[0].message


def test_part_of_a_day_makes_no_date_of_an_end():
    answer = found("SELECT * FROM @a WHERE ts >= CAST(START - INTERVAL 6 HOUR AS DATE)")

    assert "not always a midnight in UTC" in answer.faults[0].message


def test_a_comparison_that_is_no_condition_is_fine_where_conditions_say_how_far():
    sql = (
        "SELECT * FROM @a WHERE (ts >= START OR one = 1)"
        " AND ts >= START - INTERVAL 1 DAY AND ts < FINISH"
    )

    answer = found(sql)

    assert (answer.faults, dict(answer.reaches)) == ((), {"source.a": DAY_BEFORE})


def test_places_count_characters_where_bytes_are_more():
    sql = "SELECT 'größer' AS ü FROM @a WHERE ts <> START"

    answer = found(sql)

    assert answer.faults[0].offset == executable(sql).index("ts <>")


def test_what_cannot_be_read_is_told_and_never_raised():
    answers = [
        found("SELECT START FROM @a AT (VERSION => 3) WHERE"),
        found("PIVOT (SELECT * FROM @a WHERE ts >= START) ON one USING sum(two)"),
    ]

    assert [answer.reaches for answer in answers] == [{}, {}]
    assert ["cannot be told" in answer.faults[0].message for answer in answers] == [True, True]


def test_a_chain_of_queries_that_each_read_the_last_one_twice_is_quickly_looked_at():
    steps = ["q0 AS (SELECT * FROM @a)"]
    steps += [
        f"q{n} AS (SELECT x.* FROM q{n - 1} AS x JOIN q{n - 1} AS y USING (ts))"
        for n in range(1, 25)
    ]
    sql = f"WITH {', '.join(steps)} SELECT * FROM q24 WHERE ts >= START AND ts <= FINISH"

    answer = found(sql)

    assert len(answer.faults) + len(answer.reaches) == 1


BEGIN = datetime(2024, 3, 1, tzinfo=UTC)
START_AT, END_AT = BEGIN + timedelta(days=5), BEGIN + timedelta(days=5, hours=6)


def at(sql):
    """SQL with the ends of a range for the marks, as a run writes them."""
    for mark, moment in ((START_MARK, START_AT), (END_MARK, END_AT)):
        sql = sql.replace(mark, f"{moment:%Y-%m-%d %H:%M:%S}")
    return sql


def seconds(moment):
    return int(moment.timestamp())


class Drawing:
    """Random conditions and queries."""

    def __init__(self, seed):
        self.choose = random.Random(seed)

    def moment(self):
        amount = self.choose.choice(
            ["1 DAY", "90 MINUTE", "6 HOUR", "(3 - 1) DAY", "'36 hours'", "1000 MILLISECOND"]
        )
        end = self.choose.choice(["START", "FINISH"])
        return self.choose.choice([end, f"{end} - INTERVAL {amount}", f"{end} + INTERVAL {amount}"])

    def comparison(self, column):
        operator = self.choose.choice([">=", ">", "<", "<=", "="] if column == "ts" else [">="])
        flipped = {">=": "<=", ">": "<", "<": ">", "<=": ">=", "=": "="}[operator]
        moment = self.moment()
        plain, other = f"{column} {operator} {moment}", f"{moment} {flipped} {column}"
        between = f"{column} BETWEEN {moment} AND {self.moment()}"
        return self.choose.choice([plain, other, between])

    def sides(self, column):
        """A condition that says both where rows begin and where they end."""
        low, high = self.choose.choice([">=", ">"]), self.choose.choice(["<", "<="])
        hours = self.choose.randint(0, 40)
        first = self.choose.choice([f"START - INTERVAL {hours} HOUR", "START"])
        return f"{column} {low} {first} AND {column} {high} {self.upper(hours)}"

    def upper(self, hours):
        return self.choose.choice(["FINISH", "START", f"FINISH + INTERVAL {hours} HOUR"])

    def table(self, depth):
        """Something with the columns ts and one."""
        name = self.choose.choice(["@a", "@b"])
        if not depth or self.choose.random() < 0.3:
            return name
        inner = self.query(depth - 1)
        return self.choose.choice([f"({inner})", f"(WITH w AS ({inner}) SELECT * FROM w)"])

    def query(self, depth):
        shape = self.choose.choice([0, 1, 1, 1, 1, 2, 3, 4])
        left, right = self.table(depth), self.table(depth)
        if shape == 0:
            return f"SELECT ts, one FROM {left} AS l WHERE {self.sides('ts')}"
        if shape == 1:
            return self.join(left, right)
        if shape == 2:
            union = self.choose.choice(["UNION ALL", "UNION", "EXCEPT", "INTERSECT"])
            return (
                f"SELECT ts, one FROM (SELECT ts, one FROM {left} {union}"
                f" SELECT ts, one FROM {right}) AS l WHERE {self.sides('l.ts')}"
            )
        if shape == 3:
            word = self.choose.choice(["EXISTS", "NOT EXISTS"])
            return (
                f"SELECT ts, one FROM {left} AS l WHERE {self.sides('l.ts')} AND {word}"
                f" (SELECT 1 FROM {right} AS r WHERE r.one = l.one AND {self.sides('r.ts')})"
            )
        return (
            f"WITH x AS (SELECT ts, one FROM {left}) SELECT l.ts, r.one FROM x AS l, x AS r"
            f" WHERE l.one = r.one AND {self.sides('l.ts')} AND {self.sides('r.ts')}"
        )

    def join(self, left, right):
        kind = self.choose.choice(["", "LEFT", "RIGHT", "FULL", "SEMI", "ANTI"])
        one_sided = kind in ("SEMI", "ANTI")
        on = " AND ".join(
            self.sides(each)
            for each in self.choose.choice(
                [["l.ts"], ["r.ts"], ["l.ts", "r.ts"]]
                if not one_sided
                else [["r.ts"], ["l.ts", "r.ts"]]
            )
        )
        where = self.sides("l.ts")
        if not one_sided and (kind != "LEFT" or "r.ts" not in on or self.choose.random() < 0.5):
            where += f" AND {self.sides('r.ts')}"
        shown = "l" if one_sided else self.choose.choice(["l", "r"])
        return (
            f"SELECT {shown}.ts, {shown}.one FROM {left} AS l {kind} JOIN {right} AS r"
            f" ON l.one = r.one AND {on} WHERE {where}"
        )


@pytest.fixture(scope="module")
def rows():
    """Two inputs with rows at whole and half seconds, many of them near the ends of a range."""
    choose = random.Random(7)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'; CREATE SCHEMA source")
    for name in ("a", "b"):
        connection.execute(f"CREATE TABLE source.{name} (ts TIMESTAMP, one INTEGER)")
        moments = [BEGIN + timedelta(seconds=choose.randrange(10 * DAY)) for _ in range(150)]
        for end in (START_AT, END_AT):
            near = (timedelta(hours=h, seconds=s / 2) for h in range(-48, 48) for s in (-2, -1, 0))
            moments += [end + by for by in near]
        values = [[moment.replace(tzinfo=None), choose.randrange(60)] for moment in moments]
        connection.executemany(f"INSERT INTO source.{name} VALUES (?, ?)", values)
    with connection:
        yield connection


def test_what_a_condition_lets_through_lies_within_what_is_read(rows):
    draw = Drawing(1)
    wrong, checked = [], 0

    for _ in range(200):
        parts = [draw.comparison("ts") for _ in range(draw.choose.randint(1, 3))]
        sql = f"SELECT ts FROM @a WHERE {' AND '.join(parts)}"
        answer = found(sql)
        if answer.faults:
            continue
        checked += 1
        reach = answer.reaches.get(NodeId("source.a"), Reach())
        first, last = reach.of(seconds(START_AT), seconds(END_AT))
        sides = [each for each in parts if "BETWEEN" in each or " = " in each]
        compared = at(executable(f"SELECT epoch(ts) FROM @a WHERE {' AND '.join(parts)}"))
        passed = {row[0] for row in rows.sql(compared).fetchall()}
        every = {row[0] for row in rows.sql("SELECT epoch(ts) FROM source.a").fetchall()}
        low = first if _bounds(parts, sides, ">") else max(first, seconds(START_AT))
        high = last if _bounds(parts, sides, "<") else min(last, seconds(END_AT))
        meant = {row for row in passed if _within(parts, sides, row)}
        read = {row for row in every if low <= row < high}
        if not meant <= read:
            wrong.append((sql, reach))
        mixed = "START" in sql and "FINISH" in sql
        if not mixed and {r for r in read - meant if first + 1 <= r < last - 1}:
            wrong.append((sql, reach))

    assert wrong == []
    assert checked > 100


def _bounds(parts, sides, operator):
    """Whether one of some comparisons is about where rows begin (``>``) or end."""
    flipped = {">": "<", "<": ">"}[operator]
    return bool(sides) or any(
        (part.startswith("ts") and operator in part) or (part.endswith("ts") and flipped in part)
        for part in parts
    )


def _within(parts, sides, row):
    """Whether a row lies in the range where nothing is said of a side."""
    begins = _bounds(parts, sides, ">") or row >= seconds(START_AT)
    return begins and (_bounds(parts, sides, "<") or row < seconds(END_AT))


def test_a_query_gives_the_same_over_what_is_read_as_over_all_rows(rows):
    draw = Drawing(2)
    wrong, checked = [], 0

    for _ in range(150):
        sql = executable(draw.query(draw.choose.choice([0, 0, 1, 2])))
        answer = cuts(sql, TRACKED, midnights=True)
        if answer.faults:
            continue
        checked += 1
        for name in ("a", "b"):
            reach = answer.reaches.get(NodeId(f"source.{name}"), Reach())
            first, last = reach.of(seconds(START_AT), seconds(END_AT))
            rows.execute(
                f"CREATE OR REPLACE VIEW cut_{name} AS SELECT * FROM source.{name}"
                f" WHERE epoch(ts) >= {first} AND epoch(ts) < {last}"
            )
        cut = sql.replace('"source"."a"', "cut_a").replace('"source"."b"', "cut_b")
        asked = "SELECT count(*), sum(hash(ts, one)::HUGEINT) FROM ({})"
        whole = rows.sql(asked.format(at(sql))).fetchall()
        less = rows.sql(asked.format(at(cut))).fetchall()
        if whole != less:
            wrong.append((sql, answer.reaches))

    assert wrong == []
    assert checked > 50
