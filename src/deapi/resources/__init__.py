"""The resources that hang off a client: ``client.images`` is in ``images.py``, and so on.

``keys.py`` also has ``client.current_key``. Parts of long resources stand in files that
begin with its name: ``Images`` inherits some of its operations from ``_images_generation.py``. What
several resources share is in ``_base.py`` (what each is made of), ``_arguments.py`` (what they
check), ``_paging.py`` (lists in pages) and ``_usage.py`` (reports of what was used).
"""
