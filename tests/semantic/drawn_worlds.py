"""Random projects with their tables: facts, what they join, spines, and metrics of every type."""

from datetime import date, timedelta
from random import Random

from tests.semantic.drawn_metrics import draw_metrics

DAYS = (
    *("2023-12-31", "2024-01-01", "2024-01-02", "2024-01-08", "2024-01-30", "2024-01-31"),
    *("2024-02-01", "2024-02-15", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-10"),
    *("2024-03-31", "2024-04-01"),
)
CLOCKS = ("00:00:00", "00:30:00", "06:59:59", "07:00:00", "12:15:30", "23:59:59")
REGIONS = ("north", "north", "south", "o'er", "")
COUNTRIES = ("ID", "SG", "")
ZONES = ("America/New_York", "Asia/Jakarta", "Australia/Lord_Howe", "Europe/Berlin")
SUMS = (
    *("sum", "sum", "count", "count_distinct", "average", "min", "max", "median"),
    *("sum_boolean",),
)


def draw_world(random: Random):
    """Documents, tables and settings."""
    settings = draw_settings(random)
    kind = random.choice(("timestamp", "timestamp", "tstz")) if random.random() < 0.35 else "date"
    stores, store_rows = draw_stores(random, kind)
    partitioned = any(one.get("partition") for one in stores["dimensions"])
    returned = random.choice(("date", "date", kind))
    tables = {
        "orders": orders(random, kind),
        "customers": customers(random),
        "areas": keyed(random, "label text", lambda: [random.choice(("west", "east", ""))]),
        "lines": lines(random),
        "returns": returns(random, returned),
        "stores": store_rows,
    }
    project = [
        order_model(random, kind, partitioned and random.random() < 0.7),
        customer_model(random),
        stores,
        model("areas", [key("area")], [{"name": "label"}]),
        line_model(),
        return_model(random, returned),
    ]
    if random.random() < 0.4:
        for spine, rows in draw_spines(random, kind):
            tables[spine["name"]] = rows
            project.append(spine)
    project += draw_metrics(random, project)
    return project, tables, settings


def draw_settings(random: Random) -> dict:
    settings = {}
    if random.random() < 0.3:
        settings["week_start"] = random.choice(("sunday", "saturday", "wednesday"))
    if random.random() < 0.2:
        settings["timezone"] = random.choice(ZONES)
    if random.random() < 0.2:
        settings["fiscal_year_start"] = random.choice((2, 4, 7, 12))
    return settings


def model(name, entities, dimensions, measures=(), **more) -> dict:
    return {
        **{"kind": "semantic_model", "name": name, "model": f"ref('transform.{name}')"},
        **{"entities": list(entities), "dimensions": list(dimensions)},
        **({"measures": list(measures)} if measures else {}),
        **more,
    }


def key(name: str, kind="primary") -> dict:
    return {"name": name, "type": kind, "expr": f"{name}_id"}


def foreign(name: str) -> dict:
    return key(name, "foreign")


def maybe(random: Random, value, share=0.15):
    """The value, or an empty cell."""
    return "" if random.random() < share else value


def table(header: str, rows) -> str:
    return "\n".join([header, *(", ".join(str(cell) for cell in row) for row in rows)]) + "\n"


def keyed(random: Random, columns: str, rest) -> str:
    rows = [[number, *rest()] for number in range(1, random.randint(1, 3) + 1)]
    return table(f"area_id int, {columns}", rows)


def money(random: Random) -> str:
    return random.choice(("0.00", "1.00", "2.50", "10.05", "-3.10", "99.99"))


def moment(random: Random, kind: str) -> str:
    """A day, and a time of day where there is one; some are at the edge of a zone's summer."""
    day = random.choice(DAYS)
    return day if kind == "date" else f"{day} {random.choice(CLOCKS)}"


def orders(random: Random, kind: str) -> str:
    rows = [
        [
            *(number, maybe(random, random.randint(1, 4)), maybe(random, random.randint(1, 3))),
            *(random.choice(REGIONS), maybe(random, random.choice(("true", "false")))),
            *(maybe(random, money(random)), random.choice((0, 1, 1, 2, 5))),
            *(maybe(random, moment(random, kind), 0.1), maybe(random, random.choice(DAYS), 0.3)),
            *(maybe(random, random.choice(("0.1", "1.5", "-2.25"))), random.choice(("a", "b", ""))),
            random.choice(DAYS[:3]),
        ]
        for number in range(1, random.choice((0, 4, 6, 9, 12, 15)) + 1)
    ]
    header = "order_id int, customer_id int, store_id int, region text, flag boolean, amount money"
    return table(
        f'{header}, size int, ordered_at {kind}, shipped_at date, weight double, "Group" text,'
        " ds date",
        rows,
    )


def grain_of(random: Random, kind: str) -> str:
    """How fine a time of that kind is said to be."""
    if kind != "date":
        return random.choice(("hour", "hour", "day", "day", "month"))
    return random.choice((*("day",) * 16, "month", "week", "quarter"))


def order_model(random: Random, kind: str, partitioned: bool) -> dict:
    measures = [
        {"name": "revenue", "agg": "sum", "expr": "amount"},
        {"name": "order_count", "agg": "count"},
        draw_second(random),
        {"name": "p", **draw_percentile(random), "expr": "size"},
        {"name": "weights", "agg": random.choice(("sum", "max", "average")), "expr": "weight"},
        {"name": "flags", "agg": "sum_boolean", "expr": random.choice(("flag", "size > 1"))},
        {"name": "highest", "agg": random.choice(("min", "max")), "expr": "region"},
    ]
    dimensions = [
        {"name": "ordered_at", "type": "time", "time_granularity": grain_of(random, kind)},
        {"name": "shipped_at", "type": "time"},
        *({"name": name} for name in ("region", "flag", "size", "Group")),
        {"name": "large", "expr": "size >= 2"},
    ]
    dimensions[-2]["expr"] = '"Group"'
    if random.random() < 0.1:
        dimensions[1]["time_granularity"] = "month"
    if partitioned:
        dimensions.append({"name": "ds", "type": "time", "partition": True})
    entities = [key("order"), foreign("customer"), foreign("store")]
    more = {}
    if random.random() < 0.15:
        inline = {"name": "inline", "type": "simple", "measure": "revenue", "filter": "size > 0"}
        more["metrics"] = [inline]
    return model(
        "orders", entities, dimensions, measures, default_time_dimension="ordered_at", **more
    )


def draw_second(random: Random) -> dict:
    """A measure of any kind."""
    agg = random.choice(SUMS)
    numbers = ("amount", "size", "weight", "size * 2 - amount", "coalesce(amount, 0) / 2")
    second = {
        "name": "second",
        "agg": agg,
        "expr": random.choice(("flag", "size > 1") if agg == "sum_boolean" else numbers),
    }
    if random.random() < 0.3:
        second["agg_time_dimension"] = "shipped_at"
    if random.random() < 0.2:
        condition = random.choice(("flag", "size > 0 OR region IS NULL", "region = 'north'"))
        second.update(random.choice(({"filter": condition}, {"filters": [condition, "size < 5"]})))
    if random.random() < 0.2:
        window = {"name": "shipped_at" if random.random() < 0.4 else "ordered_at"}
        window["window_choice"] = random.choice(("min", "max"))
        if random.random() < 0.5:
            window["window_groupings"] = random.choice((["customer"], ["customer", "store"]))
        second["non_additive_dimension"] = window
    return second


def draw_percentile(random: Random) -> dict:
    found = {"agg": "percentile", "percentile": random.choice((0, 0.25, 0.5, 0.9, 1))}
    return {**found, "discrete": True} if random.random() < 0.5 else found


def customers(random: Random) -> str:
    rows = [
        *(
            [
                *(number, random.choice(COUNTRIES), maybe(random, random.randint(1, 3))),
                maybe(random, random.choice(DAYS)),
            ]
            for number in range(1, random.randint(0, 3) + 1)
        )
    ]
    return table("customer_id int, country text, area_id int, signup date", rows)


def customer_model(random: Random) -> dict:
    kind = random.choice(("primary", "unique"))
    dimensions = [{"name": "country"}, {"name": "signup", "type": "time"}]
    measures = [{"name": "people", "agg": "count"}]
    more = {} if kind == "primary" else {"primary_entity": "person"}
    return model(
        *("customers", [key("customer", kind), foreign("area")], dimensions, measures),
        default_time_dimension="signup",
        **more,
    )


def draw_stores(random: Random, kind: str):
    """Stores: plain, or valid for a while, or as partitions."""
    entities, dimensions = [key("store"), foreign("area")], [{"name": "format"}]
    choice = random.random()
    if choice < 0.5:
        rows = [
            [number, random.choice(("big", "small", "")), maybe(random, random.randint(1, 3))]
            for number in range(1, 4)
        ]
        return model("stores", entities, dimensions), table(
            "store_id int, format text, area_id int", rows
        )
    if choice < 0.8:
        rows = []
        for number in range(1, 4):
            cuts = sorted({moment(random, kind) for _ in range(3)})[:2]
            ends = [cuts[-1], ""] if random.random() < 0.7 else [cuts[-1], DAYS[-1]]
            for start, end in zip(cuts, ends, strict=False):
                if end != start:
                    area = random.randint(1, 3)
                    rows.append([number, random.choice(("big", "small")), area, start, end])
        grain = {} if kind == "date" else {"time_granularity": random.choice(("day", "second"))}
        dimensions += [
            {"name": "since", "type": "time", "validity": "start", **grain},
            {"name": "until", "type": "time", "validity": "end", **grain},
        ]
        return model("stores", [key("store", "natural"), foreign("area")], dimensions), table(
            f"store_id int, format text, area_id int, since {kind}, until {kind}", rows
        )
    rows = [
        [number, random.choice(("big", "small")), random.randint(1, 3), day]
        for number in range(1, 4)
        for day in DAYS[:3]
        if random.random() < 0.8
    ]
    dimensions.append({"name": "ds", "type": "time", "partition": True})
    return model("stores", entities, dimensions), table(
        "store_id int, format text, area_id int, ds date", rows
    )


def lines(random: Random) -> str:
    rows = [
        [
            *(number, maybe(random, random.randint(1, 7))),
            random.choice(("hat", "cap", "")),
            number % 3,
        ]
        for number in range(1, random.randint(0, 6) + 1)
    ]
    return table("line_id int, order_id int, item text, quantity int", rows)


def line_model() -> dict:
    return model(
        "lines",
        [key("line"), foreign("order")],
        [{"name": "item"}],
        measures=[{"name": "quantity", "agg": "sum"}, {"name": "line_count", "agg": "count"}],
    )


def returns(random: Random, kind: str) -> str:
    rows = [
        [
            *(number, maybe(random, random.randint(1, 4)), random.choice(REGIONS)),
            *(maybe(random, money(random)), maybe(random, moment(random, kind))),
        ]
        for number in range(1, random.randint(0, 5) + 1)
    ]
    return table(
        f"return_id int, customer_id int, region text, refund money, returned_at {kind}", rows
    )


def return_model(random: Random, kind: str) -> dict:
    return model(
        "returns",
        [key("return"), foreign("customer")],
        [
            {"name": "returned_at", "type": "time", "time_granularity": grain_of(random, kind)},
            {"name": "region"},
        ],
        [
            {"name": "refunds", "agg": "sum", "expr": "refund"},
            {"name": "return_count", "agg": "count"},
        ],
        default_time_dimension="returned_at",
    )


def draw_spines(random: Random, kind: str):
    """Declared spines, most of which cover the data, with periods of their own."""
    first, length = date(2023, 12, 1), 160
    if random.random() < 0.15:
        first, length = date(2024, 1, 5), 60
    days = [first + timedelta(days=at) for at in range(length)]
    if random.random() < 0.15:
        days = [day for day in days if random.random() < 0.8]
    rows = [[day, maybe(random, f"p{(day - first).days // 25}", 0.05)] for day in days]
    if random.random() < 0.3:
        rows = [*rows, ["", "p9"], rows[0]]
    found = [(spine("days", "day", "season"), table("day date, season text", rows))]
    if random.random() < 0.15:
        months = [[date(2023 + at // 12, at % 12 + 1, 1), f"t{at // 4}"] for at in range(10, 18)]
        found.append((spine("months", "month", "term"), table("month date, term text", months)))
    if kind != "date" and random.random() < 0.3:
        hours = [[f"{day} {hour:02}:00:00", hour // 8] for day in days for hour in range(24)]
        found.append((spine("hours", "hour", "shift"), table("hour timestamp, shift int", hours)))
    return found[1:] if len(found) > 1 and random.random() < 0.3 else found


def spine(name: str, grain: str, custom: str) -> dict:
    return {
        **{"kind": "time_spine", "name": name, "model": f"ref('transform.{name}')"},
        **{"column": grain, "time_granularity": grain},
        "custom_granularities": [{"name": custom, "column": custom}],
    }
