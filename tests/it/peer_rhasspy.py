"""Rhasspy as the other side: PyPI rhasspy-hermes 0.6.2 writes and reads every message, paho carries
them. Plays conversations with a hub and ends with 1 at the first one that goes otherwise.

Arguments: broker port, site, homepay's binary, folder of its configuration.
"""
import json
import queue
import subprocess
import sys
import time
import uuid

import paho.mqtt.client as mqtt
from rhasspyhermes.dialogue import (
    DialogueContinueSession,
    DialogueEndSession,
    DialogueIntentNotRecognized,
    DialogueSessionEnded,
    DialogueSessionStarted,
    DialogueSessionTermination,
    DialogueSessionTerminationReason,
)
from rhasspyhermes.intent import Intent, Slot
from rhasspyhermes.nlu import NluIntent
from rhasspyhermes.tts import TtsSay

PORT, SITE, HOMEPAY, FOLDER = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
REPLIES = f"homepay/device/{SITE}/reply"
WAIT_S = 10
QUIET_S = 1.5

heard = queue.Queue()
# The number of each order that is asked about, as the hub's own reply has it.
numbers = {}


def on_message(_client, _user, message):
    if message.topic == REPLIES:
        reply = json.loads(message.payload)
        if reply["challenge"]:
            numbers[reply["order_id"]] = int(reply["challenge"]["say"])
        return
    kinds = {kind.topic(): kind for kind in (DialogueContinueSession, DialogueEndSession, TtsSay)}
    # Fails where a field is missing or of another kind.
    heard.put(kinds[message.topic].from_dict(json.loads(message.payload)))


client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="rhasspy")
client.on_message = on_message
client.connect("127.0.0.1", PORT)
for kind in (DialogueContinueSession, DialogueEndSession, TtsSay):
    client.subscribe(kind.topic())
client.subscribe(REPLIES)
client.loop_start()


def say(message, retain=False, **topic):
    # QoS 0 and not retained, as Rhasspy's own parts publish.
    client.publish(message.topic(**topic), message.payload(), retain=retain)


def begin():
    session = f"{SITE}-porcupine-{uuid.uuid4()}"
    say(DialogueSessionStarted(session_id=session, site_id=SITE))
    time.sleep(0.05)
    return session


def intent(name, session, text, slots=(), confidence=0.93, custom=None, retain=False):
    message = NluIntent(
        input=text,
        raw_input=text,
        intent=Intent(intent_name=name, confidence_score=1.0),
        site_id=SITE,
        id=str(uuid.uuid4()),
        slots=[Slot(entity=k, slot_name=k, raw_value=str(v), value={"kind": "Unknown", "value": v},
                    confidence=1.0) for k, v in slots],
        session_id=session,
        custom_data=custom,
        asr_confidence=confidence,
        wakeword_id="porcupine",
        lang="en",
    )
    say(message, retain=retain, intent_name=name)


def answer(kind, session=None):
    told = heard.get(timeout=WAIT_S)
    assert isinstance(told, kind), f"wanted {kind.__name__}, heard {told}"
    if session:
        assert told.session_id == session, told
    return told


def silence(why):
    try:
        told = heard.get(timeout=QUIET_S)
    except queue.Empty:
        return
    raise AssertionError(f"{why}: heard {told}")


def homepay(*arguments):
    done = subprocess.run([HOMEPAY, *arguments, "--json"], cwd=FOLDER, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return json.loads(done.stdout)


def order(custom):
    return homepay("order", "show", json.loads(custom)["order_id"])


def state(custom, wanted):
    until = time.time() + WAIT_S
    while time.time() < until:
        if order(custom)["state"] == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"wanted {wanted}: {order(custom)}")


# A small order goes through in its session.
session = begin()
intent("OrderGoods", session, "buy two boxes of water", [("quantity", 2), ("item", "water")])
told = answer(DialogueEndSession, session)
assert "water" in told.text.lower() or "矿泉水" in told.text, told
state(told.custom_data, "settled")
first = told.custom_data

# Typed, not spoken: no session, no money.
intent("OrderGoods", None, "buy two boxes of water", [("quantity", 2), ("item", "water")])
silence("a typed order")

# From a broker's memory: nothing.
intent("OrderGoods", begin(), "buy water", [("item", "water")], retain=True)
client.publish(NluIntent.topic(intent_name="OrderGoods"), b"", retain=True)
answer(DialogueEndSession)  # it was heard live once, too
listed = len(homepay("order", "list")["orders"])

# Two recognisers answer in one session: it is one order. The words go before the slots.
session = begin()
intent("OrderGoods", session, "buy four boxes of water", [("quantity", 4), ("item", "water")])
intent("OrderGoods", session, "buy nine boxes of water", [("quantity", 9), ("item", "water")])
answer(DialogueEndSession, session)
silence("the same words from another recogniser")
# The same a moment later is asked about.
session = begin()
intent("OrderGoods", session, "buy four boxes of water", [("quantity", 4), ("item", "water")])
told = answer(DialogueContinueSession, session)
intent("CancelOrder", session, "never mind", custom=told.custom_data)
answer(DialogueEndSession, session)
session = begin()
intent("OrderGoods", session, "don't order two boxes of water", [("quantity", 2), ("item", "water")])
told = answer(DialogueEndSession, session)
state(told.custom_data, "declined")
listed = len(homepay("order", "list")["orders"])

# A session that was not heard to begin orders nothing, and that is said.
intent("OrderGoods", f"{SITE}-unheard", "buy water", [("item", "water")])
answer(TtsSay)
assert len(homepay("order", "list")["orders"]) == listed

# A session that is over orders nothing.
session = begin()
reason = DialogueSessionTermination(reason=DialogueSessionTerminationReason.NOMINAL)
say(DialogueSessionEnded(termination=reason, session_id=session, site_id=SITE))
time.sleep(0.1)
intent("OrderGoods", session, "buy water", [("item", "water")])
silence("an order after the session's end")
assert len(homepay("order", "list")["orders"]) == listed

# Above the limit for a word: a number is asked for, in the same session.
def asked(slots, **more):
    session = begin()
    words = {"water": "buy water", "piano": "buy a piano"}.get(slots[-1][1], "buy five bags of rice")
    intent("OrderGoods", session, words, slots, **more)
    told = answer(DialogueContinueSession, session)
    assert "ConfirmOrder" in told.intent_filter and told.send_intent_not_recognized, told
    order_id = json.loads(told.custom_data)["order_id"]
    until = time.time() + WAIT_S
    while order_id not in numbers:
        assert time.time() < until, "no number"
        time.sleep(0.01)
    return session, told, numbers[order_id]


session, told, number = asked([("quantity", 5), ("item", "rice")])
intent("ConfirmOrder", session, str(number), [("number", number)], custom=told.custom_data)
answer(DialogueEndSession, session)
state(told.custom_data, "settled")

# Another number is a no.
session, told, number = asked([("quantity", 5), ("item", "rice")])
wrong = 10 + (number - 9) % 90
intent("ConfirmOrder", session, str(wrong), [("number", wrong)], custom=told.custom_data)
answer(DialogueEndSession, session)
state(told.custom_data, "declined")

# What no grammar knows is asked for once more, and then is a no, unless it is the number itself.
session, told, number = asked([("quantity", 5), ("item", "rice")])
for kind in (DialogueContinueSession, DialogueEndSession):
    say(DialogueIntentNotRecognized(session_id=session, site_id=SITE, input="well, yes please",
                                    custom_data=told.custom_data))
    if kind is DialogueContinueSession:
        told = answer(kind, session)
answer(DialogueEndSession, session)
state(told.custom_data, "declined")
session, told, number = asked([("quantity", 5), ("item", "rice")])
say(DialogueIntentNotRecognized(session_id=session, site_id=SITE, input=str(number),
                                custom_data=told.custom_data))
answer(DialogueEndSession, session)
state(told.custom_data, "settled")

# Cancelled.
session, told, number = asked([("quantity", 5), ("item", "rice")])
intent("CancelOrder", session, "never mind", custom=told.custom_data)
answer(DialogueEndSession, session)
state(told.custom_data, "cancelled")

# Badly heard, however little it costs: a number. Silence lets it fall, and says so.
session, told, number = asked([("item", "water")], confidence=0.6)
reason = DialogueSessionTermination(reason=DialogueSessionTerminationReason.TIMEOUT)
say(DialogueSessionEnded(termination=reason, session_id=session, site_id=SITE,
                         custom_data=told.custom_data))
answer(TtsSay)
state(told.custom_data, "expired")

# Hardly heard at all: not understood. No figure at all: a number.
session = begin()
intent("OrderGoods", session, "buy water", [("item", "water")], confidence=0.3)
told = answer(DialogueEndSession, session)
state(told.custom_data, "declined")
session, told, number = asked([("item", "water")], confidence=None)
intent("CancelOrder", session, "stop", custom=told.custom_data)
answer(DialogueEndSession, session)

# The owner is asked: the session ends, and what was decided is spoken later.
session, told, number = asked([("item", "piano")])
intent("ConfirmOrder", session, str(number), [("number", number)], custom=told.custom_data)
answer(DialogueEndSession, session)
state(told.custom_data, "awaiting_approval")
homepay("order", "approve", json.loads(told.custom_data)["order_id"])
spoken = answer(TtsSay)
assert spoken.site_id == SITE and spoken.text, spoken
state(told.custom_data, "settled")

# Questions.
session = begin()
intent("AskLeft", session, "how much is left today", [("span", "today")])
told = answer(DialogueEndSession, session)
assert "spend" in told.text or "left" in told.text, told
session = begin()
intent("AskCost", session, "what did the washer cost this month",
       [("device", "washer"), ("span", "month")])
told = answer(DialogueEndSession, session)
assert "washer" in told.text.lower() or "洗衣机" in told.text, told

# The last order comes back.
session = begin()
intent("RefundLast", session, "refund my last order")
answer(DialogueEndSession, session)
until = time.time() + WAIT_S
while not any(o["state"] == "refunded" for o in homepay("order", "list")["orders"]):
    assert time.time() < until, "nothing was refunded"
    time.sleep(0.1)
answer(TtsSay)  # that it came back is news

# Frozen by voice: nothing is ordered any more.
session = begin()
intent("FreezeDevice", session, "freeze the kitchen speaker", [("device", SITE)])
answer(DialogueEndSession, session)
session = begin()
intent("OrderGoods", session, "buy water", [("item", "water")])
told = answer(DialogueEndSession, session)
state(told.custom_data, "declined")
assert order(told.custom_data)["reason"]["code"] == "frozen"
silence("everything is said")
client.loop_stop()
print(json.dumps({"ok": True, "first": first}))
