"""The command ``deapi``.

Its options are derived from the signatures and docstrings of the client's methods: ``tasks.py`` is
a table with one row per task, and ``signatures.py`` derives the options. Nothing of the client is
imported before a command runs, so that ``deapi --help`` is fast.
"""
