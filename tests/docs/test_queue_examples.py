"""The examples for task queues, data engines and asyncio services run against the emulator."""

import asyncio
import os
import subprocess
import sys
import time
from importlib import import_module
from pathlib import Path

import cloudpickle
import httpx
import numpy as np
import pytest
from PIL import Image

from deapi.emulator import Emulator

EXAMPLES = Path(__file__).parents[2] / "examples"
CELERY_PROGRAM = Path(__file__).parents[1] / "support" / "celery_program.py"
SECRET = "a-secret-of-at-least-32-characters"


def wait_until(condition):
    """Wait until a condition is true."""
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.02)


def load(name, monkeypatch):
    """Import an example as a module of the tests."""
    monkeypatch.syspath_prepend(EXAMPLES)
    monkeypatch.delitem(sys.modules, name, raising=False)
    return import_module(name)


@pytest.fixture
def account(emulator, monkeypatch, tmp_path):
    """The emulator, which the environment names."""
    monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
    monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
    monkeypatch.chdir(tmp_path)
    return emulator


@pytest.fixture
def service(account, monkeypatch):
    """Run a coroutine function with an HTTP client of examples/asyncio_service.py."""
    module = load("asyncio_service", monkeypatch)

    def run(use):
        async def serve():
            async with module.app.router.lifespan_context(module.app):
                transport = httpx.ASGITransport(module.app)
                async with httpx.AsyncClient(transport=transport, base_url="http://h") as http:
                    await use(http)

        asyncio.run(serve())

    return run


@pytest.mark.timeout(400)  # three programs in one process, on a machine that may be busy
def test_a_celery_task_submits_and_another_saves_after_the_webhook(tmp_path):
    settings = {"webhook_secret": SECRET, "allow_http_webhooks": True}
    with Emulator(speed=100, **settings) as emulator:
        emulator.fail_jobs()
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(EXAMPLES), *filter(None, sys.path)]),
            "DEAPI_BASE_URL": emulator.url,
            "DEAPI_API_KEY": emulator.api_key,
            "DEAPI_WEBHOOK_SECRET": SECRET,
        }
        process = subprocess.Popen(
            [sys.executable, CELERY_PROGRAM, "fox", "owl", "hare"],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            webhook_url = process.stdout.readline().strip()
            forged = httpx.post(webhook_url, content=b"{}", timeout=60, trust_env=False)
            assert forged.status_code == 400

            def are_results_saved():
                jobs = emulator.jobs
                done = {key for key, job in jobs.items() if job.status == "done"}
                saved = {path.stem for path in tmp_path.glob("images/*.png")}
                return len(jobs) == 3 and len(done) == 2 and saved == done

            wait_until(are_results_saved)
            wait_until(lambda: any(job.status == "error" for job in emulator.jobs.values()))
        finally:
            process.communicate(timeout=200)
    assert process.returncode == 0
    prompts = {job.fields["prompt"] for job in emulator.jobs.values()}
    assert prompts == {"a fox in ink", "a owl in ink", "a hare in ink"}
    for path in tmp_path.glob("images/*"):
        with Image.open(path) as image:
            image.load()


def test_ray_data_submits_a_job_for_each_row_and_saves_its_result(account, monkeypatch):
    module = load("ray_data", monkeypatch)
    # Ray pickles the classes of the main program by value.
    cloudpickle.register_pickle_by_value(module)
    try:
        submit_type, save_type = cloudpickle.loads(cloudpickle.dumps((module.Submit, module.Save)))
    finally:
        cloudpickle.unregister_pickle_by_value(module)
    account.inject_fault(operation="images.generate", status=422)
    animals = np.array(["fox", "owl", "hare"])
    submitted = submit_type()({"animal": animals, "weight": np.array([1, 2, 3])})
    assert set(submitted) == {"animal", "weight", "request_id", "error"}
    assert set(submitted["request_id"]) == {"", *account.jobs}
    assert len(account.jobs) == 2
    batch = cloudpickle.loads(cloudpickle.dumps(submitted))
    save = save_type("images")
    for _ in range(2):  # a task that runs again submits nothing
        saved = save(batch)
        rows = list(zip(saved["request_id"], saved["path"], saved["error"], strict=True))
        assert len(rows) == 3
        for request_id, path, error in rows:
            assert bool(request_id) == bool(path) == (not error)
            if path:
                with Image.open(path) as image:
                    image.load()
    assert len(account.jobs) == 2


def test_ray_data_runs_on_a_cluster(account):
    """Ray is too large for the tools of the project: 500 MB."""
    pytest.importorskip("ray", reason="Ray is not installed")
    program = [sys.executable, EXAMPLES / "ray_data.py", "fox", "owl"]
    printed = subprocess.check_output(program, text=True, timeout=110)
    assert len(account.jobs) == 2
    for request_id in account.jobs:
        assert f"{request_id}.png" in printed


def test_a_service_submits_and_returns_images_concurrently(service, account):
    async def use(http):
        submissions = [http.post("/images", params={"prompt": f"fox {n}"}) for n in range(40)]
        responses = await asyncio.gather(*submissions)
        assert {response.status_code for response in responses} == {202}
        ids = [response.json()["id"] for response in responses]
        assert len(ids) == len(set(ids))
        assert set(ids) == set(account.jobs)
        states = await asyncio.gather(*(http.get(f"/images/{each}") for each in ids))
        assert {each.json()["status"] for each in states} == {"done"}
        files = await asyncio.gather(*(http.get(f"/images/{each}/file") for each in ids[:8]))
        assert {each.headers["content-type"] for each in files} == {"image/png"}
        assert all(each.content.startswith(b"\x89PNG") for each in files)

    service(use)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"status": 401}, 500),
        ({"status": 422}, 422),
        ({"status": 429, "headers": {"Retry-After": "30"}}, 503),
        ({"status": 502}, 502),
        ({"drop": True}, 502),
    ],
)
def test_a_service_converts_an_error_to_a_status(service, account, fault, code):
    async def use(http):
        account.inject_fault(operation="images.generate", times=4, **fault)
        response = await http.post("/images", params={"prompt": "fox"})
        assert response.status_code == code
        assert account.api_key not in response.text
        assert ("Retry-After" in response.headers) == (fault.get("status") == 429)

    service(use)


def test_a_service_reports_what_happened_to_a_job(service, account):
    async def use(http):
        assert (await http.get("/images/unknown-job")).status_code == 404
        assert (await http.get("/images/%20%01")).status_code == 404
        account.fail_jobs()
        request_id = (await http.post("/images", params={"prompt": "fox"})).json()["id"]
        assert (await http.get(f"/images/{request_id}")).json()["status"] == "error"
        assert (await http.get(f"/images/{request_id}/file")).status_code == 502
        account.balance = 0
        assert (await http.post("/images", params={"prompt": "fox"})).status_code == 503

    service(use)
