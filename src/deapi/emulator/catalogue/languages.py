"""The languages and voices of the speech models."""

from __future__ import annotations

from .model import Language

_GENDERS = {"f": "female", "m": "male"}


def _kokoro(slug: str, name: str, prefix: str, names: str) -> Language:
    """Return a language of Kokoro, whose voices' slugs start with the prefix.

    The names of the voices are listed by gender, such as `f:heart,nova m:adam`.
    """
    voices = tuple(
        (f"{prefix}{gender}_{voice}", voice.capitalize(), _GENDERS[gender])
        for group in names.split()
        for gender, _, listed in [group.partition(":")]
        for voice in listed.split(",")
    )
    return Language(slug, name, voices)


KOKORO_LANGUAGES = (
    _kokoro(
        "en-us",
        "English (US)",
        "a",
        "f:alloy,aoede,bella,heart,jessica,kore,nicole,nova,river,sarah,sky "
        "m:adam,echo,eric,fenrir,liam,michael,onyx,puck,santa",
    ),
    _kokoro("en-gb", "English (UK)", "b", "f:alice,emma,isabella,lily m:daniel,fable,george,lewis"),
    _kokoro("es", "Spanish", "e", "f:dora m:alex,santa"),
    _kokoro("fr-fr", "French", "f", "f:siwis"),
    _kokoro("hi", "Hindi", "h", "f:alpha,beta m:omega,psi"),
    _kokoro("it", "Italian", "i", "f:sara m:nicola"),
    _kokoro("pt-br", "Portuguese (Brazil)", "p", "f:dora m:alex,santa"),
)

_CHATTERBOX_NAMES = (
    "ar:Arabic da:Danish de:German el:Greek en:English es:Spanish fi:Finnish fr:French he:Hebrew "
    "hi:Hindi it:Italian ja:Japanese ko:Korean ms:Malay nl:Dutch no:Norwegian pl:Polish "
    "pt:Portuguese ru:Russian sv:Swedish sw:Swahili tr:Turkish zh:Chinese"
)

CHATTERBOX_LANGUAGES = tuple(
    Language(slug, name, (("default", "Default", None),))
    for slug, _, name in (entry.partition(":") for entry in _CHATTERBOX_NAMES.split())
)

_QWEN_NAMES = "English Italian Spanish Portuguese Russian French German Korean Japanese Chinese"
_QWEN_VOICES = (
    ("Vivian", "Vivian", "female"),
    ("Serena", "Serena", "female"),
    ("Uncle_Fu", "Uncle Fu", "male"),
    ("Dylan", "Dylan", "male"),
    ("Eric", "Eric", "male"),
    ("Ryan", "Ryan", "male"),
    ("Aiden", "Aiden", "male"),
    ("Ono_Anna", "Ono Anna", "female"),
    ("Sohee", "Sohee", "female"),
)

QWEN_LANGUAGES = tuple(
    Language(
        name,
        name,
        tuple(voice for voice in _QWEN_VOICES if (name, voice[0]) != ("Chinese", "Ryan")),
    )
    for name in _QWEN_NAMES.split()
)
