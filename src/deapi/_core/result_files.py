"""Which file of a finished job a caller wants: links, formats and names."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from .._exceptions import DeapiError, InvalidResponseError, JobFailedError
from .._text import sanitize

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..types import JobResult
    from .polling import JobState

# A path with one of these suffixes selects a format. Other suffixes are only names.
_IMAGES = ("avif", "bmp", "gif", "heic", "jpg", "png", "tif", "webp")
_VIDEOS = ("avi", "m4v", "mkv", "mov", "mp4", "webm")
_AUDIO = ("aac", "flac", "m4a", "mp3", "ogg", "opus", "wav")
_SUBTITLES = ("srt", "vtt")
MEDIA_SUFFIXES = frozenset((*_IMAGES, *_VIDEOS, *_AUDIO, *_SUBTITLES))

# Files that may begin like an HTML page.
TEXT_SUFFIXES = frozenset(("csv", "json", "md", "srt", "txt", "vtt", "xml"))

# Formats of a transcript, to which the SDK converts it.
_TRANSCRIPT_SUFFIXES = ("txt", "srt", "vtt", "json")

# How JSON begins. Text may begin with a bracket too: ``[0:01:05 - 0:01:09] Hello``, or ``[Music]``.
_JSON_START = re.compile(r'\s*(?:\{\s*["}]|\[\s*(?:["{\[\]]|-?\d+[.,eE\s]|null\b))')

_ALIASES = {"jpeg": "jpg", "tiff": "tif"}
_SUFFIX = re.compile(r"[a-z0-9]{1,8}")


@dataclass(frozen=True)
class ResultFile:
    """One file of a finished job.

    Attributes:
        url: URL of the file, or None if the result is inline text.
        text: Inline text, or None.
        suffix: Suffix of the file without the dot, or an empty string if it is unknown.
        convert: Converts the content to the format of ``suffix``, or None if it has this format.
    """

    url: str | None
    text: str | None
    suffix: str
    convert: Callable[[bytes], bytes] | None = None

    @property
    def path(self) -> str:
        """The URL without its signature, which a renewed link changes."""
        return (self.url or "").partition("?")[0]

    def content(self) -> bytes:
        """Return the inline text as bytes. It may contain lone surrogates."""
        return (self.text or "").encode(errors="replace")


def normalize_format(name: str) -> str:
    """Return a suffix without its dot, in lower case, and ``jpg`` for ``jpeg``."""
    suffix = name.lower().removeprefix(".")
    return _ALIASES.get(suffix, suffix)


def validate_format(name: object) -> str | None:
    """Return the format that a caller passes.

    Raises:
        TypeError: It is not a str.
        ValueError: It is empty.
    """
    if name is None:
        return None
    if not isinstance(name, str):
        raise TypeError(f"format must be a str, not {type(name).__name__}.")
    suffix = normalize_format(name)
    if not _SUFFIX.fullmatch(suffix):
        raise ValueError(f"format must be a suffix such as 'png'; got {name!r:.40}.")
    return suffix


def path_format(job: JobState, name: str, requested: str | None) -> str | None:
    """Return the format that a path and the argument ``format`` select together.

    Raises:
        ValueError: They select different formats.
    """
    suffix = normalize_format(posixpath.splitext(name)[1])
    is_format = suffix in MEDIA_SUFFIXES or (
        suffix in _TRANSCRIPT_SUFFIXES and _is_transcription(job)
    )
    if not is_format:
        return requested
    if requested not in (None, suffix):
        raise ValueError(f"format is {requested!r}, but the suffix of the path is {suffix!r}.")
    return suffix


def find_file(job: JobState, result: JobResult, requested: str | None) -> ResultFile:
    """Return the file of a finished job in a format; in the job's own format for None.

    Raises:
        JobFailedError: The job failed, or has no result.
        DeapiError: The job has no result in this format.
        InvalidResponseError: The link to the file is not usable.
    """
    result.raise_for_error()
    files = _files(result)
    if not files:
        raise JobFailedError(
            f"Job {job.label} is {sanitize(result.status.value, 100)}, but has no result.",
            request_id=job.request_id,
            result=result,
        )
    file = files[0]
    if requested is not None and requested != file.suffix:
        matching = [each for each in files if each.suffix == requested]
        if matching:
            file = matching[0]
        elif requested in _TRANSCRIPT_SUFFIXES and _may_be_transcript(job, result, file):
            file = _converted(job, result, file, requested)
        elif file.suffix:  # a link without a suffix may lead to any format
            raise _format_error(job, requested, files)
    if file.url is not None and not _is_http_url(file.url):
        raise InvalidResponseError(
            f"result_url of job {job.label} is not an http(s) URL: {sanitize(file.url, 100)!r}."
        )
    return file


def file_name(job: JobState, file: ResultFile) -> str:
    """Return the name of the file of a job in a directory."""
    stem = re.sub(r"[^A-Za-z0-9._-]", "_", job.request_id).strip(".")[:100] or "result"
    return f"{stem}.{file.suffix}" if file.suffix else stem


def _is_transcription(job: JobState) -> bool:
    return job.operation is not None and job.operation.startswith("transcription.")


def _may_be_transcript(job: JobState, result: JobResult, file: ResultFile) -> bool:
    if job.operation is not None:
        return _is_transcription(job)
    # The job was submitted elsewhere. API v1 does not say what it is.
    return result.transcription is not None or file.suffix in ("", "json", "txt")


def _converted(job: JobState, result: JobResult, file: ResultFile, suffix: str) -> ResultFile:
    """Return a transcript in another format."""
    url = file.url if result.result is None else None
    return ResultFile(
        url, result.result, suffix, lambda content: _convert(job, result, content, suffix)
    )


def _convert(job: JobState, result: JobResult, content: bytes, suffix: str) -> bytes:
    text = content.decode("utf-8-sig", "replace")
    if suffix == "txt" and not _is_json(text):
        return content
    transcript = result.model_copy(update={"result": text}).transcript()
    if suffix == "txt":
        return transcript.to_text(speakers=True).encode(errors="replace")
    if suffix == "json":
        return transcript.to_json().encode(errors="replace")
    try:
        subtitles = transcript.to_srt() if suffix == "srt" else transcript.to_vtt()
    except ValueError:
        subtitles = None
    if subtitles is not None:
        return subtitles.encode(errors="replace")
    raise DeapiError(
        f"The result of job {job.label} has no timestamps, so it is not available as {suffix!r}. "
        "To get them in a transcription, submit it with include_ts=True. This job has been paid "
        "for, and its text is available: call job.text(), or save() with the suffix '.txt'."
    )


def _files(result: JobResult) -> list[ResultFile]:
    """Return the files of a result, the default one first."""
    files: list[ResultFile] = []
    if result.result_url is not None:
        files.append(ResultFile(result.result_url, None, _url_suffix(result.result_url)))
    for name, url in (result.results_alt_formats or {}).items():
        files.append(ResultFile(url, None, normalize_format(name)))
    if result.result is not None and not files:
        suffix = "json" if _is_json(result.result) else "txt"
        files.append(ResultFile(None, result.result, suffix))
    return files


def _is_json(text: str) -> bool:
    """Whether text is JSON, by its beginning and its end, because it may be long."""
    return _JSON_START.match(text) is not None and text[-100:].rstrip().endswith(("}", "]"))


def _format_error(job: JobState, requested: str, files: list[ResultFile]) -> DeapiError:
    available = ", ".join(dict.fromkeys(repr(sanitize(each.suffix, 20)) for each in files))
    return DeapiError(
        f"The result of job {job.label} is not available as {requested!r}. Nothing was downloaded. "
        f"The job has been paid for, and its result is available as: {available}."
    )


def _url_suffix(url: str) -> str:
    try:
        suffix = normalize_format(posixpath.splitext(unquote(urlsplit(url).path))[1])
    except ValueError:
        return ""
    return suffix if _SUFFIX.fullmatch(suffix) else ""


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("https", "http") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # an invalid port or IPv6 address
        return False
