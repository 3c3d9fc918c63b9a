"""How names are reached by entities: one row each, or refused with the path named."""

import pytest

from seeknal.plugin import Calendar, Location, NodeId
from seeknal_semantic.definitions import Dimension, Entity, SemanticLayer, SemanticModel
from seeknal_semantic.resolving import NameRefused, resolver_of

pytestmark = pytest.mark.inside


def model(name, entities, dimensions="", *, primary=None, time=None):
    """A model of words: ``customer:foreign``, ``country``, ``at:time``, ``since:start``."""
    made = {}
    for word in dimensions.split():
        label, _, kind = word.partition(":")
        is_time = kind in ("time", "month", "week", "start", "end")
        made[label] = Dimension(
            name=label,
            type="time" if is_time else "categorical",
            expr=label,
            grain=(kind if kind in ("month", "week") else "day") if is_time else None,
            validity=kind if kind in ("start", "end") else None,
            partition=kind == "partition",
        )
    keys = (word.split(":") for word in entities.split())
    return SemanticModel(
        name=name,
        id=NodeId(f"semantic_model.{name}"),
        rows=NodeId(f"source.{name}"),
        location=Location("x.yml", 1),
        entities={key: Entity(name=key, type=type, expr=key) for key, type in keys},
        dimensions=made,
        primary_entity=primary,
        default_time_dimension=made.get(time),
    )


def resolved(name, *models, fiscal=1):
    """The joins by which the first model reaches a name, and what it finds there."""
    layer = SemanticLayer(
        models={each.name: each for each in models},
        metrics={},
        spines={},
        saved_queries={},
        calendar=Calendar(fiscal_year_start=fiscal),
    )
    found = resolver_of(layer).resolve(name, models[0])
    return str(found.path), found.member.name, found.grain or found.part


def refused(name, *models, **more):
    with pytest.raises(NameRefused) as caught:
        resolved(name, *models, **more)
    return caught.value.code, caught.value.message, caught.value.help or ""


ORDERS = model(
    "orders", "order:primary customer:foreign store:foreign", "region at:time", time="at"
)
CUSTOMERS = model("customers", "customer:primary country:foreign", "name since:time")
COUNTRIES = model("countries", "country:primary", "title")
STORES = model("stores", "store:primary country:foreign", "city")


@pytest.mark.parametrize("name", ["region", "Region", "order__region"])
def test_a_models_own_dimension_needs_no_join(name):
    assert resolved(name, ORDERS, CUSTOMERS) == ("orders", "region", None)


def test_a_model_without_a_key_column_has_a_name_for_its_rows():
    visits = model("visits", "", "page", primary="visit")

    assert resolved("visit__page", visits) == ("visits", "page", None)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("customer__name", "orders -customer-> customers"),
        ("customers__name", "orders -customer-> customers"),
        ("name", "orders -customer-> customers"),
        ("customer__country__title", "orders -customer-> customers -country-> countries"),
    ],
)
def test_a_name_is_reached_by_entities_over_several_joins(name, path):
    assert resolved(name, ORDERS, CUSTOMERS, COUNTRIES)[0] == path


def test_the_first_words_may_be_left_out_where_one_path_ends_so():
    assert resolved("country__title", ORDERS, CUSTOMERS, COUNTRIES)[0].endswith("-> countries")


def test_what_several_paths_lead_to_is_refused_and_each_is_listed():
    code, message, help = refused("country__title", ORDERS, CUSTOMERS, COUNTRIES, STORES)

    assert code == "SK1509"
    assert "orders -store-> stores -country-> countries" in message
    assert help == "name one: customer__country__title or store__country__title"


def test_one_of_several_paths_is_taken_by_its_whole_name():
    found = resolved("store__country__title", ORDERS, CUSTOMERS, COUNTRIES, STORES)

    assert found[0] == "orders -store-> stores -country-> countries"


def test_two_models_of_one_entity_are_told_apart_by_their_names():
    twin = model("customers_eu", "customer:unique", "name")

    code, _, help = refused("customer__name", ORDERS, CUSTOMERS, twin)

    assert code == "SK1509"
    assert "customer__customers_eu__name" in help
    assert resolved("customer__customers_eu__name", ORDERS, CUSTOMERS, twin)[0].endswith("_eu")


def test_an_entity_may_be_named_itself():
    assert resolved("customer", ORDERS, CUSTOMERS) == ("orders", "customer", None)
    assert resolved("customer__country", ORDERS, CUSTOMERS)[1] == "country"


@pytest.mark.parametrize("name", ["customer__region", "region", "orders__region"])
def test_a_join_to_many_rows_is_refused_with_the_path(name):
    code, message, _ = refused(name, CUSTOMERS, ORDERS)

    assert code == "SK1508"
    assert "customers -customer-> orders" in message
    assert "orders has many rows of one customer" in message


def test_many_rows_in_the_middle_of_a_path_are_refused_too():
    code, message, _ = refused("customer__store__city", CUSTOMERS, ORDERS, STORES)

    assert code == "SK1508"
    assert "customers -customer-> orders" in message


def test_a_model_that_shares_no_entity_is_told_as_such():
    code, message, _ = refused("title", ORDERS, model("calendar", "day:primary", "title"))

    assert code == "SK1514"
    assert "calendar" in message


PRODUCTS = model("products", "product:primary", "category")
STOCK = model("stock", "product:foreign", "size")
SALES = model("sales", "sale:primary customer:foreign product:foreign", "at:time", time="at")


def test_a_path_that_is_not_there_is_told_with_the_nearest_that_is():
    name = "customer__product__category"

    code, message, help = refused(name, SALES, CUSTOMERS, PRODUCTS, STOCK)

    assert code == "SK1514"
    assert message == (
        "'customer__product__category' is of products,"
        " and no joins lead there from sales by customer and product"
    )
    assert help == "did you mean product__category?"


def test_a_path_that_is_not_there_is_told_with_the_grain_of_its_time():
    name = "store__customer__since__month"

    code, _, help = refused(name, ORDERS, CUSTOMERS, STORES)

    assert (code, help) == ("SK1514", "did you mean customer__since__month?")


def test_where_the_nearest_path_would_repeat_rows_that_is_told():
    code, message, help = refused("order__store__city", CUSTOMERS, ORDERS, STORES)

    assert code == "SK1514"
    assert "by order and store" in message
    assert help == (
        "the nearest is customers -customer-> orders -store-> stores,"
        " which would count rows more than once"
    )


def test_a_path_over_what_does_not_exist_gets_the_nearest():
    code, _, help = refused("custmer__country__title", ORDERS, CUSTOMERS, COUNTRIES)

    assert code == "SK1503"
    assert help.startswith("did you mean customer__country__title")


def test_a_name_of_nothing_gets_the_nearest():
    code, _, help = refused("customer__nme", ORDERS, CUSTOMERS)

    assert code == "SK1503"
    assert help.startswith("did you mean customer__name")


def test_a_natural_key_is_joined_where_it_says_when_a_row_holds():
    versions = model("versions", "customer:natural", "tier from:start till:end")
    timeless = model("versions", "customer:natural", "tier")

    assert resolved("customer__tier", ORDERS, versions)[0] == "orders -customer-> versions"
    assert refused("customer__tier", ORDERS, timeless)[0] == "SK1508"


def test_partitions_are_joined_where_both_have_them():
    listings = model("listings", "listing:primary", "city day:partition")
    own = model("bookings", "listing:foreign", "day:partition")
    without = model("bookings", "listing:foreign")

    assert resolved("listing__city", own, listings)[0] == "bookings -listing-> listings"
    code, message, help = refused("listing__city", without, listings)
    assert code == "SK1508"
    assert "for each day" in message
    assert "partition: true" in help


def test_a_circle_of_models_is_walked_once():
    left = model("left", "a:primary b:primary", "x")
    right = model("right", "a:primary b:primary", "y")

    assert refused("y", left, right)[0] == "SK1509"
    assert resolved("a__y", left, right)[0] == "left -a-> right"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("at__month", "month"),
        ("metric_time__week", "week"),
        ("metric_time", None),
        ("customer__since__year", "year"),
        ("at__extract_dow", "dow"),
        ("at__fiscal_quarter", "fiscal_quarter"),
    ],
)
def test_times_have_grains_and_parts(name, asked):
    assert resolved(name, ORDERS, CUSTOMERS)[2] == asked


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("at__hour", "by day, which does not tell the hour"),
        ("month_of__day", "by month"),
        ("month_of__extract_day", "by month"),
        ("week_of__month", "by week, which does not tell the month"),
        ("region__month", "no time dimension"),
        ("region__extract_year", "no time dimension"),
    ],
)
def test_a_grain_that_cannot_be_told_is_refused(name, told):
    times = model("orders", "order:primary", "region at:time month_of:month week_of:week")

    code, message, _ = refused(name, times)

    assert code == "SK1506"
    assert told in message


def test_quarters_tell_fiscal_years_only_where_these_begin_with_one():
    from seeknal_semantic.grains import can_tell

    assert can_tell("quarter", "fiscal_year", 4)
    assert not can_tell("quarter", "fiscal_year", 2)
    assert not can_tell("year", "fiscal_year", 4)
    assert can_tell("month", "fiscal_quarter", 2)


def test_what_has_no_time_has_no_metric_time():
    assert refused("metric_time__day", CUSTOMERS)[0] == "SK1512"


def test_a_dimension_that_is_called_as_a_grain_wins():
    calendars = model("calendars", "customer:primary", "month")

    assert resolved("customer__month", ORDERS, calendars) == (
        "orders -customer-> calendars",
        "month",
        None,
    )


def planned_among(count):
    """The path that is found among so many models, and the fewest seconds of three times."""
    from time import process_time

    hubs = [
        model(f"m{n}", f"e{n}:primary e{n + 1}:foreign e{(n * 7) % count}x:foreign", f"d{n}")
        for n in range(count)
    ]
    seconds = []
    for _ in range(3):
        begun = process_time()
        found = resolved("e1__e2__e3__e4__d4", *hubs)
        seconds.append(process_time() - begun)
    return found, min(seconds)


def test_four_times_as_many_models_take_no_more_than_so_many_times_as_long():
    _, few = planned_among(50)

    found, many = planned_among(200)

    assert found[0].endswith("-> m4")
    assert many < 12 * few
