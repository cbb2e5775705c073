"""Decisions without I/O: what to send, what a response means, when to retry.

Nothing in this folder imports an HTTP library, opens a socket, reads a clock or sleeps, which
``tests/core/test_structure.py`` checks. Calls are generators that yield steps, see ``flows.py``.
``deapi._http`` carries the steps out.
"""
