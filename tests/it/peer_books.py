"""Reads exports as other programs do: beancount 3.2.3, ofxtools 1.1.1, ofxparse 0.21, csv.

Arguments: the format and the file. Prints {"faults": [...], "moved": {id: spent}} as JSON.
"""

import csv
import html
import json
import sys


def of_beancount(path):
    from beancount import loader
    from beancount.core.data import Transaction
    from beancount.ops import validation

    # What bean-check does.
    checks = validation.HARDCORE_VALIDATIONS
    entries, faults, _ = loader.load_file(path, extra_validations=checks)
    moved = {}
    for entry in entries:
        if isinstance(entry, Transaction):
            wallet = [p.units for p in entry.postings if p.account.startswith("Assets:")]
            moved[entry.meta["homepay-id"]] = str(-wallet[0].number)
    return [str(fault) for fault in faults], moved


def of_ofx(path):
    from ofxtools.Parser import OFXTree

    tree = OFXTree()
    with open(path, "rb") as file:
        tree.parse(file)
    statement = tree.convert().statements[0]
    moved = {line.fitid: str(-line.trnamt) for line in statement.transactions}
    faults = [] if len(moved) == len(statement.transactions) else ["an id is there twice"]
    faults += ofx_otherwise(path, statement)
    return faults, moved


def ofx_otherwise(path, statement):
    """What a second reader, which looks at no encoding, sees otherwise."""
    from ofxparse import OfxParser

    with open(path, "rb") as file:
        other = OfxParser.parse(file).account.statement
    faults = []
    today = str(statement.balance.dtasof.date())
    if str(other.balance_date.date()) != today or other.balance != statement.balance.balamt:
        faults.append(f"balance {other.balance} of {other.balance_date}, {statement.balance}")
    lines = {line.fitid: line for line in statement.transactions}
    if sorted(lines) != sorted(line.id for line in other.transactions):
        faults.append("other ids")
    for line in other.transactions:
        one = lines[line.id]
        # Noon of the home's day, and the moment beside it.
        noon = line.date.hour == 12 and line.date.minute == 0
        # Of character references ofxtools decodes only the five that have names.
        name, memo = html.unescape(one.name or ""), html.unescape(one.memo or "")
        same = (line.payee, line.memo, line.amount) == (name, memo, one.trnamt)
        if not noon or not same or line.user_date is None or one.dtuser is None:
            faults.append(f"{line.id}: {line.payee!r} {line.memo!r} {line.date}, {one}")
    return faults


def of_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    moved = {row["id"]: row["amount"] for row in rows}
    return ([] if len(moved) == len(rows) else ["an id is there twice"]), moved


READ = {"beancount": of_beancount, "ofx": of_ofx, "csv": of_csv}

if __name__ == "__main__":
    faults, moved = READ[sys.argv[1]](sys.argv[2])
    print(json.dumps({"faults": faults, "moved": moved}))
