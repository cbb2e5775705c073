"""Receive deAPI webhooks with Flask. Requires `pip install deapi-python-sdk flask`."""

import os
import queue
import threading

from flask import Flask, abort, request

from deapi.webhook import InvalidPayloadError, InvalidSignatureError, WebhookEvent, unwrap

SECRET = os.environ.get("DEAPI_WEBHOOK_SECRET", "").strip()
if not SECRET:
    raise SystemExit("Set DEAPI_WEBHOOK_SECRET. Without it, anyone can send forged events.")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # bytes; an event has about 1 KB
# In production, use a persistent queue and a persistent store of IDs that all processes share, such
# as a database table with a unique column. Keep the IDs for two days, because the service retries
# for up to 23 hours.
events: queue.Queue[WebhookEvent] = queue.Queue(maxsize=1000)
seen: dict[str, None] = {}


def process_events() -> None:
    """Process the queued events one by one."""
    while True:
        event = events.get()
        if event.delivery_id in seen:
            continue
        seen[event.delivery_id] = None
        if len(seen) > 10_000:
            del seen[next(iter(seen))]
        try:
            print(f"{event.type}: job {event.data.job_request_id} {event.data.result_url or ''}")
        except Exception:
            app.logger.exception("Processing event %s failed.", event.delivery_id)


@app.post("/webhooks/deapi")
def receive() -> tuple[str, int]:
    """Verify and queue the event, and respond within ten seconds."""
    try:
        events.put_nowait(
            unwrap(payload=request.get_data(), headers=request.headers, secret=SECRET)
        )
    except InvalidSignatureError as error:
        app.logger.warning("Rejected a webhook: %s", error)
        abort(400)
    except InvalidPayloadError:
        app.logger.exception("Ignored an invalid payload. A retry would contain the same payload.")
    except queue.Full:
        abort(503)  # the service will retry
    return "", 204


threading.Thread(target=process_events, daemon=True).start()

if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8000")))
