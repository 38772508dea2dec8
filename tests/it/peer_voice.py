"""Reads exported sentences with rhasspy-nlu 0.4.0 and hassil 3.12.1, and says what they hear.

In: {"rhasspy" | "hassil": {path: text}, "sentences": [text]}. Out: one answer a sentence, as
{"intent": …, "slots": {…}} or null. With "blueprint": [sentence, how often its triggers hear it], also
for sentences picked from the triggers themselves.
"""

import inspect
import io
import json
import random
import sys
import tempfile
from pathlib import Path


def rhasspy(files, sentences):
    import rhasspynlu

    with tempfile.TemporaryDirectory() as folder:
        for path, text in files.items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        intents = rhasspynlu.parse_ini(files["sentences.ini"])
        texts, replacements = rhasspynlu.ini_jsgf.split_rules(intents)
        slots = rhasspynlu.get_slot_replacements(texts, slots_dirs=[Path(folder, "slots")])
        replacements.update(slots)
        graph = rhasspynlu.sentences_to_graph(texts, replacements=replacements)
    for sentence in sentences:
        heard = rhasspynlu.recognize(sentence, graph, fuzzy=False)
        if not heard:
            yield None
            continue
        slots = {entity.entity: str(entity.value) for entity in heard[0].entities}
        yield {"intent": heard[0].intent.name, "slots": slots}


def hassil(files, sentences):
    from hassil import Intents, recognize

    (text,) = [text for path, text in files.items() if path.startswith("custom_sentences/")]
    intents = Intents.from_yaml(io.StringIO(text))
    for sentence in sentences:
        heard = recognize(sentence, intents)
        slots = {e.name: str(e.value) for e in heard.entities_list} if heard else {}
        yield {"intent": heard.intent.name, "slots": slots} if heard else None


def blueprint(files, sentences):
    """As Home Assistant's sentence triggers do: every list stands for any words."""
    import yaml
    from hassil import Intents, recognize_all
    from hassil.intents import WildcardSlotList

    class Loader(yaml.SafeLoader):
        pass

    Loader.add_multi_constructor("!", lambda loader, tag, node: None)
    (text,) = files.values()
    inputs = yaml.load(text, Loader)["blueprint"]["input"]
    triggers = {name: inputs[name]["default"] for name in ["sentences", "numbers"]}
    data = {name: {"data": [{"sentences": lines}]} for name, lines in triggers.items()}
    intents = Intents.from_dict({"language": "en", "intents": data})
    # Old versions of hassil give it no name.
    names = ["wish"] if "name" in inspect.signature(WildcardSlotList).parameters else []
    intents.slot_lists["wish"] = WildcardSlotList(*names)
    picks = random.Random(1)
    picked = [
        pick(line, picks) for lines in triggers.values() for line in lines for _ in range(PICKS)
    ]
    for sentence in [*sentences, *picked]:
        yield [sentence, sum(1 for _ in recognize_all(sentence, intents))]


# Sentences picked of each line of the blueprint.
PICKS = 25


def pick(line, picks):
    """One of the sentences that a line of a trigger stands for, with goods in place of a list."""
    goods = "矿泉水" if any(ord(c) > 0x2E80 for c in line) else "mineral water"

    def way(at):
        ways, closed = [""], ")]"
        while at < len(line) and line[at] not in closed:
            if line[at] in "([":
                inner, end = way(at + 1)
                if line[at] == "[" and picks.random() < 0.5:
                    inner = ""
                ways[-1] += inner
                at = end + 1
            elif line[at] == "|":
                ways.append("")
                at += 1
            else:
                ways[-1] += line[at]
                at += 1
        return picks.choice(ways), at

    return " ".join(way(0)[0].replace("{wish}", goods).split())


ask = json.load(sys.stdin)
(form, files), *_ = ask.items()
read = {"rhasspy": rhasspy, "hassil": hassil, "blueprint": blueprint}[form]
json.dump(list(read(files, ask["sentences"])), sys.stdout)
