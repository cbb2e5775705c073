"""Benchmarks of deapi against bare httpx in one run: ``python -m benchmarks``."""
