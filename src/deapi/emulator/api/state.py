"""The platform behind the HTTP paths: one account, its money, its jobs."""

from __future__ import annotations

import functools
import secrets
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import anyio.to_thread

from deapi.emulator import errors
from deapi.emulator.account.keys import Keys
from deapi.emulator.account.payments import opening
from deapi.emulator.account.rate_limits import Plan, Quotas
from deapi.emulator.account.usage import Entry, Usage
from deapi.emulator.api.faults import Faults
from deapi.emulator.catalogue.models import CATALOGUE
from deapi.emulator.clock import Clock
from deapi.emulator.jobs.jobs import Failure, Job, Jobs, Status
from deapi.emulator.jobs.links import Links
from deapi.emulator.jobs.results import Results
from deapi.emulator.jobs.status import common_fields, failure_fields, further_fields, with_content
from deapi.emulator.jobs.webhooks import Webhooks, target_of
from deapi.emulator.operations import prices
from deapi.emulator.operations.enhancement import boosted_order
from deapi.emulator.validation.files import check_files
from deapi.emulator.validation.validator import (
    WEBHOOK_FIELDS,
    check_webhook,
    choose_model,
    validate,
)

if TYPE_CHECKING:
    from pathlib import Path

    from deapi.emulator.account.keys import Key
    from deapi.emulator.api.recorded_requests import RecordedRequest
    from deapi.emulator.api.request_body import Body
    from deapi.emulator.api.versions import Version
    from deapi.emulator.catalogue.model import Model
    from deapi.emulator.operations.operation import Operation
    from deapi.emulator.validation.fields import Fields

_MAX_SEED = 2**31
_MAX_RECORDS = 10_000


@dataclass(frozen=True)
class Settings:
    """How an emulator was asked to behave; see `Emulator`."""

    api_key: str
    plan: Plan
    speed: float
    polls_per_state: int | None
    link_lifetime: float
    legacy_prompts: bool
    webhook_url: str | None
    webhook_secret: str | None
    allow_http_webhooks: bool
    allow_remote_webhooks: bool


@dataclass(frozen=True)
class Order:
    """A request that passed validation, what it costs, and its boosted prompts if it has any."""

    operation: Operation
    model: Model
    fields: Fields
    price: float
    boost: dict[str, str | None] | None = None


class Platform:
    """The state of one emulator.

    Args:
        settings: How to behave.
        balance: USD on the account.
        directory: Where uploads and results are kept.
        url: Where the emulator is reached.
    """

    def __init__(self, settings: Settings, balance: float, directory: Path, url: str) -> None:
        self.settings = settings
        self.balance = balance
        self.directory = directory
        self.url = url
        self.suspended = False
        self.requests: deque[RecordedRequest] = deque(maxlen=_MAX_RECORDS)
        self.clock = Clock(settings.speed)
        self.quotas = Quotas(settings.plan, self.clock)
        self.usage = Usage()
        self.keys = Keys(settings.api_key, self.clock, self.usage)
        self.payments = opening(settings.plan, balance, self.clock.now())
        self.faults = Faults()
        self.jobs = Jobs(
            self.clock, polls_per_state=settings.polls_per_state, on_change=self._job_changed
        )
        self.results = Results(directory, Links(settings.link_lifetime))
        self.webhooks = Webhooks(self.clock, remote=settings.allow_remote_webhooks)
        self._entries: dict[str, Entry] = {}
        self._failures: list[Failure] = []

    @property
    def partners(self) -> bool:
        """Whether the plan includes partner models."""
        return self.settings.plan != "basic"

    def fail_next(self, failure: Failure, times: int) -> None:
        """Let the next `times` jobs fail."""
        self._failures += [failure] * times

    async def close(self) -> None:
        """Give up what is under way."""
        await self.webhooks.close()

    def advance(self, seconds: float) -> None:
        """Move emulated time forward and all jobs with it."""
        self.clock.advance(seconds)
        self.jobs.settle_all()

    async def order(
        self, operation: Operation, version: Version, body: Body, *, quote: bool
    ) -> Order:
        """Check a submission, or a request for a price.

        Args:
            operation: What is ordered.
            version: API version of the request.
            body: The request's body.
            quote: Whether only the price is asked for.

        Raises:
            ApiError: 422 with everything that is wrong.
        """
        check = functools.partial(self._check, operation, version, body.values, quote=quote)
        if body.uploads:  # decoding is not for the event loop
            return await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
        return check()

    def accept(self, order: Order, key: Key) -> Job:
        """Charge for a job and start it.

        Args:
            order: What is to be done.
            key: Who pays for it.

        Raises:
            ApiError: 402 or 422 if the key's limit or the balance does not allow it.
        """
        fields = dict(order.fields)
        if fields.get("seed") == -1:
            fields["seed"] = secrets.randbelow(_MAX_SEED)
        operation, model = order.operation, order.model.slug
        types = operation.inference_types
        job_type = operation.job_type(fields) if operation.job_type else types[0]
        entry = self.charge(order.price, key, kind=job_type, model=model)
        job = Job(
            operation=operation.name,
            job_type=job_type,
            model=model,
            fields=fields,
            price=order.price,
            boost=order.boost,
            failure=self._failures.pop(0) if self._failures else None,
        )
        self._entries[job.request_id] = entry
        self.jobs.start(job, operation)
        return job

    def charge(self, price: float, key: Key, *, kind: str, model: str) -> Entry:
        """Take money from the balance.

        Args:
            price: USD.
            key: Who spends it.
            kind: What for, as usage names its type.
            model: With which model, as usage names it.

        Returns:
            What the usage of the account has of it.

        Raises:
            ApiError: 402 if the key's spend limit is used up, 422 if there is not enough.
        """
        self.keys.check_limit(key)
        if self.balance < max(prices.MINIMUM_BALANCE, price):
            raise errors.low_balance()
        self.balance = prices.rounded(self.balance - price)
        return self.usage.add(Entry(self.clock.now(), key.id, kind, model, price))

    async def status(self, job: Job, version: Version, base: str) -> dict[str, Any]:
        """What the status answer says of a job, now that it is read.

        Args:
            job: The job.
            version: API version of the answer.
            base: URL under which the client reaches the emulator.
        """
        self.jobs.read(job)
        # All of one moment: the job may move on while its preview or result is made.
        status = common_fields(job, self.results, base, self.clock.now())
        if job.status == "error" or version.full_status:
            status |= failure_fields(job)
        if version.full_status:
            status |= further_fields(job, billed=self.jobs.billed(job))
        return await with_content(status, job, self.results)

    def _check(
        self, operation: Operation, version: Version, given: dict[str, Any], *, quote: bool
    ) -> Order:
        model, problem = choose_model(
            given.get("model"),
            operation.inference_types,
            operation.task,
            CATALOGUE,
            partners=self.partners,
        )
        own = operation.price_fields if quote else (*operation.fields, *WEBHOOK_FIELDS)
        known = {field.name for field in own if version.name not in field.unknown_to}
        values, found = validate(
            own, {name: value for name, value in given.items() if name in known}, model
        )
        check_files(own, values, found, least_sizes=version.least_sizes)
        if not quote:
            check_webhook(values, found, allow_http=self.settings.allow_http_webhooks)
        for rule in operation.price_rules if quote else operation.rules:
            rule(values, model, found)
        boost = boosted_order(operation, model, values, found)
        if model is None or found:
            raise errors.unprocessable({**({"model": [problem]} if problem else {}), **found})
        price = operation.price(model, values)
        if boost is None:
            return Order(operation, model, values, price)
        return Order(operation, model, values, prices.rounded(price + boost.price), boost.answer)

    def _job_changed(self, job: Job, previous: Status) -> None:
        if job.status == "error":
            entry = self._entries[job.request_id]
            entry.failed = True
            if job.failure and job.failure.refunded:
                self.balance = prices.rounded(self.balance + job.price)
                entry.cost = prices.rounded(entry.cost - job.price)
        settings = self.settings
        target = target_of(job, settings.webhook_url, settings.webhook_secret)
        if target:
            result_url = None
            if job.status == "done":
                result_url, _ = self.results.urls(job, self.url, self.clock.now())
            self.webhooks.notify(target, job, previous, result_url)


def find_job(platform: Platform, request_id: str) -> Job:
    """The job of that id.

    Raises:
        ApiError: 404 if there is none.
    """
    job = platform.jobs.by_id.get(request_id)
    if job is None:
        raise errors.unknown_resource()
    return job
