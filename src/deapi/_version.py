"""The version of the distribution, and how the client identifies itself."""

import sys

__version__ = "1.0.0"

# The edge in front of the API rejects the default user agents of HTTP libraries.
USER_AGENT = (
    f"deapi-python-sdk/{__version__} python/{sys.version_info.major}.{sys.version_info.minor}"
)
