"""What is told of a load, in StarRocks' words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from seeknal_starrocks.testing.engine.loads import LabelUsed, Load
    from seeknal_starrocks.testing.http.options import BadLoad
    from seeknal_starrocks.testing.http.rows import Counted


@frozen(kw_only=True)
class Answer:
    """Nearly all have the status 200 of HTTP, whatever became of the load."""

    body: dict[str, Any]
    status: int = 200


def loaded(load: Load, counted: Counted, *, seen: bool) -> Answer:
    """Of a Stream Load that is made. Not ``seen``, it is committed all the same."""
    status = "Success" if seen else "Publish Timeout"
    return Answer(body=_numbers(load, counted) | {"Status": status, "Message": "OK"})


def _numbers(load: Load, counted: Counted) -> dict[str, Any]:
    return {
        "TxnId": load.id,
        "Label": load.label,
        "NumberTotalRows": counted.rows,
        "NumberLoadedRows": counted.rows - counted.filtered,
        "NumberFilteredRows": counted.filtered,
        "NumberUnselectedRows": 0,
        "LoadBytes": counted.bytes,
        "LoadTimeMs": 1,
    }


def label_used(label: str, used: LabelUsed, *, transaction: bool) -> Answer:
    status = "LABEL_ALREADY_EXISTS" if transaction else "Label Already Exists"
    return Answer(
        body={
            "TxnId": -1,
            "Label": label,
            "Status": status,
            "ExistingJobStatus": used.job,
            "Message": str(used),
        }
    )


def failed(label: str, error: BadLoad, *, load: Load | None = None) -> Answer:
    """Of a Stream Load that is not made."""
    body = {
        "TxnId": load.id if load is not None else -1,
        "Label": label,
        "Status": "Fail",
        "Message": str(error),
        "NumberTotalRows": error.rows,
        "NumberLoadedRows": 0,
        "NumberFilteredRows": error.filtered,
    }
    return Answer(body=body)


def transaction(
    load: Load,
    label: str,
    counted: Counted | None = None,
    *,
    status: str = "OK",
    message: str = "",
) -> Answer:
    """Of an operation of a transaction that went well."""
    numbers = _numbers(load, counted) if counted is not None else {"TxnId": load.id}
    return Answer(body={**numbers, "Label": label, "Status": status, "Message": message})


def transaction_failed(label: str, message: str) -> Answer:
    return Answer(body={"Label": label, "Status": "FAILED", "Message": message})


def refused(message: str) -> Answer:
    """By the frontend."""
    return Answer(body={"Status": "FAILED", "Message": f"class com.starrocks.common.{message}"})
