"""The parameters of an agent's calls, with what the caller left to Tandem."""

from __future__ import annotations

import math

from tandem.events import ConfidenceStrategy, Example, LabelSchemaSpec, ModelParameters
from tandem.labeling.task_words import answer_of
from tandem.labeling.typical_answers import longest_text, typical_values
from tandem.pricing import text_tokens
from tandem_api.resources.agents.schemas import AgentCreate

_LONGER_THAN_USUAL = 4
"""An answer may have this many times the tokens of a usual one: room for more labels, more spans."""
_STEP, _MOST = 64, 4096


def parameters_of(body: AgentCreate, label_schema: LabelSchemaSpec) -> ModelParameters:
    """Complete the parameters. Log-probabilities are left out where the strategy does not read them, and the answer's
    token limit follows from the label schema, unless the caller set them."""
    given = body.parameters.model_fields_set
    chosen: dict[str, bool | int] = {}
    if "logprobs" not in given and body.confidence_strategy is not ConfidenceStrategy.TOKEN_PROBABILITY:
        chosen["logprobs"] = False
    if "max_tokens" not in given:
        chosen["max_tokens"] = room_for_answers(label_schema)
    return body.parameters.model_copy(update=chosen)


def room_for_answers(label_schema: LabelSchemaSpec) -> int:
    """Return the token limit of answers: 64 for a single choice, more for what may be longer. An answer that is cut is
    paid twice."""
    usual = text_tokens(answer_of(label_schema, Example(fields={}, values=typical_values(label_schema))))
    texts = sum(text_tokens("x" * longest_text(task)).likely for task in label_schema.tasks)
    return min(_MOST, _STEP * math.ceil((_LONGER_THAN_USUAL * usual.likely + texts) / _STEP))
