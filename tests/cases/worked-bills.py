"""Computes the bills of worked-bills.toml from published prices, with decimals only.

Prints {id: total} as JSON. Knows nothing of the program that it checks.
"""

import json
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, getcontext

getcontext().prec = 50
D = Decimal
TOTALS = {}


def bill(name, exact, digits=2, mode=ROUND_HALF_UP):
    TOTALS[name] = str(exact.quantize(D(1).scaleb(-digits), rounding=mode))


def tiers(units, bounds, prices):
    """What units cost that begin at zero: a bound is still in the tier that it ends."""
    cost, low = D(0), D(0)
    for bound, price in zip([*bounds, None], prices):
        high = units if bound is None else min(units, D(bound))
        cost += max(high - low, D(0)) * D(price)
        low = max(low, high)
    return cost


# Spain's shape: the electricity tax is on energy and power, IVA on all that stands before.
base = D("234.5") * D("0.15") + 30 * D("0.3795")
tax = base * D("5.11269632") / 100
bill("tax-on-tax", (base + tax + 30 * D("0.02663")) * D("1.21"))
bill("taxes-side-by-side", (15 + 30 * D("0.3795")) * (1 + D("0.10") + D("0.20")))

print(json.dumps(TOTALS))
