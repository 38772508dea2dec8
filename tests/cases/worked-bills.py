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

# An allowance of 100 kWh for twenty days, ten of them in each season.
summer = tiers(D(80), [100 * 10 // 20], ["0.20", "0.30"])
winter = tiers(D(30), [100 * 10 // 20], ["0.25", "0.35"])
bill("allowance-of-each-season", summer + winter)

# Spain, 2026, 4.6 kW. The formula is first held against a bill that others worked out: 98.80.
POWER = [D("27.704413"), D("0.725423")]
TOLLS = [D("0.097553"), D("0.029267"), D("0.003292")]
IEE, IVA = D("5.11269632") / 100, D("1.21")


def spain(kwh, energy, power, days, bonus, margin=D(0)):
    base = sum(units * (price + energy) for units, price in zip(kwh, TOLLS))
    base += power * (sum(POWER) + margin) / 365 * days
    taxed, beside = (base + bonus, D(0)) if margin == 0 else (base, bonus)
    return (taxed * (1 + IEE) + beside + D("0.026630") * days) * IVA


JUNE = [D("85.2"), D("92.4"), D("140.8")]
other = spain(JUNE, D("0.169183"), D("4.4"), 29, D("0.60"), D("3.113"))
assert other.quantize(D("0.01")) == D("98.80"), other
bill("es-2-0td", spain(JUNE, D("0.10"), D("4.6"), 30, 30 * D("0.019121")))
bill("es-2-0td-by-hours", spain([1, 2, 28], D("0.10"), D("4.6"), 5, 5 * D("0.019121")))

# Germany: a market price below zero takes its VAT along.
unit = (D("-0.5") + D("0.085") + D("0.0199") + D("0.02946") + D("0.0205")) * D("1.19")
bill("de-spot-below-zero", 10 * (unit + D("0.0215")) + D("5.99"))

# France.
paid = 170 * D("0.1952") + 17 * D("185.64") / 365 + 140 * D("0.1940") + 14 * D("187.80") / 365
bill("fr-base", paid)
paid = 200 * D("0.2065") + 120 * D("0.1579") + 31 * D("187.80") / 365
bill("fr-hphc-to-the-minute", paid)

peak = D("1.5") * 8 / 15 + D(3) * 7 / 15
paid = peak * D("0.2065") + (D("4.5") - peak) * D("0.1579") + 31 * D("187.80") / 365
bill("fr-hphc-off-the-quarter", paid)

# Italy: 10 in F1, 20 + 80 in F2, 40 + 5 in F3.
paid = 10 * D("0.145") + 100 * D("0.148") + 45 * D("0.125") + 155 * (D("0.042") + D("0.0227"))
bill("it-bands", (paid + 9 + 30 * D(87) / 365) * D("1.10"))

# The Netherlands.
paid = 1400 * D("0.12") + 1100 * D("0.10") + 2500 * D("0.09160") + 12 * D("5.95") + 390
bill("nl-dal-normaal", (paid - D("519.80")) * IVA)
paid = 3 * (D("0.10") + D("0.09160")) + D("5.95") / 30 + (390 - D("519.80")) / 365
bill("nl-a-day", paid * IVA)

# TEPCO since April 2024, 30 A, February 2025.
energy = tiers(D(351), [120, 300], ["29.80", "36.40", "40.49"])
parts = [D("935.25") + energy - 351 * D("9.00"), 351 * D("3.49")]
bill("jp-tepco-351", sum(part.quantize(D(1), rounding=ROUND_DOWN) for part in parts), 0)
bill("jp-tepco-nothing-used", D("935.25") / 2, 0, ROUND_DOWN)

# Great Britain.
bill("gb-economy-7", 60 * D("0.155") + 90 * D("0.305") + 31 * D("0.5368"))

# China: a year, and months of which the year's counter is known.
SHANDONG = ["0.5469", "0.5969", "0.8469"]
bill("cn-shandong-year", tiers(D(5000), [2520, 4800], SHANDONG))
bill("cn-shandong-five", tiers(D(5000), [3720, 4800], SHANDONG))
year = [2760, 4800]
prices = ["0.538", "0.588", "0.838"]
bill("cn-zhejiang-month", tiers(D(2960), year, prices) - tiers(D(2700), year, prices))
prices = ["0.5283", "0.5783", "0.8283"]
bill("cn-jiangsu-month", tiers(D(4900), year, prices) - tiers(D(2700), year, prices))
paid = 60 * D("0.5583") + 40 * D("0.3583") + 60 * D("0.6083") + 40 * D("0.4083")
bill("cn-jiangsu-tou-month", paid)
bill("cn-sichuan-month", tiers(D(300), [180, 280], ["0.5224", "0.6224", "0.8224"]))

print(json.dumps(TOTALS))
