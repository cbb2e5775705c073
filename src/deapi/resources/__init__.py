"""The resources that hang off a client: ``client.images`` is in ``images.py``, and so on.

``keys.py`` has ``client.key``, too. What would make a resource's file too long stands in files that
begin with its name: ``Images`` inherits some of its operations from ``_images_generation.py``. What
several resources share is in ``_base.py`` (what each is made of), ``_arguments.py`` (what they
check), ``_paging.py`` (lists in pages) and ``_usage.py`` (reports of what was used).
"""
