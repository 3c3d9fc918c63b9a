"""What ``sort_by`` says of a column that is not there."""

import pytest

from seeknal.values.errors import DeliveryError
from seeknal_iceberg.sorting import sorted_by


@pytest.mark.parametrize(
    ("text", "names", "help"),
    [
        ("zz desc", ["id", "amount"], "columns: id, amount"),
        ("amonut desc", ["id", "amount"], "did you mean amount?"),
        ("amount down", ["id", "amount"], "sort_by: [amount desc]"),
    ],
)
def test_what_is_meant_is_a_column_of_the_rows(text, names, help):
    with pytest.raises(DeliveryError) as caught:
        sorted_by(text, names)

    assert caught.value.help == help
