"""Random queries over a drawn project: dimensions, filters, bounds, order."""

from random import Random

GRAINS = ("day", "week", "month", "quarter", "year", "fiscal_quarter")
ITEMS = (
    *("region", "flag", "large", "customer", "customer__country", "customer__signup__month"),
    *("customer__area__label", "store__format", "store__area__label", "shipped_at__month"),
    *("ordered_at__day", "ordered_at__month", "metric_time__extract_dow", "customer__country"),
    *("metric_time__extract_month", "size", "region"),
)
# What both facts have; the rest is of orders alone.
SHARED = (
    *("region", "customer", "customer__country", "customer__signup__month"),
    *("customer__area__label", "metric_time__extract_dow", "metric_time__extract_month", "region"),
)
PEOPLE = ("customer__country", "customer__area__label", "customer", "country", "signup__month")
DISTINCT = (
    "customer__country",
    "store__format",
    "flag",
    "shipped_at__month",
    "order__region",
    "item",
)
MEASURES = {"refunds": "returns", "return_count": "returns", "people": "customers"}
RISKY = ("label", "area__label", "item", "order__region", "area", "returned_at__day", "nowhere")
TEXTS = {
    "region": ("north", "south", "o''er"),
    "customer__country": ("ID", "SG"),
    "store__format": ("big", "small"),
    "customer__area__label": ("west", "east"),
}
TIMES = ("metric_time", "metric_time", "ordered_at", "customer__signup", "metric_time__month")
DAYS = ("2024-01-01", "2024-01-31", "2024-02-01", "2024-02-29", "2024-03-01", "2024-03-15")


def draw_query(random: Random, project: list) -> dict:
    """A query of one to three metrics, or of dimensions alone."""
    if random.random() < 0.05:
        return draw_distinct(random)
    metrics = [one["name"] for one in project if one["kind"] == "metric"]
    known = [*metrics, *metrics, "revenue", "order_count", "second", "refunds"]
    if random.random() < 0.05:
        known = ["people"]
    chosen = list(
        dict.fromkeys(random.choice(known) for _ in range(random.choice((1, 1, 1, 2, 3))))
    )
    query = {"metrics": chosen}
    facts = {fact for one in chosen for fact in facts_of(project, one)}
    shared = random.random() < 0.95 and facts != {"orders"}
    pool = PEOPLE if facts == {"customers"} else SHARED if shared else ITEMS
    dimensions = draw_dimensions(random, grains_of(project), pool)
    if dimensions:
        query["dimensions"] = dimensions
    if random.random() < 0.45:
        query["filter"] = draw_filter(random, 2, shared)
    if random.random() < 0.25:
        low, high = sorted(random.choice(DAYS) for _ in range(2))
        query.update({"start": low} if random.random() < 0.7 else {})
        query.update({"end": high} if random.random() < 0.7 else {})
    if random.random() < 0.1:
        query["timezone"] = random.choice(("UTC", "America/New_York", "Asia/Jakarta"))
    if dimensions and random.random() < 0.2:
        query["order_by"] = [random.choice(("", "-")) + name for name in dimensions]
        if random.random() < 0.5:
            query["limit"] = random.randint(0, 3)
    return query


def facts_of(project: list, name: str) -> set[str]:
    """The facts whose dimensions a metric can be asked by."""
    found = next((one for one in project if one["kind"] == "metric" and one["name"] == name), None)
    if found is None:
        return {MEASURES.get(name, "orders")}
    if found["type"] == "conversion":
        return {"orders"}
    inputs = [found.get("measure"), found.get("numerator"), found.get("denominator")]
    names = [
        one if isinstance(one, str) else one["metric"]
        for one in (*inputs, *found.get("inputs", ()))
        if one
    ]
    return {fact for one in names if one != name for fact in facts_of(project, one)}


def grains_of(project: list) -> tuple:
    """The grains that the orders' time can be asked at."""
    times = [one["dimensions"][0] for one in project if one.get("name") == "orders"]
    fine = ("hour",) if times[0]["time_granularity"] == "hour" else ()
    return (
        *GRAINS,
        *fine,
        *(("season",) if any(d["kind"] == "time_spine" for d in project) else ()),
    )


def draw_distinct(random: Random) -> dict:
    """A query of dimensions alone."""
    found = {
        "dimensions": list({random.choice(DISTINCT): None for _ in range(random.randint(1, 3))})
    }
    if random.random() < 0.4:
        found["filter"] = draw_text(random, "customer__country", TEXTS["customer__country"])
    return found


def draw_dimensions(random: Random, grains: tuple, pool) -> list[str]:
    found = []
    if random.random() < 0.75:
        grain = random.choice(grains if random.random() < 0.4 else ("day", "month", "month"))
        found.append("metric_time" if random.random() < 0.1 else f"metric_time__{grain}")
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        found.append(random.choice(RISKY if random.random() < 0.06 else pool))
    random.shuffle(found)
    return list(dict.fromkeys(found))


def draw_filter(random: Random, depth: int, shared: bool) -> str:
    """A condition, at most so deep."""
    if depth and random.random() < 0.5:
        left, right = (draw_filter(random, depth - 1, shared) for _ in range(2))
        if random.random() < 0.2:
            return f"NOT ({left})"
        return f"({left}) {random.choice(('AND', 'OR'))} ({right})"
    return draw_atom(random, shared)


def draw_atom(random: Random, shared: bool) -> str:
    choice = random.random()
    if choice < 0.35:
        name = random.choice([one for one in TEXTS if not (shared and "store" in one)])
        return draw_text(random, name, TEXTS[name])
    if choice < 0.6:
        return draw_time(random, shared)
    if choice < 0.72:
        return f"customer IN ({random.randint(1, 4)}, {random.choice(('1', 'NULL'))})"
    if choice < 0.8:
        name = random.choice(("order_count", "refunds", "revenue"))
        return f"metric('{name}', 'customer') {random.choice(('>', '<='))} {random.randint(0, 2)}"
    if choice < 0.82:
        return random.choice(("item = 'hat'", "label = 'west'", "rgion = 'x'", "size + 1 > 2"))
    if shared:
        return "region IS NULL"
    if choice < 0.9:
        return random.choice(("flag", "flag IS NOT TRUE", "large IS NULL", "NOT flag"))
    return f"size {random.choice(('=', '<', '>=', '<>'))} {random.randint(0, 3)}"


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
        part = f"{name.removesuffix('__month')}__extract_month"
        return f"{part} {random.choice(('=', '<>'))} {random.randint(1, 3)}"
    if random.random() < 0.2:
        low, high = sorted((day, random.choice(DAYS)))
        return f"{name} BETWEEN '{low}' AND '{high}'"
    return f"{name} {random.choice(('>=', '>=', '<', '<=', '>', '='))} '{day}'"
