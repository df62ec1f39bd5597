"""Drives rudder-sdk-python: every call, and the main options. Prints what the SDK told its caller, as JSON."""
import datetime
import json
import sys

import rudderstack.analytics as module
from rudderstack.analytics.client import Client

url, key = sys.argv[1], sys.argv[2]
when = datetime.datetime(2024, 1, 2, 3, 4, 5, 678901, tzinfo=datetime.timezone.utc)
told = {"errors": [], "sync": None}


def on_error(error, events):
    told["errors"].append({"status": error.status, "message": error.message, "ids": [e["messageId"] for e in events]})


def tail(id):
    return {
        "context": {"ip": "1.2.3.4"},
        "timestamp": when,
        "anonymous_id": "anon",
        "integrations": {"Amplitude": True},
        "message_id": id,
    }


# The module's own functions, with its settings.
module.write_key = key
module.dataPlaneUrl = url
module.on_error = on_error
module.gzip = True
module.identify("user", {"email": "a@b.c", "friends": 16}, **tail("py-identify"))
module.track("user", "Article Read", {"title": "The Independence"}, **tail("py-track"))
module.page("user", "Docs", "Sample", {"url": "http://x"}, **tail("py-page"))
module.screen("user", "Settings", "Brightness", {"from": "x"}, **tail("py-screen"))
module.group("user", "12", {"name": "Company"}, **tail("py-group"))
alias = tail("py-alias")
del alias["anonymous_id"]
module.alias("previous", "user", **alias)
module.track(anonymous_id="anon-only", event="Anonymous", message_id="py-anonymous")
module.flush()

# The client's options.
plain = Client(key, url, gzip=False, upload_size=5, upload_interval=0.1, max_retries=1, timeout=5)
for index in range(12):
    plain.track("user-%d" % index, "Batched", {"index": index}, message_id="py-batched-%d" % index)
plain.flush()
plain.join()

sync = Client(key, url, sync_mode=True)
sync.track("user", "Sync", message_id="py-sync")

silent = Client(key, url, send=False)
told["silent"] = silent.track("user", "Silent", message_id="py-silent")[0]

wrong = Client("wrong-key", url, on_error=on_error, max_retries=0)
wrong.track("user", "Wrong", message_id="py-wrong")
wrong.flush()
wrong.join()

try:
    Client("wrong-key", url, sync_mode=True).track("user", "Wrong", message_id="py-wrong-sync")
except Exception as error:
    told["sync"] = {"status": error.status, "message": error.message}

print(json.dumps(told))
