"""Validation of requests: fields, uploaded files and rules over several fields."""
