"""What is on record of a destination when its target has other options, or another mode, now."""

from attrs import evolve
from tests.core.run.values import artifact, delivery, node, owed, target

from seeknal.run.delivery.addressing import Rows, addressed, highest, waiting_of
from seeknal.values.deliveries import Account

STORED = {"1" * 16: artifact("1"), "2" * 16: artifact("2")}
ROWS = Rows(
    before=STORED.get, keep=lambda kept: kept, same=lambda one, other: one.sha256 == other.sha256
)


def account(*deliveries, backlog=()):
    return Account(deliveries={entry.key: entry for entry in deliveries}, backlog=backlog)


def test_a_target_that_is_as_it_was_keeps_its_account():
    known = account(delivery())

    found = addressed(node(targets=(target(),)), known, "prod", ROWS)

    assert found == known


def test_other_options_lead_to_the_same_place_and_appends_go_on_counting():
    known = account(delivery(3, key="before"))

    found = addressed(node(targets=(target("append"),)), known, "prod", ROWS)

    assert [*found.deliveries] == ["k"]
    assert found.deliveries["k"].number == 3
    assert found.deliveries["k"].output_id == "1" * 16


def test_other_options_let_a_target_that_replaces_by_key_be_written_again():
    known = account(delivery(3, key="before", mode="upsert_by_key"))

    found = addressed(node(targets=(target("upsert_by_key"),)), known, "prod", ROWS)

    assert found.deliveries["k"].output_id == ""


def test_an_append_after_full_knows_the_rows_that_full_has_brought():
    known = account(delivery(key="before"))

    found = addressed(node(targets=(target("append"),)), known, "prod", ROWS)

    assert found.deliveries["k"].held == (artifact("1"),)
    assert found.backlog == ()


def test_rows_that_full_never_brought_are_a_batch_of_the_append_that_follows():
    known = account(delivery(0, "owed", "2", key="before"))

    found = addressed(node(targets=(target("append"),)), known, "prod", ROWS)

    assert [entry.delivery.output_id for entry in found.backlog] == ["2" * 16]
    assert found.deliveries["k"].number == found.backlog[0].delivery.number == 1


def test_what_another_environment_is_owed_is_not_taken_over():
    waiting = owed(1)
    elsewhere = evolve(waiting, delivery=evolve(waiting.delivery, environment="dev"))

    found = addressed(
        node(targets=(target("append"),)), account(backlog=(elsewhere,)), "prod", ROWS
    )

    assert found.backlog == ()


def test_what_a_target_holds_that_is_gone_counts_when_it_comes_back():
    known = account(delivery())

    found = addressed(node(), known, "prod", ROWS)

    assert [*found.deliveries] == ["k"]


def test_the_highest_number_is_that_of_the_newest_batch_wherever_it_stands():
    known = account(delivery(2), backlog=(owed(4),))

    assert highest(known, "k") == 4
    assert highest(known, "other") == 0


def test_the_batch_that_waits_is_the_one_with_the_number_of_the_newest_delivery():
    first, second = owed(1), owed(2, "2")
    known = account(second.delivery, backlog=(first, second))

    assert waiting_of(known, second.delivery) is second
    assert waiting_of(known, delivery(3)) is None
