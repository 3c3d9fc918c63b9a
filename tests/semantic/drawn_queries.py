"""Random queries over a drawn project: dimensions, filters, bounds, order."""

from random import Random

COARSER = {
    **dict.fromkeys(
        ("second", "minute", "hour", "day"),
        ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    ),
    "week": ("week",),
    "month": ("month", "quarter", "year", "fiscal_quarter", "fiscal_year"),
    "quarter": ("quarter", "year"),
}
"""What times of a grain can be asked at."""
FINE = ("second", "minute", "hour")
ITEMS = (
    *("region", "flag", "large", "customer", "customer__country", "customer__signup__month"),
    *("customer__area__label", "store__format", "store__area__label", "shipped_at__month"),
    *("ordered_at__day", "ordered_at__month", "metric_time__extract_dow", "customer__country"),
    *("metric_time__extract_month", "size", "region", "Group", "customer__area", "order__region"),
    *("ordered_at", "shipped_at__week", "metric_time__extract_doy", "metric_time__extract_year"),
    *("store", "ordered_at__extract_quarter", "customer__signup__extract_day", "store__area"),
)
# What both facts have; the rest is of orders alone.
SHARED = (
    *("region", "customer", "customer__country", "customer__signup__month"),
    *("customer__area__label", "metric_time__extract_dow", "metric_time__extract_month", "region"),
    "customer__area",
)
PEOPLE = ("customer__country", "customer__area__label", "customer", "country", "signup__month")
# Lines are two hops from customers, and have no time.
OF_LINES = (
    *("item", "order", "order__region", "order__customer__country", "order__customer", "line"),
    *("order__customer__area__label", "order__ordered_at__month", "order__shipped_at__extract_dow"),
)
OF_LINES_AND_ORDERS = ("order__region", "order", "order__customer__country", "order__Group")
DISTINCT = (
    "customer__country",
    "store__format",
    "flag",
    "shipped_at__month",
    "order__region",
    "item",
    "order__customer__area__label",
    "store__since",
)
MEASURES = {
    **{"refunds": "returns", "return_count": "returns", "people": "customers"},
    **{"quantity": "lines", "line_count": "lines"},
}
RISKY = ("label", "area__label", "item", "order__region", "area", "returned_at__day", "nowhere")
TEXTS = {
    "region": ("north", "south", "o''er"),
    "customer__country": ("ID", "SG"),
    "store__format": ("big", "small"),
    "customer__area__label": ("west", "east"),
}
TIMES = (
    *("metric_time", "metric_time", "metric_time", "ordered_at", "customer__signup"),
    *("metric_time__month", "metric_time__month", "metric_time__week"),
)
DAYS = ("2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-03-15")
MOMENTS = (*DAYS, *DAYS, "2024-02-29 12:00", "2024-03-10 02:30:00")


def draw_query(random: Random, project: list) -> dict:
    """A query of one to three metrics, or of dimensions alone; at times a saved one."""
    if random.random() < 0.05:
        return draw_distinct(random)
    saved = next((one for one in project if one["kind"] == "saved_query"), None)
    if saved is not None and random.random() < 0.5:
        return draw_more(random, saved)
    query = {"metrics": draw_asked(random, project)}
    facts = {fact for one in query["metrics"] for fact in facts_of(project, one)}
    shared = random.random() < 0.95 and facts != {"orders"}
    lined = "lines" in facts
    dimensions = draw_dimensions(random, project, pool_of(facts, shared), timed=not lined)
    if dimensions:
        query["dimensions"] = dimensions
    if random.random() < 0.45:
        name = "order__region" if lined else "region"
        filters = [draw_filter(random, project, 2, shared) for _ in range(random.choice((1, 1, 2)))]
        if lined and random.random() < 0.9:
            filters = [draw_text(random, name, TEXTS["region"])]
        query["filter"] = filters if len(filters) > 1 else filters[0]
    if not lined:
        draw_bounds(random, query)
    if random.random() < 0.12:
        query["timezone"] = random.choice(("UTC", "America/New_York", "Asia/Jakarta"))
    if dimensions and random.random() < 0.2:
        order = [*dimensions]
        if random.random() < 0.4:
            order.insert(0, random.choice(query["metrics"]))
        query["order_by"] = [random.choice(("", "-")) + name for name in order]
        if random.random() < 0.5:
            query["limit"] = random.randint(0, 3)
    return query


def draw_asked(random: Random, project: list) -> list[str]:
    """The metrics of a query, measures among them."""
    metrics = [one["name"] for one in project if one["kind"] == "metric"]
    inline = [
        one["name"]
        for model in project
        for one in model.get("metrics", ())
        if model["kind"] == "semantic_model"
    ]
    known = [*metrics, *metrics, *inline, "revenue", "order_count", "second", "refunds", "weights"]
    choice = random.random()
    if choice < 0.05:
        known = ["people"]
    elif choice < 0.1:
        known = ["quantity", "line_count", "order_count"]
    elif choice < 0.13:
        known = ["highest", "flags", "revenue"]
    return list(dict.fromkeys(random.choice(known) for _ in range(random.choice((1, 1, 1, 2, 3)))))


def draw_more(random: Random, saved: dict) -> dict:
    """A saved query, and what is asked for beside it."""
    query = {"saved_query": saved["name"]}
    if random.random() < 0.3 and "limit" not in saved:
        more = random.choice(("region", "customer__country"))
        query["dimensions"] = [] if more in saved.get("dimensions", ()) else [more]
    if random.random() < 0.3:
        query["filter"] = "region != 'south'"
    if random.random() < 0.3:
        query[random.choice(("start", "end"))] = random.choice(DAYS)
    if random.random() < 0.2:
        query["timezone"] = "Asia/Jakarta"
    return query


def draw_bounds(random: Random, query: dict) -> None:
    if random.random() < 0.25:
        low, high = sorted(random.choice(MOMENTS) for _ in range(2))
        query.update({"start": low} if random.random() < 0.7 else {})
        query.update({"end": high} if random.random() < 0.7 else {})


def pool_of(facts: set[str], shared: bool) -> tuple:
    """The dimensions that all facts have."""
    if facts == {"customers"}:
        return PEOPLE
    if "lines" in facts:
        return OF_LINES if facts == {"lines"} else OF_LINES_AND_ORDERS
    return SHARED if shared else ITEMS


def facts_of(project: list, name: str) -> set[str]:
    """The facts whose dimensions a metric can be asked by."""
    found = next((one for one in project if one["kind"] == "metric" and one["name"] == name), None)
    if found is None:
        return {MEASURES.get(name, "orders")}
    if found["type"] == "conversion":
        return {"orders"}
    inputs = [found.get("measure"), found.get("numerator"), found.get("denominator")]
    names = [
        one if isinstance(one, str) else one.get("metric") or one["name"]
        for one in (*inputs, *found.get("inputs", ()))
        if one
    ]
    return {fact for one in names if one != name for fact in facts_of(project, one)}


def grains_of(project: list) -> tuple:
    """The grains that the orders' time can be asked at."""
    times = [one["dimensions"][0] for one in project if one.get("name") == "orders"]
    declared = times[0]["time_granularity"]
    fine = FINE[FINE.index(declared) :] if declared in FINE else ()
    spines = [one for one in project if one["kind"] == "time_spine"]
    customs = [each["name"] for one in spines for each in one["custom_granularities"]]
    return (*COARSER[declared], *fine, *customs)


def draw_distinct(random: Random) -> dict:
    """A query of dimensions alone."""
    found = {
        "dimensions": list({random.choice(DISTINCT): None for _ in range(random.randint(1, 3))})
    }
    if random.random() < 0.4:
        found["filter"] = draw_text(random, "customer__country", TEXTS["customer__country"])
    return found


def draw_dimensions(random: Random, project: list, pool, timed: bool) -> list[str]:
    found, grains = [], grains_of(project)
    usual = [one for one in ("day", "month", "month") if one in grains] or grains
    if timed and random.random() < 0.75:
        grain = random.choice(grains if random.random() < 0.45 else usual)
        found.append("metric_time" if random.random() < 0.1 else f"metric_time__{grain}")
        if random.random() < 0.08:
            found.append(f"metric_time__{random.choice(grains)}")
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        found.append(random.choice(RISKY if random.random() < 0.06 else pool))
    random.shuffle(found)
    return list(dict.fromkeys(found))


def draw_filter(random: Random, project: list, depth: int, shared: bool) -> str:
    """A condition, at most so deep."""
    if depth and random.random() < 0.5:
        left, right = (draw_filter(random, project, depth - 1, shared) for _ in range(2))
        if random.random() < 0.2:
            return f"NOT ({left})"
        return f"({left}) {random.choice(('AND', 'OR'))} ({right})"
    return draw_atom(random, project, shared)


def draw_atom(random: Random, project: list, shared: bool) -> str:
    choice = random.random()
    if choice < 0.35:
        name = random.choice([one for one in TEXTS if not (shared and "store" in one)])
        return draw_text(random, name, TEXTS[name])
    if choice < 0.6:
        return draw_time(random, shared)
    if choice < 0.72:
        return f"customer IN ({random.randint(1, 4)}, {random.choice(('1', 'NULL'))})"
    if choice < 0.8:
        return draw_metric_atom(random, project, shared)
    if choice < 0.82:
        return random.choice(("item = 'hat'", "label = 'west'", "rgion = 'x'", "size + 1 > 2"))
    if shared:
        return "region IS NULL"
    if choice < 0.9:
        words = ("flag", "flag IS NOT TRUE", "large IS NULL", "NOT flag", "flag = TRUE")
        return random.choice((*words, "\"Group\" = 'a'", "(region IS NULL) IS FALSE"))
    return f"size {random.choice(('=', '<', '>=', '<>'))} {random.randint(0, 3)}"


def draw_metric_atom(random: Random, project: list, shared: bool) -> str:
    """A condition on a metric of an entity."""
    metrics = [one["name"] for one in project if one["kind"] == "metric"]
    simple = ("order_count", "refunds", "revenue", "second")
    name = random.choice((*simple, *metrics) if random.random() < 0.4 else simple)
    entities = ("customer",) if shared else ("customer", "customer", "store", "order")
    value = f"metric('{name}', '{random.choice(entities)}')"
    if random.random() < 0.2:
        return f"{value} IS NULL"
    if random.random() < 0.2:
        return f"coalesce({value}, 0) < 2"
    return f"{value} {random.choice(('>', '<='))} {random.randint(0, 2)}"


def draw_text(random: Random, name: str, values) -> str:
    value = random.choice(values)
    return random.choice(
        (
            f"{name} = '{value}'",
            f"{name} != '{value}'",
            f"{name} IS NULL",
            f"{name} IS NOT NULL",
            f"{name} IN ('{value}', 'other')",
            f"{name} NOT IN ('{value}')",
            f"{name} LIKE '{value[0]}%'",
            f"lower(coalesce({name}, 'NONE')) = '{value.lower()}'",
        )
    )


def draw_time(random: Random, shared: bool) -> str:
    names = [one for one in TIMES if not (shared and one == "ordered_at")]
    name, day = random.choice(names), random.choice(DAYS)
    if random.random() < 0.15:
        part = f"{name.removesuffix('__month').removesuffix('__week')}__extract_month"
        return f"{part} {random.choice(('=', '<>'))} {random.randint(1, 3)}"
    if random.random() < 0.2:
        low, high = sorted((day, random.choice(DAYS)))
        return f"{name} BETWEEN '{low}' AND '{high}'"
    operator = random.choice((">=", ">=", "<", "<=", ">", "="))
    if random.random() < 0.1:
        return f"DATE '{day}' {operator} {name}"
    if random.random() < 0.1:
        return f"{name} {operator} '{day} 06:30'"
    return f"{name} {operator} '{day}'"
