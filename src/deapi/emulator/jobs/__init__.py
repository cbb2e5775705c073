"""Jobs: lifecycle, results and their links, status responses and webhooks."""
