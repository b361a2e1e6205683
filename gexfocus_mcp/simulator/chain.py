"""
The option chain of one session: strikes, expirations, open interest and volatility.

Open interest and each contract's volatility are fixed for the session, as open interest is upstream
(it is counted overnight): between two maps of a session only spot and time differ. All contracts
settle at the close of their expiration, the morning-settled index monthlies included.
"""

import math
from dataclasses import dataclass
from datetime import date
from random import Random

from gexfocus_mcp.market.calendar import previous_session, session_close, session_open
from gexfocus_mcp.simulator.expiries import expirations, is_monthly
from gexfocus_mcp.simulator.levels import close_level, lean, vol_factor
from gexfocus_mcp.simulator.listings import Listing


YEAR = 365.0 * 86_400.0
"""Seconds."""

_NOISE = 257
_FRIDAY = 4
_QUARTER = 0.25


@dataclass(frozen=True, slots=True)
class Expiration:
    """The contracts of one expiration, a call and a put at each strike, in parallel columns."""

    expiry: date
    settles: float
    """Seconds since the epoch."""
    strikes: tuple[float, ...]
    places: tuple[int, ...]
    """Where each strike stands among the chain's."""
    log_strikes: tuple[float, ...]
    vols: tuple[float, ...]
    call_interest: tuple[int, ...]
    put_interest: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """All contracts of one underlying on one session."""

    day: date
    vol: float
    strikes: tuple[float, ...]
    expirations: tuple[Expiration, ...]

    def alive(self, at: float) -> tuple[Expiration, ...]:
        """Return the expirations that have not settled at *at*, in seconds since the epoch, nearest first."""
        return tuple(each for each in self.expirations if each.settles > at)


@dataclass(frozen=True, slots=True)
class _Mood:
    reference: float
    vol: float
    skew: float
    lean: float
    opens: float


def build_chain(seed: int, listing: Listing, day: date) -> Chain:
    """Return the chain as it stands at the open of *day*."""
    mood = _Mood(
        close_level(seed, listing, previous_session(day)),
        listing.vol * vol_factor(seed, day),
        listing.skew,
        lean(seed, listing, day),
        session_open(day).timestamp(),
    )
    dates = expirations(listing.expiries, day)
    listed = {each: _strikes(listing, mood, _years(each, mood.opens)) for each in dates}
    strikes = tuple(sorted(set().union(*listed.values())))
    places = {strike: place for place, strike in enumerate(strikes)}
    weights = {
        each: _interest_weights(seed, listing, mood, each, listed[each])
        for each in dates
    }
    contracts = listing.open_interest / math.fsum(
        sum(calls) + sum(puts) for calls, puts in weights.values()
    )
    columns = tuple(
        _expiration(
            mood, each, listed[each], places, weights=weights[each], contracts=contracts
        )
        for each in dates
    )
    return Chain(day, mood.vol, strikes, columns)


def _expiration(
    mood: _Mood,
    expiry: date,
    strikes: tuple[float, ...],
    places: dict[float, int],
    *,
    weights: tuple[list[float], list[float]],
    contracts: float,
) -> Expiration:
    years = _years(expiry, mood.opens)
    return Expiration(
        expiry,
        session_close(expiry).timestamp(),
        strikes,
        tuple(places[strike] for strike in strikes),
        tuple(math.log(strike) for strike in strikes),
        tuple(_smile(mood, strike, years) for strike in strikes),
        tuple(round(weight * contracts) for weight in weights[0]),
        tuple(round(weight * contracts) for weight in weights[1]),
    )


def _years(expiry: date, opens: float) -> float:
    return (session_close(expiry).timestamp() - opens) / YEAR


def _at_the_money(mood: _Mood, years: float) -> float:
    """Return the volatility at the money: a little higher for today's expiry, rising slowly with time."""
    return mood.vol * (
        0.85 + 0.25 * math.exp(-years * 250) + 0.25 * (1 - math.exp(-years * 3))
    )


def _smile(mood: _Mood, strike: float, years: float) -> float:
    """Return the volatility of a strike: a skewed curve in standard deviations, flat far out."""
    middle = _at_the_money(mood, years)
    away = math.log(strike / mood.reference) / (middle * math.sqrt(years + 4 / 365))
    away = 5.0 * math.tanh(away / 5.0)
    return middle * (1 + mood.skew * away + 0.035 * away * away)


def _strikes(listing: Listing, mood: _Mood, years: float) -> tuple[float, ...]:
    """Return the listed strikes: fine steps about the money, coarse ones to the reach of the tenor."""
    reference = mood.reference
    spread = 9.0 * listing.vol * math.sqrt(years) + 0.03
    near = min(
        listing.fine_width if years < _QUARTER else listing.fine_width / 3,
        4.0 * listing.vol * math.sqrt(years) + 0.02,
    )
    down, up = (min(side, 2.0 * spread) for side in listing.reach)
    fine = _steps(
        listing.fine, reference * (1 - min(near, down)), reference * (1 + min(near, up))
    )
    coarse = _steps(listing.coarse, reference * (1 - down), reference * (1 + up))
    return tuple(sorted({*fine, *coarse}))


def _steps(step: float, low: float, high: float) -> list[float]:
    return [
        step * index
        for index in range(math.ceil(low / step), math.floor(high / step) + 1)
    ]


def _interest_weights(
    seed: int, listing: Listing, mood: _Mood, expiry: date, strikes: tuple[float, ...]
) -> tuple[list[float], list[float]]:
    """Weigh the strikes of an expiration: calls gather above the money, puts below, both at round strikes."""
    years = _years(expiry, mood.opens)
    scale = mood.vol * math.sqrt(years + 5 / 365)
    size = _expiry_weight(expiry, years)
    # Drawn once in an expiration's life, so that its crowded strikes stay crowded from day to day.
    rng = Random(f"{seed}:{listing.ticker}:{expiry}:interest")
    noise = [math.exp(rng.gauss(0.0, 1.0)) for _ in range(2 * _NOISE)]
    calls, puts = [], []
    for strike in strikes:
        away = math.log(strike / mood.reference) / scale
        slot = round(strike / listing.fine) % _NOISE
        weight = size * _roundness(strike, listing.fine) ** listing.crowding
        calls.append(weight * noise[slot] * math.exp(mood.lean - abs(away - 1.0) / 0.7))
        puts.append(
            weight * noise[slot + _NOISE] * math.exp(-mood.lean - abs(away + 1.1) / 0.9)
        )
    return calls, puts


def _expiry_weight(expiry: date, years: float) -> float:
    fade = math.exp(-years / 0.6)
    if not is_monthly(expiry):
        return fade * (0.6 if expiry.weekday() == _FRIDAY else 0.4)
    return fade * (5.0 if expiry.month % 3 == 0 else 3.0)


def _roundness(strike: float, step: float) -> float:
    """Crowd round strikes, so that ten of an index's strikes hold near half of its gamma, as in real chains."""
    if strike % (step * 20) == 0:
        return 40.0
    if strike % (step * 10) == 0:
        return 16.0
    return 6.0 if strike % (step * 5) == 0 else 1.0
