"""Random queries over a drawn project: dimensions, filters, bounds, order."""

from random import Random

GRAINS = ("day", "week", "month", "quarter", "year", "fiscal_quarter", "hour")
ITEMS = (
    *("region", "flag", "large", "customer", "customer__country", "customer__signup__month"),
    *("customer__area__label", "store__format", "store__area__label", "shipped_at__month"),
    *("ordered_at__day", "ordered_at__month", "metric_time__extract_dow", "customer__country"),
    *("metric_time__extract_month", "size", "region"),
)
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
    metrics = [one["name"] for one in project if one["kind"] == "metric"]
    known = [*metrics, *metrics, "revenue", "order_count", "second", "refunds", "people", "line_count"]
    chosen = list(dict.fromkeys(random.choice(known) for _ in range(random.choice((1, 1, 1, 2, 3)))))
    query = {} if random.random() < 0.05 else {"metrics": chosen}
    dimensions = draw_dimensions(random, any(one["kind"] == "time_spine" for one in project))
    if dimensions:
        query["dimensions"] = dimensions
    if random.random() < 0.45:
        query["filter"] = draw_filter(random, 2)
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


def draw_dimensions(random: Random, has_custom: bool) -> list[str]:
    found = []
    if random.random() < 0.6:
        grains = (*GRAINS, "season") if has_custom else GRAINS
        grain = random.choice(grains if random.random() < 0.4 else ("day", "month", "month"))
        found.append("metric_time" if random.random() < 0.1 else f"metric_time__{grain}")
    for _ in range(random.choice((0, 0, 1, 1, 2))):
        found.append(random.choice(RISKY if random.random() < 0.06 else ITEMS))
    random.shuffle(found)
    return list(dict.fromkeys(found))


def draw_filter(random: Random, depth: int) -> str:
    """A condition, at most so deep."""
    if depth and random.random() < 0.5:
        left, right = draw_filter(random, depth - 1), draw_filter(random, depth - 1)
        if random.random() < 0.2:
            return f"NOT ({left})"
        return f"({left}) {random.choice(('AND', 'OR'))} ({right})"
    return draw_atom(random)


def draw_atom(random: Random) -> str:
    choice = random.random()
    if choice < 0.35:
        name = random.choice(list(TEXTS))
        return draw_text(random, name, TEXTS[name])
    if choice < 0.6:
        return draw_time(random)
    if choice < 0.7:
        return random.choice(("flag", "flag IS NOT TRUE", "large IS NULL", "NOT flag"))
    if choice < 0.8:
        return f"size {random.choice(('=', '<', '>=', '<>'))} {random.randint(0, 3)}"
    if choice < 0.88:
        return f"customer IN ({random.randint(1, 4)}, {random.choice(('1', 'NULL'))})"
    if choice < 0.96:
        name = random.choice(("order_count", "refunds", "revenue"))
        return f"metric('{name}', 'customer') {random.choice(('>', '<='))} {random.randint(0, 2)}"
    return random.choice(("item = 'hat'", "label = 'west'", "rgion = 'x'", "size + 1 > 2"))


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


def draw_time(random: Random) -> str:
    name, day = random.choice(TIMES), random.choice(DAYS)
    if random.random() < 0.15:
        return f"{name.split('__month')[0]}__extract_month {random.choice(('=', '<>'))} {random.randint(1, 3)}"
    if random.random() < 0.2:
        low, high = sorted((day, random.choice(DAYS)))
        return f"{name} BETWEEN '{low}' AND '{high}'"
    return f"{name} {random.choice(('>=', '>=', '<', '<=', '>', '='))} '{day}'"
