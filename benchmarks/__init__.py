"""Measurements of deapi beside bare httpx, in one run: ``python -m benchmarks``."""
