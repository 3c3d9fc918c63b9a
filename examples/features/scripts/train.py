"""Makes the training set, and of it a small model where scikit-learn is installed.

Run it from the example's folder after ``seeknal run``: ``seeknal python scripts/train.py``.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import log1p
from pathlib import Path
from typing import Any

import seeknal

ROOT = Path(__file__).resolve().parent.parent
OUTPUTS = ROOT / "outputs"
FEATURES = ("profile:plan,household", "spending")
INPUTS = ("plan", "household", "spent_30d", "purchases_30d", "spent_90d", "purchases_90d")
PLANS = ("basic", "plus")
TRAINED_ON = 6
"""Of so many moments the model learns; how good it is, the later ones tell."""


def main() -> None:
    with seeknal.get_historical_features(
        FEATURES, "source.labels", timestamp="asked_at", project=ROOT
    ) as training:
        manifest = training.write(OUTPUTS / "train.parquet")
        rows = [dict(zip(training.columns, row, strict=True)) for row in training.fetchall()]
    print(f"{len(rows)} rows in outputs/train.parquet, made from:")
    for group in json.loads(manifest.read_text())["features"]:
        print(f"  {group['node']}: {', '.join(group['features'])}")
    fit(rows)


def fit(rows: Sequence[dict[str, Any]]) -> None:
    """Fit a model to the earlier moments, and say how well it foresees the later ones."""
    try:
        from sklearn.linear_model import LogisticRegression
        from sklearn.metrics import roc_auc_score
    except ImportError:
        print("scikit-learn is not installed: no model is fitted")
        return
    moments = sorted({row["asked_at"] for row in rows})
    first_tested = moments[TRAINED_ON]
    learned = [row for row in rows if row["asked_at"] < first_tested]
    tested = [row for row in rows if row["asked_at"] >= first_tested]
    model = LogisticRegression(max_iter=1000)
    model.fit([inputs(row) for row in learned], [row["churned"] for row in learned])
    foreseen = model.predict_proba([inputs(row) for row in tested])[:, 1]
    score = roc_auc_score([row["churned"] for row in tested], foreseen)
    print(f"learned from {len(learned)} rows; AUC of the {len(tested)} later ones: {score:.2f}")
    weights = {"weights": model.coef_[0].tolist(), "intercept": float(model.intercept_[0])}
    (OUTPUTS / "model.json").write_text(json.dumps(weights))


def inputs(row: dict[str, Any]) -> list[float]:
    """A row as the model takes it: of who has bought nothing lately, nothing is known."""
    values = {**row, "plan": row["plan"] and PLANS.index(row["plan"])}
    return [log1p(float(values[name] or 0)) for name in INPUTS]


if __name__ == "__main__":
    main()
