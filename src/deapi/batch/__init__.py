"""Many jobs with a journal: ``client.batch()``.

``items.py`` has the items, ``resources.py`` the resources that plan them, ``planning.py`` how they
are found in the journal again, ``journal.py`` the journal, ``pace.py`` the rate limits, ``run.py``
what the workers of a run share, ``worker.py`` what one of them does, ``errors.py`` and
``signals.py`` what ends the run, and ``batches.py`` the classes that users see.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .batches import AsyncBatch as AsyncBatch
    from .batches import Batch as Batch
    from .items import BatchItem as BatchItem
    from .summary import BatchSummary as BatchSummary

else:  # hidden from type checkers, because __getattr__ makes them accept any name
    _MODULE_BY_NAME = {
        "AsyncBatch": "batches",
        "Batch": "batches",
        "BatchItem": "items",
        "BatchSummary": "summary",
    }
    __all__ = list(_MODULE_BY_NAME)

    def __getattr__(name: str) -> object:
        from importlib import import_module

        if name not in _MODULE_BY_NAME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(f".{_MODULE_BY_NAME[name]}", __name__), name)
        globals()[name] = value
        return value
