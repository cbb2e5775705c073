"""The emulated service: one account with its balance, keys and jobs."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from . import errors
from .account.keys import Keys
from .account.payments import initial_payments
from .account.rate_limits import Plan, RateLimits
from .account.usage import NO_MODEL, Usage, UsageRecord
from .catalogue.models import CATALOGUE
from .clock import Clock
from .jobs.jobs import Failure, Job, Jobs, Status
from .jobs.links import SignedLinks
from .jobs.pushes import PreviewFormat, Pushes
from .jobs.results import Results
from .jobs.status import build_status
from .jobs.webhooks import Webhooks
from .operations import prices
from .operations.prompts import enhance_submission
from .validation.files import check_files
from .validation.rules import WEBHOOK_FIELDS, check_webhook
from .validation.validator import find_model, validate

if TYPE_CHECKING:
    from pathlib import Path

    from .account.keys import Key
    from .catalogue.model import Model
    from .jobs.webhooks import WebhookHandler
    from .operations.operation import Operation
    from .validation.fields import Fields
    from .versions import Version

_MAX_SEED = 2**31


@dataclass(frozen=True)
class Settings:
    """The settings of a service. See `Emulator`."""

    api_key: str
    balance: float
    plan: Plan
    speed: float
    polls_per_state: int | None
    link_lifetime: float
    legacy_prompts: bool
    webhook_url: str | None
    webhook_secret: str | None
    allow_http_webhooks: bool
    allow_remote_webhooks: bool
    send_webhooks: bool
    on_webhook: WebhookHandler | None
    client_id: str
    preview_format: PreviewFormat


@dataclass(frozen=True)
class ValidatedSubmission:
    """A submission or price request that passed validation.

    Attributes:
        operation: The operation.
        model: The model.
        fields: The validated fields.
        price: Price in USD, including prompt enhancement.
        prompt_boost: Prompts before and after enhancement; None without enhancement.
    """

    operation: Operation
    model: Model
    fields: Fields
    price: float
    prompt_boost: dict[str, str | None] | None = None


class Service:
    """An emulated service.

    Args:
        settings: The settings.
        directory: Directory of uploaded files and results.
        url: URL of the emulator.
    """

    def __init__(self, settings: Settings, directory: Path, url: str) -> None:
        self.settings = settings
        self.balance = settings.balance
        self.directory = directory
        self.url = url
        self.suspended = False
        self.clock = Clock(settings.speed)
        self.rate_limits = RateLimits(settings.plan, self.clock)
        self.usage = Usage()
        self.keys = Keys(settings.api_key, self.clock, self.usage)
        self.payments = initial_payments(settings.plan, settings.balance, self.clock.now())
        self.pushes = Pushes(settings.client_id, settings.preview_format)
        self._push_tasks: set[asyncio.Task[None]] = set()
        self.results = Results(directory, SignedLinks(settings.link_lifetime))
        self.jobs = Jobs(
            self.clock,
            polls_per_state=settings.polls_per_state,
            on_change=self._on_job_change,
            on_progress=self._on_job_progress,
            is_ready=self.results.is_ready,
        )
        self.webhooks = Webhooks(
            self.clock,
            url=settings.webhook_url,
            secret=settings.webhook_secret,
            allow_remote=settings.allow_remote_webhooks,
            handler=settings.on_webhook,
            send=settings.send_webhooks,
        )
        self.next_failures: list[tuple[Failure, frozenset[str]]] = []
        self._usage_by_job: dict[str, UsageRecord] = {}

    @property
    def has_partner_models(self) -> bool:
        """Whether the plan includes partner models."""
        return self.settings.plan != "basic"

    async def advance(self, seconds: float) -> None:
        """Advance emulated time and update all jobs, with the results of those that finish."""
        self.clock.advance(seconds)
        self.jobs.update_all()
        for job in self.jobs.due():
            await self.results.wait_until_ready(job)

    async def close(self) -> None:
        """Stop everything that runs in the background."""
        await self.webhooks.close()
        await self.results.close()
        for task in list(self._push_tasks):
            task.cancel()

    def validate(
        self, operation: Operation, version: Version, values: dict[str, Any], *, price_only: bool
    ) -> ValidatedSubmission:
        """Validate the fields of a submission or of a price request, in any thread.

        Raises:
            ApiError: 422 with all validation errors.
        """
        model, model_error = find_model(
            values.get("model"),
            operation.inference_types,
            operation.task,
            CATALOGUE,
            allow_partners=self.has_partner_models,
        )
        fields = operation.price_fields if price_only else (*operation.fields, *WEBHOOK_FIELDS)
        known = {field.name for field in fields if not (field.not_in_v1 and version.name == "v1")}
        validated, field_errors = validate(
            fields, {name: value for name, value in values.items() if name in known}, model
        )
        check_files(fields, validated, field_errors, check_min_size=version.checks_min_file_size)
        if not price_only:
            allow_http = self.settings.allow_http_webhooks
            check_webhook(validated, field_errors, allow_http=allow_http)
        for rule in operation.price_rules if price_only else operation.rules:
            rule(validated, model, field_errors)
        enhancement = enhance_submission(operation, model, validated, field_errors)
        if model is None or field_errors:
            model_errors = {"model": [model_error]} if model_error else {}
            raise errors.validation_failed({**model_errors, **field_errors})
        price = operation.price(model, validated)
        if enhancement is None:
            return ValidatedSubmission(operation, model, validated, price)
        price = prices.round_price(price + enhancement.price)
        return ValidatedSubmission(operation, model, validated, price, enhancement.body)

    def submit(self, submission: ValidatedSubmission, key: Key) -> Job:
        """Charge for a job and start it.

        Raises:
            ApiError: 402 if the key's spend limit is used up, 422 if the balance is too low.
        """
        fields = dict(submission.fields)
        if fields.get("seed") == -1:
            fields["seed"] = secrets.randbelow(_MAX_SEED)
        operation, model = submission.operation, submission.model.slug
        job_type = (
            operation.job_type(fields) if operation.job_type else operation.inference_types[0]
        )
        usage_record = self.charge(submission.price, key, usage_type=job_type, model=model)
        job = Job(
            operation=operation.name,
            job_type=job_type,
            model=model,
            fields=fields,
            price=submission.price,
            prompt_boost=submission.prompt_boost,
            failure=self._take_failure(operation.name),
        )
        self._usage_by_job[job.request_id] = usage_record
        if job.failure is None:
            self.results.prepare(job, self._on_result)
        self.jobs.start(job)
        return job

    def charge(self, price: float, key: Key, *, usage_type: str, model: str | None) -> UsageRecord:
        """Deduct a price in USD from the balance, and record it with the usage of the key.

        Raises:
            ApiError: 402 if the key's spend limit is used up, 422 if the balance is too low.
        """
        self.keys.check_spend_limit(key)
        if self.balance < max(prices.MINIMUM_BALANCE, price):
            raise errors.insufficient_balance()
        self.balance = prices.round_price(self.balance - price)
        record = UsageRecord(self.clock.now(), key.id, usage_type, model or NO_MODEL, price)
        return self.usage.add(record)

    async def poll(self, job: Job, version: Version, base_url: str) -> dict[str, Any]:
        """Count a status request and build its response, with links that start with `base_url`."""
        self.jobs.poll(job)
        return await build_status(
            job,
            self.results,
            base_url,
            self.clock.now(),
            full=version.full_status,
            price_is_final=self.jobs.price_is_final(job),
        )

    def _take_failure(self, operation: str) -> Failure | None:
        """Remove the first of the next failures that is for jobs of an operation."""
        for index, (failure, operations) in enumerate(self.next_failures):
            if operation in operations:
                del self.next_failures[index]
                return failure
        return None

    def _on_result(self, job: Job, generated: bool) -> None:
        """Finish a job that waited for its result, or fail it if there is none."""
        if not generated and not job.is_terminal:
            job.failure = Failure()
        self.jobs.update(job)

    def _on_job_change(self, job: Job, previous_status: Status) -> None:
        if job.status == "error":
            self._record_failure(job)
        result_url = None
        if job.status == "done":
            result_url, _ = self.results.urls(job, self.url, self.clock.now())
        self.webhooks.send(job, previous_status, result_url)
        if job.status != "error":
            self.pushes.publish(job, job.status, result_url=result_url)

    def _on_job_progress(self, job: Job) -> None:
        """Announce a running job's progress, with a preview if it has one."""
        if self.pushes.subscribers:
            task = asyncio.get_running_loop().create_task(self._push_progress(job))
            self._push_tasks.add(task)
            task.add_done_callback(self._push_tasks.discard)

    async def _push_progress(self, job: Job) -> None:
        preview = await self.results.preview(job)
        if job.status == "processing":  # generating the preview takes time
            self.pushes.publish(job, "in_progress", preview=preview)

    def _record_failure(self, job: Job) -> None:
        record = self._usage_by_job[job.request_id]
        record.failed = True
        if job.failure and job.failure.refunded:
            self.balance = prices.round_price(self.balance + job.price)
            record.cost = prices.round_price(record.cost - job.price)
