"""Every operation of v2 as a user calls it, and what has to arrive at the service for it.

This table is written by hand from the contract and takes nothing from the package that its callers
do not. What v2 takes over from v1 with another path it takes over from v1's table; what only v2 has
stands below.
"""

import dataclasses
from datetime import date, datetime, timedelta, timezone

from deapi import NOT_GIVEN
from support.call import FORM, JSON, SECRET, WEBHOOK, Call, Table, form_text
from support.calls_v1 import V1

V2 = Table("v2")
add, both, get = V2.add, V2.both, V2.get

# -- what moved --------------------------------------------------------------------------------

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
# Transcriptions of one kind of source each, and its name there; in v2 they are the one of any kind.
_MERGED = {
    "vid2txt": "video_url",
    "aud2txt": "audio_url",
    "audiofile2txt": "audio",
    "videofile2txt": "video",
}


def _take_over(call):
    path = call.path.removesuffix("/price-calculation").removesuffix("/price")
    price = "" if path == call.path else "/price"
    if path in _MOVED:
        V2.calls.append(
            dataclasses.replace(call, version="v2", path=f"{_MOVED[path]}{price}"),
        )
    elif path in _MERGED:
        source = call.arguments.get(_MERGED[path])
        is_file = isinstance(source, bytes)
        add(
            call.operation,
            call.label,
            f"audio/transcriptions{price}",
            FORM if is_file else JSON,
            call.arguments,
            drops=(_MERGED[path],),
            sends={"source_file" if is_file else "source_url": source} if source else {},
        )


for _call in V1.calls:
    _take_over(_call)

# -- what v2 takes besides ---------------------------------------------------------------------


def more(operation, kind, without=(), **arguments):
    """The fullest call of an operation, in JSON or as a form, with what v1 does not take.

    A file stands for itself, and a list of files for the parts of a form.
    """
    rows = [c for c in V2.calls if (c.operation, c.content_type) == (operation, kind)]
    fullest = max(reversed(rows), key=lambda call: len(call.arguments))
    kept, left = (
        {name: value for name, value in given.items() if name not in without}
        for given in (fullest.arguments, fullest.fields)
    )
    sent = {
        f"{name}[]" if isinstance(value, list) else name: form_text(value)
        if kind == FORM
        else value
        for name, value in arguments.items()
    }
    V2.calls.append(
        dataclasses.replace(
            fullest,
            label=f"with {' '.join(arguments)}",
            arguments={**kept, **arguments},
            fields={**left, **sent},
        )
    )


_SIGNED = {"webhook_secret": SECRET}
_LOOK = {"quality": "high", "enhance_prompt": True}
more("images.generate", JSON, **_SIGNED, **_LOOK)
more("images.generate_price", JSON, quality="high")
more("images.transform", FORM, **_SIGNED, **_LOOK)
more("images.transform_price", JSON, quality="low")
more("video.generate", JSON, **_SIGNED, enhance_prompt=False)
more("video.animate", FORM, **_SIGNED, enhance_prompt=False)
more(
    "video.animate",
    FORM,
    ("first_frame_image", "last_frame_image"),
    ref_images=[b"one", b"two"],
    ref_videos=[b"clip"],
    ref_audios=[b"voice", b"song"],
)
more("video.animate_price", JSON, ref_images_count=3, ref_videos_count=0, ref_audios_count=1)
_TOLD = {"diarize": True, "lang": "en", "include_metadata": False}
_TIMED = {"ts_level": "word", **_TOLD}
for _kind in (JSON, FORM):
    more("transcription.create", _kind, **_SIGNED, **_TIMED)
    more("transcription.create_price", _kind, **_TIMED)
    more("audio.synthesize", _kind, **_SIGNED)
    more("audio.compose", _kind, **_SIGNED)
more("transcription.create_price", JSON, platform="tiktok")
for _operation, _kind in (
    ("images.upscale", FORM),
    ("images.remove_background", FORM),
    ("ocr.extract", FORM),
    ("video.generate_from_audio", FORM),
    ("video.replace", FORM),
    ("video.upscale", FORM),
    ("video.remove_background", FORM),
    ("transcription.from_video_url", JSON),
    ("transcription.from_audio_url", JSON),
    ("transcription.from_audio_file", FORM),
    ("transcription.from_video_file", FORM),
    ("embeddings.create", JSON),
):
    more(_operation, _kind, **_SIGNED)

# -- what is new -------------------------------------------------------------------------------

_CLIP = {"video_url": "https://www.tiktok.com/@someone/video/1"}
_UPLOAD = {"video_file": b"clip"}
_MARLIN = {"model": "Marlin_2B"}
_VIEW = {"preset": "balanced", "include_metadata": True}
for _source in (_CLIP, _UPLOAD):
    both(
        "video.describe",
        "videos/descriptions",
        FORM,
        {**_MARLIN, **_source},
        {**_VIEW, "return_result_in_response": False, "webhook_url": WEBHOOK, **_SIGNED},
    )
for _source in (_CLIP, _UPLOAD, {"duration_seconds": 90.5}):
    both("video.describe_price", "videos/descriptions/price", FORM, {**_MARLIN, **_source}, _VIEW)
_TIKTOK = {**_MARLIN, "duration_seconds": 60.0, "platform": "tiktok"}
add("video.describe_price", "of TikTok", "videos/descriptions/price", FORM, _TIKTOK)

_SLUG = {"model": "Flux_2_Klein_4B_BF16"}
_PROMPT = {"prompt": "a fox in the snow"}
_STILL = {"image": b"still"}


def boosts(operation, path, type_, arguments, optional, *, label=""):
    """A call of a prompt booster, minimal and whole: the model is its `model_slug`."""
    sent = {"model_slug": _SLUG["model"], "type": type_}
    for name, given in (("little", arguments), ("all", {**arguments, **optional})):
        add(
            operation,
            f"with {name} {label}".strip(),
            path,
            FORM,
            {**given, **_SLUG},
            drops=("model",),
            sends=sent,
        )


for _suffix, _path in (("", "prompts/enhancements"), ("_price", "prompts/enhancements/price")):
    _image = {} if _suffix else _STILL  # the prices of the four old ones are asked for without one
    _negative = {"negative_prompt": "people"}
    for _type, _with in (
        ("images.generations", {}),
        ("images.edits", _STILL),
        ("videos.generations", {}),
        ("videos.animations", _STILL),
        ("audio.speech", {}),
        ("audio.music", {}),
    ):
        _given = {**_PROMPT, "type": _type, **_with}
        boosts(f"prompts.enhance{_suffix}", _path, _type, _given, _negative, label=f"for {_type}")
    for _name, _type, _with, _optional in (
        ("image", "images.generations", {}, _negative),
        ("video", "videos.generations", {}, _negative),
        ("speech", "audio.speech", {}, {}),
        ("image2image", "images.edits", _image, _negative),
    ):
        boosts(f"prompts.enhance_{_name}{_suffix}", _path, _type, {**_PROMPT, **_with}, _optional)
# A video that begins with an image is an animation.
boosts(
    "prompts.enhance_video",
    "prompts/enhancements",
    "videos.animations",
    {**_PROMPT, **_STILL},
    {"negative_prompt": "people"},
    label="from an image",
)

# -- the account and its keys ------------------------------------------------------------------

get("account.billing", "with all", "account", {}, {})
get("current_key.get", "with all", "key", {}, {})
_WARSAW = timezone(timedelta(hours=2))
_DAYS = {"start": date(2026, 10, 1), "end": "2026-10-02", "group_by": "model"}
_ASKED = {"from": "2026-10-01", "to": "2026-10-02", "group_by": "model"}
for _operation, _path, _which in (
    ("account.usage", "account/usage", {}),
    ("current_key.usage", "key/usage", {}),
    ("keys.usage", "keys/42/usage", {"key_id": 42}),
):
    get(_operation, "with little", _path, _which, {})
    get(_operation, "with all", _path, {**_which, **_DAYS}, _ASKED)
# Of a moment it is the day in UTC that counts.
_MOMENT = {"start": "2026-10-07T23:00:00Z", "end": datetime(2026, 10, 8, 1, tzinfo=_WARSAW)}
get(
    "account.usage",
    "of one day",
    "account/usage",
    {**_MOMENT, "group_by": "a new word"},
    {"from": "2026-10-07", "to": "2026-10-07", "group_by": "a new word"},
)
for _operation, _path, _first in (
    ("account.payments", "account/payments", {"page": 3}),
    ("account.iterate_payments", "account/payments", {}),
    ("keys.list", "keys", {"page": 3}),
    ("keys.iterate", "keys", {}),
):
    get(_operation, "with little", _path, {}, {"per_page": "50", "limit": "50", "page": "1"})
    _number = str(_first.get("page", 1))
    _page = {"per_page": "20", "limit": "20", "page": _number}
    get(_operation, "with all", _path, {"per_page": 20, **_first}, _page)

# An address is an address or a network; a moment is sent in UTC.
_LIMITS = {"ip_whitelist": ["192.0.2.7", "2001:db8::/32"], "limit": 5.5, "reset_interval": "daily"}
_EXPIRY = {"expires_at": datetime(2027, 1, 1, 2, 0, 0, 5, tzinfo=_WARSAW)}
_EXPIRES = {"expires_at": "2027-01-01T00:00:00+00:00"}
both("keys.create", "keys", JSON, {"name": "ci"}, _LIMITS)
add("keys.create", "that expires", "keys", JSON, {"name": "ci", **_EXPIRY}, sends=_EXPIRES)
add(
    "keys.create",
    "with the outermost values",
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
add("keys.create", "that may spend nothing", "keys", JSON, _IDLE)
_HOST = {"name": "ci", "ip_whitelist": ("10.0.0.1/8",)}  # a network by one of its addresses
_LISTED = {"ip_whitelist": ["10.0.0.1/8"]}
add("keys.create", "with a tuple", "keys", JSON, _HOST, sends=_LISTED)
get("keys.get", "with all", "keys/42", {"key_id": 42}, {})
get("keys.get", "by a text", "keys/42", {"key_id": "42"}, {})
V2.calls.append(
    Call("v2", "keys.delete", "with all", {"key_id": 42}, "DELETE", "keys/42", None, {})
)
for _label, _changes, _sent in (
    ("with all", {**_LIMITS, **_EXPIRY, "active": False}, _EXPIRES),
    ("of one thing", {"active": True}, {}),
    ("by a text", {"key_id": "42", "active": False}, {}),
    ("that clears", {"expires_at": None, "ip_whitelist": [], "limit": None}, {}),
    ("of the rest", {"limit": None, "reset_interval": "none", "expires_at": NOT_GIVEN}, {}),
):
    _given = {"key_id": 42, **_changes}
    add(
        "keys.update",
        _label,
        "keys/42",
        JSON,
        _given,
        drops=("key_id", *(name for name, value in _given.items() if value is NOT_GIVEN)),
        sends=_sent,
        method="PATCH",
    )
