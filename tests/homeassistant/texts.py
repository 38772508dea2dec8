"""What is written into the folders of the play: households, configurations, components."""

HOUSEHOLD = """
[[members]]
id = "mum"
name = "Mum"
role = "owner"
[[payees]]
id = "shop"
name = "街角便利店"
[[catalog]]
sku = "water"
name = "矿泉水"
aliases = ["water"]
unit = "箱"
price = "1.00"
category = "grocery"
payee = "shop"
[[catalog]]
sku = "piano"
name = "钢琴"
aliases = ["piano"]
price = "30.00"
category = "music"
payee = "shop"
[[devices]]
id = "hall"
kind = "speaker"
name = "Hall"
profile = "ha-assist"
topic = "assist_satellite.hall"
[[devices]]
id = "attic"
kind = "speaker"
name = "Attic"
profile = "ha-assist"
topic = "assist_satellite.attic"
[[limits]]
id = "home-day"
scope = { home = true }
period = "day"
amount = "100.00"
confirm_above = "5.00"
approve_above = "20.00"
[[limits]]
id = "hall-day"
scope = { device = "hall" }
period = "day"
amount = "100.00"
"""

HOME_ASSISTANT = """
homeassistant:
  name: Test
  time_zone: Asia/Shanghai
{packages}
http:
  server_host: 127.0.0.1
  server_port: {port}
api:
auth:
conversation:
test_satellite:
{automations}
logger:
  default: warning
"""

# Late answers go where the test hears them; there is no satellite to announce on.
AUTOMATION = """
- id: {device}
  alias: homepay {device}
  use_blueprint:
    path: homepay/homepay_assist.yaml
    input:
      device: {device}
      satellite: assist_satellite.{device}
      typed: {typed}
      late:
        - service: mqtt.publish
          data:
            topic: test/late
            payload: "{{{{ say }}}}"
"""

FRONTEND = '''"""Home Assistant starts only with a frontend; this one shows nothing."""


async def async_setup(hass, config):
    return True
'''


# This version knows no satellites. One appears when it is asked for, and tells what it is asked to do.
SATELLITE = '''"""A satellite that can start a conversation."""

import json

FEATURES = 1 | 2  # announces, starts conversations


async def async_setup(hass, config):
    async def start_conversation(call):
        told = {key: call.data[key] for key in sorted(call.data)}
        payload = {"topic": "test/satellite", "payload": json.dumps(told)}
        await hass.services.async_call("mqtt", "publish", payload)

    async def appear(call):
        hass.services.async_register("assist_satellite", "start_conversation", start_conversation)
        hass.states.async_set(call.data["entity"], "idle", {"supported_features": FEATURES})

    hass.services.async_register("test_satellite", "appear", appear)
    return True
'''
