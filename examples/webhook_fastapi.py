"""Receive deAPI webhooks with FastAPI. Requires `pip install deapi-python-sdk fastapi uvicorn`."""

import logging
import os

import uvicorn
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request

from deapi.webhook import InvalidPayloadError, InvalidSignatureError, WebhookEvent, unwrap

SECRET = os.environ.get("DEAPI_WEBHOOK_SECRET", "").strip()
if not SECRET:
    raise SystemExit("Set DEAPI_WEBHOOK_SECRET. Without it, anyone can send forged events.")
MAX_BODY = 64 * 1024  # bytes; an event has about 1 KB

log = logging.getLogger(__name__)
app = FastAPI()
# In production, use a persistent store that all processes share, such as a database table with a
# unique column, or Redis SET NX. Keep the IDs for two days, because the service retries for up to
# 23 hours.
seen: dict[str, None] = {}


def process(event: WebhookEvent) -> None:
    """Process an event. Use a persistent queue instead if events must survive a crash."""
    print(f"{event.type}: job {event.data.job_request_id} {event.data.result_url or ''}")


@app.post("/webhooks/deapi", status_code=204)
async def receive(request: Request, background: BackgroundTasks) -> None:
    """Verify the event, respond within ten seconds, then process it in the background."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    try:
        event = unwrap(payload=body, headers=request.headers, secret=SECRET)
    except InvalidSignatureError as error:
        log.warning("Rejected a webhook: %s", error)
        raise HTTPException(400) from None
    except InvalidPayloadError:
        log.exception("Ignored an invalid payload. A retry would contain the same payload.")
        return
    if event.delivery_id not in seen:
        seen[event.delivery_id] = None
        if len(seen) > 10_000:
            del seen[next(iter(seen))]
        background.add_task(process, event)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
