"""Servers, sample data and fakes that several test modules use."""
