"""The command ``deapi doctor``: checks of the installation, the account and the service."""
