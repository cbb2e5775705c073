"""Profiles: the file, the keyring, and clients that use them."""

import contextlib
import json
import os
import stat
import subprocess
import sys
import threading
import traceback

import keyring
import keyring.backends.fail
import keyring.backends.null
import keyring.core
import pytest
from keyring.backend import KeyringBackend

from deapi import AsyncDeapiClient, DeapiClient, _profiles
from deapi._profiles import (
    ProfileError,
    credentials_path,
    delete_key,
    read_key,
    read_profiles,
    store_key,
)
from deapi._secrets import Secret
from support.programs import Program

SECRET = "123|a-secret-key-of-this-test"
OTHER = "456|another-secret-key-of-this-test"

posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no modes of files")


class FakeKeyring(KeyringBackend):
    """A keyring in memory."""

    priority = 5

    def __init__(self):
        super().__init__()
        self.entries = {}

    def get_password(self, service, username):
        return self.entries.get((service, username))

    def set_password(self, service, username, password):
        self.entries[service, username] = password

    def delete_password(self, service, username):
        del self.entries[service, username]


class PlainKeyring(FakeKeyring):
    """A keyring that is not secure."""

    priority = 0.5


class ForgetfulKeyring(FakeKeyring):
    """A keyring that stores nothing."""

    def set_password(self, service, username, password):
        pass


class FailingKeyring(FakeKeyring):
    """A keyring whose service is not there."""

    def get_password(self, service, username):
        raise RuntimeError("no\nservice")

    def set_password(self, service, username, password):
        raise RuntimeError("no\nservice")

    delete_password = get_password


class IndiscreetKeyring(FakeKeyring):
    """A keyring whose error has the key, as that of a program with arguments."""

    def set_password(self, service, username, password):
        raise RuntimeError(f"the command ['store', '{password}'] failed")


class LockedKeyring(FakeKeyring):
    """A keyring that waits for its password."""

    def __init__(self):
        super().__init__()
        self.unlocked = threading.Event()

    def set_password(self, service, username, password):
        self.unlocked.wait()
        super().set_password(service, username, password)


@pytest.fixture(autouse=True)
def settings(tmp_path, monkeypatch):
    """A directory for settings, and no keyring."""
    for name in ("APPDATA", "HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    use_keyring(monkeypatch, keyring.backends.null.Keyring())


def use_keyring(monkeypatch, backend):
    monkeypatch.setattr(keyring.core, "_keyring_backend", backend)
    return backend


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@posix
def test_without_a_keyring_the_key_is_in_a_file_that_only_the_user_can_read():
    old = os.umask(0)
    try:
        assert store_key("work", Secret(SECRET)) == "this system has none"
    finally:
        os.umask(old)
    path = credentials_path()
    assert mode(path) == 0o600
    assert mode(path.parent) == 0o700
    assert list(path.parent.iterdir()) == [path]
    assert read_key("work").value == SECRET


def test_with_a_keyring_the_file_has_no_key(monkeypatch):
    backend = use_keyring(monkeypatch, FakeKeyring())
    assert store_key("work", Secret(SECRET)) is None
    assert backend.entries == {("deapi", "work"): SECRET}
    assert SECRET not in credentials_path().read_text()
    assert read_profiles()["work"].stored_in == "keyring"
    assert read_key("work").value == SECRET


@pytest.mark.parametrize(
    ("backend", "reason"),
    [
        (PlainKeyring, "this system has none"),
        (ForgetfulKeyring, "it did not store the key"),
        (FailingKeyring, "RuntimeError: no service"),
        (IndiscreetKeyring, "RuntimeError: the command ['store', '…'] failed"),
        (keyring.backends.fail.Keyring, "this system has none"),
    ],
)
def test_a_keyring_that_does_not_work_is_replaced_by_the_file(monkeypatch, backend, reason):
    use_keyring(monkeypatch, backend())
    assert store_key("work", Secret(SECRET)) == reason
    assert read_profiles()["work"].stored_in == "file"
    assert read_key("work").value == SECRET


def test_a_locked_keyring_is_replaced_by_the_file(monkeypatch):
    backend = use_keyring(monkeypatch, LockedKeyring())
    monkeypatch.setattr(_profiles, "_KEYRING_TIMEOUT", 0.05)
    try:
        assert store_key("work", Secret(SECRET)) == "it did not respond within 0.05 s"
        assert read_key("work").value == SECRET
    finally:
        backend.unlocked.set()


def test_without_the_package_keyring_the_key_is_in_the_file(monkeypatch):
    monkeypatch.setattr(_profiles, "find_spec", lambda name: None)
    assert "pip install 'deapi-python-sdk[keyring]'" in store_key("work", Secret(SECRET))
    assert read_key("work").value == SECRET


def test_a_backend_that_cannot_be_loaded_is_replaced_by_the_file(monkeypatch):
    use_keyring(monkeypatch, None)
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "no.such.Backend")
    assert "ModuleNotFoundError" in store_key("work", Secret(SECRET))
    assert read_key("work").value == SECRET


@pytest.mark.parametrize("backend", [FakeKeyring, FailingKeyring])
def test_a_key_that_is_not_in_the_keyring_is_an_error_that_says_what_to_do(monkeypatch, backend):
    use_keyring(monkeypatch, FakeKeyring())
    store_key("work", Secret(SECRET))
    use_keyring(monkeypatch, backend())
    with pytest.raises(ProfileError, match="deapi login --profile work"):
        read_key("work")


def test_a_deleted_profile_leaves_nothing(monkeypatch):
    backend = use_keyring(monkeypatch, FakeKeyring())
    store_key("work", Secret(SECRET))
    store_key("home", Secret(OTHER))
    assert delete_key("work") is None
    assert backend.entries == {("deapi", "home"): OTHER}
    assert list(read_profiles()) == ["home"]
    assert delete_key("home") is None
    assert list(credentials_path().parent.iterdir()) == []


def test_a_profile_whose_keyring_fails_is_deleted_with_a_reason(monkeypatch):
    use_keyring(monkeypatch, FakeKeyring())
    store_key("work", Secret(SECRET))
    use_keyring(monkeypatch, FailingKeyring())
    assert delete_key("work") == "RuntimeError: no service"
    assert read_profiles() == {}


def test_a_second_key_replaces_the_first_and_no_other_profile():
    for name, key in (("work", "old-key"), ("home", OTHER), ("work", SECRET)):
        store_key(name, Secret(key))
    assert {name: read_key(name).value for name in read_profiles()} == {
        "home": OTHER,
        "work": SECRET,
    }


def test_processes_that_store_keys_at_the_same_time_lose_none():
    program = """if True:
        import sys
        from deapi._profiles import store_key
        from deapi._secrets import Secret

        sys.stdout.write("ready\\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for number in range(40):
            store_key(f"{sys.argv[1]}-{number}", Secret("a-key"))
    """
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    }
    with contextlib.ExitStack() as stack:
        processes = [
            stack.enter_context(
                Program(
                    [sys.executable, "-c", program, name],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env=environment,
                )
            )
            for name in ("first", "second")
        ]
        for each in processes:
            assert each.stdout.readline() == "ready\n"
        for each in processes:
            each.stdin.write("go\n")
            each.stdin.flush()
        assert [each.wait(timeout=120) for each in processes] == [0, 0]
    assert len(read_profiles()) == 80


@posix
def test_a_file_that_cannot_be_written_completely_is_not_changed(monkeypatch):
    store_key("work", Secret(SECRET))

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(ProfileError, match="No space left on device") as raised:
        store_key("home", Secret(OTHER))
    assert OTHER not in shown_by_a_report(raised.value)
    assert list(credentials_path().parent.iterdir()) == [credentials_path()]
    assert list(read_profiles()) == ["work"]


@posix
@pytest.mark.parametrize("permissions", [0o640, 0o604, 0o622, 0o610])
def test_a_file_that_other_users_can_access_is_refused(permissions):
    store_key("work", Secret(SECRET))
    credentials_path().chmod(permissions)
    for action in (read_key, delete_key, lambda name: store_key(name, Secret(OTHER))):
        with pytest.raises(ProfileError, match=f"{permissions:o}.*chmod 600"):
            action("work")


@posix
def test_a_file_of_another_user_is_refused(monkeypatch):
    store_key("work", Secret(SECRET))
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(ProfileError, match="belongs to another user"):
        read_key("work")


@posix
def test_what_is_not_a_regular_file_is_refused(tmp_path):
    path = credentials_path()
    store_key("work", Secret(SECRET))
    target = path.rename(tmp_path / "elsewhere.json")
    path.symlink_to(target)
    with pytest.raises(ProfileError, match="symbolic link"):
        read_key("work")
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(ProfileError, match="not a file"):
        read_key("work")
    path.unlink()
    path.mkdir()
    with pytest.raises(ProfileError, match="is not read"):
        read_key("work")


@pytest.mark.parametrize(
    "content",
    [
        SECRET,
        f'{{"profiles": {{"work": {{"api_key": "{SECRET}"}}',
        f'{{"profiles": ["{SECRET}"]}}',
        f'["{SECRET}"]',
        '{"profiles": {"work": {}}}',
        f'{{"profiles": {{"work": "{SECRET}"}}}}',
        '{"profiles": {"work": {"api_key": 1}}}',
        '{"profiles": {"../work": {"api_key": "x"}}}',
        "",
        "\udcff",
        "[" * 100_000,
    ],
    ids=range(11),
)
def test_a_damaged_file_is_an_error_that_does_not_show_the_keys(content):
    path = credentials_path()
    path.parent.mkdir()
    path.touch(0o600)
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    for action in (read_key, delete_key, lambda name: store_key(name, Secret(OTHER))):
        with pytest.raises(ProfileError, match=r"credentials\.json is damaged") as raised:
            action("work")
        assert SECRET not in shown_by_a_report(raised.value)
    assert path.read_bytes() == content.encode("utf-8", "surrogateescape")


def shown_by_a_report(error):
    """Return what an error report with local variables contains, of the code of the SDK."""
    assert error.__context__ is None
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(f"{frame.locals}" for frame in report.stack if "deapi" in frame.filename) + str(
        error
    )


@pytest.mark.parametrize("name", ["", "a/b", "../x", "-x", "a b", "é", "x" * 65, "123|key", "x\n"])
def test_a_name_that_is_not_plain_is_rejected_and_not_shown(name):
    with pytest.raises(ValueError, match="profile must be a name") as raised:
        DeapiClient(profile=name)
    assert not name or name not in str(raised.value)


def test_a_name_that_is_not_a_string_is_a_type_error():
    with pytest.raises(TypeError, match="profile must be a str, not int"):
        DeapiClient(profile=1)


@posix
def test_an_unknown_home_directory_is_an_error_that_says_what_to_do(monkeypatch):
    def fail():
        raise RuntimeError

    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setattr(_profiles.Path, "home", fail)
    with pytest.raises(ProfileError, match="Set HOME"):
        read_key("work")


@pytest.mark.parametrize("backend", [keyring.backends.null.Keyring, FakeKeyring])
@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_client_uses_the_key_of_its_profile(monkeypatch, client_class, backend):
    use_keyring(monkeypatch, backend())
    store_key("default", Secret(OTHER))
    store_key("work", Secret(f"dpn-sk-{SECRET}"))
    monkeypatch.setenv("DEAPI_API_KEY", "789|of-the-environment")
    client = client_class(profile="work")
    assert client._config.api_key == SECRET
    assert client.with_options(timeout=3)._config.api_key == SECRET
    assert SECRET not in repr(client)
    assert client_class()._config.api_key == "789|of-the-environment"


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_client_without_a_profile_reads_only_the_environment(monkeypatch, client_class):
    store_key("default", Secret(SECRET))
    monkeypatch.setenv("DEAPI_PROFILE", "default")
    with pytest.raises(ValueError, match="API key is required"):
        client_class()


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_a_client_accepts_either_a_key_or_a_profile(client_class):
    store_key("work", Secret(SECRET))
    with pytest.raises(ValueError, match="api_key and profile are both passed"):
        client_class(api_key=OTHER, profile="work")
    with pytest.raises(ProfileError, match=r"no profile 'home'.*`deapi login --profile home`"):
        client_class(profile="home")


@pytest.mark.parametrize("client_class", [DeapiClient, AsyncDeapiClient])
def test_an_error_of_a_client_does_not_show_the_key_of_the_profile(client_class):
    store_key("work", Secret(SECRET))
    store_key("broken", Secret(f"{SECRET} {SECRET}"))
    for settings in ({"profile": "work", "timeout": -1}, {"profile": "broken"}):
        with pytest.raises(ValueError, match=r"timeout|api_key") as raised:
            client_class(**settings)
        assert SECRET not in shown_by_a_report(raised.value)


def test_a_program_without_a_profile_does_not_load_the_module():
    script = (
        "import sys; from deapi import DeapiClient; DeapiClient(api_key='k').images\n"
        "sys.exit('deapi._profiles' in sys.modules or 'keyring' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_the_file_says_what_it_is():
    store_key("work", Secret(SECRET))
    assert json.loads(credentials_path().read_text()) == {"profiles": {"work": {"api_key": SECRET}}}
