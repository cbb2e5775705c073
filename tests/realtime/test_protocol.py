"""The protocol of the socket, frame by frame, without a socket."""

import json

import pytest

from deapi.realtime.protocol import (
    MAX_FRAME_SIZE,
    PING_INTERVAL,
    PONG_TIMEOUT,
    SUBSCRIBE_TIMEOUT,
    Authenticate,
    Disconnect,
    JobUpdate,
    Session,
    Subscribed,
    Transmit,
    reconnect_delay,
)

CHANNEL = "private-client.7"


def frame(event, data=None, channel=None, *, encoded=True):
    message = {"event": event}
    if data is not None:
        message["data"] = json.dumps(data) if encoded else data
    if channel is not None:
        message["channel"] = channel
    return json.dumps(message)


CONNECTED = frame("pusher:connection_established", {"socket_id": "1.2", "activity_timeout": 30})
CONFIRMED = frame("pusher_internal:subscription_succeeded", {}, CHANNEL)


def update(request_id="job-1", status="in_progress", progress="45.50", channel=CHANNEL):
    data = {"request_id": request_id, "status": status, "progress": progress, "preview": None}
    return frame("request.status.updated", data, channel)


def session():
    return Session("7", now=100.0)


def subscribed_session(activity_timeout=30):
    ready = session()
    ready.receive(
        frame(
            "pusher:connection_established",
            {"socket_id": "1.2", "activity_timeout": activity_timeout},
        ),
        100,
    )
    assert ready.receive(CONFIRMED, 100) == [Subscribed()]
    return ready


def sent(action):
    assert isinstance(action, Transmit)
    return json.loads(action.text)


def test_a_session_authenticates_and_subscribes_then_reports_updates():
    ready = session()
    assert ready.receive(CONNECTED, 100) == [Authenticate("1.2", CHANNEL)]
    assert sent(ready.subscribe("key:signature")) == {
        "event": "pusher:subscribe",
        "data": {"channel": CHANNEL, "auth": "key:signature"},
    }
    assert ready.receive(CONFIRMED, 101) == [Subscribed()]
    (action,) = ready.receive(update(status="done"), 102)
    assert isinstance(action, JobUpdate)
    assert (action.request_id, action.data["status"]) == ("job-1", "done")
    assert action.data["progress"] == "45.50"


def test_the_data_of_a_frame_may_be_an_object():
    ready = session()
    connected = frame("pusher:connection_established", {"socket_id": "1.2"}, encoded=False)
    assert ready.receive(connected, 100) == [Authenticate("1.2", CHANNEL)]


def test_updates_before_the_subscription_are_ignored():
    ready = session()
    ready.receive(CONNECTED, 100)
    assert ready.receive(update(), 101) == []


@pytest.mark.parametrize("channel", ["private-client.8", "private-client.77", "", None, "presence"])
def test_updates_of_other_channels_are_ignored(channel):
    ready = subscribed_session()
    assert ready.receive(update(channel=channel), 101) == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "7",
        "[]",
        '"text"',
        "{}",
        '{"event": 7}',
        '{"event": {"a": 1}, "data": []}',
        "[" * 100_000,
        '{"a":' * 100_000,
        "\ud800",
        b"\xff\xfe",
        frame("request.status.updated", None, CHANNEL),
        frame("request.status.updated", [1], CHANNEL),
        frame("request.status.updated", {"request_id": 7, "status": "done"}, CHANNEL),
        frame("request.status.updated", {"request_id": "a", "status": None}, CHANNEL),
        frame("pusher:unknown", {}),
        frame("another.event", {"request_id": "job-1", "status": "done"}, CHANNEL),
        frame("pusher:pong"),
    ],
    ids=lambda text: repr(text)[:30],
)
def test_malformed_and_unknown_frames_are_ignored(text):
    ready = subscribed_session()
    assert ready.receive(text, 101) == []
    assert len(ready.receive(update(), 102)) == 1


def test_a_pong_follows_a_ping():
    (action,) = subscribed_session().receive(frame("pusher:ping", {}), 101)
    assert sent(action) == {"event": "pusher:pong", "data": {}}


@pytest.mark.parametrize(
    ("activity_timeout", "interval"),
    [
        (30, 24),
        (10, 8),
        (120, PING_INTERVAL),
        (0, 1),
        (-5, 1),
        ("10", 8),
        ("soon", PING_INTERVAL),
        ("nan", PING_INTERVAL),
        pytest.param(10**400, PING_INTERVAL, id="too large"),
        (None, PING_INTERVAL),
    ],
)
def test_a_ping_is_sent_before_the_activity_timeout(activity_timeout, interval):
    ready = subscribed_session(activity_timeout)
    assert ready.wake_up_at() == 100 + interval
    assert ready.check(100 + interval - 0.1) == []
    (action,) = ready.check(100 + interval)
    assert sent(action)["event"] == "pusher:ping"


def test_a_frame_postpones_the_ping():
    ready = subscribed_session()
    ready.receive(update(), 120)
    assert ready.check(125) == []
    assert ready.wake_up_at() == 144


def test_an_update_that_is_received_after_the_activity_timeout_is_not_lost():
    ready = subscribed_session()
    (action,) = ready.receive(update(), 1000)
    assert isinstance(action, JobUpdate)
    assert ready.check(1000) == []


def test_a_connection_without_a_pong_is_closed():
    ready = subscribed_session()
    ready.check(124)
    assert ready.check(124 + PONG_TIMEOUT - 0.1) == []
    (action,) = ready.check(124 + PONG_TIMEOUT)
    assert action == Disconnect("no response to a ping within 10 s")


def test_any_frame_counts_as_a_pong():
    ready = subscribed_session()
    ready.check(124)
    ready.receive("garbage", 125)
    assert ready.check(124 + PONG_TIMEOUT) == []


@pytest.mark.parametrize("frames", [[], [CONNECTED], ["garbage"], [frame("pusher:ping", {})] * 9])
def test_a_connection_without_a_subscription_is_closed(frames):
    ready = session()
    for text in frames:
        ready.receive(text, 105)
    assert ready.check(100 + SUBSCRIBE_TIMEOUT - 0.1) == []
    assert ready.check(100 + SUBSCRIBE_TIMEOUT) == [Disconnect("no subscription within 20 s")]


@pytest.mark.parametrize("text", [CONNECTED, CONFIRMED, "garbage", frame("pusher:ping", {})])
def test_frames_do_not_keep_a_connection_without_a_subscription_open(text):
    ready = session()
    assert ready.receive(text, 100 + SUBSCRIBE_TIMEOUT) == [
        Disconnect("no subscription within 20 s")
    ]


def test_a_session_authenticates_once_however_often_it_is_connected():
    ready = session()
    assert ready.receive(CONNECTED, 100) == [Authenticate("1.2", CHANNEL)]
    assert ready.receive(CONNECTED, 100) == []
    ready.receive(CONFIRMED, 101)
    assert ready.receive(CONNECTED, 102) == []
    assert ready.receive(CONFIRMED, 103) == []


@pytest.mark.parametrize("socket_id", [None, 7, "", "1" * 101])
def test_a_connection_without_a_socket_id_is_closed(socket_id):
    connected = frame("pusher:connection_established", {"socket_id": socket_id})
    assert session().receive(connected, 100) == [Disconnect("the server sent no socket ID")]


@pytest.mark.parametrize(
    ("code", "permanent"),
    [(3999, False), (4000, True), (4099, True), (4100, False), (4200, False), (None, False)],
)
def test_an_error_of_the_server_closes_the_connection(code, permanent):
    (action,) = session().receive(frame("pusher:error", {"code": code, "message": "no"}), 100)
    assert action == Disconnect(f"error {code or 0}: no", permanent=permanent)


def test_the_message_of_an_error_is_shortened():
    (action,) = session().receive(
        frame("pusher:error", {"code": 4100, "message": "\x1b[31m" + "x" * 10_000}), 100
    )
    assert len(action.reason) < 200
    assert action.reason.isprintable()


def test_a_refused_subscription_is_permanent():
    refused = frame("pusher:subscription_error", {"type": "AuthError"}, CHANNEL)
    ready = session()
    ready.receive(CONNECTED, 100)
    assert ready.receive(refused, 101) == [
        Disconnect("the subscription was refused", permanent=True)
    ]


def test_the_delay_before_a_connection_grows_to_a_minute():
    assert [reconnect_delay(failures, 0.0) for failures in range(1, 9)] == [
        1,
        2,
        4,
        8,
        16,
        32,
        60,
        60,
    ]
    assert reconnect_delay(10**6, 1.0) == 90


def test_previews_fit_into_a_frame():
    assert MAX_FRAME_SIZE >= 1024 * 1024
