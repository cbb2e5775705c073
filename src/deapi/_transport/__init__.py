"""The shared core: what to send, what an answer means, and the two drivers that do it.

One call, from top to bottom: a method in ``resources/`` describes it as a ``Request``; ``flows``
turns that into steps (send this, sleep so long), asking ``versions`` for the path, ``response`` for
the meaning of the answer and ``retry`` whether to try again; ``sync`` or ``aio`` carries the steps
out. Everything but these two is free of I/O.
"""
