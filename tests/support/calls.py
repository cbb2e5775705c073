"""Every operation as a user calls it, under each version, and what has to arrive for it."""

from support.calls_v1 import V1
from support.calls_v2 import V2

CALLS = [*V1.calls, *V2.calls]
