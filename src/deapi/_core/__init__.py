"""Decisions without I/O: what to send, what a response means, when to retry.

Nothing in this package imports an HTTP library, opens a socket, reads a clock or sleeps.
``tests/core/test_structure.py`` checks the imports. Calls are generators that yield steps (see
``calls.py``), which ``deapi._http`` carries out.
"""
