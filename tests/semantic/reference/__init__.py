"""A naive reference: what MEANING.md says, joined and aggregated row by row."""

from tests.semantic.reference.queries import Answer, answer
from tests.semantic.reference.refusal import Reason, Refused, Unjudged

__all__ = ["Answer", "Reason", "Refused", "Unjudged", "answer"]
