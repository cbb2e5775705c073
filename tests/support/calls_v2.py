"""Every operation of API v2 as users call it, and the request that has to arrive for it.

This table is written by hand from the contract and imports only public names of the package.
Operations that v2 inherits from v1 under another path are derived from the table of v1.
Operations and arguments of v2 only are listed below.
"""

import dataclasses
from datetime import date, datetime, timedelta, timezone

from deapi import NOT_GIVEN
from support.call_table import FORM, JSON, SECRET, WEBHOOK, Call, Table, form_value
from support.calls_v1 import V1

V2 = Table("v2")
add, add_minimal_and_full, add_read = V2.add, V2.add_minimal_and_full, V2.add_read

# -- operations inherited from v1 --------------------------------------------------------------

_MOVED = {
    "txt2img": "images/generations",
    "img2img": "images/edits",
    "img2txt": "images/ocr",
    "img-rmbg": "images/background-removals",
    "img-upscale": "images/upscales",
    "txt2video": "videos/generations",
    "img2video": "videos/animations",
    "aud2video": "videos/audio-syncs",
    "videos/replace": "videos/replacements",
    "vid-upscale": "videos/upscales",
    "vid-rmbg": "videos/background-removals",
    "txt2audio": "audio/speech",
    "txt2music": "audio/music",
    "transcribe": "audio/transcriptions",
    "txt2embedding": "embeddings",
    "models": "models",
    "balance": "account/balance",
}
# Transcription endpoints of v1 and the name of their source. V2 has one endpoint for all sources.
_MERGED = {
    "vid2txt": "video_url",
    "aud2txt": "audio_url",
    "audiofile2txt": "audio",
    "videofile2txt": "video",
}
# The operations without files. All others send a form, also without a file.
_JSON_OPERATIONS = {
    "images.generate",
    "images.generate_price",
    "images.transform_price",
    "video.generate",
    "video.generate_price",
    "video.animate_price",
    "video.generate_from_audio_price",
    "audio.synthesize_price",
    "audio.compose_price",
    "embeddings.create",
    "embeddings.create_price",
}


def _derive(call):
    path = call.path.removesuffix("/price-calculation").removesuffix("/price")
    price = "" if path == call.path else "/price"
    if path in _MOVED:
        moved = dataclasses.replace(call, version="v2", path=f"{_MOVED[path]}{price}")
        if call.content_type == JSON and call.operation not in _JSON_OPERATIONS:
            fields = {name: form_value(value) for name, value in call.fields.items()}
            moved = dataclasses.replace(moved, content_type=FORM, fields=fields)
        if call.operation == "video.generate_from_audio_price":
            fields = {name: value for name, value in call.fields.items() if name != "guidance"}
            moved = dataclasses.replace(moved, fields=fields)  # not a field of v2
        if call.operation == "video.replace_price" and "steps" in call.arguments:
            fields = {**moved.fields, "steps": form_value(call.arguments["steps"])}
            moved = dataclasses.replace(moved, fields=fields)  # not a field of v1
        V2.calls.append(moved)
    elif path in _MERGED:
        source = call.arguments.get(_MERGED[path])
        is_file = isinstance(source, bytes)
        add(
            call.operation,
            call.label,
            f"audio/transcriptions{price}",
            FORM,
            call.arguments,
            drops=(_MERGED[path],),
            sends={"source_file" if is_file else "source_url": source} if source else {},
        )


for _call in V1.calls:
    _derive(_call)

# -- arguments that only v2 accepts ------------------------------------------------------------


def extend(operation, content_type, without=(), having=(), lacking=(), **arguments):
    """Add the call of an operation that has the most arguments, with `arguments` as well.

    `content_type`, `having` and `lacking` select the calls by their body and their arguments. A
    list of files becomes several parts of the form.
    """
    rows = [
        call
        for call in V2.calls
        if (call.operation, call.content_type) == (operation, content_type)
        and set(having) <= set(call.arguments)
        and not set(lacking) & set(call.arguments)
    ]
    longest = max(reversed(rows), key=lambda call: len(call.arguments))
    kept_arguments, kept_fields = (
        {name: value for name, value in values.items() if name not in without}
        for values in (longest.arguments, longest.fields)
    )
    sent = {
        f"{name}[]" if isinstance(value, list) else name: form_value(value)
        if content_type == FORM
        else value
        for name, value in arguments.items()
    }
    V2.calls.append(
        dataclasses.replace(
            longest,
            label=f"with {' '.join(arguments)}",
            arguments={**kept_arguments, **arguments},
            fields={**kept_fields, **sent},
        )
    )


_WEBHOOK_SECRET = {"webhook_secret": SECRET}
_QUALITY = {"quality": "high", "enhance_prompt": True}
extend("images.generate", JSON, **_WEBHOOK_SECRET, **_QUALITY)
extend("images.generate_price", JSON, quality="high")
extend("images.transform", FORM, **_WEBHOOK_SECRET, **_QUALITY)
extend("images.transform_price", JSON, quality="low")
extend("video.generate", JSON, **_WEBHOOK_SECRET, enhance_prompt=False)
extend("video.animate", FORM, **_WEBHOOK_SECRET, enhance_prompt=False)
extend(
    "video.animate",
    FORM,
    ("first_frame_image", "last_frame_image"),
    ref_images=[b"one", b"two"],
    ref_videos=[b"clip"],
    ref_audios=[b"voice", b"song"],
)
extend("video.animate_price", JSON, ref_images_count=3, ref_videos_count=0, ref_audios_count=1)
_TRANSCRIPT_OPTIONS = {"diarize": True, "lang": "en", "include_metadata": False}
_WORD_TIMESTAMPS = {"ts_level": "word", **_TRANSCRIPT_OPTIONS}
for _source in ("source_url", "source_file"):
    extend("transcription.create", FORM, having=[_source], **_WEBHOOK_SECRET, **_WORD_TIMESTAMPS)
for _source in ("source_url", "source_file", "duration_seconds"):
    extend("transcription.create_price", FORM, having=[_source], **_WORD_TIMESTAMPS)
extend("transcription.create_price", FORM, having=["duration_seconds"], platform="tiktok")
for _operation, _file in (("audio.synthesize", "ref_audio"), ("audio.compose", "reference_audio")):
    extend(_operation, FORM, having=[_file], **_WEBHOOK_SECRET)
    extend(_operation, FORM, lacking=[_file], **_WEBHOOK_SECRET)
for _operation, _content_type in (
    ("images.upscale", FORM),
    ("images.remove_background", FORM),
    ("ocr.extract", FORM),
    ("video.generate_from_audio", FORM),
    ("video.replace", FORM),
    ("video.upscale", FORM),
    ("video.remove_background", FORM),
    ("transcription.from_video_url", FORM),
    ("transcription.from_audio_url", FORM),
    ("transcription.from_audio_file", FORM),
    ("transcription.from_video_file", FORM),
    ("embeddings.create", JSON),
):
    extend(_operation, _content_type, **_WEBHOOK_SECRET)

# -- operations that only v2 has ---------------------------------------------------------------

_CLIP = {"video_url": "https://www.tiktok.com/@someone/video/1"}
_UPLOAD = {"video_file": b"clip"}
_MARLIN = {"model": "Marlin_2B"}
_DESCRIBE_OPTIONS = {"preset": "balanced", "include_metadata": True}
for _source in (_CLIP, _UPLOAD):
    add_minimal_and_full(
        "video.describe",
        "videos/descriptions",
        FORM,
        {**_MARLIN, **_source},
        {
            **_DESCRIBE_OPTIONS,
            "return_result_in_response": False,
            "webhook_url": WEBHOOK,
            **_WEBHOOK_SECRET,
        },
    )
for _source in (_CLIP, _UPLOAD, {"duration_seconds": 90.5}):
    add_minimal_and_full(
        "video.describe_price",
        "videos/descriptions/price",
        FORM,
        {**_MARLIN, **_source},
        _DESCRIBE_OPTIONS,
    )
_TIKTOK = {**_MARLIN, "duration_seconds": 60.0, "platform": "tiktok"}
add("video.describe_price", "TikTok", "videos/descriptions/price", FORM, _TIKTOK)

_SLUG = {"model": "Flux_2_Klein_4B_BF16"}
_PROMPT = {"prompt": "a fox in the snow"}
_STILL = {"image": b"still"}


def add_enhancement(operation, path, type_, arguments, optional, *, label=""):
    """Add a minimal and a full call of a prompt enhancement. The model is sent as `model_slug`."""
    sent = {"model_slug": _SLUG["model"], "type": type_}
    for name, values in (("minimal", arguments), ("full", {**arguments, **optional})):
        add(
            operation,
            f"{name} {label}".strip(),
            path,
            FORM,
            {**values, **_SLUG},
            drops=("model",),
            sends=sent,
        )


for _suffix, _path in (("", "prompts/enhancements"), ("_price", "prompts/enhancements/price")):
    _image = {} if _suffix else _STILL  # the v1 price methods have no image argument
    _negative = {"negative_prompt": "people"}
    for _type, _with in (
        ("images.generations", {}),
        ("images.edits", _STILL),
        ("videos.generations", {}),
        ("videos.animations", _STILL),
        ("audio.speech", {}),
        ("audio.music", {}),
    ):
        _arguments = {**_PROMPT, "type": _type, **_with}
        add_enhancement(
            f"prompts.enhance{_suffix}", _path, _type, _arguments, _negative, label=f"for {_type}"
        )
    for _name, _type, _with, _optional in (
        ("image", "images.generations", {}, _negative),
        ("video", "videos.generations", {}, _negative),
        ("speech", "audio.speech", {}, {}),
        ("image2image", "images.edits", _image, _negative),
    ):
        add_enhancement(
            f"prompts.enhance_{_name}{_suffix}", _path, _type, {**_PROMPT, **_with}, _optional
        )
for _name, _type, _with in (
    ("enhance", "images.generations", {"type": "images.generations"}),
    ("enhance_image", "images.generations", {}),
    ("enhance_video", "videos.generations", {}),
    ("enhance_speech", "audio.speech", {}),
    ("enhance_image2image", "images.edits", _STILL),
):
    for _suffix, _path in (("", "prompts/enhancements"), ("_price", "prompts/enhancements/price")):
        _arguments = {name: v for name, v in _with.items() if not _suffix or name == "type"}
        add(
            f"prompts.{_name}{_suffix}",
            "by model_slug",
            _path,
            FORM,
            {**_PROMPT, **_arguments, "model_slug": _SLUG["model"]},
            sends={"type": _type},
        )
# A video prompt with an image is a prompt for an animation.
add_enhancement(
    "prompts.enhance_video",
    "prompts/enhancements",
    "videos.animations",
    {**_PROMPT, **_STILL},
    {"negative_prompt": "people"},
    label="from an image",
)

# -- the account and its keys ------------------------------------------------------------------

add_read("account.billing", "full", "account", {}, {})
add_read("current_key.get", "full", "key", {}, {})
_WARSAW = timezone(timedelta(hours=2))
_DAYS = {"start": date(2026, 10, 1), "end": "2026-10-02", "group_by": "model"}
_QUERY = {"from": "2026-10-01", "to": "2026-10-02", "group_by": "model"}
for _operation, _path, _key_id in (
    ("account.usage", "account/usage", {}),
    ("current_key.usage", "key/usage", {}),
    ("keys.usage", "keys/42/usage", {"key_id": 42}),
):
    add_read(_operation, "minimal", _path, _key_id, {})
    add_read(_operation, "full", _path, {**_key_id, **_DAYS}, _QUERY)
# A datetime is sent as its date in UTC.
_DATETIMES = {"start": "2026-10-07T23:00:00Z", "end": datetime(2026, 10, 8, 1, tzinfo=_WARSAW)}
add_read(
    "account.usage",
    "one day, as datetimes",
    "account/usage",
    {**_DATETIMES, "group_by": "a new group"},
    {"from": "2026-10-07", "to": "2026-10-07", "group_by": "a new group"},
)
for _operation, _path, _first in (
    ("account.payments", "account/payments", {"page": 3}),
    ("account.iterate_payments", "account/payments", {}),
    ("keys.list", "keys", {"page": 3}),
    ("keys.iterate", "keys", {}),
):
    add_read(_operation, "minimal", _path, {}, {"per_page": "50", "limit": "50", "page": "1"})
    _number = str(_first.get("page", 1))
    _page = {"per_page": "20", "limit": "20", "page": _number}
    add_read(_operation, "full", _path, {"per_page": 20, **_first}, _page)

# The whitelist contains IP addresses and networks. Datetimes are sent in UTC.
_LIMITS = {"ip_whitelist": ["192.0.2.7", "2001:db8::/32"], "limit": 5.5, "reset_interval": "daily"}
_EXPIRY = {"expires_at": datetime(2027, 1, 1, 2, 0, 0, 5, tzinfo=_WARSAW)}
_EXPIRES = {"expires_at": "2027-01-01T00:00:00+00:00"}
add_minimal_and_full("keys.create", "keys", JSON, {"name": "ci"}, _LIMITS)
add("keys.create", "expiring", "keys", JSON, {"name": "ci", **_EXPIRY}, sends=_EXPIRES)
add(
    "keys.create",
    "maximum values",
    "keys",
    JSON,
    {
        "name": "n" * 255,
        "expires_at": "2038-01-19T03:14:07Z",
        "ip_whitelist": ["192.0.2.1"] * 20,
        "limit": 999_999.999999,
    },
    sends={"expires_at": "2038-01-19T03:14:07+00:00"},
)
_IDLE = {"name": "żółw — 0", "limit": 0, "ip_whitelist": []}
add("keys.create", "zero limit", "keys", JSON, _IDLE)
_HOST = {"name": "ci", "ip_whitelist": ("10.0.0.1/8",)}  # a network with host bits set
_LISTED = {"ip_whitelist": ["10.0.0.1/8"]}
add("keys.create", "a tuple", "keys", JSON, _HOST, sends=_LISTED)
add_read("keys.get", "full", "keys/42", {"key_id": 42}, {})
add_read("keys.get", "id as a string", "keys/42", {"key_id": "42"}, {})
V2.calls.append(Call("v2", "keys.delete", "full", {"key_id": 42}, "DELETE", "keys/42", None, {}))
for _label, _changes, _sent in (
    ("full", {**_LIMITS, **_EXPIRY, "active": False}, _EXPIRES),
    ("one field", {"active": True}, {}),
    ("id as a string", {"key_id": "42", "active": False}, {}),
    ("clearing fields", {"expires_at": None, "ip_whitelist": [], "limit": None}, {}),
    ("no reset", {"limit": None, "reset_interval": "none", "expires_at": NOT_GIVEN}, {}),
):
    _arguments = {"key_id": 42, **_changes}
    add(
        "keys.update",
        _label,
        "keys/42",
        JSON,
        _arguments,
        drops=("key_id", *(name for name, value in _arguments.items() if value is NOT_GIVEN)),
        sends=_sent,
        method="PATCH",
    )
