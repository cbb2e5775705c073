"""The operations of the service: fields, prices and how results are made."""
