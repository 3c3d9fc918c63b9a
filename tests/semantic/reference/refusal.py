"""Why a query has no answer."""

from enum import StrEnum
from typing import NoReturn


class Reason(StrEnum):
    """What a refusal is about; a case names one, and the counts of a long run go by it."""

    UNKNOWN_NAME = "unknown_name"
    AMBIGUOUS_PATH = "ambiguous_path"
    FAN_OUT = "fan_out"
    NO_PATH = "no_path"
    NEEDS_TIME = "needs_time"
    GRAIN = "grain"
    BAD_FILTER = "bad_filter"
    BAD_EXPRESSION = "bad_expression"
    BAD_DEFINITION = "bad_definition"
    BAD_QUERY = "bad_query"
    DUPLICATE_NAME = "duplicate_name"
    OFFSET = "offset_does_not_fit"
    WINDOW = "window_does_not_fit"
    CUT = "filter_cuts_period"


class Refused(Exception):
    """The query is not answered; ``reason`` says why in one word, the message in a sentence."""

    def __init__(self, reason: Reason, message: str):
        super().__init__(message)
        self.reason = reason


class Unjudged(Exception):
    """The data are not what the models declare, or the metric is approximate: no right answer."""


def refuse(reason: Reason, message: str) -> NoReturn:
    raise Refused(reason, message)
