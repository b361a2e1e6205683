"""How people start: questions put in full, so that the right tools are asked and the age of every number is told."""

from typing import Annotated, Final

from mcp.server.mcpserver.prompts import Prompt
from pydantic import Field

from gexfocus_mcp.market.ticker import MAG7, TICKERS, parse_ticker


Name = Annotated[str, Field(description=f"One of {', '.join(TICKERS)}; default SPY.")]
Index = Annotated[str, Field(description="SPX, NDX, SPY or QQQ; default QQQ.")]

_RULES: Final = (
    "First say whose map it is, its time and age, and SIMULATED, STALE or closed where an answer begins so. "
    "Say modelled, give distances in percent and the reasons for the confidence. Nothing is a target or a signal, and "
    "what is unavailable is not zero. If a call is refused, say what it says and go on with the rest."
)


def morning_brief(ticker: Name = "SPY") -> str:
    """Where dealers stand before the session, what changed since yesterday, what expires today."""
    name = parse_ticker(ticker)
    return (
        f"Brief me on {name} before the session, in at most 200 words.\n"
        f"1. dealer_positioning ticker={name}: regime, confidence, flip, walls, hedging for 1 % either way.\n"
        f"2. compare_positioning ticker={name} since=yesterday: what moved, and how much of it spot alone explains.\n"
        f"3. mapa_gamma ticker={name}: what expires today, what is left after it.\n"
        f"End with the levels beyond which the read turns over. {_RULES}"
    )


def zero_dte_plan(ticker: Name = "SPY") -> str:
    """What expires today: its share, its flip, the magnet, and what would change the read."""
    name = parse_ticker(ticker)
    return (
        f"How does what expires today shape {name}?\n"
        f"1. mapa_gamma ticker={name} drop_through=today: 0DTE share, its flip, the magnet, what remains after it.\n"
        f"2. dealer_positioning ticker={name} moves=[0.25,0.5,1]: hedging for moves of a day.\n"
        f"3. ndf_history ticker={name}: whether today's flow agrees with price.\n"
        "Tell it as conditions: where modelled hedging damps, where it adds, and at which price that changes. "
        f"If nothing expires today, say so and stop. {_RULES}"
    )


def into_the_close(ticker: Name = "SPY") -> str:
    """The last hours: charm, what rolls off tonight, flow, and the levels nearby."""
    name = parse_ticker(ticker)
    return (
        f"What does the close of {name} look like from the dealers' side?\n"
        f"1. dealer_positioning ticker={name}: charm to the close, flip and walls within 1 %.\n"
        f"2. mapa_gamma ticker={name}: what rolls off tonight, the magnet, what the walls become.\n"
        f"3. ndf_history ticker={name}: flow against its thresholds, price against FEP, divergence.\n"
        f"At most 150 words, the largest effect first. {_RULES}"
    )


def compare_with_yesterday(ticker: Name = "SPY") -> str:
    """What changed in positioning since yesterday's close, and what made the change."""
    name = parse_ticker(ticker)
    return (
        f"What changed in {name}'s dealer positioning since yesterday's close?\n"
        f"1. compare_positioning ticker={name} since=yesterday: net, regime, flip, walls, the strikes that made it.\n"
        f"2. greeks_history ticker={name} sessions=10: where today's net ranks at this hour.\n"
        "Part what spot explains from what is new. Open interest is not in this feed, so nothing here says that "
        f"positions were opened. {_RULES}"
    )


def mag7_against_index(index: Index = "QQQ") -> str:
    """The seven largest names beside an index: who is short gamma, how wide they spread."""
    name = parse_ticker(index)
    names = ", ".join(f'"{each}"' for each in (name, *MAG7))
    return (
        f"Set the Mag7 against {name}.\n"
        f"1. scan_tickers tickers=[{names}]: regime, tilt and distance to the flip of each, breadth, dispersion.\n"
        "2. dealer_positioning for the index, and for the one name that differs most from it.\n"
        "Compare by tilt and distances, never by amounts: their units are assumed. Say which names pull the other way "
        f"and which have no map. {_RULES}"
    )


def build_prompts() -> list[Prompt]:
    """Every prompt, the morning first."""
    return [
        Prompt.from_function(function, title=title, description=function.__doc__)
        for title, function in (
            ("Morning brief", morning_brief),
            ("Today's expirations", zero_dte_plan),
            ("Into the close", into_the_close),
            ("Compare with yesterday", compare_with_yesterday),
            ("Mag7 against an index", mag7_against_index),
        )
    ]
