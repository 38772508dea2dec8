"""Reads exported sentences with rhasspy-nlu 0.4.0 and hassil 3.12.1, and says what they hear.

In: {"rhasspy" | "hassil": {path: text}, "sentences": [text]}. Out: one answer a sentence, as
{"intent": …, "slots": {…}} or null.
"""

import io
import json
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


ask = json.load(sys.stdin)
read = rhasspy if "rhasspy" in ask else hassil
files = ask.get("rhasspy") or ask["hassil"]
json.dump(list(read(files, ask["sentences"])), sys.stdout)
