"""Looks up the newest features of customers, and says what the model of ``train.py`` makes of them.

Run it from the example's folder after ``seeknal features materialize --to serving``, with the
numbers of customers: ``seeknal python scripts/score.py 4 6 7``.
"""

from __future__ import annotations

import argparse
import json
from math import exp
from typing import Any

from train import FEATURES, OUTPUTS, ROOT, inputs

import seeknal


def main() -> None:
    options = argparse.ArgumentParser(description="Score customers by their newest features.")
    options.add_argument("customers", nargs="*", type=int, default=[4, 6, 7], metavar="CUSTOMER")
    customers = options.parse_args().customers
    with seeknal.features.online("serving", project=ROOT) as online:
        found = online.get(FEATURES, [{"customer_id": customer} for customer in customers])
    path = OUTPUTS / "model.json"
    model = json.loads(path.read_text()) if path.is_file() else None
    for row in found:
        known = {name: value for name, value in row.items() if value is not None}
        told = ", ".join(f"{name} {value}" for name, value in known.items())
        print(told if model is None else f"{told}: {chance_of(row, model):.0%} to leave")


def chance_of(row: dict[str, Any], model: dict[str, Any]) -> float:
    """What the model foresees for a row: its weights are all that there is to it."""
    weighed = sum(w * x for w, x in zip(model["weights"], inputs(row), strict=True))
    return 1 / (1 + exp(-weighed - model["intercept"]))


if __name__ == "__main__":
    main()
