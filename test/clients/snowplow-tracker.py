"""Drives snowplow-tracker: every event, by POST and GET, in base64 and plain. Prints the ids of the events, as JSON."""
import json
import sys

from snowplow_tracker import (
    Emitter,
    PagePing,
    PageView,
    ScreenView,
    SelfDescribing,
    SelfDescribingJson,
    StructuredEvent,
    Subject,
    Tracker,
)

host, port = sys.argv[1], int(sys.argv[2])
when = 1704164645678
screen_id = "0b4e2f6c-5a5e-4c09-8a53-3e2f3ad0e2a1"
article = SelfDescribingJson("iglu:com.acme/article/jsonschema/1-0-0", {"id": 7, "title": "Ünï ☃"})
user = SelfDescribingJson("iglu:com.acme/user/jsonschema/1-0-0", {"kind": "tester"})
common = {"context": [user], "true_timestamp": when}


class Recording:
    """Takes each payload, notes its id, and hands it on: the deprecated methods do not give the ids of their events."""

    def __init__(self, emitter):
        self.emitter, self.ids = emitter, []

    def input(self, payload):
        self.ids.append(payload["eid"])
        self.emitter.input(payload)

    def flush(self):
        self.emitter.flush()

    def async_flush(self):
        self.emitter.async_flush()

    def sync_flush(self):
        self.emitter.sync_flush()


def subject():
    return (
        Subject()
        .set_platform("mob")
        .set_user_id("user")
        .set_screen_resolution(1366, 768)
        .set_lang("en")
        .set_domain_user_id("domain-user")
        .set_ip_address("1.2.3.4")
    )


def events():
    return {
        "page_view": PageView("https://acme.com/", "Acme", "https://x.y/", **common),
        "page_ping": PagePing("https://acme.com/", "Acme", "https://x.y/", 0, 100, 0, 500, **common),
        "structured": StructuredEvent("shop", "add", "label", "pcs", 2.5, **common),
        "self_describing": SelfDescribing(article, **common),
        "mobile_screen_view": ScreenView(screen_id, "HUD", **common),
    }


def deprecated(tracker):
    extras = {"context": [user], "tstamp": when}
    form = {"name": "n", "value": "v", "nodeName": "INPUT", "type": "text"}
    item = {"sku": "pbz0026", "price": 20, "quantity": 1, "name": "n", "category": "c"}
    return {
        "screen_view": lambda: tracker.track_screen_view("HUD", "screen23", **extras),
        "link_click": lambda: tracker.track_link_click("https://a.b/", "id1", ["a"], "_blank", "text", **extras),
        "add_to_cart": lambda: tracker.track_add_to_cart("000345", 2, "tie", "clothing", 3.49, "GBP", **extras),
        "remove_from_cart": lambda: tracker.track_remove_from_cart("000345", 2, "tie", "clothing", 3.49, "GBP", **extras),
        "change_form": lambda: tracker.track_form_change("f", "e", "INPUT", "v", "text", ["c"], **extras),
        "submit_form": lambda: tracker.track_form_submit("f", ["c1"], [form], **extras),
        "site_search": lambda: tracker.track_site_search(["pulp", "fiction"], {"nsfw": True}, 215, 22, **extras),
        "transaction": lambda: tracker.track_ecommerce_transaction(
            "6a8078be", 35, "web", 2.5, 0, "London", "Denver", "Greenland", "GBP", [item], **extras
        ),
    }


told = {}
for method in ("post", "get"):
    for encode_base64 in (True, False):
        emitter = Recording(Emitter(host, protocol="http", port=port, method=method, batch_size=3))
        tracker = Tracker("ns", emitter, subject=subject(), app_id="app", encode_base64=encode_base64)
        ids = {}
        for name, event in events().items():
            ids[name] = [tracker.track(event)]
        for name, call in deprecated(tracker).items():
            before = len(emitter.ids)
            call()
            ids[name] = emitter.ids[before:]
        tracker.flush()
        told["%s %s" % (method, "base64" if encode_base64 else "plain")] = ids

print(json.dumps(told))
