"""The WebSocket that pushes status updates, over real sockets."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus, WebSocketException
from websockets.sync.client import connect

QUERY = "?protocol=7&client=js&version=8.4.0"
CHANNEL = "private-client.42"
WAIT = 30


class Socket:
    """A Pusher client that reads frames."""

    def __init__(self, api, connection):
        self.api = api
        self.connection = connection

    def read(self):
        frame = json.loads(self.connection.recv(timeout=WAIT))
        if isinstance(frame["data"], str):
            frame["data"] = json.loads(frame["data"])
        return frame

    def send(self, event, **data):
        self.connection.send(json.dumps({"event": event, "data": data}))

    def authorize(self, channel=CHANNEL, **options):
        established = self.read()
        assert established["event"] == "pusher:connection_established"
        body = {"socket_id": established["data"]["socket_id"], "channel_name": channel}
        return self.api.http.post(
            f"{self.api.emulator.url}/broadcasting/auth", **(options or {"json": body})
        )

    def subscribe(self, channel=CHANNEL):
        self.send("pusher:subscribe", channel=channel, auth=self.authorize(channel).json()["auth"])
        return self.read()

    def read_updates(self, request_id):
        """The updates of a job until it is done."""
        updates = []
        while not updates or updates[-1]["status"] != "done":
            frame = self.read()
            assert (frame["event"], frame["channel"]) == ("request.status.updated", CHANNEL)
            if frame["data"]["request_id"] == request_id:
                updates.append(frame["data"])
        return updates


@pytest.fixture
def open_socket():
    with contextlib.ExitStack() as stack:

        def open_socket(api, url=None):
            url = url or api.emulator.socket_url + QUERY
            connection = connect(url, proxy=None, open_timeout=WAIT, max_size=None)
            return Socket(api, stack.enter_context(connection))

        yield open_socket


def wait_until(condition):
    deadline = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def request_id_of(submission):
    return submission.json()["data"]["request_id"]


def test_a_connection_is_established_with_a_socket_id_and_the_activity_timeout(v1, open_socket):
    frame = open_socket(v1).read()
    assert frame["event"] == "pusher:connection_established"
    assert frame["data"]["activity_timeout"] == 30
    first, second = frame["data"]["socket_id"].split(".")
    assert first.isdigit()
    assert second.isdigit()


def test_the_data_of_an_event_is_a_json_string(v1, open_socket):
    frame = json.loads(open_socket(v1).connection.recv(timeout=WAIT))
    assert isinstance(frame["data"], str)


@pytest.mark.parametrize("encoding", ["json", "data"])
def test_the_accounts_channel_is_authorized_for_json_and_forms(v1, open_socket, encoding):
    opened = open_socket(v1)
    socket_id = opened.read()["data"]["socket_id"]
    body = {"socket_id": socket_id, "channel_name": CHANNEL}
    url = f"{v1.emulator.url}/broadcasting/auth"
    auth = v1.http.post(url, **{encoding: body}).json()["auth"]
    assert auth.startswith("depin-api-prod-key:")
    opened.send("pusher:subscribe", channel=CHANNEL, auth=auth)
    assert opened.read() == {
        "event": "pusher_internal:subscription_succeeded",
        "channel": CHANNEL,
        "data": {},
    }
    assert v1.emulator.subscriber_count == 1


@pytest.mark.parametrize(
    ("channel", "key"),
    [("private-client.43", None), ("client.42", None), (CHANNEL, "Bearer 9|wrong"), (CHANNEL, "x")],
)
def test_another_channel_or_key_is_a_403(v1, channel, key):
    headers = {} if key is None else {"Authorization": key}
    response = v1.http.post(
        f"{v1.emulator.url}/broadcasting/auth",
        json={"socket_id": "1.2", "channel_name": channel},
        headers=headers,
    )
    assert response.status_code == 403


def test_the_client_id_names_the_channel(start_emulator, open_socket):
    api = start_emulator(client_id="7")
    assert api.emulator.client_id == "7"
    assert open_socket(api).subscribe("private-client.7")["channel"] == "private-client.7"


@pytest.mark.parametrize("auth", ["", "depin-api-prod-key:00", "of another connection"])
def test_a_subscription_with_a_wrong_signature_is_an_error(v1, open_socket, auth):
    opened = open_socket(v1)
    auth = open_socket(v1).authorize().json()["auth"] if "another" in auth else auth
    opened.read()
    opened.send("pusher:subscribe", channel=CHANNEL, auth=auth)
    frame = opened.read()
    assert frame["event"] == "pusher:subscription_error"
    assert frame["data"]["status"] == 401
    assert v1.emulator.subscriber_count == 0


def test_a_ping_is_followed_by_a_pong_and_unsubscribing_ends_the_events(v1, open_socket):
    opened = open_socket(v1)
    opened.subscribe()
    opened.send("pusher:unsubscribe", channel=CHANNEL)
    v1.generate()
    opened.send("pusher:ping")
    assert opened.read()["event"] == "pusher:pong"
    assert v1.emulator.subscriber_count == 0


@pytest.mark.parametrize("message", ["", "{", "[]", "null", "[" * 5000])
def test_a_message_that_is_not_an_object_is_an_error(v1, open_socket, message):
    opened = open_socket(v1)
    opened.read()
    opened.connection.send(message)
    assert opened.read()["event"] == "pusher:error"


def test_an_unknown_app_key_is_an_error_with_its_code(v1, open_socket):
    opened = open_socket(v1, v1.emulator.socket_url.replace("prod", "other"))
    assert opened.read()["data"]["code"] == 4001
    with pytest.raises(ConnectionClosed) as caught:
        opened.connection.recv(timeout=WAIT)
    assert caught.value.rcvd.code == 4001


def test_a_path_without_a_socket_rejects_websockets(v1, open_socket):
    url = v1.emulator.url.replace("http", "ws")
    with pytest.raises(InvalidStatus):
        open_socket(v1, f"{url}/api/v2/jobs")
    assert httpx.get(v1.emulator.socket_url.replace("ws", "http", 1)).status_code == 404


@pytest.mark.parametrize("headers", [{"Origin": "https://attacker.example"}, {"Origin": "null"}])
def test_a_page_of_another_site_cannot_connect(v1, headers):
    with pytest.raises(InvalidStatus) as caught:  # noqa: SIM117 - either may raise
        with connect(v1.emulator.socket_url, proxy=None, additional_headers=headers):
            pass
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("preview_format", ["data-uri", "base64"])
def test_an_image_job_is_announced_from_processing_to_done_with_previews(
    start_emulator, open_socket, preview_format
):
    api = start_emulator(speed=0.001, preview_format=preview_format)
    opened = open_socket(api)
    opened.subscribe()
    request_id = request_id_of(api.generate())
    updates = []
    for seconds in (0.51, 0.75, 0.75, 0.75, 0.75):  # pending for 0.5 s, then processing for 3 s
        api.emulator.advance(seconds)
        updates.append(opened.read()["data"])
    assert {update["request_id"] for update in updates} == {request_id}
    assert [update["status"] for update in updates] == ["processing", *["in_progress"] * 3, "done"]
    progress = [float(update["progress"]) for update in updates]
    assert progress == sorted(progress)
    assert updates[0]["progress"].endswith(".00")
    assert updates[-1]["progress"] == "100.00"
    assert [update["preview"] is None for update in updates] == [True, False, False, False, True]
    for update in updates[1:-1]:
        prefix, comma, content = update["preview"].rpartition(",")
        assert (
            prefix + comma == {"data-uri": "data:image/jpeg;base64,", "base64": ""}[preview_format]
        )
        assert base64.b64decode(content).startswith(b"\xff\xd8")
    assert [update["result_url"] is None for update in updates] == [True] * 4 + [False]
    assert httpx.get(updates[-1]["result_url"]).status_code == 200


def test_a_failed_job_has_no_event_of_its_failure(start_emulator, open_socket):
    api = start_emulator(speed=1000)
    opened = open_socket(api)
    opened.subscribe()
    api.emulator.fail_jobs()
    failed = api.generate()
    assert api.wait_for_job(failed)["status"] == "error"
    later = request_id_of(api.generate())
    frames = []
    while not frames or (frames[-1]["request_id"], frames[-1]["status"]) != (later, "done"):
        frames.append(opened.read()["data"])
    statuses = {frame["status"] for frame in frames if frame["request_id"] != later}
    assert "processing" in statuses
    assert statuses <= {"processing", "in_progress"}


def test_a_job_that_advances_with_polls_is_announced_at_its_polls(start_emulator, open_socket):
    api = start_emulator(polls_per_state=1)
    opened = open_socket(api)
    opened.subscribe()
    submission = api.generate()
    for _ in range(4):
        api.get_job(submission)
    updates = opened.read_updates(request_id_of(submission))
    statuses = [update["status"] for update in updates]
    assert (statuses[0], statuses[-1]) == ("processing", "done")
    assert set(statuses[1:-1]) <= {"in_progress"}


def test_one_connection_receives_the_events_of_all_jobs_of_both_versions(v1, open_socket):
    opened = open_socket(v1)
    opened.subscribe()
    first = request_id_of(v1.generate())
    second = request_id_of(v1.generate_with_key(v1.emulator.api_key))
    frames = [opened.read()["data"] for _ in range(4)]
    assert [(frame["request_id"], frame["status"]) for frame in frames] == [
        (request_id, status) for request_id in (first, second) for status in ("processing", "done")
    ]


def test_a_connection_without_messages_is_closed(start_emulator, open_socket):
    opened = open_socket(start_emulator(activity_timeout=0.02))
    opened.read()
    assert opened.read()["data"]["code"] == 4201
    with pytest.raises(ConnectionClosed):
        opened.connection.recv(timeout=WAIT)


def test_the_authorization_can_be_delayed_and_rejected(v1, open_socket):
    v1.emulator.inject_fault(operation="broadcasting/auth", delay=0.1)
    v1.emulator.inject_fault(operation="broadcasting/auth", status=500)
    assert open_socket(v1).authorize().status_code == 200
    assert open_socket(v1).authorize().status_code == 500


def test_a_handshake_can_be_rejected_once(v1, open_socket):
    v1.emulator.inject_socket_fault("refuse")
    with pytest.raises(InvalidStatus):
        open_socket(v1)
    assert open_socket(v1).read()["event"] == "pusher:connection_established"


def test_a_silent_connection_sends_nothing_and_not_even_a_pong(v1, open_socket):
    v1.emulator.inject_socket_fault("silence")
    opened = open_socket(v1)
    opened.send("pusher:ping")
    with pytest.raises(TimeoutError):
        opened.connection.recv(timeout=0.2)


def test_an_acknowledged_subscription_can_have_no_events(v1, open_socket):
    v1.emulator.inject_socket_fault("no_events")
    opened = open_socket(v1)
    assert opened.subscribe()["channel"] == CHANNEL
    v1.generate()
    opened.send("pusher:ping")
    assert opened.read()["event"] == "pusher:pong"


def test_another_channel_can_be_acknowledged(v1, open_socket):
    v1.emulator.inject_socket_fault("wrong_acknowledgement")
    assert open_socket(v1).subscribe()["channel"] == "private-client.429"


def test_garbage_floods_and_events_of_other_accounts_can_be_sent(v1, open_socket):
    opened = open_socket(v1)
    opened.subscribe()
    v1.emulator.send_to_sockets("{not JSON")
    v1.emulator.send_to_sockets(b"\x00\xff")
    v1.emulator.send_to_sockets(
        '{"event":"other","channel":"private-client.9","data":"{}"}', times=500
    )
    assert opened.connection.recv(timeout=WAIT) == "{not JSON"
    assert opened.connection.recv(timeout=WAIT) == b"\x00\xff"
    assert {opened.read()["channel"] for _ in range(500)} == {"private-client.9"}


@pytest.mark.parametrize("code", [None, 1001, 4200])
def test_all_connections_can_be_closed_with_and_without_a_close_frame(v1, open_socket, code):
    opened = open_socket(v1)
    opened.subscribe()
    v1.emulator.close_sockets(code, "bye")
    with pytest.raises(ConnectionClosed) as caught:
        opened.connection.recv(timeout=WAIT)
    assert (caught.value.rcvd and caught.value.rcvd.code) == code
    wait_until(lambda: v1.emulator.subscriber_count == 0)


def received_bytes(v1, after_bytes):
    """Everything that a connection receives before it is cut."""
    v1.emulator.inject_socket_fault("drop", after_bytes=after_bytes)
    parts = urlsplit(v1.emulator.socket_url)
    with socket.create_connection((parts.hostname, parts.port), timeout=WAIT) as connection:
        connection.sendall(
            f"GET {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while part := connection.recv(4096):
                received += part
        return received


def test_a_connection_can_be_cut_after_each_byte(v1):
    for length in range(0, 260, 7):
        assert len(received_bytes(v1, length)) == length


def test_a_socket_fault_that_cannot_take_effect_is_a_value_error(v1):
    with pytest.raises(ValueError, match="times must be at least 1, not 0"):
        v1.emulator.inject_socket_fault("refuse", times=0)
    with pytest.raises(ValueError, match="name must be one of refuse"):
        v1.emulator.inject_socket_fault("none")


def test_stopping_the_emulator_closes_open_sockets(start_emulator, open_socket):
    api = start_emulator()
    opened = open_socket(api)
    opened.subscribe()
    api.emulator.stop()
    with pytest.raises(WebSocketException):
        opened.connection.recv(timeout=WAIT)
