"""Order flow at one instant: a row of the stored session, or a message of the stream."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from gexfocus_mcp.market.ticker import Ticker


class Tick(NamedTuple):
    """
    What the flow said at one instant. None is unavailable, never zero.

    A tuple, because a session has twenty thousand: a frozen dataclass of so many fields takes ten times as long to make.

    NDF and premium accumulate from the session's open. A stored row has the first
    group and the four net premiums; the stream has every field.

    Attributes:
        ts: Instant, aware.
        ndf: Net delta flow, sum of side x delta x contracts; positive = calls bought or puts sold. Unit unstated.
        price: Underlying.
        fep: Flow equilibrium price, the delta-flow-weighted price since the open.
        threshold_long: Upper dynamic NDF threshold, above zero.
        threshold_short: Lower dynamic NDF threshold, below zero.
        gamma_flip: The stream's own flip; its method is not documented.
    """

    ts: datetime
    ndf: float | None = None
    price: float | None = None
    fep: float | None = None
    threshold_long: float | None = None
    threshold_short: float | None = None
    net_premium: float | None = None
    net_call_premium: float | None = None
    net_put_premium: float | None = None
    net_call_premium_0dte: float | None = None
    net_put_premium_0dte: float | None = None
    delta_exposure: float | None = None
    buy_premium: float | None = None
    sell_premium: float | None = None
    net_premium_0dte: float | None = None
    call_buy_premium: float | None = None
    call_sell_premium: float | None = None
    put_buy_premium: float | None = None
    put_sell_premium: float | None = None
    call_buy_premium_0dte: float | None = None
    call_sell_premium_0dte: float | None = None
    put_buy_premium_0dte: float | None = None
    put_sell_premium_0dte: float | None = None
    gex_total: float | None = None
    gex_calls: float | None = None
    gex_puts: float | None = None
    vanna_exposure: float | None = None
    charm_exposure: float | None = None
    gamma_flip: float | None = None
    max_gamma_strike: float | None = None
    call_wall_gamma: float | None = None
    put_wall_gamma: float | None = None


@dataclass(frozen=True, slots=True)
class FlowHistory:
    """
    One session's stored flow, ascending in time.

    Attributes:
        count: How many rows the upstream says it has; may exceed `len(ticks)`.
    """

    ticker: Ticker
    session: date
    every: int
    count: int | None
    ticks: tuple[Tick, ...]
    truncated: bool = False
    notes: tuple[str, ...] = ()
