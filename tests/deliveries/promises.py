"""What deliveries to a target that accumulates promise, as tests to subclass."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.deliveries.model import SPECS

A, B, C = (1, 1, 10), (2, 2, 20), (3, 3, 30)
LOSSES = ("rm", "clean", "truncate", "garbage without journal")
MODES = ("appended", "merged", "timed")


class DeliveryPromises:
    """Override ``shop``, which makes a project with the targets that are named."""

    modes = MODES

    @pytest.fixture
    def shop(self):
        raise NotImplementedError

    def each(self, rows):
        """Tables of all modes that accumulate, with the same rows."""
        return dict.fromkeys(self.modes, rows)

    # 1. Batches are delivered in order; one that could not be is owed.

    def test_a_batch_that_failed_goes_out_before_the_next(self, shop):
        made = shop(*self.modes)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.up()

        made.run(C)

        assert made.tables() == self.each([A, B, C])

    def test_every_batch_of_an_outage_goes_out_in_order(self, shop):
        made = shop(*self.modes)
        made.down()
        made.run((1, 1, 10), (2, 2, 20), code=1)
        made.run((1, 1, 11), (3, 3, 30), code=1)
        made.up()

        made.run((3, 3, 31), (4, 4, 40))

        every = [
            *((1, 1, 10), (1, 1, 11), (2, 2, 20), (3, 3, 30), (3, 3, 31), (4, 4, 40)),
        ]
        newest = [(1, 1, 11), (2, 2, 20), (3, 3, 31), (4, 4, 40)]
        # Days 1 to 3 were replaced by the second batch, which has nothing of day 2.
        ranges = [(1, 1, 11), (3, 3, 31), (4, 4, 40)]
        expected = {**self.each(newest), "appended": every, "timed": ranges}
        assert made.tables() == expected

    def test_a_batch_goes_out_when_nothing_is_new(self, shop):
        made = shop(*self.modes)
        made.down()
        made.run(A, code=1)
        made.up()

        made.run()

        assert made.tables() == self.each([A])

    def test_rows_that_are_owed_are_kept_where_they_cannot_be_rebuilt(self, shop):
        made = shop("appended")
        made.down()

        made.run(A, code=1)

        kept = made.root / ".seeknal/deliveries"
        assert any(path.is_file() and path.stat().st_size for path in kept.rglob("*"))

    def test_both_targets_of_a_node_get_every_batch(self, shop):
        made = shop("both_appended", "both_merged")
        made.run((1, 1, 10))
        made.down()
        made.run((1, 1, 11), code=1)
        made.up()

        made.run((2, 2, 20))

        assert made.held("both_appended") == [(1, 1, 10), (1, 1, 11), (2, 2, 20)]
        assert made.held("both_merged") == [(1, 1, 11), (2, 2, 20)]

    # 2. Full targets get only the newest output.

    def test_a_full_target_holds_the_newest_output_after_an_outage(self, shop):
        made = shop("newest")
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.up()

        made.run(C)

        assert made.held("newest") == [C]

    # 3. What has not changed is not delivered again.

    @pytest.mark.parametrize("flags", [(), ("--full",), ("--refresh",), ("--no-materialize",)])
    def test_rows_that_have_not_changed_are_not_appended_again(self, shop, flags):
        made = shop("appended")
        made.run(A, B)

        outcome = made("run", *flags).assert_ok()

        assert made.held("appended") == [A, B]
        assert "(append, 2)" not in outcome.stdout
        made.run()
        assert made.held("appended") == [A, B]

    @pytest.mark.parametrize("how", LOSSES)
    def test_nothing_is_appended_again_after_the_state_is_lost(self, shop, how):
        made = shop("appended")
        made.run(A, B)
        made.lose(how)

        made.run()

        assert made.held("appended") == [A, B]

    @pytest.mark.parametrize("how", ["rm", "garbage"])
    def test_what_is_new_after_the_state_is_lost_is_appended_once(self, shop, how):
        made = shop("appended")
        made.run(A)
        made.lose(how)

        made.run(B)
        made.run()

        assert made.held("appended") == [A, B]

    @pytest.mark.parametrize("flags", [(), ("--full",)])
    def test_rows_in_another_order_are_no_new_batch(self, shop, flags):
        made = shop("appended", "grouped")
        made.run(A, B, C)
        made.given(C, A, B)

        made("run", *flags).assert_ok()
        made.lose("rm")
        made.run()

        assert made.held("appended") == [A, B, C]
        assert len(made.place.rows(made.root, SPECS["grouped"])) == 3

    def test_earlier_rows_that_come_again_are_a_batch_of_their_own(self, shop):
        made = shop("appended")
        made.run(A)
        made.run(B)

        made.run(A)

        assert made.held("appended") == [A, A, B]

    def test_a_row_that_stands_twice_is_not_the_same_as_one(self, shop):
        made = shop("appended")
        made.run(A)

        made.run(A, A)

        assert made.held("appended") == [A, A, A]

    def test_earlier_rows_that_come_again_while_the_target_is_away_are_a_batch(self, shop):
        made = shop("appended")
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.run(A, code=1)
        made.up()

        made.run()

        assert made.held("appended") == [A, A, B]

    # 4. --no-materialize hands nothing over and loses nothing.

    def test_what_was_computed_without_delivering_goes_out_with_the_next_run(self, shop):
        made = shop(*self.modes)
        made.run(A)
        made.given(B)

        made("run", "--no-materialize")

        assert made.tables() == self.each([A])
        made.run(C)
        assert made.tables() == self.each([A, B, C])

    def test_no_materialize_loses_nothing_that_is_owed(self, shop):
        made = shop(*self.modes)
        made.down()
        made.run(A, code=1)
        made.given(B)
        made("run", "--no-materialize")
        made.up()

        made.run(C)

        assert made.tables() == self.each([A, B, C])

    def test_what_was_computed_without_delivering_survives_the_loss_of_target(self, shop):
        made = shop(*self.modes)
        made.given(A)
        made("run", "--no-materialize")
        made.lose("rm")

        made.run(B)

        assert made.tables() == self.each([A, B])

    def test_computed_without_delivering_twice_is_one_batch(self, shop):
        made = shop("appended", "newest")
        made.given(A)
        made("run", "--no-materialize")
        made("run", "--full", "--no-materialize")

        made.run()

        assert made.held("appended") == [A]
        assert made.held("newest") == [A]

    # 5. What is owed and what was delivered survives the loss of target/.

    @pytest.mark.parametrize("how", ["rm", "clean", "garbage without journal"])
    def test_nothing_owed_is_lost_with_target(self, shop, how):
        made = shop(*self.modes)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.lose(how)
        made.up()

        made.run(C)

        assert made.tables() == self.each([A, B, C])

    @pytest.mark.parametrize("how", ["rm", "clean", "garbage without journal"])
    def test_what_is_owed_and_built_again_goes_out_once(self, shop, how):
        made = shop(*self.modes)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.lose(how)
        made.run(code=1)
        made.up()

        made.run()

        assert made.tables() == self.each([A, B])

    def test_where_the_project_knows_nothing_the_target_says_what_it_took_last(self, shop):
        made = shop("appended")
        made.run(A)
        made.run(B)
        shutil.rmtree(made.root / "target")
        shutil.rmtree(made.root / ".seeknal/deliveries")

        made.run(B)
        made.run(C)

        assert made.held("appended") == [A, B, C]

    # 6. A kill loses nothing and doubles nothing.

    @pytest.mark.parametrize("when", [0.4, 0.6, 0.75, 0.9])
    def test_a_batch_whose_run_was_killed_goes_out_once(self, shop, when):
        made = shop("appended")
        made.run(A)
        made.given(B)
        made.kill(when)

        made.run()

        assert made.held("appended") == [A, B]

    @pytest.mark.parametrize("when", [0.4, 0.8])
    def test_a_run_that_was_killed_over_what_is_owed_loses_nothing_of_it(self, shop, when):
        made = shop("appended")
        made.down()
        made.run(A, code=1)
        made.run(B, code=1)
        made.up()
        made.kill(when)
        made.lose("rm")

        made.run(C)

        assert made.held("appended") == [A, B, C]

    @pytest.mark.parametrize("target", MODES)
    def test_what_a_killed_run_delivered_is_listed_until_the_next_run(self, shop, target):
        made = shop(target)
        made.down()
        made.run(A, code=1)
        made.run(B, code=1)
        made.up()

        made.kill_after_delivering()

        assert (made.held(target), made.states()) == ([A, B], ["owed", "owed"])
        made.run()
        assert (made.held(target), made.listed()) == ([A, B], [])

    @pytest.mark.parametrize("how", ["", "rm", "truncate"])
    def test_what_a_killed_run_delivered_and_a_rollback_took_back_stands_once(self, shop, how):
        made = shop("appended")
        made.run(A)
        made.given(B)
        made.kill_after_delivering()
        made("rollback", "prod", "--yes", "--to", "1", "--leave-targets")
        if how:
            made.lose(how)

        made.run(B)
        made.run(C)

        assert made.held("appended") == [A, B, C]

    @pytest.mark.parametrize("target", MODES)
    @pytest.mark.parametrize("failed", [False, True])
    def test_a_rollback_says_that_a_killed_run_may_have_written(self, shop, target, failed):
        made = shop(target)
        made.run(A)
        if failed:
            made.down()
            made.run(B, code=1)
            made.up()
        made.given(B)
        made.kill_after_delivering()

        outcome = made("rollback", "prod", "--yes", "--to", "1")

        assert outcome.exit_code == 1
        assert "a run that was killed may have written to it" in outcome.stdout + outcome.stderr

    @pytest.mark.parametrize("target", MODES)
    def test_a_rollback_of_what_was_never_sent_or_did_not_arrive_has_nothing_to_say(
        self, shop, target
    ):
        made = shop(target)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.given(C)
        made("run", "--unpin", "--no-materialize").assert_ok()
        made.up()

        made("rollback", "prod", "--yes", "--to", "1").assert_ok()

        assert made.held(target) == [A]

    @pytest.mark.parametrize("between", [(), (C,)])
    @pytest.mark.parametrize("target", MODES)
    def test_earlier_rows_that_are_owed_again_are_taken_back_as_well(self, shop, target, between):
        made = shop(target)
        made.run(A)
        made.given(*between)
        made.run()
        made.given(A)
        made("run", "--unpin", "--no-materialize").assert_ok()
        made("rollback", "prod", "--yes", "--to", "1", "--leave-targets")

        made.run()

        assert (made.held(target).count(A), made.listed()) == (1, [])

    def test_what_a_rollback_took_back_twice_and_comes_again_is_not_lost(self, shop):
        made = shop("appended")
        made.run(A)
        made.down()
        for _again in (1, 2):
            made.run(B, code=1)
            made.run(C, code=1)
            made("rollback", "prod", "--yes", "--to", "1", "--leave-targets")
        made.up()

        made.run(C)
        made.run(B)
        made.run(C)

        assert made.held("appended") == [A, B, C, C]

    # 7. What is refused for good stays on record and blocks nothing.

    def test_a_refused_batch_does_not_block_later_ones(self, shop):
        made = shop("merged")
        made.run(A)
        made.run(B, (2, 3, 21), code=1)

        made.run(C, code=1)

        assert made.held("merged") == [A, C]

    def test_a_refused_batch_is_listed_until_it_is_dropped(self, shop):
        made = shop("merged")
        made.run(B, (2, 3, 21), code=1)

        (entry,) = made.listed()

        found = {key: entry[key] for key in ("node", "mode", "rows", "status")}
        assert found == {
            "node": "transform.merged",
            "mode": "upsert_by_key",
            "rows": 2,
            "status": "refused",
        }
        assert "out.merged" in entry["label"]
        assert "id = 2" in entry["error"]["message"]
        made("deliveries", "drop", entry["id"], "--yes").assert_ok()
        assert made.listed() == []
        made.run()

    def test_a_dropped_batch_stays_dropped_though_the_connection_leads_elsewhere_for_a_while(
        self, shop
    ):
        made = shop("merged")
        made.run(B, (2, 3, 21), code=1)
        (entry,) = made.listed()
        made("deliveries", "drop", entry["id"], "--yes").assert_ok()
        made.down()
        made("run", "--unpin")
        made.up()

        made.run()

        assert made.listed() == []

    def test_a_refused_batch_is_not_sent_again_by_itself(self, shop):
        made = shop("merged")
        made.run(B, (2, 3, 21), code=1)

        made.run(code=1)
        made("run", "--full")

        assert made.states() == ["refused"]

    def test_what_is_owed_is_listed_too(self, shop):
        made = shop("appended")
        made.down()
        made.run(A, code=1)
        made.run(B, C, code=1)

        entries = made.listed()

        assert [entry["status"] for entry in entries] == ["owed", "owed"]
        assert sorted(entry["rows"] for entry in entries) == [1, 2]
        assert len({entry["id"] for entry in entries}) == 2
        made.up()
        made.run()
        assert made.listed() == []

    def test_a_delivery_that_is_retried_is_refused_again_and_stays(self, shop):
        made = shop("merged")
        made.run(B, (2, 3, 21), code=1)
        made.run(A, code=1)
        (entry,) = made.listed()

        asked = made("deliveries", "retry", entry["id"])
        forced = made("deliveries", "retry", entry["id"], "--force")

        assert asked.exit_code == 2
        assert "--force" in asked.stderr
        assert forced.exit_code == 1
        assert made.states() == ["refused"]
        made.run(code=1)
        assert made.held("merged") == [A]

    def test_a_refused_batch_goes_when_its_node_was_mended(self, shop):
        made = shop("merged")
        made.given(B, (2, 3, 21), word="bad")
        made.run(code=1)
        made.define(mended=True)

        made.run()

        assert made.listed() == []

    def test_a_refused_batch_of_other_inputs_stays_when_its_node_was_mended(self, shop):
        made = shop("merged")
        made.given(B, (2, 3, 21), word="bad")
        made.run(code=1)
        made.define(mended=True)

        made.run(C, code=1)

        assert made.states() == ["refused"]
        assert made.held("merged") == [C]

    def test_a_refused_batch_survives_the_loss_of_target(self, shop):
        made = shop("merged")
        made.run(B, (2, 3, 21), code=1)
        made.lose("rm")

        made.run(A, code=1)

        assert made.states() == ["refused"]
        assert made.held("merged") == [A]

    def test_one_target_refuses_and_the_other_takes(self, shop):
        made = shop("both_appended", "both_merged")
        made.run(A, (1, 1, 11), code=1)

        made.run(B, code=1)

        assert made.held("both_appended") == [A, (1, 1, 11), B]
        assert made.held("both_merged") == [B]

    # 8. A rollback takes back what has not gone out, and says what it could not take back.

    def test_a_rollback_drops_what_is_owed_and_newer(self, shop):
        made = shop(*self.modes)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made("rollback", "prod", "--yes", "--to", "1", "--leave-targets")
        made.up()

        made.run(A)

        assert made.tables() == self.each([A])
        assert made.listed() == []

    def test_a_rollback_keeps_what_is_owed_and_older(self, shop):
        made = shop(*self.modes)
        made.run(A)
        made.down()
        made.run(B, code=1)
        made.run(C, code=1)
        made("rollback", "prod", "--yes", "--to", "2", "--leave-targets")
        made.up()

        made.run(B)

        assert made.tables() == self.each([A, B])

    def test_a_batch_that_was_taken_back_before_it_went_out_may_come_again(self, shop):
        made = shop("appended")
        made.run(A)
        made.down()
        made.run(B, code=1)
        made("rollback", "prod", "--yes", "--to", "1", "--leave-targets")
        made.up()

        made.run(B)

        assert made.held("appended") == [A, B]

    @pytest.mark.parametrize("how", ["", "rm", "clean"])
    def test_what_was_rolled_back_and_comes_again_stands_once(self, shop, how):
        made = shop("appended")
        made.run(A)
        made.run(B)
        made("rollback", "prod", "--yes", "--leave-targets").assert_ok()
        if how:
            made.lose(how)

        made.run(B)
        made.run()

        assert made.held("appended") == [A, B]

    def test_a_rollback_puts_the_ranges_of_newer_batches_back(self, shop):
        made = shop("timed", "newest")
        made.run((1, 1, 10), (2, 2, 20), (3, 3, 30))
        made.run((2, 2, 21), (4, 4, 40))

        made("rollback", "prod", "--yes").assert_ok()

        assert made.held("timed") == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]
        assert made.held("newest") == [(1, 1, 10), (2, 2, 20), (3, 3, 30)]

    @pytest.mark.parametrize("away", [False, True])
    def test_a_run_after_a_rollback_builds_what_the_files_say(self, shop, away):
        made = shop("merged", "newest")
        made.run(A)
        made.define(factor=2)
        made.run()
        if away:
            made.down()
        made("rollback", "prod", "--yes", "--leave-targets")
        if away:
            made.up()

        made.run()

        assert made.tables() == {"merged": [(1, 1, 20)], "newest": [(1, 1, 20)]}

    @pytest.mark.parametrize("later", [A, C])
    def test_a_rollback_to_rows_that_a_full_target_never_got_delivers_them(self, shop, later):
        made = shop("newest")
        made.run(A)
        made.given(B)
        made("run", "--no-materialize").assert_ok()
        made.run(later)
        made.define(mended=True)
        made.run()

        made("rollback", "prod", "--yes", "--to", "2").assert_ok()

        assert made.held("newest") == [B]

    def test_a_rollback_to_rows_that_came_again_and_are_owed_delivers_them(self, shop):
        made = shop("newest")
        made.run(A)
        made.run(B)
        made.down()
        made.run(A, code=1)
        made.up()

        made("rollback", "prod", "--yes", "--to", "1").assert_ok()

        assert made.held("newest") == [A]
        assert made.listed() == []

    def test_a_rollback_leaves_the_rows_between_two_ranges_alone(self, shop):
        made = shop("timed")
        made.run((1, 5, 10))
        made.run((2, 1, 20))
        made.run((3, 9, 30))

        made("rollback", "prod", "--yes").assert_ok()

        assert made.held("timed") == [(1, 5, 10), (2, 1, 20)]

    def test_a_rollback_over_several_generations_puts_every_range_back(self, shop):
        made = shop("timed")
        made.run((1, 1, 10))
        made.run((2, 9, 20))
        made.run((3, 4, 30))

        made("rollback", "prod", "--yes", "--to", "1").assert_ok()

        assert made.held("timed") == [(1, 1, 10)]

    def test_a_range_gets_back_the_rows_of_the_batch_that_it_was_written_by(self, shop):
        made = shop("timed")
        made.run((1, 1, 10), (2, 2, 20), (3, 3, 30))
        made.run((4, 8, 40))
        made.run((2, 2, 21))

        made("rollback", "prod", "--yes").assert_ok()

        assert made.held("timed") == [(1, 1, 10), (2, 2, 20), (3, 3, 30), (4, 8, 40)]

    def test_a_rollback_of_a_rollback_puts_the_table_forward_again(self, shop):
        made = shop("timed")
        made.run((1, 1, 10))
        made.run((2, 5, 20))
        made("rollback", "prod", "--yes", "--to", "1").assert_ok()
        assert made.held("timed") == [(1, 1, 10)]

        made("rollback", "prod", "--yes", "--to", "2").assert_ok()

        assert made.held("timed") == [(1, 1, 10), (2, 5, 20)]

    def test_a_rollback_to_an_output_that_came_again_takes_back_what_came_between(self, shop):
        made = shop("timed")
        made.run((1, 1, 10))
        made.run((2, 5, 20))
        made.run((1, 1, 10))

        made("rollback", "prod", "--yes", "--to", "1").assert_ok()

        assert made.held("timed") == [(1, 1, 10)]

    def test_a_batch_that_was_owed_then_and_came_later_stays(self, shop):
        made = shop("timed")
        made.run((1, 1, 10))
        made.down()
        made.run((2, 5, 20), code=1)
        made.up()
        made.run((3, 7, 30))

        made("rollback", "prod", "--yes", "--to", "2").assert_ok()

        assert made.held("timed") == [(1, 1, 10), (2, 5, 20)]

    def test_a_batch_after_a_rollback_stands_on_what_was_put_back(self, shop):
        made = shop("timed")
        made.run((1, 1, 10))
        made.run((2, 5, 20))
        made("rollback", "prod", "--yes", "--to", "1").assert_ok()
        made.run((3, 7, 30))
        made.run((4, 1, 11))

        made("rollback", "prod", "--yes").assert_ok()

        assert made.held("timed") == [(1, 1, 10), (3, 7, 30)]

    def test_a_rollback_while_the_target_is_away_says_so_and_is_made_good(self, shop):
        made = shop("timed", "newest")
        made.run((1, 1, 10), (2, 2, 20))
        made.run((2, 2, 21), (3, 3, 30))
        made.down()

        outcome = made("rollback", "prod", "--yes", "--leave-targets")

        assert outcome.exit_code == 1
        made.up()
        made.run((1, 1, 10), (2, 2, 20))
        assert made.held("timed") == [(1, 1, 10), (2, 2, 20)]
        assert made.held("newest") == [(1, 1, 10), (2, 2, 20)]

    # 9. A promotion delivers once; environments write nothing of production.

    def test_a_promoted_output_is_delivered_once(self, shop):
        made = shop("appended", "merged")
        made.run((1, 1, 10))
        made.define(factor=2)

        made("run", "--env", "dev").assert_ok()

        assert made.held("appended") == [(1, 1, 10)]
        assert made.held("appended", "dev") == [(1, 1, 20)]
        made("promote", "dev", "--yes").assert_ok()
        assert made.held("appended") == [(1, 1, 10), (1, 1, 20)]
        assert made.held("merged") == [(1, 1, 20)]
        made.run()
        assert made.held("appended") == [(1, 1, 10), (1, 1, 20)]
        assert made.held("appended", "dev") == [(1, 1, 20)]

    def test_a_promotion_while_the_target_is_away_is_owed(self, shop):
        made = shop(*self.modes)
        made.run((1, 1, 10))
        made.define(factor=2)
        made("run", "--env", "dev", "--no-materialize")
        made.down()
        assert made("promote", "dev", "--yes").exit_code == 1
        made.up()

        made.run((2, 2, 20))

        expected = self.each([(1, 1, 20), (2, 2, 40)])
        assert made.tables() == {**expected, "appended": [(1, 1, 10), (1, 1, 20), (2, 2, 40)]}

    @pytest.mark.parametrize("how", ["rm", "clean"])
    def test_what_was_promoted_is_not_delivered_again_after_the_loss_of_target(self, shop, how):
        made = shop("appended")
        made.run((1, 1, 10))
        made.define(factor=2)
        made("run", "--env", "dev").assert_ok()
        made("promote", "dev", "--yes").assert_ok()
        made.lose(how)

        made.run()

        assert made.held("appended") == [(1, 1, 10), (1, 1, 20)]

    @pytest.mark.parametrize("how", ["rm", "clean"])
    def test_a_promotion_after_the_loss_of_target_brings_what_was_owed_before(self, shop, how):
        made = shop(*self.modes)
        made.given((1, 1, 10), (2, 2, 20))
        made("run", "--no-materialize").assert_ok()
        made.lose(how)
        made.define(factor=2)
        made.given((1, 1, 10), (3, 3, 30))
        made("run", "--env", "dev").assert_ok()

        made("promote", "dev", "--yes").assert_ok()

        merged, ranges = [(1, 1, 20), (2, 2, 20), (3, 3, 60)], [(1, 1, 20), (3, 3, 60)]
        every = [(1, 1, 10), (1, 1, 20), (2, 2, 20), (3, 3, 60)]
        assert made.tables() == {**self.each(merged), "appended": every, "timed": ranges}

    def test_a_promotion_of_what_was_appended_before_the_loss_of_target_adds_nothing(self, shop):
        made = shop("appended")
        made.run((1, 1, 10))
        made.lose("rm")
        made("run", "--env", "dev").assert_ok()

        made("promote", "dev", "--yes").assert_ok()

        assert made.held("appended") == [(1, 1, 10)]

    def test_a_node_that_was_removed_and_comes_back_is_not_delivered_again(self, shop):
        made = shop("appended", "merged")
        made.run((1, 1, 10))
        made.run((2, 2, 20))
        made.without("appended")
        made.run()
        made("rollback", "prod", "--yes", "--to", "2").assert_ok()
        assert made.held("appended") == [(1, 1, 10), (2, 2, 20)]
        made.define()

        made.run()

        assert made.held("appended") == [(1, 1, 10), (2, 2, 20)]

    def test_what_an_environment_owes_is_not_productions(self, shop):
        made = shop("appended")
        made.run((1, 1, 10))
        made.define(factor=2)
        made.down()
        assert made("run", "--env", "dev").exit_code == 1
        made.up()
        made.define(factor=1)

        made.run()

        assert made.held("appended") == [(1, 1, 10)]
        assert made.held("appended", "dev") == []

    # 10. The exit code is 1 while anything is owed or refused.

    def test_a_run_that_leaves_something_owed_fails_and_says_so(self, shop):
        made = shop("appended", "newest")
        made.run(A)
        made.down()
        made.run(B, code=1)

        outcome = made.run(code=1)

        summary = [line for line in outcome.stdout.splitlines() if " failed" in line][-1]
        assert "owed" in summary

    def test_a_run_that_leaves_something_owed_says_so_in_json(self, shop):
        made = shop("appended")
        made.down()
        made.given(A)

        outcome = made("run", "--format", "json")

        assert outcome.exit_code == 1
        assert "owed" in json.dumps(outcome.json())
