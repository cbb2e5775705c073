"""The commands ``login``, ``logout`` and ``profiles``, and the option ``--profile``."""

import contextlib
import getpass
import json
import os
import pty
import stat
import warnings

import keyring
import keyring.backends.null
import keyring.core
import pytest
from keyring.backend import KeyringBackend

from deapi._profiles import credentials_path, store_key
from deapi._secrets import Secret
from deapi.cli.errors import CommandError
from deapi.cli.login import _prompt
from support.shell import read_terminal, run_command, start

# Runs the command in a session whose terminal is the pseudo-terminal, as a shell does.
IN_SESSION = """
import fcntl, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
from deapi.cli.app import run
sys.exit(run(sys.argv[1:]))
"""


class FakeKeyring(KeyringBackend):
    """A keyring in memory."""

    priority = 5
    entries: dict[str, str] = {}  # noqa: RUF012 - the keyring of the user

    def get_password(self, service, username):
        return self.entries.get(username)

    def set_password(self, service, username, password):
        self.entries[username] = password

    def delete_password(self, service, username):
        raise RuntimeError("locked")


@pytest.fixture
def key(service, monkeypatch):
    """The key of the account, which is not in the environment."""
    monkeypatch.delenv("DEAPI_API_KEY")
    monkeypatch.setattr(keyring.core, "_keyring_backend", None)
    return service.api_key


@pytest.fixture
def system_keyring(monkeypatch, key):
    """A keyring that works."""
    monkeypatch.setattr(FakeKeyring, "entries", {})
    monkeypatch.setattr(keyring.core, "_keyring_backend", FakeKeyring())
    return FakeKeyring.entries


def login(key, *arguments):
    return run_command("login", *arguments, stdin=key.encode())


def test_a_key_from_a_pipe_is_stored_and_used(key):
    ended = login(f"{key}\n")
    path = credentials_path()
    assert (ended.code, ended.output) == (0, "")
    assert str(path) in ended.errors
    assert "only you can read" in ended.errors
    assert key not in ended.errors
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert run_command("balance").code == 0
    assert run_command("image", "a fox", "-o", "fox.png").code == 0


def test_a_key_in_a_keyring_is_used(key, system_keyring):
    ended = login(key)
    assert ended.code == 0
    assert "keyring (service deapi, user default)" in ended.errors
    assert system_keyring == {"default": key}
    assert run_command("balance").code == 0


@contextlib.contextmanager
def in_session(*arguments):
    master, slave = pty.openpty()
    command = ["-c", IN_SESSION, *arguments]
    with start(command, terminal=slave, start_new_session=True) as process:
        os.close(slave)
        try:
            yield process, master, read_terminal(master)
        finally:
            process.kill()
            os.close(master)


def test_a_key_that_is_entered_in_a_terminal_is_not_shown(key):
    with in_session("login", "--profile", "work") as (process, master, screen):
        seen = ""
        while "API key for profile work" not in seen or not seen.endswith(": "):
            seen += next(screen)
        os.write(master, f"{key}\n".encode())
        seen += "".join(screen)
        assert process.wait(timeout=60) == 0, seen
    assert key not in seen
    assert "stored as profile work" in seen
    assert key in credentials_path().read_text()


@pytest.mark.parametrize("where", ["pipe", "terminal"])
def test_the_commands_run_in_a_process(key, where):
    for command, shown in (("profiles", "used"), ("balance", "$"), ("logout", "deleted")):
        login(key)
        if where == "terminal":
            with in_session(command) as (process, _, screen):
                text = "".join(screen)
        else:
            with start(["-m", "deapi", command]) as process:
                text = b"".join(process.communicate(timeout=60)).decode()
        assert shown in text
        assert key not in text
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("pressed", "code"), [("\x03", 130), ("\x04", 3), ("\n", 3)])
def test_without_a_key_in_a_terminal_nothing_is_stored(key, pressed, code):
    with in_session("login") as (process, master, screen):
        seen = ""
        while "API key for profile default" not in seen or not seen.endswith(": "):
            seen += next(screen)
        os.write(master, pressed.encode())
        seen += "".join(screen)
        assert process.wait(timeout=60) == code, seen
    assert "Traceback" not in seen
    assert not credentials_path().exists()


def test_a_terminal_that_cannot_hide_the_key_is_refused(monkeypatch):
    def show(prompt):
        warnings.warn("Can not control echo", getpass.GetPassWarning, stacklevel=2)

    monkeypatch.setattr(getpass, "getpass", show)
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        with pytest.raises(CommandError, match="cannot hide the API key"):
            _prompt("")


@pytest.mark.parametrize("stdin", ["", " \n", '""\n'])
def test_an_empty_key_is_not_stored(key, stdin):
    ended = login(stdin)
    assert ended.code in (2, 3)
    assert not credentials_path().exists()


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_a_key_with_the_role_api_is_stored(key, service, monkeypatch, version):
    monkeypatch.setenv("DEAPI_API_VERSION", version)
    with service.client(api_version="v2") as client:
        created = client.keys.create(name="ci")
    assert login(created.secret).code == 0
    assert run_command("models").code == 0


def test_a_key_as_an_argument_is_refused_and_not_shown(key):
    for arguments in ([key], ["--api-key", key], [f"--key={key}"], ["--profile", "work", key]):
        ended = run_command("login", *arguments)
        assert ended.code == 2
        assert key not in ended.errors
    assert "not accepted as an argument" in run_command("login", key).errors
    assert not credentials_path().exists()


def test_a_key_that_the_service_rejects_is_not_stored(key):
    login(key)
    ended = login("2|unknown-key-of-another-account")
    assert ended.code == 3
    assert "The API key was not stored." in ended.errors
    assert "unknown-key" not in ended.errors
    assert key in credentials_path().read_text()


def test_a_key_that_cannot_be_checked_is_not_stored(key, monkeypatch):
    monkeypatch.setattr("deapi._http.sync.time.sleep", lambda seconds: None)
    monkeypatch.setenv("DEAPI_BASE_URL", "http://127.0.0.1:9")
    assert login(key).code == 4
    assert not credentials_path().exists()


def test_a_malformed_key_is_not_stored_and_not_shown(key, monkeypatch):
    monkeypatch.setenv("DEAPI_DEBUG", "1")
    for stdin in ("1|s3cr\u00e9t-key", "1|s3cret\n2|s3cret", "1|s3cret " * 5000):
        ended = login(stdin)
        assert ended.code == 2
        assert "s3cr" not in ended.errors
    assert not credentials_path().exists()


def test_the_profile_of_the_option_is_used_before_the_environment(key, monkeypatch):
    login(key, "--profile", "work")
    assert run_command("balance").code == 3
    monkeypatch.setenv("DEAPI_API_KEY", "2|unknown-key-of-another-account")
    for arguments in (
        ["balance", "--profile", "work"],
        ["--profile", "work", "balance"],
        ["--profile=work", "models", "image"],
        ["image", "a fox", "--price", "--profile", "work"],
        ["call", "balance", "--profile=work"],
    ):
        assert run_command(*arguments).code == 0, arguments
    assert run_command("balance").code == 3
    monkeypatch.setenv("DEAPI_PROFILE", "work")
    assert run_command("balance").code == 3
    monkeypatch.delenv("DEAPI_API_KEY")
    assert run_command("balance").code == 0


def test_after_two_hyphens_there_are_no_options(service):
    ended = run_command("models", "show", "--", "--profile")
    assert ended.code == 2
    assert "'--profile'" in ended.errors


@pytest.mark.parametrize("arguments", [["balance"], ["profiles", "--json"], ["logout"]])
@pytest.mark.parametrize("value", ["", "a/b"])
def test_a_value_that_is_not_the_name_of_a_profile_is_2(key, arguments, value):
    for option in (["--profile", value], [f"--profile={value}"]):
        ended = run_command(*arguments, *option)
        assert ended.code == 2
        assert "profile must be a name" in ended.errors


def test_a_malformed_profile_of_the_environment_is_2_before_the_key_is_entered(key, monkeypatch):
    monkeypatch.setenv("DEAPI_PROFILE", "a/b")
    for command in ("login", "logout", "balance", "profiles"):
        ended = run_command(command)
        assert ended.code == 2, command
        assert "profile must be a name" in ended.errors


def test_an_unknown_profile_is_3(key, monkeypatch):
    ended = run_command("balance", "--profile", "work")
    assert ended.code == 3
    assert "`deapi login --profile work`" in ended.errors
    monkeypatch.setenv("DEAPI_PROFILE", "home")
    assert "`deapi login --profile home`" in run_command("balance").errors
    assert run_command("logout").code == 3


def test_without_any_key_the_error_names_login(key):
    ended = run_command("balance")
    assert ended.code == 3
    assert "`deapi login`" in ended.errors


def test_a_file_that_others_can_read_is_3(key):
    login(key)
    credentials_path().chmod(0o644)
    for command in ("balance", "profiles", "logout", "login"):
        ended = run_command(command, stdin=key.encode())
        assert ended.code == 3, command
        assert "chmod 600" in ended.errors
        assert key not in ended.errors


def test_the_profiles_are_listed_without_their_keys(key, system_keyring, monkeypatch):
    assert "`deapi login`" in run_command("profiles").errors
    login(key)
    monkeypatch.setattr(keyring.core, "_keyring_backend", keyring.backends.null.Keyring())
    store_key("work", Secret(key))
    ended = run_command("profiles")
    assert (ended.code, ended.errors) == (0, "")
    assert [line.split() for line in ended.output.splitlines()] == [
        ["default", "keyring", "used"],
        ["work", *str(credentials_path()).split()],
    ]
    monkeypatch.setenv("DEAPI_PROFILE", "work")
    records = [json.loads(line) for line in run_command("profiles", "--json").output.splitlines()]
    assert records == [
        {"profile": "default", "stored_in": "keyring", "file": None, "used": False},
        {"profile": "work", "stored_in": "file", "file": str(credentials_path()), "used": True},
    ]
    monkeypatch.setenv("DEAPI_API_KEY", key)
    ended = run_command("profiles")
    assert "used" not in ended.output
    assert "DEAPI_API_KEY" in ended.errors
    assert key not in ended.output + ended.errors


def test_a_login_says_when_the_environment_has_another_key(key, monkeypatch):
    monkeypatch.setenv("DEAPI_API_KEY", "2|of-the-environment")
    assert "DEAPI_API_KEY, which is set" in login(key).errors


def test_a_logout_deletes_the_profile(key):
    login(key)
    login(key, "--profile", "work")
    assert run_command("logout", "--profile", "work").code == 0
    assert run_command("balance", "--profile", "work").code == 3
    assert run_command("logout").code == 0
    assert not credentials_path().exists()


def test_a_logout_that_leaves_the_key_in_the_keyring_is_1(key, system_keyring):
    login(key)
    ended = run_command("logout")
    assert ended.code == 1
    assert "RuntimeError: locked" in ended.errors
    assert "service deapi, user default" in ended.errors
    assert run_command("profiles").output == ""


def test_the_names_of_profiles_are_completed(key):
    login(key, "--profile", "work")
    for words, expected in (
        (["balance", "--profile", "w"], "work\n"),
        (["--profile", ""], "work\n"),
        (["--profile", "work", "bal"], "balance\n"),
        (["jobs", "get", "--prof"], "--profile\n"),
        (["image", "a fox", "--profile", "work", "--model", "Flux1"], "Flux1schnell\n"),
    ):
        assert run_command("__complete", *words).output == expected, words
