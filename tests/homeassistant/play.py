"""Says sentences to Home Assistant's Assist and listens to what it answers.

Usage: play.py HOMEPAY BLUEPRINT. Everything runs on loopback ports in a temporary folder.
"""

import contextlib
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

from texts import AUTOMATION, FRONTEND, HOME_ASSISTANT, HOUSEHOLD, SATELLITE

HOMEPAY, BLUEPRINT = sys.argv[1:]
START_WAIT_S = 60
ANSWER_WAIT_S = 2.5  # two seconds for the answer, and what HTTP and a busy machine take
LATE_WAIT_S = 10


def free_ports(count):
    # Below those that Linux gives to whoever asks for any, or a connection may take one first.
    asked = random.sample(range(30_000, 32_000), 20 * count)
    free = [port for port in asked if not listens(port)]
    return free[:count]


def until(what, seconds, look):
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > end:
            raise SystemExit(f"{what}: not within {seconds} s")
        time.sleep(0.1)


def listens(port):
    with socket.socket() as there:
        return there.connect_ex(("127.0.0.1", port)) == 0


class Stage:
    """Mosquitto, homepay and Home Assistant, until the test ends."""

    def __init__(self, folder, stack):
        self.folder, self.stack = folder, stack
        self.mqtt, self.console, self.http = free_ports(3)
        self.token = None

    def start(self, name, *command):
        log = self.stack.enter_context(open(self.folder / f"{name}.log", "ab"))
        child = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.stack.callback(child.wait)
        self.stack.callback(child.kill)
        return child

    def mosquitto(self):
        conf = self.folder / "mosquitto.conf"
        conf.write_text(f"listener {self.mqtt} 127.0.0.1\nallow_anonymous true\n")
        self.start("mosquitto", "mosquitto", "-c", str(conf))
        until("mosquitto", START_WAIT_S, lambda: listens(self.mqtt))
        self.start("traffic", "mosquitto_sub", "-p", str(self.mqtt), "-v", "-t", "homepay/#")

    def homepay(self):
        (self.folder / "household.toml").write_text(HOUSEHOLD)
        (self.folder / "homepay.toml").write_text(
            '[home]\ntimezone = "Asia/Shanghai"\nlanguage = "en"\nstate_dir = "state"\n'
            f'household = "household.toml"\n[mqtt]\nurl = "mqtt://127.0.0.1:{self.mqtt}"\n'
            f'[console]\nlisten = "127.0.0.1:{self.console}"\n'
        )
        child = self.start("homepay", HOMEPAY, "run")
        ready = f"http://127.0.0.1:{self.console}/readyz"
        until("homepay", START_WAIT_S, lambda: status(ready) == 200)
        return child

    def command(self, *arguments):
        told = subprocess.run(
            [HOMEPAY, *arguments, "--json"], cwd=self.folder, capture_output=True, check=True
        )
        return json.loads(told.stdout)

    def home_assistant(self):
        config = self.folder / "config"
        blueprints = config / "blueprints/automation/homepay"
        blueprints.mkdir(parents=True)
        shutil.copy(BLUEPRINT, blueprints / "homepay_assist.yaml")
        # The other satellite first: what its automation heard twice, the hall's would not hear.
        both = [("attic", "false"), ("hall", "true")]
        automations = "".join(AUTOMATION.format(device=d, typed=t) for d, t in both)
        (config / "automations.yaml").write_text(automations)
        own = "automation: !include automations.yaml"
        self.hass(config, {"automation.homepay_hall", "automation.homepay_attic"}, own)

    def home_assistant_with_intents(self):
        """Another one, with what `voice export hassil` writes and no blueprint."""
        config = self.folder / "intents"
        (self.http,), self.token = free_ports(1), None
        alone = HOUSEHOLD[: HOUSEHOLD.index('[[devices]]\nid = "attic"')]
        limits = HOUSEHOLD[HOUSEHOLD.index("[[limits]]") :]
        (self.folder / "alone.toml").write_text(alone + limits)
        export = ["voice", "export", "hassil", "--household", "alone.toml", "--dir", "intents"]
        self.command(*export)
        packages = "  packages:\n    homepay: !include packages/homepay.yaml"
        self.hass(config, {"automation.homepay_late_answers"}, "", packages)

    def hass(self, config, ready, automations, packages=""):
        text = HOME_ASSISTANT.format(port=self.http, automations=automations, packages=packages)
        (config / "configuration.yaml").write_text(text)
        self.component(config, "frontend", FRONTEND, ["api", "auth", "http", "websocket_api"])
        self.component(config, "test_satellite", SATELLITE, ["mqtt"])
        self.broker(config / ".storage")
        hass = [str(pathlib.Path(sys.executable).parent / "hass"), "--config", str(config)]
        add = ["--script", "auth", "--config", str(config), "add", "owner", "secret"]
        subprocess.run([hass[0], *add], check=True, capture_output=True)
        self.start(f"hass-{config.name}", *hass, "--skip-pip")
        until("Home Assistant", START_WAIT_S, lambda: listens(self.http))
        self.token = until("a token", START_WAIT_S, self.log_in)

        def automations_are_on():
            states = self.ask("GET", "/api/states")
            return ready <= {s["entity_id"] for s in states if s["state"] == "on"}

        until("the automations", START_WAIT_S, automations_are_on)

    def component(self, config, name, text, needs):
        folder = config / "custom_components" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text(text)
        manifest = {"domain": name, "name": name, "version": "1.0.0"}
        manifest |= {"dependencies": needs, "requirements": [], "codeowners": []}
        manifest["documentation"] = "https://example.invalid"
        (folder / "manifest.json").write_text(json.dumps(manifest))

    def broker(self, storage):
        storage.mkdir()
        entry = {
            "entry_id": "0123456789abcdef0123456789abcdef", "version": 1, "minor_version": 1,
            "domain": "mqtt", "title": "mqtt", "options": {}, "source": "user",
            "data": {"broker": "127.0.0.1", "port": self.mqtt, "discovery": True},
            "unique_id": None, "disabled_by": None,
            "pref_disable_new_entities": False, "pref_disable_polling": False,
        }
        kept = {"version": 1, "minor_version": 1, "key": "core.config_entries"}
        kept["data"] = {"entries": [entry]}
        (storage / "core.config_entries").write_text(json.dumps(kept))

    def log_in(self):
        client = f"http://127.0.0.1:{self.http}/"
        flow = {"client_id": client, "handler": ["homeassistant", None], "redirect_uri": client}
        try:
            begun = self.ask("POST", "/auth/login_flow", flow)
            who = {"client_id": client, "username": "owner", "password": "secret"}
            done = self.ask("POST", f"/auth/login_flow/{begun['flow_id']}", who)
        except (OSError, KeyError):
            return None
        form = {"grant_type": "authorization_code", "code": done["result"], "client_id": client}
        data = urllib.parse.urlencode(form).encode()
        with urllib.request.urlopen(client + "auth/token", data, timeout=10) as told:
            return json.load(told)["access_token"]

    def ask(self, method, path, body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", method=method)
        request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(request, data, timeout=20) as told:
            return json.load(told)

    def say(self, text, language="en"):
        began = time.monotonic()
        said = {"text": text, "language": language}
        told = self.ask("POST", "/api/conversation/process", said)
        took = time.monotonic() - began
        speech = told["response"]["speech"]["plain"]["speech"]
        print(f"{took:5.2f} s  {text}  ->  {speech}")
        return speech, took

    def publish(self, topic, body):
        command = ["mosquitto_pub", "-p", str(self.mqtt), "-t", topic, "-m", json.dumps(body)]
        subprocess.run(command, check=True)

    def hears(self, topic):
        """Everything on a topic from now on, one line a message."""
        count = len(list(self.folder.glob("*.heard")))
        path = self.folder / f"{topic.replace('/', '_')}.{count}.heard"
        out = self.stack.enter_context(open(path, "wb"))
        command = ["mosquitto_sub", "-p", str(self.mqtt), "-t", topic]
        child = subprocess.Popen(command, stdout=out)
        self.stack.callback(child.wait)
        self.stack.callback(child.kill)
        return lambda: path.read_text().splitlines()


def status(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as told:
            return told.status
    except urllib.error.HTTPError as told:
        return told.code
    except OSError:
        return None


def check(what, holds):
    if not holds:
        raise SystemExit(f"not so: {what}")


def play(stage):
    replies = stage.hears("homepay/device/hall/reply")
    late = stage.hears("test/late")

    def is_heard():
        stage.publish("homepay/device/hall/speak", {"v": 1, "transaction": None, "say": "hello"})
        return late()

    until("Home Assistant hears the broker", START_WAIT_S, is_heard)
    time.sleep(0.5)
    greeted = len(late())

    def in_time(text, wanted, language="en"):
        speech, took = stage.say(text, language)
        check(f"{wanted!r} in the answer to {text!r}", wanted in speech)
        check(f"{text!r} was answered within {ANSWER_WAIT_S} s", took < ANSWER_WAIT_S)
        return speech

    def asked():
        return [r for r in map(json.loads, replies()) if r["challenge"]]

    def asks(text, wanted, language="en"):
        """The answer is a question, whose number may be heard a moment later on its topic."""
        known = len(asked())
        in_time(text, wanted, language)
        until("the number", LATE_WAIT_S, lambda: len(asked()) > known)

    def number():
        return asked()[-1]["challenge"]["say"]

    def states():
        return sorted(order["state"] for order in stage.command("order", "list")["orders"])

    in_time("buy two cases of water", "OK:")
    in_time("买三箱矿泉水", "矿泉水", "zh-CN")
    until("two orders paid", LATE_WAIT_S, lambda: states() == ["settled"] * 2)
    in_time("how much is left today", "ninety-five")
    in_time("今天还能花多少", "九十五", "zh-CN")

    asks("order ten cases of water", "number")
    in_time(number(), "OK:")
    asks("买八箱矿泉水", "矿泉水", "zh-CN")
    in_time(spoken_zh(number()), "矿泉水", "zh-CN")
    asks("buy nine cases of water", "number")
    wrong = "11" if number() != "11" else "12"
    in_time(wrong, "not the number")
    paid = ["declined"] + ["settled"] * 4
    until("four orders paid, one refused", LATE_WAIT_S, lambda: states() == paid)

    # More of what the hub understands is heard by the blueprint, too.
    in_time("我要一箱矿泉水", "矿泉水", "zh-CN")
    in_time("来四箱矿泉水", "矿泉水", "zh-CN")
    in_time("how much did we spend today", "spent today")
    in_time("what does water cost", "one yuan")
    in_time("矿泉水多少钱", "一块", "zh-CN")
    in_time("what did I order last", "The last order was")
    in_time("buy three bottles of water", "sold by the case")
    asks("buy seven cases of water", "number")
    in_time("cancel my order", "Cancelled")
    check("nothing came late so far", len(late()) == greeted)
    asks("buy a piano", "number")
    in_time(" ".join(WORDS[int(digit)] for digit in number()), "I've asked Mum")
    (waiting,) = [o for o in stage.command("order", "list")["orders"] if "awaiting" in o["state"]]
    stage.command("order", "approve", waiting["order_id"])
    until("the owner's yes was announced", LATE_WAIT_S, lambda: any("钢琴" in t for t in late()))
    print(f"        late  ->  {late()[greeted:]}")


def play_satellite(stage):
    """After a question the microphone opens again, once there is a satellite that can."""
    opened = stage.hears("test/satellite")
    number = stage.hears("homepay/device/hall/reply")
    time.sleep(0.5)

    def asks(text, language="en"):
        known = len(number())
        stage.say(text, language)
        until("the question", LATE_WAIT_S, lambda: len(number()) > known)

    asks("buy seven cases of water")
    stage.say("cancel my order")
    time.sleep(1)
    check("no satellite, nothing is opened", not opened())
    entity = {"entity": "assist_satellite.hall"}
    stage.ask("POST", "/api/services/test_satellite/appear", entity)

    def opens(what, question):
        known = len(opened())
        what()
        told = until("the microphone", LATE_WAIT_S, lambda: opened()[known:])
        asked = {"entity_id": ["assist_satellite.hall"], "preannounce": False}
        asked["start_message"] = question
        check(f"{told} opens with {question!r}", list(map(json.loads, told)) == [asked])

    opens(lambda: asks("buy seven cases of water"), "The number?")
    stage.say("cancel my order")
    opens(lambda: asks("买七箱矿泉水", "zh-CN"), "数字是？")
    stage.say("cancel my order")
    news = {"v": 1, "transaction": None, "expects_answer": True, "lang": "en", "say": "Which one?"}
    opens(lambda: stage.publish("homepay/device/hall/speak", news), "Which one?")
    known = len(opened())
    stage.say("how much is left today")
    time.sleep(1)
    check("what asks nothing opens nothing", len(opened()) == known)
    print(f"        opened  ->  {opened()}")


def play_intents(stage):
    """The exported sentences: each is put together of its slots, and the hub's reply is spoken."""
    replies = stage.hears("homepay/device/hall/reply")

    def says(text, wanted):
        speech, took = stage.say(text)
        check(f"{wanted!r} in the answer to {text!r}", wanted in speech)
        check(f"{text!r} was answered within {ANSWER_WAIT_S} s", took < ANSWER_WAIT_S)

    until("the broker", START_WAIT_S, lambda: "spend" in stage.say("how much is left")[0])
    says("please buy two cases of water", "OK: two cases of 矿泉水")
    says("buy nine cases of water", "number")
    asked = until("the number", LATE_WAIT_S, lambda: [
        r["challenge"]["say"] for r in map(json.loads, replies()) if r["challenge"]
    ])
    says(asked[-1], "OK: nine cases of 矿泉水")
    says("buy eight cases of water", "number")
    says("cancel my order", "Cancelled: eight cases of 矿泉水")
    says("how much is left this month", "this month")
    says("how much did we spend today", "spent today")
    says("how much is water", "one yuan")
    says("what did we order last", "nine cases of 矿泉水")
    says("refund my last order", "nine cases of 矿泉水")


def turn_the_number(stage):
    """The limit's entity, as the hub announces it, lowers its limit and cannot raise it."""
    kept = ["mosquitto_sub", "-p", str(stage.mqtt), "-C", "1", "-W", "5", "-t"]
    topic = "homeassistant/device/homepay_hall/config"
    config = json.loads(subprocess.run([*kept, topic], check=True, capture_output=True).stdout)
    # This version knows devices only by their components, one message each.
    number = config["cmps"]["limit_daily"]
    component = {key: value for key, value in number.items() if key != "p"}
    shared = {key: config[key] for key in ("dev", "avty_t", "avty_tpl")}
    stage.publish("homeassistant/number/homepay_hall/limit_daily/config", component | shared)

    def entity():
        found = [s for s in stage.ask("GET", "/api/states") if s["entity_id"][:7] == "number."]
        return found[0] if found else None

    def is_there():
        state = entity()
        return state if state and state["state"] != "unavailable" else None

    state = until("the entity", START_WAIT_S, is_there)
    shape = [state["attributes"][key] for key in ("min", "step", "mode", "unit_of_measurement")]
    check(f"{shape} is the entity's shape", shape == [0.0, 0.01, "box", "CNY"])

    def turn(value):
        body = {"entity_id": state["entity_id"], "value": value}
        stage.ask("POST", "/api/services/number/set_value", body)

    def shows(value, refused):
        def look():
            now = entity()
            code = (now["attributes"].get("refused") or {}).get("code")
            return code == refused and now["state"] not in ("unknown", "unavailable") and (
                float(now["state"]) == value
            )

        until(f"the entity shows {value}, {refused}", LATE_WAIT_S, look)

    turn(55.5)
    shows(55.5, None)
    turn(60)
    shows(55.5, "forbidden")
    print("        number  ->  lowered to 55.5, not raised to 60")


WORDS = "zero one two three four five six seven eight nine".split()


def spoken_zh(number):
    digits = "零一二三四五六七八九"
    tens, ones = int(number) // 10, int(number) % 10
    return (digits[tens] if tens > 1 else "") + "十" + (digits[ones] if ones else "")


def main():
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        stage = Stage(pathlib.Path(folder), stack)
        try:
            stage.mosquitto()
            daemon = stage.homepay()
            stage.home_assistant()
            print(f"all stand after {time.monotonic() - began:.1f} s")
            play(stage)
            play_satellite(stage)
            with_blueprint = (stage.http, stage.token)
            stage.home_assistant_with_intents()
            play_intents(stage)
            with_intents = (stage.http, stage.token)
            stage.http, stage.token = with_blueprint
            turn_the_number(stage)
            stage.http, stage.token = with_intents
            check("a speaker is frozen", "Hall is frozen" in stage.say("freeze the hall")[0])
            stage.http, stage.token = with_blueprint
            daemon.kill()
            daemon.wait()
            speech, took = stage.say("buy two cases of water")
            check("who is away is said to be away", "does not answer" in speech and took < 8)
            # What nobody answered is not bought when the hub is back, and that is told as news.
            orders = ["mosquitto_sub", "-p", str(stage.mqtt), "-t", "homepay/order", "-W", "8"]
            news = stage.hears("test/late")
            heard = subprocess.Popen(orders, stdout=subprocess.PIPE)
            stage.homepay()
            until("that it came too late", LATE_WAIT_S, lambda: any("too late" in t for t in news()))
            check("nothing was bought of it", b"water" not in heard.communicate()[0])
            print(f"        late  ->  {news()}")
        except BaseException:
            for log in sorted(stage.folder.glob("*.log")):
                print(f"--- {log.name}\n{log.read_text()[-6000:]}", file=sys.stderr)
            raise
    print(f"Home Assistant heard and answered: all in {time.monotonic() - began:.1f} s")


main()
