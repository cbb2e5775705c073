"""A table of calls: each operation in each API version, and the request that it must send."""

from support.calls_v1 import V1
from support.calls_v2 import V2

CALLS = [*V1.calls, *V2.calls]
