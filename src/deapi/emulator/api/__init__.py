"""The HTTP interface: routes, authorization, request bodies, pagination and faults."""
