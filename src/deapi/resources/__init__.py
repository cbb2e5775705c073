"""The resources that hang off a client, one file each."""
