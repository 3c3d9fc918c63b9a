"""What other engines run for DuckDB's arithmetic: division, deviations, and what is not sure."""

from __future__ import annotations

from seeknal.sql.translating.rules import Rule


def quotients(
    double: str, *, is_positive_zero: str, differs: str, of_nonzero: str
) -> tuple[Rule, ...]:
    """``/`` of DuckDB, which gives a DOUBLE whatever it divides, and infinity by 0.

    ``double`` is what the engine calls a DOUBLE; ``is_positive_zero`` asks whether ``{1}``, which
    is 0, has no sign. ``differs`` says what is different, ``of_nonzero`` the same where the
    divisor is a number other than 0.
    """
    number = f"CAST(%s AS {double})"
    quotient = f"{number % '{0}'} / {number % '{1}'}"
    more, less = (number % text for text in ("'Infinity'", "'-Infinity'"))
    # 0 and NaN times infinity are NaN, as they are by 0.
    by_exact = f"CASE WHEN {{1}} = 0 THEN {number % '{0}'} * {more} ELSE {quotient} END"
    by_double = (
        f"CASE WHEN {{1}} = 0 THEN {number % '{0}'} * CASE WHEN {is_positive_zero} THEN {more}"
        f" ELSE {less} END ELSE {quotient} END"
    )
    return (
        Rule("Div", "number nonzero", "double", write=quotient, differs=of_nonzero),
        Rule("Div", "number exact", "double", write=by_exact, differs=differs),
        Rule("Div", "number double", "double", write=by_double, differs=differs),
    )


def deviations(double: str, differs: str = "", write: str = "%s") -> tuple[Rule, ...]:
    """Deviations and variances, which are DOUBLEs in DuckDB; ``write`` is put around each."""
    return tuple(
        Rule(
            name,
            "number",
            "double",
            write=write % f"{function}(CAST({{0}} AS {double}))",
            differs=differs,
        )
        for name, function in (
            ("Stddev", "STDDEV_SAMP"),
            ("StddevSamp", "STDDEV_SAMP"),
            ("StddevPop", "STDDEV_POP"),
            ("Variance", "VAR_SAMP"),
            ("VariancePop", "VAR_POP"),
        )
    )


_BLANKS = "".join(map(chr, (32, 160, 5760, *range(8192, 8203), 8239, 8287, 12288)))
TRIMS = tuple(
    Rule(
        name,
        "string",
        "text",
        write=f"TRIM({side} '{_BLANKS}' FROM {{0}})",
        differs="every kind of space is cut off in DuckDB, and only blanks there",
    )
    for name, side in (("Trim", "BOTH"), ("LTrim", "LEADING"), ("RTrim", "TRAILING"))
)
"""Spaces at the ends of texts."""

COUNT_IF = Rule(
    "CountIf",
    "boolean",
    "whole",
    write="SUM(CAST({0} AS INT))",
    differs="without a value that is true or false it is NULL in DuckDB",
)

UNSURE = (
    *TRIMS,
    Rule(
        "Round",
        "double positive",
        refuse="the last digit of a DOUBLE is rounded otherwise in some versions of DuckDB",
    ),
    Rule("Sqrt Ln", "positive", "double"),
    Rule("Sqrt Ln", "constant", refuse="it is an error in some versions of DuckDB"),
)
"""On what DuckDB's own versions do not agree."""
