"""Every operation of v1 as a user calls it, and what has to arrive at the service for it.

This table is written by hand from the contract and shares nothing with the package.
"""

from support.call import FORM, JSON, LORAS, WEBHOOK, Table

V1 = Table("v1")
add, both, get = V1.add, V1.both, V1.get

# -- images and OCR ----------------------------------------------------------------------------

_PICTURE = {"prompt": "a fox", "model": "Flux1schnell", "width": 512, "height": 768, "seed": -1}
_LOOK = {"negative_prompt": "rain — no ☂", "loras": LORAS, "guidance": 3.5, "steps": 4}
both("images.generate", "txt2img", JSON, _PICTURE, {**_LOOK, "webhook_url": WEBHOOK})
both("images.generate_price", "txt2img/price-calculation", JSON, _PICTURE, _LOOK)

_EDIT = {"prompt": "a wolf", "model": "QwenImageEdit_Plus_NF4", "seed": 7}
_LORA_PARTS = {
    "loras[0][name]": "PepeFluxSchnellLora",
    "loras[0][weight]": "0.75",
    "loras[1][name]": "Other",
    "loras[1][weight]": "1",
}
_CHANGES = {
    "negative_prompt": "rain — no ☂",
    "loras": LORAS,
    "width": 512,
    "height": 768,
    "guidance": 2.0,
    "steps": 20,
    "webhook_url": WEBHOOK,
}
add("images.transform", "of one", "img2img", FORM, {**_EDIT, "image": b"first"})
add(
    "images.transform",
    "of one with all",
    "img2img",
    FORM,
    {**_EDIT, "image": b"first", **_CHANGES},
    drops=("loras",),
    sends=_LORA_PARTS,
)
add(
    "images.transform",
    "of several with all",
    "img2img",
    FORM,
    {**_EDIT, "images": [b"first", b"second"], **_CHANGES},
    drops=("loras", "images"),
    sends={**_LORA_PARTS, "images[]": [b"first", b"second"]},
)
both(
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
    _factor = {"scale": 3} if _operation == "video.upscale" else {}
    both(_operation, _path, FORM, {_source: b"it", **_model}, {**_factor, "webhook_url": WEBHOOK})
    _price = f"{_path}/price-calculation"
    add(f"{_operation}_price", "of a file", _price, FORM, {_source: b"it", **_model, **_factor})
    _size = {**_model, "width": 640, "height": 480}
    add(f"{_operation}_price", "of a size", _price, FORM, _size)
    if _factor:
        _time = {**_size, **_factor, "duration": 5.0}
        add(f"{_operation}_price", "of a size and time", _price, FORM, _time)

_SCAN = {"image": b"page", "model": "Nanonets_Ocr_S_F16"}
both(
    "ocr.extract",
    "img2txt",
    FORM,
    _SCAN,
    {
        "language": "de",
        "format": "json",
        "return_result_in_response": True,
        "webhook_url": WEBHOOK,
    },
)
add("ocr.extract_price", "of a file", "img2txt/price-calculation", FORM, _SCAN)
add(
    "ocr.extract_price",
    "of a size",
    "img2txt/price-calculation",
    FORM,
    {"model": "Nanonets_Ocr_S_F16", "width": 640, "height": 480},
)

# -- video -------------------------------------------------------------------------------------

_FILM = {
    "model": "Ltx2_3_22B_Dist_INT8",
    "width": 768,
    "height": 512,
    "frames": 121,
    "fps": 24,
}
_WORDS = {"prompt": "waves at dusk", "seed": 42}
_MORE = {"negative_prompt": "people", "guidance": 0.0}
both(
    "video.generate",
    "txt2video",
    JSON,
    {**_FILM, **_WORDS},
    {**_MORE, "steps": 1, "webhook_url": WEBHOOK},
)
both(
    "video.generate_price",
    "txt2video/price-calculation",
    JSON,
    {**_FILM, **_WORDS},
    {**_MORE, "steps": 1},
    drops=("prompt", "seed", "negative_prompt", "guidance"),
)
both(
    "video.animate",
    "img2video",
    FORM,
    {**_FILM, **_WORDS, "first_frame_image": b"first"},
    {**_MORE, "last_frame_image": b"last", "steps": 1, "webhook_url": WEBHOOK},
)
both(
    "video.animate_price",
    "img2video/price-calculation",
    JSON,
    _FILM,
    {"steps": 1, "guidance": 0.0},
    drops=("guidance",),
)
both(
    "video.generate_from_audio",
    "aud2video",
    FORM,
    {**_FILM, **_WORDS, "audio": b"song"},
    {
        **_MORE,
        "first_frame_image": b"first",
        "last_frame_image": b"last",
        "steps": 1,
        "webhook_url": WEBHOOK,
    },
)
both(
    "video.generate_from_audio_price",
    "aud2video/price-calculation",
    JSON,
    _FILM,
    {"steps": 1, "guidance": 0.0},
    drops=("guidance",),
)
_SWAP = {"video": b"clip", "ref_image": b"face", "model": "Wan2_2_Animate_14B_INT8"}
both(
    "video.replace",
    "videos/replace",
    FORM,
    _SWAP,
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
both("video.replace_price", "videos/replace/price", FORM, {**_WAN, "video": b"clip"}, _SIZE)
both("video.replace_price", "videos/replace/price", FORM, {**_WAN, "duration": 4.5}, _SIZE)

# -- audio -------------------------------------------------------------------------------------

_SPEECH = {
    "text": "Good morning",
    "model": "Kokoro",
    "lang": "en-us",
    "format": "mp3",
    "speed": 1.5,
    "sample_rate": 24000,
}
_VOICE = {"mode": "custom_voice", "voice": "af_sky", "instruct": "cheerfully"}
both(
    "audio.synthesize",
    "txt2audio",
    JSON,
    _SPEECH,
    {**_VOICE, "ref_text": "so it goes", "webhook_url": WEBHOOK},
)
both(
    "audio.synthesize",
    "txt2audio",
    FORM,
    {**_SPEECH, "mode": "voice_clone", "ref_audio": b"voice"},
    {"voice": "default", "ref_text": "so it goes", "instruct": "calm", "webhook_url": WEBHOOK},
)
_PRICED = {name: value for name, value in _SPEECH.items() if name != "text"}
both(
    "audio.synthesize_price",
    "txt2audio/price-calculation",
    JSON,
    {**_PRICED, "text": "Good morning"},
    _VOICE,
)
both(
    "audio.synthesize_price",
    "txt2audio/price-calculation",
    JSON,
    {**_PRICED, "count_text": 1200},
    _VOICE,
)
_SONG = {
    "caption": "calm lo-fi beat",
    "model": "AceStep_1_5_Turbo",
    "duration": 30.5,
    "inference_steps": 8,
    "guidance_scale": 1.0,
    "seed": -1,
    "format": "mp3",
}
_SCORE = {
    "lyrics": "la la la",
    "bpm": 90,
    "keyscale": "C major",
    "timesignature": 4,
    "vocal_language": "en",
    "webhook_url": WEBHOOK,
}
_WORDLESS = {"lyrics": "[Instrumental]"}
both("audio.compose", "txt2music", JSON, _SONG, _SCORE, instead=_WORDLESS)
_TUNE = {"reference_audio": b"tune"}
both("audio.compose", "txt2music", FORM, {**_SONG, **_TUNE}, _SCORE, instead=_WORDLESS)
add(
    "audio.compose",
    "with blank lyrics",
    "txt2music",
    JSON,
    {**_SONG, "lyrics": " \n"},
    sends={"lyrics": "[Instrumental]"},
)
add(
    "audio.compose_price",
    "with all",
    "txt2music/price-calculation",
    JSON,
    {"model": "AceStep_1_5_Turbo", "duration": 30.5, "inference_steps": 8},
)

# -- transcription and embeddings --------------------------------------------------------------

_URL = "https://www.youtube.com/watch?v=jNQXAC9IVRw"
_WHISPER = {"include_ts": True, "model": "WhisperLargeV3"}
_INLINE = {"return_result_in_response": False, "webhook_url": WEBHOOK}
both("transcription.create", "transcribe", JSON, {**_WHISPER, "source_url": _URL}, _INLINE)
both("transcription.create", "transcribe", FORM, {**_WHISPER, "source_file": b"talk"}, _INLINE)
for _source, _kind in (
    ({"source_url": _URL}, JSON),
    ({"source_file": b"talk"}, FORM),
    ({"duration_seconds": 90.5}, JSON),
):
    add(
        "transcription.create_price",
        f"of {next(iter(_source))}",
        "transcribe/price-calculation",
        _kind,
        {**_WHISPER, **_source},
    )
for _operation, _path, _source, _kind in (
    ("transcription.from_video_url", "vid2txt", {"video_url": _URL}, JSON),
    ("transcription.from_audio_url", "aud2txt", {"audio_url": "https://x.com/i/spaces/1"}, JSON),
    ("transcription.from_audio_file", "audiofile2txt", {"audio": b"talk"}, FORM),
    ("transcription.from_video_file", "videofile2txt", {"video": b"film"}, FORM),
):
    _required = {**_source, "include_ts": False, "model": "WhisperLargeV3"}
    both(_operation, _path, _kind, _required, _INLINE)
    for _of in (_source, {"duration_seconds": 90.0}):
        add(
            f"{_operation}_price",
            f"of {next(iter(_of))}",
            f"{_path}/price-calculation",
            _kind,
            {**_WHISPER, **_of},
        )

for _input in ("one text", ["one", "żółw 🐢"]):
    _texts = {"input": _input, "model": "Bge_M3_FP16"}
    both("embeddings.create", "txt2embedding", JSON, _texts, _INLINE)
    both(
        "embeddings.create_price",
        "txt2embedding/price-calculation",
        JSON,
        _texts,
        {"return_result_in_response": True},
        drops=("return_result_in_response",),
    )

# -- prompts -----------------------------------------------------------------------------------

_PROMPT = {"prompt": "a fox in the snow"}
_NEGATIVE = {"negative_prompt": "people"}
for _suffix, _end in (("", ""), ("_price", "/price-calculation")):
    both(
        f"prompts.enhance_image{_suffix}",
        f"prompt/image{_end}",
        JSON,
        _PROMPT,
        _NEGATIVE,
        instead={"negative_prompt": None},
    )
    both(
        f"prompts.enhance_speech{_suffix}",
        f"prompt/speech{_end}",
        JSON,
        _PROMPT,
        {"lang_code": "en"},
    )
    both(
        f"prompts.enhance_video{_suffix}",
        f"prompt/video{_end}",
        FORM,
        _PROMPT,
        {**_NEGATIVE, **({} if _suffix else {"image": b"still"})},
        instead={"negative_prompt": ""},
    )
    both(
        f"prompts.enhance_image2image{_suffix}",
        f"prompt/image2image{_end}",
        FORM,
        {**_PROMPT, **({} if _suffix else {"image": b"still"})},
        _NEGATIVE,
        instead={"negative_prompt": ""},
    )
    for _given, _sent in (
        ("image", "text2image"),
        ("speech", "text2speech"),
        ("text2image", "text2image"),
        ("text2speech", "text2speech"),
    ):
        get(
            f"prompts.samples{_suffix}",
            f"of {_given}",
            f"prompts/samples{_end}",
            {"type": _given},
            {"type": _sent},
        )
    _more = {"topic": "cities & lights", "lang_code": "en"}
    get(
        f"prompts.samples{_suffix}",
        "with all",
        f"prompts/samples{_end}",
        {"type": "image", **_more},
        {"type": "text2image", **_more},
    )

# -- reads -------------------------------------------------------------------------------------

get("models.list", "with little", "models", {}, {"per_page": "15", "limit": "15", "page": "1"})
get(
    "models.list",
    "with all",
    "models",
    {"per_page": 50, "page": 2, "inference_types": ["txt2img", "img2img"]},
    {"per_page": "50", "limit": "50", "page": "2", "filter[inference_types]": "txt2img,img2img"},
)
_LARGEST = {"per_page": "50", "limit": "50", "page": "1"}
get("models.get", "with all", "models", {"slug": "Kokoro"}, _LARGEST)
get("models.iterate", "with little", "models", {}, _LARGEST)
get(
    "models.iterate",
    "with all",
    "models",
    {"per_page": 20, "inference_types": ["txt2img"]},
    {"per_page": "20", "limit": "20", "page": "1", "filter[inference_types]": "txt2img"},
)
get("balance", "with all", "balance", {}, {})
