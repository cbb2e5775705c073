"""The resources of a client: ``client.images`` is in ``images.py``, and so on.

Each operation is declared directly above its methods. Shared code is in ``_base.py`` (the base
classes), ``_arguments.py`` (validation), ``_paging.py`` (lists in pages) and ``_usage.py`` (usage
reports).
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .account import Account as Account
    from .account import AsyncAccount as AsyncAccount
    from .audio import AsyncAudio as AsyncAudio
    from .audio import Audio as Audio
    from .embeddings import AsyncEmbeddings as AsyncEmbeddings
    from .embeddings import Embeddings as Embeddings
    from .images import AsyncImages as AsyncImages
    from .images import Images as Images
    from .keys import AsyncCurrentKey as AsyncCurrentKey
    from .keys import AsyncKeys as AsyncKeys
    from .keys import CurrentKey as CurrentKey
    from .keys import Keys as Keys
    from .models import AsyncModels as AsyncModels
    from .models import Models as Models
    from .ocr import OCR as OCR
    from .ocr import AsyncOCR as AsyncOCR
    from .prompts import AsyncPrompts as AsyncPrompts
    from .prompts import Prompts as Prompts
    from .transcription import AsyncTranscription as AsyncTranscription
    from .transcription import Transcription as Transcription
    from .video import AsyncVideo as AsyncVideo
    from .video import Video as Video

else:  # hidden from type checkers, because __getattr__ makes them accept any name
    _MODULE_BY_NAME = {
        name: module
        for module, names in {
            "account": ("Account", "AsyncAccount"),
            "audio": ("AsyncAudio", "Audio"),
            "embeddings": ("AsyncEmbeddings", "Embeddings"),
            "images": ("AsyncImages", "Images"),
            "keys": ("AsyncCurrentKey", "AsyncKeys", "CurrentKey", "Keys"),
            "models": ("AsyncModels", "Models"),
            "ocr": ("OCR", "AsyncOCR"),
            "prompts": ("AsyncPrompts", "Prompts"),
            "transcription": ("AsyncTranscription", "Transcription"),
            "video": ("AsyncVideo", "Video"),
        }.items()
        for name in names
    }
    __all__ = list(_MODULE_BY_NAME)

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
        globals()[name] = value
        return value
