"""Whether seeknal answers questions of features: what asks it is skipped until then."""

from importlib.util import find_spec

import pytest

import seeknal

needs_features = pytest.mark.skipif(
    not hasattr(seeknal, "get_historical_features"), reason="seeknal has no features yet"
)
needs_online = pytest.mark.skipif(
    find_spec("seeknal.features") is None
    or not hasattr(__import__("seeknal.features", fromlist=["online"]), "online"),
    reason="seeknal keeps no features online yet",
)
