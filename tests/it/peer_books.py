"""Reads exports as other programs do: beancount 3.2.3, ofxtools 1.1.1, csv.

Arguments: the format and the file. Prints {"faults": [...], "moved": {id: spent}} as JSON.
"""

import csv
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
    return faults, moved


def of_csv(path):
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    moved = {row["id"]: row["amount"] for row in rows}
    return ([] if len(moved) == len(rows) else ["an id is there twice"]), moved


READ = {"beancount": of_beancount, "ofx": of_ofx, "csv": of_csv}

if __name__ == "__main__":
    faults, moved = READ[sys.argv[1]](sys.argv[2])
    print(json.dumps({"faults": faults, "moved": moved}))
