//! Home Assistant Assist: what answers the intents of the custom sentences. An intent has no
//! sentence, so one that means the same is put together of its slots and handed to the hub.

use super::{OutputFile, quoted};
use homepay_domain::household::{Household, Lang};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;

/// Home Assistant reads packages from this folder, where its configuration says so.
const PACKAGE_PATH: &str = "packages/homepay.yaml";

/// The profile of speakers that are satellites of Home Assistant.
const ASSIST_PROFILE: &str = "ha-assist";

/// What the package begins with. Its automation keeps the subscription, so that no answer is missed,
/// and tells what comes late.
const HEAD: &str = r#"# Written by `homepay voice export hassil`. In configuration.yaml:
#   homeassistant:
#     packages:
#       homepay: !include packages/homepay.yaml
automation:
  - id: homepay_late
    alias: homepay late answers
    mode: parallel
    max: 10
    trigger:
      - platform: mqtt
        id: told
        topic: homepay/device/+/speak
      - platform: event
        id: unanswered
        event_type: homepay_intent_unanswered
    action:
      - variables:
          satellites: SATELLITES
      - if:
          - condition: trigger
            id: unanswered
        then:
          - wait_for_trigger:
              - platform: mqtt
                topic: homepay/device/+/speak
                payload: "{{ trigger.event.data.transaction }}"
                value_template: "{{ value_json.transaction }}"
            timeout:
              minutes: 2
            continue_on_timeout: false
          - service: assist_satellite.announce
            continue_on_error: true
            target:
              entity_id: "{{ trigger.event.data.satellite }}"
            data:
              message: "{{ wait.trigger.payload_json.say }}"
        else:
          - condition: template
            value_template: >-
              {{ trigger.payload_json.transaction is none and
                 trigger.topic.split("/")[2] in satellites }}
          - service: assist_satellite.announce
            continue_on_error: true
            target:
              entity_id: "{{ satellites[trigger.topic.split('/')[2]] }}"
            data:
              message: "{{ trigger.payload_json.say }}"
script:
  homepay_ask:
    alias: homepay is asked
    mode: parallel
    max: 10
    sequence:
      - variables:
          satellites: SATELLITES
          here: >-
            {{ (area_entities(area) + area_devices(area))
               | select("in", satellites.values() | list) | list if area else [] }}
          satellite: >-
            {{ (satellites.values() | list)[0] if satellites | count == 1
               else here[0] if here | count == 1 else "" }}
          transaction: "{{ context.id }}"
      - if:
          - condition: template
            value_template: "{{ satellite == '' }}"
        then:
          - variables:
              answer:
                say: UNKNOWN
          - stop: no satellite
            response_variable: answer
      # Not waited for: it publishes when this one listens.
      - service: script.turn_on
        target:
          entity_id: script.homepay_publish
        data:
          variables:
            text: "{{ text }}"
            satellite: "{{ satellite }}"
            transaction: "{{ transaction }}"
      - wait_for_trigger:
          - platform: mqtt
            topic: homepay/device/+/speak
            payload: "{{ transaction }}"
            value_template: "{{ value_json.transaction }}"
        # One second longer than a sentence stays fresh for the hub.
        timeout:
          seconds: 6
        continue_on_timeout: true
      - if:
          - condition: template
            value_template: "{{ wait.trigger is none }}"
        then:
          - event: homepay_intent_unanswered
            event_data:
              satellite: "{{ satellite }}"
              transaction: "{{ transaction }}"
      - variables:
          answer:
            say: >-
              {{ wait.trigger.payload_json.say if wait.trigger is not none
                 else "homepay does not answer. homepay 没有回应。" }}
      - stop: answered
        response_variable: answer
  homepay_publish:
    alias: homepay hears
    mode: parallel
    max: 10
    sequence:
      - delay:
          milliseconds: 50
      - service: mqtt.publish
        data:
          topic: homepay/in/assist
          qos: 1
          retain: false
          payload: >-
            {{ {"v": 1, "text": text | string, "slots": {}, "satellite_id": satellite,
                "context_id": transaction, "lang": LANG,
                "at": now().isoformat()} | to_json }}
intent_script:
"#;

/// What each intent does. Triggers are waited for in a script: an intent's own actions cannot.
const INTENT: &str = r#"  INTENT:
    mode: parallel
    action:
      - variables:
          goods: GOODS
      - service: script.homepay_ask
        data:
          text: TEXT
          area: "{{ preferred_area_id | default('') }}"
        response_variable: answer
      - stop: answered
        response_variable: answer
    speech:
      text: "{{ action_response.say }}"
"#;

/// The package: each intent of the sentences is handed to the hub, and its reply is spoken.
pub(super) fn intent_script(household: &Household, lang: Lang, intents: &[&str]) -> OutputFile {
    let speakers = household.devices.iter().filter(|(_, d)| d.profile.as_str() == ASSIST_PROFILE);
    let satellites: Map<String, Value> = speakers
        .filter_map(|(id, device)| Some((id.to_string(), json!(device.topic.as_deref()?))))
        .collect();
    let satellites = Value::from(satellites).to_string();
    let goods: Map<String, Value> = household
        .catalog
        .iter()
        .map(|(sku, item)| (sku.to_string(), json!(item.name.of(lang))))
        .collect();
    let goods = Value::from(goods).to_string();
    let unknown = quoted(match lang {
        Lang::ZhCn => "homepay 不知道这是哪个音箱，什么都没买。",
        Lang::En => "homepay does not know which speaker this is. Nothing was ordered.",
    });
    let mut text = HEAD
        .replace("SATELLITES", &satellites)
        .replace("UNKNOWN", &unknown)
        .replace("LANG", &quoted(lang.tag()));
    for intent in intents {
        let Some(said) = sentence(lang, intent) else { continue };
        let own = INTENT
            .replace("INTENT", intent)
            .replace("TEXT", &quoted(said))
            .replace("GOODS", &goods);
        let _ = write!(text, "{own}");
    }
    OutputFile { path: PACKAGE_PATH.to_owned(), text }
}

/// The sentence that an intent's slots make, as Home Assistant's template.
fn sentence(lang: Lang, intent: &str) -> Option<&'static str> {
    let (zh, en) = match intent {
        "OrderGoods" => (
            "买{{ quantity | default('') }}{{ unit | default('') }}{{ goods[item] }}",
            "buy {{ quantity | default('') }} {{ unit | default('') }} {{ goods[item] }}",
        ),
        "ConfirmOrder" => ("{{ number }}", "{{ number }}"),
        "CancelOrder" => ("取消订单", "cancel the order"),
        "AskLeft" => (
            "{{ '这个月' if span | default('') == 'month' else '今天' }}还能花多少钱",
            "how much is left {{ 'this month' if span | default('') == 'month' else 'today' }}",
        ),
        "AskSpent" => (
            "{{ '这个月' if span == 'month' else '今天' }}花了多少钱",
            "how much have we spent {{ 'this month' if span == 'month' else 'today' }}",
        ),
        "AskCost" => (
            "{{ device | replace('-', ' ') }}{{ '这个月' if span == 'month' else '今天' }}花了多少钱",
            "how much did the {{ device | replace('-', ' ') }} cost \
             {{ 'this month' if span == 'month' else 'today' }}",
        ),
        "AskRunCost" => (
            "现在开{{ device | replace('-', ' ') }}要多少钱",
            "how much does it cost to run the {{ device | replace('-', ' ') }} now",
        ),
        "AskPrice" => ("{{ goods[item] }}多少钱", "how much is {{ goods[item] }}"),
        "AskLastOrder" => ("上次买了什么", "what did we order last"),
        "RefundLast" => ("把上一单退了", "refund my last order"),
        "FreezeDevice" => (
            "冻结{{ device | replace('-', ' ') if device is defined else '所有设备' }}",
            "freeze {{ device | replace('-', ' ') if device is defined else 'all devices' }}",
        ),
        _ => return None,
    };
    Some(match lang {
        Lang::ZhCn => zh,
        Lang::En => en,
    })
}
