"""Arguments that several tools take, described once; ranges in words too, because some clients strip the keywords."""

from typing import Annotated

from pydantic import Field

from gexfocus_mcp.market.ticker import TICKERS


TickerArgument = Annotated[str, Field(description=f"One of {', '.join(TICKERS)}.")]

StrikesArgument = Annotated[
    list[Annotated[float, Field(ge=0.01, le=1_000_000, allow_inf_nan=False)]] | None,
    Field(description="Up to 8 strikes whose rows must be shown.", max_length=8),
]
