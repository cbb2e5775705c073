"""Submit a job in one Celery task, and save its result in another, after a webhook.

    pip install deapi-python-sdk 'celery[redis]' flask
    cd examples
    celery -A celery_tasks worker
    flask --app celery_tasks:web run
    python celery_tasks.py fox owl hare

DEAPI_API_KEY, DEAPI_WEBHOOK_SECRET and CELERY_BROKER_URL must be set, and WEBHOOK_URL must be the
public URL of the path /webhooks/deapi. Only the ID of a job travels between the processes.
"""

import os
import sys
from functools import cache
from pathlib import Path

from celery import Celery
from celery.utils.log import get_task_logger
from flask import Flask, abort, request

from deapi import (
    DeapiClient,
    JobFailedError,
    JobTimeoutError,
    NetworkError,
    RateLimitError,
    ServerError,
)
from deapi.webhook import InvalidPayloadError, InvalidSignatureError, unwrap

log = get_task_logger(__name__)
celery = Celery("celery_tasks")
web = Flask(__name__)
web.config["MAX_CONTENT_LENGTH"] = 64 * 1024  # bytes; an event has about 1 KB


@cache
def client() -> DeapiClient:
    """Return the client of this process. It works after a fork."""
    return DeapiClient()


@celery.task
def submit(animal: str) -> None:
    """Submit a job. This task is not retried: the SDK has retried what cannot be charged twice."""
    job = client().images.generate(
        prompt=f"a {animal} in ink",
        model="Flux1schnell",
        width=512,
        height=512,
        steps=4,
        seed=-1,
        webhook_url=os.environ["WEBHOOK_URL"],
    )
    log.info("%s is job %s", animal, job.request_id)


@web.post("/webhooks/deapi")
def receive() -> tuple[str, int]:
    """Queue the task that saves the result. An event may arrive twice, and is then saved twice."""
    try:
        event = unwrap(
            payload=request.get_data(),
            headers=request.headers,
            secret=os.environ["DEAPI_WEBHOOK_SECRET"],
        )
    except InvalidSignatureError:
        abort(400)
    except InvalidPayloadError:
        return "", 204  # a retry would contain the same payload
    if event.type in ("job.completed", "job.failed"):
        finish.delay(event.data.job_request_id)
    return "", 204


@celery.task(
    acks_late=True,
    autoretry_for=(JobTimeoutError, NetworkError, RateLimitError, ServerError),
    retry_backoff=True,
    max_retries=10,
)
def finish(request_id: str) -> None:
    """Save the result of a job. This task may run any number of times: it costs nothing."""
    directory = Path("images")
    directory.mkdir(exist_ok=True)
    try:
        path = client().job(request_id).save(directory / f"{request_id}.png")
    except JobFailedError as error:
        log.warning("%s", error)
    else:
        log.info("Saved %s", path)


if __name__ == "__main__":
    for name in sys.argv[1:] or ["fox", "owl", "hare"]:
        submit.delay(name)
