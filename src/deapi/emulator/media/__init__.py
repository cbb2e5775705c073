"""What the emulator's jobs produce: pictures, sound, video and text that ordinary tools decode.

Every function in here is pure: the same arguments give the same result, and nothing is kept,
timed or fetched. The modules need Pillow and PyAV; importing this package alone needs neither.
"""
