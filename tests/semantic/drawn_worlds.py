"""Random projects with their tables: two facts, what they join, and metrics of every type."""

from random import Random

DAYS = (
    *("2023-12-31", "2024-01-01", "2024-01-02", "2024-01-08", "2024-01-30", "2024-01-31"),
    *("2024-02-01", "2024-02-15", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-10"),
    *("2024-03-31", "2024-04-01"),
)
CLOCKS = ("00:00:00", "00:30:00", "06:59:59", "07:00:00", "12:15:30", "23:59:59")
REGIONS = ("north", "north", "south", "o'er", "")
COUNTRIES = ("ID", "SG", "")
ZONES = ("America/New_York", "Asia/Jakarta", "Australia/Lord_Howe")
SUMS = ("sum", "sum", "count", "count_distinct", "average", "min", "max", "median")


def draw_world(random: Random):
    """Documents, tables and settings."""
    settings = draw_settings(random)
    clocked = random.random() < 0.3
    tables = {
        "orders": orders(random, clocked),
        "customers": customers(random),
        "areas": keyed(random, "label text", lambda: [random.choice(("west", "east", ""))]),
        "lines": lines(random),
        "returns": returns(random),
    }
    stores, tables["stores"] = draw_stores(random)
    project = [
        order_model(random, clocked),
        customer_model(random),
        stores,
        model("areas", [key("area")], [{"name": "label"}]),
        model(
            "lines",
            [key("line"), foreign("order")],
            [{"name": "item"}],
            measures=[{"name": "quantity", "agg": "sum"}, {"name": "line_count", "agg": "count"}],
        ),
        return_model(),
    ]
    if random.random() < 0.4:
        spine, tables["days"] = draw_spine(random)
        project.append(spine)
    names = ["revenue", "order_count", "second", "refunds"]
    for number in range(random.randint(2, 6)):
        metric = draw_metric(random, f"m{number}", names)
        names.append(metric["name"])
        project.append(metric)
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


def orders(random: Random, clocked: bool) -> str:
    kind = "timestamp" if clocked else "date"
    rows = []
    for number in range(1, random.choice((0, 4, 6, 9, 12, 15)) + 1):
        day = random.choice(DAYS)
        at = f"{day} {random.choice(CLOCKS)}" if clocked else day
        rows.append(
            [
                *(number, maybe(random, random.randint(1, 4)), maybe(random, random.randint(1, 3))),
                *(random.choice(REGIONS), maybe(random, random.choice(("true", "false")))),
                *(maybe(random, money(random)), random.choice((0, 1, 1, 2, 5))),
                *(maybe(random, at, 0.1), maybe(random, random.choice(DAYS), 0.3)),
            ]
        )
    header = "order_id int, customer_id int, store_id int, region text, flag boolean, amount money"
    return table(f"{header}, size int, ordered_at {kind}, shipped_at date", rows)


def order_model(random: Random, clocked: bool) -> dict:
    grain = random.choice(("hour", "day")) if clocked else "day"
    second = {
        "name": "second",
        "agg": random.choice(SUMS),
        "expr": random.choice(("amount", "size")),
    }
    if random.random() < 0.3:
        second["agg_time_dimension"] = "shipped_at"
    if random.random() < 0.2:
        second["filter"] = random.choice(("flag", "size > 0 OR region IS NULL", "region = 'north'"))
    if random.random() < 0.2:
        window = {"name": "shipped_at" if random.random() < 0.4 else "ordered_at"}
        window["window_choice"] = random.choice(("min", "max"))
        if random.random() < 0.5:
            window["window_groupings"] = ["customer"]
        second["non_additive_dimension"] = window
    measures = [
        {"name": "revenue", "agg": "sum", "expr": "amount"},
        {"name": "order_count", "agg": "count"},
        second,
        {"name": "p", **draw_percentile(random), "expr": "size"},
    ]
    dimensions = [
        {"name": "ordered_at", "type": "time", "time_granularity": grain},
        {"name": "shipped_at", "type": "time"},
        *({"name": name} for name in ("region", "flag", "size")),
        {"name": "large", "expr": "size >= 2"},
    ]
    entities = [key("order"), foreign("customer"), foreign("store")]
    return model("orders", entities, dimensions, measures, default_time_dimension="ordered_at")


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


def draw_stores(random: Random):
    """Stores: plain, or valid for a while, or as partitions."""
    entities, dimensions = [key("store"), foreign("area")], [{"name": "format"}]
    choice = random.random()
    if choice < 0.6:
        rows = [
            [number, random.choice(("big", "small", "")), maybe(random, random.randint(1, 3))]
            for number in range(1, 4)
        ]
        return model("stores", entities, dimensions), table(
            "store_id int, format text, area_id int", rows
        )
    if choice < 0.9:
        rows = []
        for number in range(1, 4):
            cuts = sorted(random.sample(DAYS, 2))
            ends = [cuts[1], ""] if random.random() < 0.7 else [cuts[1], DAYS[-1]]
            for start, end in zip(cuts, ends, strict=True):
                if end != start:
                    area = random.randint(1, 3)
                    rows.append([number, random.choice(("big", "small")), area, start, end])
        dimensions += [
            {"name": "since", "type": "time", "validity": "start"},
            {"name": "until", "type": "time", "validity": "end"},
        ]
        return model("stores", [key("store", "natural"), foreign("area")], dimensions), table(
            "store_id int, format text, area_id int, since date, until date", rows
        )
    rows = [
        [number, random.choice(("big", "small")), random.randint(1, 3), day]
        for number in range(1, 4)
        for day in random.sample(DAYS, 3)
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


def returns(random: Random) -> str:
    rows = [
        [
            *(number, maybe(random, random.randint(1, 4)), random.choice(REGIONS)),
            *(maybe(random, money(random)), maybe(random, random.choice(DAYS))),
        ]
        for number in range(1, random.randint(0, 5) + 1)
    ]
    return table(
        "return_id int, customer_id int, region text, refund money, returned_at date", rows
    )


def return_model() -> dict:
    return model(
        "returns",
        [key("return"), foreign("customer")],
        [{"name": "returned_at", "type": "time"}, {"name": "region"}],
        [
            {"name": "refunds", "agg": "sum", "expr": "refund"},
            {"name": "return_count", "agg": "count"},
        ],
        default_time_dimension="returned_at",
    )


def draw_spine(random: Random):
    """A declared spine that covers the data, with a period of its own."""
    from datetime import date, timedelta

    first, length = date(2023, 12, 1), 160
    rows = [
        [first + timedelta(days=at), maybe(random, f"p{at // 25}", 0.05)] for at in range(length)
    ]
    document = {
        **{"kind": "time_spine", "name": "days", "model": "ref('transform.days')"},
        **{"column": "day", "time_granularity": "day"},
        "custom_granularities": [{"name": "season", "column": "season"}],
    }
    return document, table("day date, season text", rows)


def draw_metric(random: Random, name: str, names: list[str]) -> dict:
    """A metric of some type, of measures and of earlier metrics."""
    kind = random.choice(("simple", "cumulative", "derived", "derived", "ratio", "conversion"))
    metric = {"kind": "metric", "name": name, "type": kind}
    if kind in ("simple", "cumulative"):
        metric["measure"] = random.choice(("revenue", "order_count", "second", "refunds", "p"))
        if random.random() < 0.25:
            metric["join_to_timespine"] = True
        if random.random() < 0.25:
            metric["fill_nulls_with"] = 0
        if random.random() < 0.2:
            metric["time_granularity"] = random.choice(("day", "month"))
    if kind == "cumulative":
        metric.update(draw_window(random))
    elif kind == "ratio":
        metric["numerator"] = draw_input(random, names, offsets=False)
        metric["denominator"] = draw_input(random, names, offsets=False)
    elif kind == "derived":
        inputs = [draw_input(random, names) for _ in range(random.randint(1, 2))]
        metric["inputs"] = [
            {**one, "alias": alias} for one, alias in zip(inputs, "ab", strict=False)
        ]
        both = (
            "a - b",
            "(a - b) / b",
            "coalesce(a, 0) + coalesce(b, 0)",
            "a * 100.0 / nullif(b, 1)",
        )
        metric["expr"] = random.choice(both if len(inputs) == 2 else ("a", "-a * 2", "a / 2"))
    elif kind == "conversion":
        metric.update(base_measure="order_count", conversion_measure="return_count")
        metric["entity"] = "customer"
        if random.random() < 0.7:
            metric["window"] = random.choice(("1 day", "7 days", "1 month"))
        if random.random() < 0.5:
            metric["calculation"] = "conversions"
        if random.random() < 0.3:
            properties = {"base_property": "region", "conversion_property": "region"}
            metric["constant_properties"] = [properties]
    if random.random() < 0.25:
        metric["filter"] = random.choice(
            (
                "region = 'north' OR region IS NULL",
                "metric_time >= '2024-01-02'",
                "NOT region = 'o''er'",
            )
        )
    return metric


def draw_window(random: Random) -> dict:
    found = {}
    choice = random.random()
    if choice < 0.45:
        found["window"] = random.choice(("1 day", "7 days", "2 weeks", "1 month", "1 quarter"))
    elif choice < 0.75:
        found["grain_to_date"] = random.choice(("week", "month", "quarter", "year"))
    if random.random() < 0.5:
        found["period_agg"] = random.choice(("first", "last", "average"))
    return found


def draw_input(random: Random, names: list[str], offsets=True) -> dict:
    found = {"metric": random.choice(names)}
    choice = random.random() if offsets else 1
    if choice < 0.45:
        found["offset"] = random.choice(("1 month", "1 month", "7 days", "1 week", "1 quarter"))
    elif choice < 0.55:
        found["offset_to_grain"] = random.choice(("month", "year"))
    if random.random() < 0.2:
        found["filter"] = random.choice(
            ("region != 'south'", "customer__country = 'ID' OR region = 'north'")
        )
    if random.random() < 0.2:
        found["fill_nulls_with"] = 0
    if random.random() < 0.1:
        found["join_to_timespine"] = True
    return found
