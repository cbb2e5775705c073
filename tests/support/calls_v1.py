"""Every operation of API v1 as users call it, and the request that has to arrive for it.

This table is written by hand from the contract and shares nothing with the package.
"""

from support.call_table import FORM, JSON, LORAS, WEBHOOK, Table

V1 = Table("v1")
add, add_minimal_and_full, add_read = V1.add, V1.add_minimal_and_full, V1.add_read

# -- images and OCR ----------------------------------------------------------------------------

_IMAGE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 768, "seed": -1}
_IMAGE_OPTIONS = {"negative_prompt": "rain — no ☂", "loras": LORAS, "guidance": 3.5, "steps": 4}
add_minimal_and_full(
    "images.generate", "txt2img", JSON, _IMAGE, {**_IMAGE_OPTIONS, "webhook_url": WEBHOOK}
)
add_minimal_and_full(
    "images.generate_price", "txt2img/price-calculation", JSON, _IMAGE, _IMAGE_OPTIONS
)

_EDIT = {"prompt": "a wolf", "model": "QwenImageEdit_Plus_NF4", "seed": 7}
_LORA_PARTS = {
    "loras[0][name]": "PepeFluxSchnellLora",
    "loras[0][weight]": "0.75",
    "loras[1][name]": "Other",
    "loras[1][weight]": "1",
}
_EDIT_OPTIONS = {
    "negative_prompt": "rain — no ☂",
    "loras": LORAS,
    "width": 512,
    "height": 768,
    "guidance": 2.0,
    "steps": 20,
    "webhook_url": WEBHOOK,
}
add("images.transform", "one image", "img2img", FORM, {**_EDIT, "image": b"first"})
add(
    "images.transform",
    "one image, full",
    "img2img",
    FORM,
    {**_EDIT, "image": b"first", **_EDIT_OPTIONS},
    drops=("loras",),
    sends=_LORA_PARTS,
)
add(
    "images.transform",
    "several images, full",
    "img2img",
    FORM,
    {**_EDIT, "images": [b"first", b"second"], **_EDIT_OPTIONS},
    drops=("loras", "images"),
    sends={**_LORA_PARTS, "images[]": [b"first", b"second"]},
)
add_minimal_and_full(
    "images.transform_price",
    "img2img/price-calculation",
    JSON,
    _EDIT,
    {"loras": LORAS, "guidance": 2.0, "steps": 20},
)

for _operation, _path, _source, _slug in (
    ("images.upscale", "img-upscale", "image", "RealESRGAN_x4"),
    ("images.remove_background", "img-rmbg", "image", "Ben2"),
    ("video.upscale", "vid-upscale", "video", "FlashVSR_Tiny"),
    ("video.remove_background", "vid-rmbg", "video", "Any"),
):
    _model = {"model": _slug}
    _scale = {"scale": 3} if _operation == "video.upscale" else {}
    add_minimal_and_full(
        _operation, _path, FORM, {_source: b"it", **_model}, {**_scale, "webhook_url": WEBHOOK}
    )
    _price = f"{_path}/price-calculation"
    add(f"{_operation}_price", "by file", _price, FORM, {_source: b"it", **_model, **_scale})
    _size = {**_model, "width": 640, "height": 480}
    add(f"{_operation}_price", "by size", _price, JSON, _size)
    if _scale:
        _time = {**_size, **_scale, "duration": 5.0}
        add(f"{_operation}_price", "by size and duration", _price, JSON, _time)

_OCR = {"image": b"page", "model": "Nanonets_Ocr_S_F16"}
add_minimal_and_full(
    "ocr.extract",
    "img2txt",
    FORM,
    _OCR,
    {
        "language": "de",
        "format": "json",
        "return_result_in_response": True,
        "webhook_url": WEBHOOK,
    },
)
add("ocr.extract_price", "by file", "img2txt/price-calculation", FORM, _OCR)
add(
    "ocr.extract_price",
    "by size",
    "img2txt/price-calculation",
    JSON,
    {"model": "Nanonets_Ocr_S_F16", "width": 640, "height": 480},
)

# -- video -------------------------------------------------------------------------------------

_VIDEO = {
    "model": "Ltx2_3_22B_Dist_INT8",
    "width": 768,
    "height": 512,
    "frames": 121,
    "fps": 24,
}
_PROMPT_AND_SEED = {"prompt": "waves at dusk", "seed": 42}
_VIDEO_OPTIONS = {"negative_prompt": "people", "guidance": 0.0}
add_minimal_and_full(
    "video.generate",
    "txt2video",
    JSON,
    {**_VIDEO, **_PROMPT_AND_SEED},
    {**_VIDEO_OPTIONS, "steps": 1, "webhook_url": WEBHOOK},
)
add_minimal_and_full(
    "video.generate_price",
    "txt2video/price-calculation",
    JSON,
    {**_VIDEO, **_PROMPT_AND_SEED},
    {**_VIDEO_OPTIONS, "steps": 1},
    drops=("prompt", "seed", "negative_prompt", "guidance"),
)
add_minimal_and_full(
    "video.animate",
    "img2video",
    FORM,
    {**_VIDEO, **_PROMPT_AND_SEED, "first_frame_image": b"first"},
    {**_VIDEO_OPTIONS, "last_frame_image": b"last", "steps": 1, "webhook_url": WEBHOOK},
)
add_minimal_and_full(
    "video.animate_price",
    "img2video/price-calculation",
    JSON,
    _VIDEO,
    {"steps": 1, "guidance": 0.0},
    drops=("guidance",),
)
add_minimal_and_full(
    "video.generate_from_audio",
    "aud2video",
    FORM,
    {**_VIDEO, **_PROMPT_AND_SEED, "audio": b"song"},
    {
        **_VIDEO_OPTIONS,
        "first_frame_image": b"first",
        "last_frame_image": b"last",
        "steps": 1,
        "webhook_url": WEBHOOK,
    },
)
add_minimal_and_full(
    "video.generate_from_audio_price",
    "aud2video/price-calculation",
    JSON,
    _VIDEO,
    {"steps": 1, "guidance": 0.0},
)
_REPLACE = {"video": b"clip", "ref_image": b"face", "model": "Wan2_2_Animate_14B_INT8"}
add_minimal_and_full(
    "video.replace",
    "videos/replace",
    FORM,
    _REPLACE,
    {
        "prompt": "a knight",
        "width": 480,
        "height": 320,
        "steps": 4,
        "seed": -1,
        "webhook_url": WEBHOOK,
    },
)
_WAN = {"model": "Wan2_2_Animate_14B_INT8"}
_SIZE = {"width": 480, "height": 320}
for _content_type, _source in ((FORM, {"video": b"clip"}), (JSON, {"duration": 4.5})):
    add_minimal_and_full(
        "video.replace_price",
        "videos/replace/price",
        _content_type,
        {**_WAN, **_source},
        {**_SIZE, "steps": 4},
        drops=("steps",),
    )

# -- audio -------------------------------------------------------------------------------------

_SPEECH = {
    "text": "Good morning",
    "model": "Kokoro",
    "lang": "en-us",
    "format": "mp3",
    "speed": 1.5,
    "sample_rate": 24000,
}
_SPEECH_OPTIONS = {"mode": "custom_voice", "voice": "af_sky", "instruct": "cheerfully"}
add_minimal_and_full(
    "audio.synthesize",
    "txt2audio",
    JSON,
    _SPEECH,
    {**_SPEECH_OPTIONS, "ref_text": "so it goes", "webhook_url": WEBHOOK},
)
add_minimal_and_full(
    "audio.synthesize",
    "txt2audio",
    FORM,
    {**_SPEECH, "mode": "voice_clone", "ref_audio": b"voice"},
    {"voice": "default", "ref_text": "so it goes", "instruct": "calm", "webhook_url": WEBHOOK},
)
_SPEECH_PRICE = {name: value for name, value in _SPEECH.items() if name != "text"}
add_minimal_and_full(
    "audio.synthesize_price",
    "txt2audio/price-calculation",
    JSON,
    {**_SPEECH_PRICE, "text": "Good morning"},
    _SPEECH_OPTIONS,
)
add_minimal_and_full(
    "audio.synthesize_price",
    "txt2audio/price-calculation",
    JSON,
    {**_SPEECH_PRICE, "count_text": 1200},
    _SPEECH_OPTIONS,
)
_MUSIC = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "duration": 30.5,
    "inference_steps": 8,
    "guidance_scale": 1.0,
    "seed": -1,
    "format": "mp3",
}
_MUSIC_OPTIONS = {
    "lyrics": "la la la",
    "bpm": 90,
    "keyscale": "C major",
    "timesignature": 4,
    "vocal_language": "en",
    "webhook_url": WEBHOOK,
}
_INSTRUMENTAL = {"lyrics": "[Instrumental]"}
add_minimal_and_full(
    "audio.compose", "txt2music", JSON, _MUSIC, _MUSIC_OPTIONS, defaults=_INSTRUMENTAL
)
_REFERENCE_AUDIO = {"reference_audio": b"tune"}
add_minimal_and_full(
    "audio.compose",
    "txt2music",
    FORM,
    {**_MUSIC, **_REFERENCE_AUDIO},
    _MUSIC_OPTIONS,
    defaults=_INSTRUMENTAL,
)
add(
    "audio.compose",
    "blank lyrics",
    "txt2music",
    JSON,
    {**_MUSIC, "lyrics": " \n"},
    sends={"lyrics": "[Instrumental]"},
)
add(
    "audio.compose_price",
    "full",
    "txt2music/price-calculation",
    JSON,
    {"model": "AceStep_1_5_Turbo", "duration": 30.5, "inference_steps": 8},
)

# -- transcription and embeddings --------------------------------------------------------------

_URL = "https://www.youtube.com/watch?v=jNQXAC9IVRw"
_WHISPER = {"include_ts": True, "model": "WhisperLargeV3"}
_INLINE_AND_WEBHOOK = {"return_result_in_response": False, "webhook_url": WEBHOOK}
add_minimal_and_full(
    "transcription.create",
    "transcribe",
    JSON,
    {**_WHISPER, "source_url": _URL},
    _INLINE_AND_WEBHOOK,
)
add_minimal_and_full(
    "transcription.create",
    "transcribe",
    FORM,
    {**_WHISPER, "source_file": b"talk"},
    _INLINE_AND_WEBHOOK,
)
for _source, _content_type in (
    ({"source_url": _URL}, JSON),
    ({"source_file": b"talk"}, FORM),
    ({"duration_seconds": 90.5}, JSON),
):
    add(
        "transcription.create_price",
        f"by {next(iter(_source))}",
        "transcribe/price-calculation",
        _content_type,
        {**_WHISPER, **_source},
    )
for _operation, _path, _source, _content_type in (
    ("transcription.from_video_url", "vid2txt", {"video_url": _URL}, JSON),
    ("transcription.from_audio_url", "aud2txt", {"audio_url": "https://x.com/i/spaces/1"}, JSON),
    ("transcription.from_audio_file", "audiofile2txt", {"audio": b"talk"}, FORM),
    ("transcription.from_video_file", "videofile2txt", {"video": b"film"}, FORM),
):
    _required = {**_source, "include_ts": False, "model": "WhisperLargeV3"}
    add_minimal_and_full(_operation, _path, _content_type, _required, _INLINE_AND_WEBHOOK)
    for _price_source in (_source, {"duration_seconds": 90}):
        add(
            f"{_operation}_price",
            f"by {next(iter(_price_source))}",
            f"{_path}/price-calculation",
            _content_type if _price_source is _source else JSON,
            {**_WHISPER, **_price_source},
        )

for _input in ("one text", ["one", "żółw 🐢"]):
    _embedding = {"input": _input, "model": "Bge_M3_FP16"}
    add_minimal_and_full(
        "embeddings.create", "txt2embedding", JSON, _embedding, _INLINE_AND_WEBHOOK
    )
    add_minimal_and_full(
        "embeddings.create_price",
        "txt2embedding/price-calculation",
        JSON,
        _embedding,
        {"return_result_in_response": True},
        drops=("return_result_in_response",),
    )

# -- prompts -----------------------------------------------------------------------------------

_PROMPT = {"prompt": "a fox in the snow"}
_NEGATIVE = {"negative_prompt": "people"}
for _suffix, _end in (("", ""), ("_price", "/price-calculation")):
    add_minimal_and_full(
        f"prompts.enhance_image{_suffix}",
        f"prompt/image{_end}",
        JSON,
        _PROMPT,
        _NEGATIVE,
        defaults={"negative_prompt": None},
    )
    add_minimal_and_full(
        f"prompts.enhance_speech{_suffix}",
        f"prompt/speech{_end}",
        JSON,
        _PROMPT,
        {"lang_code": "en"},
    )
    # Without a file the body is JSON, as for every operation of v1.
    add(
        f"prompts.enhance_video{_suffix}",
        "minimal",
        f"prompt/video{_end}",
        JSON,
        _PROMPT,
        sends={"negative_prompt": None},
    )
    _still = {} if _suffix else {"image": b"still"}
    _body = JSON if _suffix else FORM
    add(
        f"prompts.enhance_video{_suffix}",
        "full",
        f"prompt/video{_end}",
        _body,
        {**_PROMPT, **_NEGATIVE, **_still},
    )
    add_minimal_and_full(
        f"prompts.enhance_image2image{_suffix}",
        f"prompt/image2image{_end}",
        _body,
        {**_PROMPT, **_still},
        _NEGATIVE,
        defaults={"negative_prompt": None if _suffix else ""},
    )
    for _type_argument, _type_sent in (
        ("image", "text2image"),
        ("speech", "text2speech"),
        ("text2image", "text2image"),
        ("text2speech", "text2speech"),
    ):
        add_read(
            f"prompts.samples{_suffix}",
            f"type {_type_argument}",
            f"prompts/samples{_end}",
            {"type": _type_argument},
            {"type": _type_sent},
        )
    _sample_options = {"topic": "cities & lights", "lang_code": "en"}
    add_read(
        f"prompts.samples{_suffix}",
        "full",
        f"prompts/samples{_end}",
        {"type": "image", **_sample_options},
        {"type": "text2image", **_sample_options},
    )

# -- reads -------------------------------------------------------------------------------------

add_read("models.list", "minimal", "models", {}, {"per_page": "15", "limit": "15", "page": "1"})
add_read(
    "models.list",
    "full",
    "models",
    {"per_page": 50, "page": 2, "inference_types": ["txt2img", "img2img"]},
    {"per_page": "50", "limit": "50", "page": "2", "filter[inference_types]": "txt2img,img2img"},
)
_LARGEST_PAGE = {"per_page": "50", "limit": "50", "page": "1"}
add_read("models.get", "full", "models", {"slug": "Kokoro"}, _LARGEST_PAGE)
add_read("models.iterate", "minimal", "models", {}, _LARGEST_PAGE)
add_read(
    "models.iterate",
    "full",
    "models",
    {"per_page": 20, "inference_types": ["txt2img"]},
    {"per_page": "20", "limit": "20", "page": "1", "filter[inference_types]": "txt2img"},
)
add_read("balance", "full", "balance", {}, {})
