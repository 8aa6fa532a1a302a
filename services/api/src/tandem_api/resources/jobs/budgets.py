"""Check of whether a budget can be kept."""

from __future__ import annotations

from datetime import UTC, datetime

from tandem.events import AgentSpec
from tandem.pricing import PriceTable, RequestBound
from tandem.web.invalid_content import FieldProblem


def problem_with_budget(agent: AgentSpec, prices: PriceTable) -> FieldProblem | None:
    """Report a budget in dollars without the price of every model that the agent may call."""
    unpriced = RequestBound(agent, prices=prices, at=datetime.now(UTC)).unpriced
    if not unpriced:
        return None
    return FieldProblem(
        field="budget_usd",
        detail=f"No price is known of {' and '.join(unpriced)}, so a budget cannot be kept.",
        cure="Add the price to the file that TANDEM_PRICES_FILE of api, dispatcher and llm-workers names, or leave the "
        f'budget out. For a server of your own write `- {{provider: {agent.provider}, models: ["*"], free: true}}`.',
    )
