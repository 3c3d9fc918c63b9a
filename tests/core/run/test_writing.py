"""Attempts to deliver: one after the other, and what failed is remembered."""

from attrs import evolve
from tests.core.run.values import artifact, delivery, node, owed, target

from seeknal.run.delivery.ranges import Current
from seeknal.run.delivery.writing import (
    deliver,
    without_node,
    without_outcomes,
    without_target,
)
from seeknal.values.deliveries import Account, Delivered, Extent
from seeknal.values.errors import ConnectionFailed, RowsRefused, TargetGone
from seeknal.values.faults import Fault
from seeknal.values.names import NodeId
from seeknal.values.relations import Relation


def relation(_target=None, kept=None):
    content = (kept or artifact()).sha256[:1]
    return Relation(node=NodeId("transform.a"), scan=content, columns=(), rows=1)


def delivered(mode, *backlog, newest=None, fail=None):
    """The account after everything was attempted, and the contents that were written."""
    wrote = []

    def write(target, rows, owed):
        wrote.append(rows.scan)
        if fail and (error := fail.get(rows.scan)):
            raise error
        return Delivered(rows=rows.rows)

    entries = [newest] if newest else [backlog[-1].delivery] if backlog else []
    account = Account(deliveries={entry.key: entry for entry in entries}, backlog=backlog)
    made = node(targets=(target(mode),))
    done = deliver(made, account, relation(), write, relation)
    return done, wrote


def test_a_target_gets_the_newest_rows_and_is_owed_nothing_then():
    done, wrote = delivered("full", newest=delivery(0, "owed"))

    assert wrote == ["1"]
    assert done.account.deliveries["k"].status == "delivered"


def test_a_target_that_holds_them_is_not_written():
    done, wrote = delivered("full", newest=delivery())

    assert (wrote, done.deliveries) == ([], ())


def test_batches_go_in_their_order():
    done, wrote = delivered("append", owed(1, "1"), owed(2, "2"))

    assert wrote == ["1", "2"]
    assert done.account.backlog == ()
    assert done.account.deliveries["k"].number == 2


def test_a_batch_that_cannot_be_sent_holds_back_those_that_follow():
    done, wrote = delivered(
        "append", owed(1, "1"), owed(2, "2"), fail={"1": ConnectionFailed("nobody answers")}
    )

    assert wrote == ["1"]
    errors = [entry.delivery.error.message for entry in done.account.backlog]
    assert errors == ["nobody answers", "nobody answers (earlier rows go first)"]


def test_a_batch_that_is_refused_holds_back_nothing():
    done, wrote = delivered(
        "append", owed(1, "1"), owed(2, "2"), fail={"1": RowsRefused("it has no key")}
    )

    assert wrote == ["1", "2"]
    assert [entry.delivery.refused for entry in done.account.backlog] == [True]


def test_a_refused_batch_is_passed_by_later_ones_where_they_replace():
    done, _ = delivered(
        "upsert_by_key", owed(1, "1"), owed(2, "2"), fail={"1": RowsRefused("it has no key")}
    )

    assert [entry.passed for entry in done.account.backlog] == [True]


def test_a_drivers_own_exception_is_that_deliverys_failure():
    done, _ = delivered("full", newest=delivery(0, "owed"), fail={"1": LookupError("no cursor")})

    known = done.account.deliveries["k"]
    assert (known.status, known.error.text) == ("owed", "LookupError: no cursor")
    assert known.error.code == "SK1101"


def test_the_code_and_the_help_of_an_error_are_told_with_it():
    failure = ConnectionFailed("nobody answers", code="SK1302", help="start the server")

    done, _ = delivered("full", newest=delivery(0, "owed"), fail={"1": failure})

    error = done.account.deliveries["k"].error
    assert (error.message, error.code, error.help) == ("nobody answers", "SK1302", failure.help)


def test_full_rows_replace_what_was_owed_in_another_mode():
    before = owed(2, "2", key="before")
    account = Account(
        deliveries={"k": delivery(0, "owed"), "before": before.delivery}, backlog=(before,)
    )

    done = deliver(
        node(targets=(target(),)), account, relation(), lambda *_: Delivered(rows=1), relation
    )

    assert done.account.backlog == ()
    assert done.account.deliveries["before"].number == 2


def test_what_is_owed_to_a_target_that_is_gone_is_told():
    account = Account(backlog=(owed(1),))

    found = without_target(node(), account)

    assert [entry.error.text for entry in found] == [
        "the node no longer delivers there (put the target back, or give the rows up with"
        " seeknal deliveries drop)"
    ]
    assert without_target(node(targets=(target(),)), account) == ()


def test_what_is_owed_of_a_node_that_is_gone_is_told():
    found = without_node(Account(backlog=(owed(1),)))

    assert "the files no longer have the node" in found[0].error.message


def test_earlier_failures_are_past_while_batches_are_attempted_again():
    from tests.core.run.values import snapshot

    failed = owed(1, error=Fault(message="nobody answers"))
    refused = owed(2, "2", error=Fault(message="it has no key"), refused=True)
    passed = evolve(owed(3, "3", error=Fault(message="it came late")), passed=True)

    found = without_outcomes(snapshot(backlog=(failed, refused, passed)))

    errors = [owed.delivery.error and owed.delivery.error.message for owed in found.backlog]
    assert errors == [None, "it has no key", "it came late"]


SPANS = ((0, 10),)


def brought_on(stale, plugin):
    """A target is owed a range of two; gives the account then, what was written and recorded."""
    wrote, recorded = [], []
    ranged = evolve(target("incremental_by_time"), time_column="at")
    extent = Extent(column="at", type="TIMESTAMP", spans=SPANS)
    known = evolve(delivery(0, "owed"), extents=(extent,), stale=stale, delivery_id="r0/n/k")

    def write(_target, rows, owed):
        wrote.append((owed.delivery_id, owed.stale))
        return plugin(owed)

    account = Account(deliveries={"k": known})
    made = node(targets=(ranged,))
    current = Current(
        extent=extent, rows_of=lambda owed: relation(), record=recorded.append, run_id="r1"
    )
    done = deliver(made, account, None, write, relation, current=current)
    return done, wrote, [account.deliveries["k"] for account in recorded]


def test_a_part_that_made_its_target_anew_is_followed_by_all():
    done, wrote, recorded = brought_on(
        ((0, 5),), lambda owed: Delivered(rows=1, created=owed.stale != SPANS)
    )

    assert [stale for _, stale in wrote] == [((0, 5),), SPANS]
    assert wrote[0][0] != wrote[1][0]
    assert [(entry.status, entry.stale) for entry in recorded] == [("owed", SPANS)]
    assert done.account.deliveries["k"].status == "delivered"
    assert len(done.deliveries) == 1


def test_a_target_that_is_made_with_all_rows_is_written_once():
    done, wrote, recorded = brought_on(SPANS, lambda owed: Delivered(rows=1, created=True))

    assert (len(wrote), recorded) == (1, [])
    assert done.account.deliveries["k"].status == "delivered"


def test_a_target_that_goes_on_being_gone_is_owed_all():
    def gone(owed):
        raise TargetGone("there is no table")

    done, wrote, _ = brought_on(((0, 5),), gone)

    assert len(wrote) == 2
    assert (done.account.deliveries["k"].status, done.account.deliveries["k"].stale) == (
        "owed",
        SPANS,
    )
