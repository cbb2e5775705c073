"""Job updates over a socket, so that waits poll less and end at once.

The client uses it by itself if it knows the client ID of the account (``client_id=`` or
``DEAPI_CLIENT_ID``) and the extra ``realtime`` is installed. Waits fall back to polling while there
is no connection.
"""

from importlib.util import find_spec


def is_websockets_installed() -> bool:
    """Whether the extra ``realtime`` is installed."""
    return find_spec("websockets") is not None
