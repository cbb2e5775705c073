"""The command `deapi doctor`."""

import base64
import hashlib
import json
import os
import pty
import threading

import pytest

from deapi.cli.doctor import command
from support.faulty_server import FaultyServer
from support.server_behaviors import hang, respond
from support.shell import SCRIPT, read_terminal, run_command, start

NAMES = [
    "SDK",
    "Python",
    "Packages",
    "Extras",
    "Import name",
    "Proxy",
    "Certificates",
    "API key",
    "Connection",
    "Access",
    "Balance",
    "Rate limits",
    "Clock",
    "Socket",
]


def checks(*arguments):
    """Run the command, and return its exit code and the checks by name."""
    ended = run_command("doctor", "--json", *arguments)
    key = os.environ.get("DEAPI_API_KEY", "").partition("|")[2]
    assert not key or key not in ended.output + ended.errors
    found = [json.loads(line) for line in ended.output.splitlines()]
    return ended.code, {each["check"]: each for each in found}


def install(directory, monkeypatch, name, files):
    """Put a distribution with files first in the path. A file with content is in the list too."""
    records = []
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        records.append(f"{path},sha256={digest},{len(content)}")
    info = directory / "site" / f"{name.replace('-', '_')}-9.9.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 9.9\n")
    (info / "RECORD").write_text("\n".join(records) + "\n")
    monkeypatch.syspath_prepend(str(directory / "site"))


def test_a_check_has_a_line_with_its_state(service):
    code, found = checks()
    assert code == 0, found
    assert list(found) == NAMES
    assert {each["state"] for each in found.values()} <= {"ok", "warning"}
    assert found["Balance"]["text"] == "$100.00"
    assert "left per minute" in found["Rate limits"]["text"]


@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_states_are_text_and_in_a_terminal_also_colors(service, directory, where):
    env = {"COMMANDS": json.dumps([["doctor"]]), "CODES": str(directory / "codes.json")}
    if where == "pipe":
        with start(["-c", SCRIPT], env=env) as process:
            text = process.communicate(timeout=60)[0].decode()
    else:
        master, slave = pty.openpty()
        with start(["-c", SCRIPT], terminal=slave, env=env) as process:
            os.close(slave)
            text = "".join(read_terminal(master))
            process.wait(timeout=60)
        os.close(master)
    assert json.loads((directory / "codes.json").read_text()) == [0], text
    lines = [line for line in text.splitlines() if "Balance" in line]
    assert ("\x1b[" in text) == (where == "terminal")
    assert "ok" in lines[0]
    assert "$100.00" in lines[0]


def test_without_a_key_nothing_is_sent_and_the_code_is_3(service, monkeypatch):
    monkeypatch.delenv("DEAPI_API_KEY")
    code, found = checks()
    assert code == 3
    assert found["API key"]["state"] == "problem"
    assert found["API key"]["advice"]
    assert list(found) == NAMES
    assert found["Balance"]["state"] == "not checked"
    assert not service.requests


def test_the_source_of_the_key_is_shown(service, monkeypatch):
    assert "DEAPI_API_KEY" in checks()[1]["API key"]["text"]
    assert run_command("login", stdin=service.api_key.encode()).code == 0
    monkeypatch.setenv("DEAPI_API_KEY", "")
    code, found = checks()
    assert code == 0
    assert found["API key"]["text"] == "from the profile default (file)"
    assert checks("--profile", "missing")[0] == 3


def test_an_unknown_key_is_a_problem_with_code_3(service, monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "2|unknown-key-of-another-account")
    code, found = checks()
    assert code == 3
    assert found["Connection"]["state"] == "ok"
    assert found["Access"]["state"] == "problem"


def test_a_key_without_the_role_for_the_balance_is_a_warning(service, monkeypatch):
    with service.client(api_version="v2") as client:
        created = client.keys.create(name="program")
    monkeypatch.setenv("DEAPI_API_KEY", created.secret)
    code, found = checks("--api-version", "v2")
    assert code == 0
    assert found["Access"]["state"] == "warning"
    assert checks("--api-version", "v1")[1]["Access"]["state"] == "ok"


def test_a_balance_below_the_minimum_is_a_problem_with_code_3(service):
    service.balance = 0.25
    code, found = checks()
    assert code == 3
    assert found["Balance"]["text"].startswith("$0.25")
    assert found["Balance"]["advice"]


def test_without_a_network_it_says_what_could_not_be_checked(service, monkeypatch):
    monkeypatch.setenv("DEAPI_BASE_URL", "http://127.0.0.1:9")
    code, found = checks()
    assert code == 1
    assert list(found) == NAMES
    assert found["Connection"]["state"] == "problem"
    assert {found[name]["state"] for name in ("Access", "Balance", "Rate limits", "Clock")} == {
        "not checked"
    }


def test_a_server_that_does_not_respond_does_not_hang_a_check(service, monkeypatch):
    monkeypatch.setattr(command, "_TIMEOUT", 0.2)
    with FaultyServer(hang()) as server:
        monkeypatch.setenv("DEAPI_BASE_URL", server.url)
        code, found = checks()
    assert code == 1
    assert found["Connection"]["state"] == "problem"


def test_a_hostname_that_is_looked_up_too_slowly_does_not_hang_a_check(service, monkeypatch):
    ended = threading.Event()
    monkeypatch.setattr(command, "_TIMEOUT", 0.1)
    monkeypatch.setattr("socket.getaddrinfo", lambda *_, **__: ended.wait(60))
    try:
        code, found = checks()
    finally:
        ended.set()
    assert code == 1
    assert found["Connection"]["state"] == "problem"


@pytest.mark.parametrize(
    ("date", "state"),
    [
        ("Mon, 02 Jan 2040 10:00:00 GMT", "problem"),
        ("not a date", "not checked"),
    ],
)
def test_the_clock_is_compared_with_the_date_of_the_response(service, monkeypatch, date, state):
    body = {"data": {"balance": 5}}
    with FaultyServer(respond(200, body, headers=[("Date", date)])) as server:
        monkeypatch.setenv("DEAPI_BASE_URL", server.url)
        code, found = checks()
    assert found["Clock"]["state"] == state
    assert code == (state == "problem")
    if state == "problem":
        assert "behind the service" in found["Clock"]["text"]


def test_variables_are_read_as_the_client_reads_them(service, monkeypatch):
    monkeypatch.setenv("DEAPI_CLIENT_ID", f"'{service.client_id}' ")
    monkeypatch.setenv("DEAPI_BASE_URL", f'"{service.url}/"')
    code, found = checks()
    assert code == 0
    assert found["Socket"]["text"] == "connected and authenticated"
    assert found["Proxy"]["text"] == "none"
    assert found["Certificates"]["text"].startswith("not used")


def test_few_requests_left_are_a_warning(service, monkeypatch):
    headers = [("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "2")]
    with FaultyServer(respond(200, {"data": {"balance": 5}}, headers=headers)) as server:
        monkeypatch.setenv("DEAPI_BASE_URL", server.url)
        found = checks()[1]
    assert found["Rate limits"]["state"] == "warning"
    assert "2 of 60 left per minute" in found["Rate limits"]["text"]


def test_another_project_with_the_import_name_is_a_problem(service, directory, monkeypatch):
    install(directory, monkeypatch, "deapi", {"deapi/__init__.py": b""})
    code, found = checks()
    assert code == 1
    assert "deapi 9.9" in found["Import name"]["text"]
    assert "pip uninstall -y deapi deapi-python-sdk" in found["Import name"]["advice"]


def test_files_that_another_installation_replaced_are_a_problem(service, directory, monkeypatch):
    install(directory, monkeypatch, "deapi-python-sdk", {"deapi/__init__.py": b"ours"})
    (directory / "site" / "deapi").mkdir()
    (directory / "site" / "deapi" / "__init__.py").write_bytes(b"ours")
    assert checks()[1]["Import name"]["state"] == "ok"
    (directory / "site" / "deapi" / "__init__.py").write_bytes(b"theirs")
    code, found = checks()
    assert code == 1
    assert "deapi/__init__.py" in found["Import name"]["text"]


def test_another_installed_version_is_a_warning(service, directory, monkeypatch):
    install(directory, monkeypatch, "deapi-python-sdk", {})
    assert checks()[1]["SDK"]["state"] == "warning"


@pytest.mark.parametrize(
    ("variables", "state", "text"),
    [
        ({"HTTP_PROXY": "http://user:hidden@127.0.0.1:9"}, "ok", "http://127.0.0.1:9"),
        ({"HTTP_PROXY": "http://127.0.0.1:9", "NO_PROXY": "127.0.0.1"}, "ok", "not used"),
        ({"HTTP_PROXY": "ftp://127.0.0.1"}, "problem", "HTTP_PROXY"),
    ],
)
def test_the_proxy_is_shown_without_its_password(service, monkeypatch, variables, state, text):
    for name, value in variables.items():
        monkeypatch.setenv(name.lower(), value)
    found = checks()[1]
    assert found["Proxy"]["state"] == state
    assert text in found["Proxy"]["text"]
    assert "hidden" not in str(found)


@pytest.mark.parametrize(
    ("variable", "state"), [("SSL_CERT_FILE", "problem"), ("REQUESTS_CA_BUNDLE", "warning")]
)
def test_settings_of_certificates_without_effect_are_found(service, monkeypatch, variable, state):
    monkeypatch.setenv("DEAPI_BASE_URL", "https://127.0.0.1:9")
    monkeypatch.setenv(variable, "missing.pem")
    certificates = checks()[1]["Certificates"]
    assert certificates["state"] == state
    assert variable in certificates["text"]


def test_a_proxy_that_cannot_be_used_is_a_problem_of_the_connection(service, monkeypatch):
    monkeypatch.setenv("http_proxy", "ftp://127.0.0.1")
    code, found = checks()
    assert code == 1
    assert found["Connection"]["state"] == "problem"
    assert found["Access"]["state"] == "not checked"


def test_a_malformed_setting_is_a_problem(service, monkeypatch):
    monkeypatch.setenv("DEAPI_BASE_URL", "api.deapi.ai")
    code, found = checks()
    assert code == 1
    assert "base_url" in found["Settings"]["text"]


def test_the_socket_is_connected_and_authenticated(service, monkeypatch):
    assert "not configured" in checks()[1]["Socket"]["text"]
    monkeypatch.setenv("DEAPI_CLIENT_ID", service.client_id)
    assert checks()[1]["Socket"]["text"] == "connected and authenticated"
    monkeypatch.setenv("DEAPI_CLIENT_ID", "another")
    code, found = checks()
    assert code == 1
    assert "another" in found["Socket"]["text"]
    assert "DEAPI_CLIENT_ID" in found["Socket"]["advice"]


def test_a_client_id_without_the_extra_is_a_warning(service, monkeypatch):
    monkeypatch.setenv("DEAPI_CLIENT_ID", service.client_id)
    monkeypatch.setattr("deapi.cli.doctor.service.is_websockets_installed", lambda: False)
    code, found = checks()
    assert code == 0
    assert found["Socket"]["state"] == "warning"


def test_the_help_of_the_command_line_does_not_import_the_checks(directory):
    script = (
        "import sys; from deapi.cli.app import run; run(['--help'])\n"
        "sys.stderr.write(str([name for name in sys.modules if 'doctor' in name]))"
    )
    with start(["-c", script]) as process:
        output, errors = process.communicate(timeout=60)
    assert errors == b"[]"
    assert b"doctor" in output
