"""Receive deAPI's webhooks with Flask. Needs `pip install deapi-python-sdk flask`."""

import os
import queue
import threading

from flask import Flask, abort, request

from deapi.webhook import InvalidPayloadError, InvalidSignatureError, WebhookEvent, unwrap

SECRET = os.environ.get("DEAPI_WEBHOOK_SECRET", "").strip()
if not SECRET:
    raise SystemExit("Set DEAPI_WEBHOOK_SECRET: without it, anyone could send you events.")

app = Flask(__name__)
app.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # an event has about a kilobyte
# In production: a queue and a store of ids that outlive the process and are shared by all (a table
# with a unique column). Keep ids for two days: the service tries again for up to 23 hours.
events: queue.Queue[WebhookEvent] = queue.Queue(maxsize=1000)
seen: dict[str, None] = {}


def work() -> None:
    """Do what takes time, one event after the other."""
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
            app.logger.exception("Event %s failed; the next one is waiting.", event.delivery_id)


@app.post("/webhooks/deapi")
def receive() -> tuple[str, int]:
    """Check and queue, and answer within the ten seconds that the service waits."""
    try:
        events.put_nowait(
            unwrap(payload=request.get_data(), headers=request.headers, secret=SECRET)
        )
    except InvalidSignatureError as error:
        app.logger.warning("Refused a webhook: %s", error)
        abort(400)
    except InvalidPayloadError:
        app.logger.exception("Sent again, it would be the same: accepted, and left aside.")
    except queue.Full:
        abort(503)  # the service will try again
    return "", 204


threading.Thread(target=work, daemon=True).start()

if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8000")))
