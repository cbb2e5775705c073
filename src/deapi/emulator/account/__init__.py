"""Account state: API keys, usage, payments and rate limits."""
