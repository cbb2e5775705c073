"""The command `deapi doctor --live`, with an emulator instead of the service."""

import json
import os
import pty
import signal
import sys
import time

import pytest

from deapi._core.operation import OPERATIONS
from deapi.cli.doctor import command
from deapi.cli.doctor.live_calls import CHANGES, READS, SUBMISSIONS
from deapi.cli.method_commands import method_names
from deapi.emulator import Emulator
from support.changing_proxy import changing_proxy
from support.shell import read_terminal, run_command, start

KEY = "7|planted-key-that-no-report-may-contain"
SECRET = KEY.partition("|")[2]

# Enough for the cheapest operations only, so that a test takes little time.
CHEAP = ("--api-version", "v2", "--budget", "0.0002")


def test_every_operation_is_called_or_excluded():
    method_names()  # imports all resources
    called = {each.operation for each in SUBMISSIONS}
    prices = {f"{name}_price" for name in called}
    assert {*READS, *CHANGES, "jobs.status"} | called | prices == {
        name for name in OPERATIONS if not name.startswith("sample.")
    }


def live(*arguments):
    """Run the command, and return its exit code and its report."""
    ended = run_command("doctor", "--live", "--yes", "--json", *arguments)
    assert SECRET not in ended.output + ended.errors
    return ended.code, json.loads(ended.output)


def test_the_emulator_does_not_differ_from_itself(service):
    code, report = live("--budget", "0.018")
    assert report["differences"] == []
    assert code == 0
    submitted = {(each["call"], each["version"]) for each in report["calls"] if each["price"]}
    assert len(submitted) > 15
    assert {version for _, version in submitted} == {"v1", "v2"}
    assert {each["outcome"] for each in report["calls"] if each["price"]} == {"ok"}
    assert sum(each["price"] or 0 for each in report["calls"]) <= 0.018
    assert len(service.jobs) == len(submitted - {("prompts.enhance", "v2")}) - sum(
        name == "prompts.samples" for name, _ in submitted
    )
    reasons = {each["reason"] for each in report["not_called"]}
    assert any("exceeds the rest of the budget" in reason for reason in reasons)
    assert "it changes the account" in reasons
    assert service.balance >= 100 - 0.018


# -- planted differences -------------------------------------------------------------------------


# What to change in the response of a path: the body, by a function, or the status, the content type
# and the body.
CHANGES_BY_PATH = {
    "account/balance": {
        "change": lambda body: body["data"].update(
            {KEY: 1, SECRET: 1, "planted": KEY, "https://x.test/?signature=abc": {"deep": [1]}}
        )
    },
    "account": {"change": lambda body: body["data"].pop("balance")},
    "account/usage": {"change": lambda body: body["data"]["totals"].pop("cost")},
    "models": {"change": lambda body: body["data"][0].update(languages="many")},
    "keys": {"content": b"<html>not JSON</html>", "media_type": "text/html"},
    "embeddings/price": {
        "change": lambda body: body["data"].update(price=str(body["data"]["price"]))
    },
    "images/generations": {"status": 201},
    "audio/speech": {"media_type": "text/plain"},
}


class Differences:
    """Changes the responses of some paths."""

    def __init__(self):
        self._status_updates = iter([{"status": "dreaming"}])

    def __call__(self, path, response):
        path = path.removeprefix("/api/v2/")
        rule = CHANGES_BY_PATH.get(path, {})
        if path.startswith("jobs/"):
            fields = next(self._status_updates, {"progress": {"x": 1}})
            rule = {"change": lambda body: body["data"].update(fields)}
        content = response.content
        if response.status_code < 400 and "change" in rule:
            body = response.json()
            rule["change"](body)
            content = json.dumps(body).encode()
        return (
            rule.get("status", response.status_code),
            rule.get("media_type", response.headers["content-type"]),
            rule.get("content", content),
        )


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """The report about responses with differences: JSON, and the text of both formats."""
    path = tmp_path_factory.mktemp("planted") / "report.json"
    markdown = []

    def write(console, report, options):
        markdown.append(report.to_markdown())
        original(console, report, options)

    original = command._write
    with (
        Emulator(polls_per_state=0, api_key=KEY) as emulator,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(command, "_write", write)
        patch.setenv("DEAPI_API_KEY", KEY)
        with changing_proxy(emulator.url, Differences()) as url:
            patch.setenv("DEAPI_BASE_URL", url)
            ended = run_command("doctor", "--live", "--yes", *CHEAP, "-o", str(path))
    assert SECRET not in ended.output + ended.errors
    assert ended.code == 1, ended.errors
    text = path.read_text()
    return json.loads(text), (text, *markdown)


@pytest.mark.parametrize(
    ("category", "where", "received", "call"),
    [
        ("unknown field", "data.planted", "string", "balance (v2)"),
        ("missing field", "data.balance", "no field", "account.billing (v2)"),
        ("missing field", "data.totals.cost", "no field", "account.usage (v2)"),
        ("type", "data[].languages", "string", "models.list (v2)"),
        ("body", "", "another format", "keys.list (v2)"),
        ("content type", "", "text/html", "keys.list (v2)"),
        ("type", "data.price", "string", "embeddings.create_price (v2)"),
        ("status", "", "201", "images.generate (v2)"),
        ("content type", "", "text/plain", "audio.synthesize (v2)"),
        ("value", "data.status", "'dreaming'", "embeddings.create (v2)"),
        ("type", "data.progress", "object", "images.generate (v2)"),
    ],
)
def test_a_planted_difference_is_found(planted, category, where, received, call):
    found = [
        each
        for each in planted[0]["differences"]
        if (each["category"], each["where"], each["received"]) == (category, where, received)
    ]
    assert found, planted[0]["differences"]
    assert any(call in each["calls"] for each in found)


def test_a_report_has_the_status_of_each_call(planted):
    statuses = {each["call"]: each["status"] for each in planted[0]["calls"]}
    assert statuses["images.generate"] == 201
    assert statuses["balance"] == 200


def test_a_report_contains_only_the_planted_differences(planted):
    requests = {each["request"] for each in planted[0]["differences"]}
    assert requests == {
        "account.billing",
        "account.usage",
        "audio.synthesize",
        "balance",
        "embeddings.create_price",
        "images.generate",
        "jobs.status",
        "keys.list",
        "models.list",
    }


def test_a_report_contains_no_secret_no_url_and_no_id(planted):
    for report in planted[1]:
        assert SECRET not in report
        assert "<key>" in report
        assert "http" not in report.replace("httpx", "")
        assert "signature=" not in report
        assert "127.0.0.1" not in report


def test_a_report_in_markdown_has_a_table_of_differences(planted):
    report = planted[1][1]
    assert "| balance | unknown field | data.planted | SDK: no field | string | balance (v2) |" in (
        report
    )
    assert "## Not called" in report


# -- the budget, and asking ----------------------------------------------------------------------


def test_without_a_terminal_nothing_is_sent_unless_yes_is_passed(service):
    ended = run_command("doctor", "--live")
    assert ended.code == 2
    assert "--yes" in ended.errors
    assert "$0.05" in ended.errors
    assert not service.requests


@pytest.mark.parametrize("typed", ["", "y"])
def test_in_a_terminal_it_asks_before_it_submits(service, directory, typed):
    master, slave = pty.openpty()
    arguments = ["-m", "deapi", "doctor", "--live", *CHEAP, "-o", "report.md"]
    with start(arguments, terminal=slave) as process:
        os.close(slave)
        screen, seen = read_terminal(master), ""
        while "[y/N]" not in seen:
            seen += next(screen)
        assert not service.jobs
        os.write(master, f"{typed}\n".encode())
        seen += "".join(screen)
        assert process.wait(timeout=60) == 0, seen
    os.close(master)
    assert bool(service.jobs) == (typed == "y")
    assert ("Nothing was submitted." in seen) == (typed != "y")
    assert "## Differences\n\nNone." in (directory / "report.md").read_text()


def test_ctrl_c_writes_the_report_and_prints_the_ids_of_the_jobs(directory, service, monkeypatch):
    with Emulator(polls_per_state=1_000_000) as emulator:
        env = {"DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}
        with start(["-m", "deapi", "doctor", "--live", "--yes", *CHEAP], env=env) as process:
            deadline = time.monotonic() + 60
            while not any("/jobs/" in each.path for each in emulator.requests):
                assert time.monotonic() < deadline
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            output, errors = (each.decode() for each in process.communicate(timeout=60))
        assert process.returncode == 130
        assert emulator.jobs
        for job in emulator.jobs:
            assert job in errors
            assert job not in output
    assert "not finished" in output
    assert "Traceback" not in errors


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--budget", "0"), "--budget"),
        (("--api-version", "v9"), "--api-version"),
        (("-o", "photo.png"), "photo.png exists"),
    ],
)
def test_an_invalid_option_is_2_and_nothing_is_sent(service, arguments, text):
    ended = run_command("doctor", "--live", "--yes", *arguments)
    assert ended.code == 2
    assert text in ended.errors
    assert not service.requests


def test_a_negative_price_does_not_raise_the_budget(service, monkeypatch):
    def change(path, response):
        content = response.content
        if path.endswith("/price"):
            content = b'{"data": {"price": -5}}'
        return response.status_code, response.headers["content-type"], content

    with changing_proxy(service.url, change) as url:
        monkeypatch.setenv("DEAPI_BASE_URL", url)
        report = live(*CHEAP)[1]
    assert not service.jobs
    assert {each["call"]: each["reason"] for each in report["not_called"]}["images.generate"] == (
        "it has no price"
    )


def test_statuses_are_requested_although_a_client_id_is_configured(service, monkeypatch):
    monkeypatch.setenv("DEAPI_CLIENT_ID", service.client_id)
    assert live(*CHEAP)[0] == 0
    assert service.jobs
    assert not [each for each in service.requests if "broadcasting" in each.path]


def test_a_failed_job_is_1_and_in_the_report(service):
    service.fail_jobs(error_code="WORKER_TIMEOUT")
    code, report = live(*CHEAP)
    assert code == 1
    assert any("WORKER_TIMEOUT" in each["outcome"] for each in report["calls"])


def test_a_balance_that_is_too_low_is_3_and_nothing_is_submitted(service):
    service.balance = 0.25
    ended = run_command("doctor", "--live", "--yes", *CHEAP)
    assert ended.code == 3
    assert "$0.25" in ended.errors
    assert not service.jobs


def test_an_unknown_key_is_3(service, monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", KEY)
    ended = run_command("doctor", "--live", "--yes", *CHEAP)
    assert ended.code == 3
    assert SECRET not in ended.errors


def test_without_the_emulator_the_command_says_how_to_install_it(service, monkeypatch):
    monkeypatch.delitem(sys.modules, "deapi.cli.doctor.live", raising=False)
    monkeypatch.setitem(sys.modules, "deapi.emulator", None)
    ended = run_command("doctor", "--live", "--yes")
    assert ended.code == 2
    assert "pip install 'deapi-python-sdk[emulator]'" in ended.errors
