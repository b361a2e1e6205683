"""Flow in words: the same ones for a session, for this second and beside a positioning read."""

from gexfocus_mcp.analysis.flow import Premium, read_utilisation
from gexfocus_mcp.market.flow import Tick
from gexfocus_mcp.render.numbers import plain, scaled, share


def price_vs_fep(tick: Tick) -> float | None:
    """(price - FEP) / FEP x 100."""
    if tick.price is None or not tick.fep:
        return None
    return (tick.price - tick.fep) / tick.fep * 100


def utilisation_words(tick: Tick) -> str:
    """`44 % of its long threshold`, or that it cannot be told."""
    read = read_utilisation(tick)
    if read is None:
        return "threshold unavailable"
    if read.share >= 1:
        return f"beyond its {read.threshold} threshold ({read.share:.2f} of it)"
    return f"{share(read.share)} of its {read.threshold} threshold"


def premium_words(premium: Premium) -> str:
    """Who paid, in words that do not call it a direction."""
    parts = [
        f"{leg} {_net_words(value)}"
        for leg, value in (("calls", premium.net_call), ("puts", premium.net_put))
        if value is not None
    ]
    return ", ".join(parts) or "calls and puts unavailable"


def _net_words(value: float) -> str:
    if value == 0:
        return "bought as much as sold"
    return f"net {'bought' if value > 0 else 'sold'} {scaled(abs(value), sign=False)}"


def fep_words(tick: Tick) -> str:
    apart = price_vs_fep(tick)
    if apart is None:
        return "FEP unavailable"
    return f"price {plain(abs(apart), 2)} % {'above' if apart >= 0 else 'below'} FEP {plain(tick.fep or 0)}"
