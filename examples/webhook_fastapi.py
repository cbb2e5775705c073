"""Receive deAPI's webhooks with FastAPI. Needs `pip install deapi-python-sdk fastapi uvicorn`."""

import logging
import os

import uvicorn
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request

from deapi.webhook import InvalidPayloadError, InvalidSignatureError, WebhookEvent, unwrap

SECRET = os.environ.get("DEAPI_WEBHOOK_SECRET", "").strip()
if not SECRET:
    raise SystemExit("Set DEAPI_WEBHOOK_SECRET: without it, anyone could send you events.")
MAX_BODY = 64 * 1024  # an event has about a kilobyte

log = logging.getLogger(__name__)
app = FastAPI()
# In production: a store that outlives the process and is shared by all (a unique column, or Redis
# SET NX). Keep ids for two days: the service tries again for up to 23 hours.
seen: dict[str, None] = {}


def work(event: WebhookEvent) -> None:
    """Do what takes time. What must survive a crash belongs in a durable queue instead."""
    print(f"{event.type}: job {event.data.job_request_id} {event.data.result_url or ''}")


@app.post("/webhooks/deapi", status_code=204)
async def receive(request: Request, after: BackgroundTasks) -> None:
    """Check, answer within the ten seconds that the service waits, then work."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413)
    try:
        event = unwrap(payload=body, headers=request.headers, secret=SECRET)
    except InvalidSignatureError as error:
        log.warning("Refused a webhook: %s", error)
        raise HTTPException(400) from None
    except InvalidPayloadError:
        log.exception("Sent again, it would be the same: accepted, and left aside.")
        return
    if event.delivery_id not in seen:
        seen[event.delivery_id] = None
        if len(seen) > 10_000:
            del seen[next(iter(seen))]
        after.add_task(work, event)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
