"""Random metrics of every type, of measures and of one another; saved queries of them."""

from random import Random

MEASURES = ("revenue", "order_count", "second", "refunds", "return_count", "p", "weights", "flags")
CONDITIONS = (
    *("region = 'north' OR region IS NULL", "metric_time >= '2024-01-02'"),
    *("NOT region = 'o''er'", "customer__country = 'ID' OR region = 'north'"),
    *("customer IS NOT NULL", "metric('order_count', 'customer') > 1"),
    "metric_time__extract_month <> 2",
)
TWO_INPUTS = (
    *("a - b", "(a - b) / b", "coalesce(a, 0) + coalesce(b, 0)", "a * 100.0 / nullif(b, 1)"),
    *("CASE WHEN a > b THEN a ELSE coalesce(b, 0) END", "greatest(a, b) - least(a, b)"),
    "CASE WHEN a IS NULL AND b IS NULL THEN 0 WHEN b = 0 THEN -1 ELSE a END",
    *("floor(a / b) + ceil(a / b)", "abs(a - b) * (a + 1)", "a % b"),
)
ONE_INPUT = ("a", "-a * 2", "a / 2", "coalesce(a, -1)", "round(a / 4, 2)", "abs(a) % 3")


def draw_metrics(random: Random, project: list) -> list[dict]:
    """Metrics, each of measures and of those before it, and at times a saved query of some."""
    second = next(one for one in project[0]["measures"] if one["name"] == "second")
    events = ["order_count", "order_count", "flags"]
    if second["agg"] in ("sum", "count", "count_distinct"):
        events.append("second")
    names = [*MEASURES[:5], *(one["name"] for one in project[0].get("metrics", ()))]
    if random.random() < 0.2:
        names.append("line_count")
    found = []
    for number in range(random.randint(2, 6)):
        metric = draw_metric(random, f"m{number}", names, events)
        names.append(metric["name"])
        found.append(metric)
    if random.random() < 0.12:
        found.append(draw_saved(random, names))
    return found


def draw_metric(random: Random, name: str, names: list[str], events: list[str]) -> dict:
    """A metric of some type, of measures and of earlier metrics."""
    kind = random.choice(("simple", "cumulative", "derived", "derived", "ratio", "conversion"))
    metric = {"kind": "metric", "name": name, "type": kind}
    if kind in ("simple", "cumulative"):
        metric.update(draw_measured(random))
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
        metric["expr"] = random.choice(TWO_INPUTS if len(inputs) == 2 else ONE_INPUT)
    elif kind == "conversion":
        metric.update(draw_conversion(random, events))
    if random.random() < 0.25:
        condition = random.choice(CONDITIONS)
        metric["filter"] = random.choice((condition, [condition, random.choice(CONDITIONS)]))
    timed = "line_count" not in names
    if timed and random.random() < (0.2 if kind in ("simple", "cumulative") else 0.06):
        metric["time_granularity"] = random.choice(("day", "month", "month", "quarter"))
    return metric


def draw_measured(random: Random) -> dict:
    """The measure of a metric, by its name or with what is said of it."""
    measure, more = random.choice(MEASURES), {}
    if random.random() < 0.25:
        more["join_to_timespine"] = True
    if random.random() < 0.25:
        more["fill_nulls_with"] = random.choice((0, 0, 1.5, -1))
    if random.random() < 0.25:
        if random.random() < 0.5:
            more["filter"] = random.choice(CONDITIONS)
        return {"measure": {"name": measure, **more}}
    return {"measure": measure, **more}


def draw_conversion(random: Random, events: list[str]) -> dict:
    metric = {"base_measure": random.choice(events), "entity": "customer"}
    metric["conversion_measure"] = random.choice(("return_count", "return_count", "refunds"))
    if random.random() < 0.25:
        converted = {"name": metric["conversion_measure"]}
        if random.random() < 0.6:
            converted["fill_nulls_with"] = 0
        if random.random() < 0.4:
            converted["filter"] = "region IS NOT NULL"
        if random.random() < 0.2:
            converted["join_to_timespine"] = True
        metric["conversion_measure"] = converted
    if random.random() < 0.15:
        base = {"name": metric["base_measure"], "filter": "size > 0"}
        if random.random() < 0.4:
            base.update(random.choice(({"join_to_timespine": True}, {"fill_nulls_with": 3})))
        metric["base_measure"] = base
    if random.random() < 0.7:
        metric["window"] = random.choice(("1 day", "7 days", "1 month", "36 hours", "1 quarter"))
    if random.random() < 0.5:
        metric["calculation"] = "conversions"
    if random.random() < 0.3:
        properties = {"base_property": "region", "conversion_property": "region"}
        metric["constant_properties"] = [properties]
    return metric


def draw_window(random: Random) -> dict:
    found = {}
    choice = random.random()
    if choice < 0.45:
        windows = ("1 day", "7 days", "2 weeks", "1 month", "1 month", "1 quarter", "1 year")
        found["window"] = random.choice((*windows, "12 hours", "2 days"))
    elif choice < 0.75:
        grains = ("day", "week", "month", "month", "quarter", "year", "fiscal_year")
        found["grain_to_date"] = random.choice(grains)
    if random.random() < 0.5:
        found["period_agg"] = random.choice(("first", "last", "average"))
    return found


def draw_input(random: Random, names: list[str], offsets=True) -> dict:
    found = {"metric": random.choice(names)}
    choice = random.random() if offsets else 1
    if choice < 0.45:
        lengths = ("1 month", "1 month", "1 month", "7 days", "1 week", "1 quarter", "1 year")
        found["offset"] = random.choice((*lengths, "2 months", "1 day", "12 hours", "30 days"))
    elif choice < 0.55:
        grains = ("month", "month", "year", "quarter", "week", "day", "fiscal_quarter")
        found["offset_to_grain"] = random.choice(grains)
    if random.random() < 0.2:
        condition = random.choice(CONDITIONS)
        found["filter"] = random.choice((condition, [condition, "region != 'south'"]))
    if random.random() < 0.2:
        found["fill_nulls_with"] = random.choice((0, 0, 2))
    if random.random() < 0.1:
        found["join_to_timespine"] = True
    return found


def draw_saved(random: Random, names: list[str]) -> dict:
    """A saved query; where it has a limit, its order says which rows these are."""
    dimensions = random.choice((["region"], ["metric_time__month"], ["customer__country"], []))
    saved = {
        **{"kind": "saved_query", "name": "saved", "metrics": [random.choice(names)]},
        **({"dimensions": dimensions} if dimensions else {}),
    }
    if random.random() < 0.4:
        saved["filter"] = random.choice(("region = 'north'", ["customer < 3", "region IS NULL"]))
    if random.random() < 0.3:
        saved["start"] = "2024-01-31"
    if random.random() < 0.3:
        saved["end"] = "2024-02-29"
    if random.random() < 0.3:
        saved["timezone"] = "America/New_York"
    if dimensions and random.random() < 0.5:
        saved["order_by"] = [f"-{dimensions[0]}"]
        if random.random() < 0.5:
            saved["limit"] = 2
    return saved
