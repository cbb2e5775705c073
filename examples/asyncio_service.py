"""Serve images with one async client for all requests. Requires `pip install fastapi uvicorn`.

    python examples/asyncio_service.py
    curl -X POST 'http://127.0.0.1:8000/images?prompt=a%20fox'

DEAPI_API_KEY must be set. In production, check that a job belongs to the caller.
"""

import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated

import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse

from deapi import (
    AsyncDeapiClient,
    AsyncJob,
    DeapiError,
    InsufficientBalanceError,
    JobFailedError,
    JobTimeoutError,
    NetworkError,
    NotFoundError,
    RateLimitError,
    ServerError,
    ValidationError,
)

log = logging.getLogger(__name__)

# The first class that matches. Any other error is a fault of this service, for example its key.
STATUS_CODES: list[tuple[type[DeapiError], int]] = [
    (InsufficientBalanceError, 503),  # also a ValidationError, but not the caller's
    (ValidationError, 422),
    (NotFoundError, 404),
    (RateLimitError, 503),
    (JobTimeoutError, 504),
    (JobFailedError, 502),
    (NetworkError, 502),
    (ServerError, 502),
    (DeapiError, 500),
]


@asynccontextmanager
async def lifespan(application: FastAPI) -> AsyncGenerator[None, None]:
    """Create the client when the service starts, and close it when the service stops."""
    # The caller does not wait long for retries. It gets Retry-After instead.
    async with AsyncDeapiClient(timeout=20, max_retry_wait=5) as client:
        application.state.deapi = client
        yield


app = FastAPI(lifespan=lifespan)


async def get_client(request: Request) -> AsyncDeapiClient:
    """Return the client of the service."""
    client: AsyncDeapiClient = request.app.state.deapi
    return client


Client = Annotated[AsyncDeapiClient, Depends(get_client)]


async def get_job(request_id: str, client: Client) -> AsyncJob:
    """Return a handle to the job of the path."""
    try:
        return client.job(request_id)
    except ValueError:
        raise HTTPException(404) from None


ExistingJob = Annotated[AsyncJob, Depends(get_job)]


@app.post("/images", status_code=202)
async def submit(prompt: str, client: Client) -> dict[str, str]:
    """Submit a job and return its ID. The request does not stay open while the job runs."""
    job = await client.images.generate(
        prompt=prompt, model="Flux1schnell", width=512, height=512, steps=4, seed=-1
    )
    return {"id": job.request_id}


@app.get("/images/{request_id}")
async def status(job: ExistingJob) -> dict[str, str | float]:
    """Return the status of a job."""
    result = await job.status()
    return {"status": result.status.value, "progress": result.progress}


@app.get("/images/{request_id}/file")
async def download(job: ExistingJob) -> StreamingResponse:
    """Wait for a job for up to 20 seconds, and pass its image on in chunks."""
    chunks = job.iter_bytes(max_wait=20)
    first = await anext(chunks)  # an error before the response begins has its own status

    async def content() -> AsyncIterator[bytes]:
        yield first
        async for chunk in chunks:
            yield chunk

    return StreamingResponse(content(), media_type="image/png")


@app.exception_handler(DeapiError)
async def failed(request: Request, error: DeapiError) -> JSONResponse:
    """Convert an error to a response. Messages about the account are only logged."""
    code = next(code for error_type, code in STATUS_CODES if isinstance(error, error_type))
    log.warning("%s %s: %s", request.method, request.url.path, error)
    headers: dict[str, str] = {}
    if isinstance(error, RateLimitError):
        headers["Retry-After"] = f"{error.retry_after:.0f}"
    message = error.message if code < 500 else f"{type(error).__name__} of the image service"
    return JSONResponse({"error": message}, code, headers)


if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ.get("PORT", "8000")))
