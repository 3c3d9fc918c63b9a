"""What people get wrong in queries, by its name."""

from __future__ import annotations

from tests.unittests.operators.aggregates import aggregate
from tests.unittests.operators.changing import Operator
from tests.unittests.operators.columns import dropped_column
from tests.unittests.operators.constants import constant
from tests.unittests.operators.dates import off_by_one_date
from tests.unittests.operators.distincts import dropped_distinct
from tests.unittests.operators.filters import filter_changed, filter_dropped
from tests.unittests.operators.joins import join_key, join_type
from tests.unittests.operators.nulls import null_handling
from tests.unittests.operators.operands import swapped_operands
from tests.unittests.operators.windows import window_frame

OPERATORS: dict[str, Operator] = {
    "filter changed": filter_changed,
    "filter dropped": filter_dropped,
    "join type": join_type,
    "join key": join_key,
    "aggregate": aggregate,
    "constant": constant,
    "dropped column": dropped_column,
    "off-by-one date": off_by_one_date,
    "swapped operands": swapped_operands,
    "dropped DISTINCT": dropped_distinct,
    "window frame": window_frame,
    "NULL handling": null_handling,
}
