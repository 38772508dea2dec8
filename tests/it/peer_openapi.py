"""Validates an OpenAPI document with openapi-spec-validator: `peer_openapi.py FILE`."""

import json
import sys

from openapi_spec_validator import OpenAPIV31SpecValidator

with open(sys.argv[1], encoding="utf-8") as file:
    document = json.load(file)
faults = [str(fault) for fault in OpenAPIV31SpecValidator(document).iter_errors()]
print("\n".join(faults))
sys.exit(1 if faults else 0)
