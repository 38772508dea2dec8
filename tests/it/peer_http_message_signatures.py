"""An outside peer for wallet_peer.rs: PyPI http-message-signatures 3.0.0.

Reads one JSON document from stdin, writes one to stdout.
  {"do": "verify", method, url, headers, body, key_hex, now}            -> {"ok", "why", "covered"}
  {"do": "verify_response", ..., "response": {status, headers, body}}   -> the same
  {"do": "sign", method, url, headers, body, key_hex, keyid, tag, components, created, expires,
   nonce}                                                               -> {"headers"}
"""

import base64
import datetime
import hashlib
import json
import sys

from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.structures import CaseInsensitiveDict


class Message:
    def __init__(self, ask):
        self.method = ask["method"]
        self.url = ask["url"]
        self.headers = CaseInsensitiveDict(ask["headers"])


class Response:
    def __init__(self, answer, request):
        self.status_code = answer["status"]
        self.headers = CaseInsensitiveDict(answer["headers"])
        self.request = request


class Keys(HTTPSignatureKeyResolver):
    def __init__(self, key):
        self.key = key

    def resolve_public_key(self, key_id):
        return self.key

    def resolve_private_key(self, key_id):
        return self.key


def digest(body):
    return "sha-256=:" + base64.b64encode(hashlib.sha256(body).digest()).decode() + ":"


def verify(ask, message, body, keys):
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys
    )
    try:
        results = verifier.verify(message, max_age=datetime.timedelta(seconds=300))
    except InvalidSignature as fault:
        return {"ok": False, "why": str(fault), "covered": []}
    if message.headers["content-digest"] != digest(body):
        return {"ok": False, "why": "digest", "covered": []}
    return {"ok": True, "why": "", "covered": list(results[0].covered_components.keys())}


def sign(ask, message, keys):
    def at(seconds):
        return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)

    signer = HTTPMessageSigner(signature_algorithm=algorithms.HMAC_SHA256, key_resolver=keys)
    signer.sign(
        message,
        key_id=ask["keyid"],
        created=at(ask["created"]),
        expires=at(ask["expires"]),
        nonce=ask["nonce"],
        tag=ask["tag"],
        label="peer",
        covered_component_ids=ask["components"],
        body=ask["body"].encode(),
        use_existing_digest=False,
    )
    return {"headers": {name.lower(): value for name, value in message.headers.items()}}


def main():
    ask = json.load(sys.stdin)
    keys = Keys(bytes.fromhex(ask["key_hex"]))
    message = Message(ask)
    if ask["do"] == "verify":
        said = verify(ask, message, ask["body"].encode(), keys)
    elif ask["do"] == "verify_response":
        answer = ask["response"]
        said = verify(ask, Response(answer, message), answer["body"].encode(), keys)
    elif ask["do"] == "sign":
        said = sign(ask, message, keys)
    else:
        raise SystemExit("unknown: " + ask["do"])
    json.dump(said, sys.stdout)


main()
