"""The budget of a batch, and the prices of its items."""

import io
import json
import time

import pytest
from PIL import Image

from deapi import PriceLimitError
from deapi.emulator import Emulator
from support.batches import FLUX, plan_foxes, prices, submissions

PRICE = 0.00034  # of an image of plan_foxes()


def test_the_budget_is_never_exceeded(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"
    budget = 4.5 * PRICE
    outcome = run_batch(emulator, plan_foxes(10), path, budget=budget, concurrency=8)
    assert outcome.error is None
    assert outcome.summary.done == 4
    assert outcome.summary.planned == 6
    assert "6 planned items are left, about $0.0020" in outcome.summary.stopped
    assert len(outcome.finished) == 4
    assert 100 - emulator.balance == pytest.approx(4 * PRICE)
    # A later run with the same budget sends nothing, and one with a larger budget continues.
    assert run_batch(emulator, plan_foxes(10), path, budget=budget).finished == []
    assert len(submissions(emulator)) == 4
    assert len(run_batch(emulator, plan_foxes(10), path, budget=10 * PRICE).finished) == 6
    assert 100 - emulator.balance == pytest.approx(10 * PRICE)


def test_a_price_that_rises_during_a_run_is_noticed(emulator, run_batch, monkeypatch):
    # Each submission takes 20 minutes.
    clock = lambda: time.monotonic() + 1200 * len(submissions(emulator))  # noqa: E731
    monkeypatch.setattr("deapi._client._elapsed", clock)
    body = {"data": {"price": PRICE / 10}}
    emulator.inject_fault(operation="images.generate_price", status=200, body=body)
    outcome = run_batch(emulator, plan_foxes(4), budget=2.5 * PRICE, concurrency=1)
    assert [item.estimate for item in outcome.finished] == pytest.approx([PRICE / 10, PRICE, PRICE])
    assert len(prices(emulator)) == 4
    assert outcome.summary.planned == 1


def test_a_budget_can_be_spent_completely(emulator, run_batch):
    outcome = run_batch(emulator, plan_foxes(10), budget=10 * PRICE)
    assert outcome.summary.done == 10
    assert outcome.summary.stopped is None


def test_unknown_items_count_with_their_price(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"
    emulator.inject_fault(operation="images.generate", drop=True, times=2)
    for _ in range(2):
        outcome = run_batch(emulator, plan_foxes(5), path, budget=3 * PRICE, concurrency=1)
    assert outcome.states() == ["unknown", "unknown", "done", "planned", "planned"]
    assert outcome.summary.spent == pytest.approx(3 * PRICE)


def test_refunds_and_rejections_do_not_count(emulator, run_batch):
    emulator.fail_jobs(times=2, retryable=False, refunded=True)
    emulator.inject_fault(operation="images.generate", status=422, times=1)
    outcome = run_batch(emulator, plan_foxes(5), budget=2 * PRICE, concurrency=1)
    assert outcome.summary.failed == 3
    assert outcome.summary.done == 2
    assert outcome.summary.spent == pytest.approx(2 * PRICE)


def test_failures_without_a_refund_count(emulator, run_batch):
    emulator.fail_jobs(times=1, retryable=True, refunded=False)
    outcome = run_batch(emulator, plan_foxes(3), budget=2 * PRICE, concurrency=1)
    assert outcome.states() == ["failed", "done", "planned"]


def test_refunded_jobs_are_submitted_again_up_to_the_number_of_retries(emulator, run_batch):
    emulator.fail_jobs(times=2, retryable=True, refunded=True)
    outcome = run_batch(emulator, plan_foxes(1), retries=2, budget=PRICE)
    assert outcome.states() == ["done"]
    assert outcome.items[0].error is None
    keys = {request.headers["idempotency-key"] for request in submissions(emulator)}
    assert len(keys) == 3
    assert outcome.summary.spent == pytest.approx(PRICE)


def test_a_refund_lets_another_item_fit_in_the_budget(emulator, run_batch):
    emulator.fail_jobs(times=3, retryable=True, refunded=True)
    outcome = run_batch(emulator, plan_foxes(4), retries=5, budget=2 * PRICE, concurrency=4)
    assert outcome.summary.done == 2
    assert outcome.summary.planned == 2
    assert outcome.summary.stopped is not None
    assert outcome.summary.spent == pytest.approx(2 * PRICE)


def test_jobs_that_fail_again_and_again_are_failed_items(emulator, run_batch, tmp_path):
    path = tmp_path / "run.db"
    emulator.fail_jobs(times=10, retryable=True, refunded=True)
    outcome = run_batch(emulator, plan_foxes(1), path, retries=1)
    assert outcome.states() == ["failed"]
    assert len(submissions(emulator)) == 2
    assert len(outcome.finished) == 1
    run_batch(emulator, plan_foxes(1), path, retries=1)
    assert len(submissions(emulator)) == 2


@pytest.mark.parametrize(
    "failure", [{"retryable": False, "refunded": True}, {"retryable": True, "refunded": False}]
)
def test_other_failures_are_not_submitted_again(emulator, run_batch, failure):
    emulator.fail_jobs(times=1, **failure)
    assert run_batch(emulator, plan_foxes(1), retries=5).states() == ["failed"]
    assert len(submissions(emulator)) == 1


def test_an_item_without_a_price_is_not_sent_within_a_budget(emulator, run_batch):
    emulator.inject_fault(operation="images.generate_price", status=500)
    outcome = run_batch(
        emulator, plan_foxes(2), budget=1.0, concurrency=1, client={"max_retries": 0}
    )
    assert outcome.states() == ["planned", "done"]
    assert outcome.items[0].error.status_code == 500
    assert len(outcome.finished) == 2


@pytest.mark.parametrize("price", [-1, "-0.01", float("nan"), float("inf")])
def test_an_item_with_an_impossible_price_is_not_sent_within_a_budget(emulator, run_batch, price):
    body = json.dumps({"data": {"price": price}})
    emulator.inject_fault(operation="images.generate_price", status=200, body=body, times=2)
    outcome = run_batch(emulator, plan_foxes(2), budget=1.0)
    assert outcome.states() == ["planned", "planned"]
    assert submissions(emulator) == []


@pytest.mark.parametrize("amount", [-1, float("nan"), float("inf")])
def test_an_impossible_amount_of_a_job_leaves_the_estimate(emulator, run_batch, amount):
    body = json.dumps({"data": {"status": "done", "price": {"amount": amount}}})
    emulator.inject_fault(operation="jobs.status", status=200, body=body, times=2)
    options = {"budget": 2.5 * PRICE, "concurrency": 1, "client": {"api_version": "v2"}}
    outcome = run_batch(emulator, plan_foxes(3), **options)
    assert outcome.states() == ["done", "done", "planned"]
    assert outcome.summary.spent == pytest.approx(2 * PRICE)


def test_an_unknown_price_does_not_matter_without_a_budget(emulator, run_batch):
    emulator.inject_fault(operation="images.generate_price", status=422, times=1)
    outcome = run_batch(emulator, plan_foxes(2), concurrency=1)
    assert outcome.states() == ["done", "done"]
    assert outcome.items[0].estimate is None


def test_files_are_uploaded_for_their_price_only_within_a_budget(emulator, run_batch):
    output = io.BytesIO()
    Image.new("RGB", (128, 128), "teal").save(output, "png")

    def plan(batch):
        batch.images.upscale(image=output.getvalue(), model="RealESRGAN_x4")

    assert run_batch(emulator, plan).states() == ["done"]
    assert prices(emulator) == []
    outcome = run_batch(emulator, plan, budget=1.0)
    assert outcome.items[0].estimate > 0
    assert len(prices(emulator)) == 1


def test_a_maximum_price_applies_to_each_item(emulator, run_batch):
    def plan(batch):
        plan_foxes(1)(batch)
        batch.images.generate(prompt="large", seed=1, **{**FLUX, "width": 1024, "height": 1024})

    with emulator.client() as client:
        careful = client.with_options(max_price=2 * PRICE)
        with careful.batch() as batch:
            plan(batch)
            list(batch.run())
            small, large = batch.items()
    assert small.state == "done"
    assert large.state == "planned"
    assert isinstance(large.error, PriceLimitError)
    assert len(submissions(emulator)) == 1


def test_a_charge_that_is_not_known_in_advance_is_rejected_within_a_budget():
    with (
        Emulator() as emulator,
        emulator.client(api_version="v2") as client,
        client.batch(budget=1.0) as batch,
        pytest.raises(ValueError, match="enhance_prompt cannot be used with budget"),
    ):
        batch.images.generate(prompt="a fox", seed=1, enhance_prompt=True, **FLUX)


def test_a_service_that_cannot_be_reached_ends_the_run(emulator, run_batch):
    emulator.inject_fault(operation="images.generate", status=500, times=1000)
    outcome = run_batch(emulator, plan_foxes(30), concurrency=1, client={"max_retries": 0})
    assert outcome.error.status_code == 500
    assert len(submissions(emulator)) == 10
    assert set(outcome.states()) == {"planned"}
