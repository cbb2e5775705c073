"""The only code that sends requests, reads clocks or sleeps.

``sync.py`` and ``aio.py`` carry out the steps of the flows in ``deapi._core``. They are twins: the
same classes and functions in the same order.
"""
