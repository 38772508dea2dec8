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

# TEPCO before June 2023, 50 A: all but the levy is cut to whole yen, and the levy by itself.
energy = tiers(D(351), [120, 300], ["19.88", "26.48", "30.57"])
parts = [D(1430) + energy + 351 * D("2.74"), 351 * D("3.45")]
bill("jp-351", sum(part.quantize(D(1), rounding=ROUND_DOWN) for part in parts), 0)
bill("jp-nothing-used", D(1430) / 2, 0, ROUND_DOWN)

# Fees by days.
year = D(12) / 365
bill("base-fee-by-days", 32 + D("9.90") * (D(19) / 28 + D(5) / 31) + 24 * year)
bill("month-from-31", 32 + D("9.90") + 31 * year)

# Guangdong: tiers by season and household.
GUANGDONG = ["0.66286875", "0.71286875", "0.96286875"]
bill("guangdong-summer-2", tiers(D(750), [260, 600], GUANGDONG))
bill("guangdong-summer-5", tiers(D(750), [360, 700], GUANGDONG))
bill("guangdong-winter-5", tiers(D(750), [300, 500], GUANGDONG))

# One total over a change of season: all of it at each season's tiers, weighted by days.
bounds = [240, 660, 1000, 1400, 2000]
other = tiers(D(700), bounds, ["1.78", "2.26", "3.13", "4.24", "5.27", "7.03"])
summer = tiers(D(700), bounds, ["1.78", "2.55", "3.80", "5.14", "6.44", "8.86"])
paper = ((31 * other + 30 * summer) / 61).quantize(D(1), rounding=ROUND_HALF_UP)
bill("paper-over-a-season", paper)
summer, other = tiers(D(620), [260, 600], GUANGDONG), tiers(D(620), [200, 400], GUANGDONG)
bill("paper-over-a-season-unlike-bounds", (16 * summer + 15 * other) / 31)

print(json.dumps(TOTALS))
