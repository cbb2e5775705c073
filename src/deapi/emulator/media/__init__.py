"""Results of emulated jobs: images, video, audio and text that ordinary tools decode.

All functions are pure: equal arguments give equal results, and nothing is stored or fetched. The
modules need Pillow and PyAV, which importing this package alone does not load.
"""
