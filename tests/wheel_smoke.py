"""Run by `make wheel` in an environment with only the wheel and its dependencies."""

import importlib.metadata
import importlib.util

import deapi

for name in deapi.__all__:
    getattr(deapi, name)

assert importlib.metadata.version("deapi-python-sdk") == deapi.__version__
assert importlib.util.find_spec("starlette") is None, "the emulator's dependencies are an extra"

with deapi.DeapiClient(api_key="smoke", base_url="http://127.0.0.1:9", max_retries=0) as client:
    try:
        client.balance()
    except deapi.NetworkError as error:
        print(f"deapi {deapi.__version__} works from its wheel: {error}")
    else:
        raise AssertionError("nothing listens on port 9")
