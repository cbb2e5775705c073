"""Disks that are full, and directories that cannot be written."""

import os
import stat
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest


class MountedDisk:
    """A disk of 512 KiB, in memory. Only root can mount it.

    Attributes:
        directory: Its directory.
    """

    def __init__(self, directory):
        self.directory = directory
        self._filler = directory / "filler"

    def fill(self):
        """Write until the disk is full."""
        with suppress(OSError), self._filler.open("ab", buffering=0) as filler:
            while True:
                filler.write(bytes(1024))

    def free(self):
        """Free what `fill()` has written."""
        self._filler.unlink()


class LimitedDisk:
    """A directory in which this process can write as on a full disk: no file gets larger.

    Attributes:
        directory: Its directory.
    """

    def __init__(self, directory):
        self.directory = directory

    def fill(self):
        """Let no file of this process get larger than the largest in the directory."""
        sizes = [path.stat().st_size for path in self.directory.iterdir()]
        self._limit(max([1024, *sizes]))

    def free(self):
        """Remove the limit."""
        self._limit(None)

    def _limit(self, size):
        resource = pytest.importorskip("resource", reason="Windows has no limit of the file size")
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard if size is None else size, hard))


@contextmanager
def small_disk(directory: Path):
    """Mount a disk in an empty directory, if this user can."""
    if not _mount("-t", "tmpfs", "-o", "size=512k,mode=0777", "tmpfs", str(directory)):
        yield LimitedDisk(directory)
        return
    try:
        yield MountedDisk(directory)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)


@contextmanager
def read_only(disk):
    """Make the directory of a disk read-only."""
    directory = disk.directory
    if isinstance(disk, MountedDisk):
        assert _mount("-o", "remount,ro", str(directory))
    else:
        directory.chmod(stat.S_IRUSR | stat.S_IXUSR)
    try:
        if os.access(directory, os.W_OK):
            pytest.skip("root can write every directory, and may not mount one here")
        yield
    finally:
        if isinstance(disk, MountedDisk):
            assert _mount("-o", "remount,rw", str(directory))
        else:
            directory.chmod(stat.S_IRWXU)


def _mount(*arguments):
    try:
        ran = subprocess.run(["mount", *arguments], check=False, capture_output=True)
    except FileNotFoundError:
        return False
    return ran.returncode == 0
