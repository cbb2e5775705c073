"""Where results are written: temporary files that replace their target, and file objects."""

import errno
import io
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deapi._core import targets
from deapi._core.targets import FileObject, PartialFile, absolute_path, validate_path
from support.signals import posix


@pytest.fixture
def target(tmp_path):
    return tmp_path / "fox.png"


def write(target, content=b"content"):
    part = PartialFile(target)
    part.open()
    part.write(content)
    return part


def refuse(number):
    def call(*arguments, **options):
        raise OSError(number, os.strerror(number))

    return call


def refuse_rename_to(target, number, monkeypatch):
    replace = Path.replace

    def replace_others(path, other):
        if other == target:
            raise OSError(number, os.strerror(number))
        return replace(path, other)

    monkeypatch.setattr(Path, "replace", replace_others)


def test_a_finished_file_is_complete_on_disk(target):
    part = write(target)
    part.finish()
    assert target.read_bytes() == b"content"
    part.discard()
    assert list(target.parent.iterdir()) == [target]


def test_a_file_is_synced_before_it_replaces_another(target, monkeypatch):
    target.write_bytes(b"old")
    synced = []

    def fsync(_number):
        synced.append(target.read_bytes())

    monkeypatch.setattr(os, "fsync", fsync)
    write(target).finish()
    assert synced == [b"old"]
    assert target.read_bytes() == b"content"


def test_a_file_system_without_fsync_is_used(target, monkeypatch):
    def fsync(_number):
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", fsync)
    write(target).finish()
    assert target.read_bytes() == b"content"


def test_a_disk_that_fails_while_a_file_is_synced_does_not_replace_the_target(target, monkeypatch):
    def fsync(_number):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    target.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fsync)
    part = write(target)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        part.finish()
    part.discard()
    assert target.read_bytes() == b"old"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_system_without_permissions_does_not_lose_the_file(target, monkeypatch):
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "chmod", refuse(errno.EPERM))
    monkeypatch.setattr(shutil, "copymode", refuse(errno.EPERM))
    write(target).finish()
    assert target.read_bytes() == b"content"


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES])
def test_a_target_that_cannot_be_replaced_is_overwritten(target, monkeypatch, number):
    target.write_bytes(b"old and longer than the new one")
    refuse_rename_to(target, number, monkeypatch)
    part = write(target)
    part.finish()
    part.discard()
    assert target.read_bytes() == b"content"
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("number", [errno.EBUSY, errno.EIO])
def test_a_complete_file_that_cannot_be_moved_is_kept_and_named(target, monkeypatch, number):
    refuse_rename_to(target, number, monkeypatch)
    part = write(target)
    with pytest.raises(OSError, match="the complete result is kept in ") as caught:
        part.finish()
    part.discard()
    (kept,) = target.parent.iterdir()
    assert str(kept) in str(caught.value)
    assert caught.value.errno == number
    assert caught.value.filename == str(target)
    assert kept.suffix == ".png"
    assert kept.read_bytes() == b"content"
    write(target).discard()
    assert kept.exists(), "the next download to the target does not delete it"


def test_an_error_of_writing_names_the_directory(target):
    part = PartialFile(target)
    part.open()
    part._file.close()
    part._file = io.BufferedWriter(Full(), 1)
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)) as caught:
        part.write(b"content")
    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(target.parent)


class Full(io.RawIOBase):
    """A file on a full disk."""

    def writable(self):
        return True

    def write(self, _):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@posix
def test_a_relative_path_is_named_if_the_working_directory_was_deleted(tmp_path, monkeypatch):
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    with pytest.raises(FileNotFoundError) as caught:
        absolute_path(Path("fox.png"))
    assert caught.value.filename == "fox.png"
    assert absolute_path(tmp_path / "fox.png") == tmp_path / "fox.png"


class FullDisk(io.BytesIO):
    """A file whose buffer cannot be written."""

    def close(self):
        super().close()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_does_not_keep_the_temporary_file(target):
    part = PartialFile(target)
    part.open()
    part._file.close()
    part._file = FullDisk()
    part.discard()
    assert list(target.parent.iterdir()) == []


def test_a_file_that_is_created_after_the_cancellation_is_deleted(target):
    part = PartialFile(target)
    part.discard()
    part.open()
    assert list(target.parent.iterdir()) == []


def test_a_temporary_file_of_a_killed_process_is_deleted_by_the_next_one(target):
    program = (
        "import os, sys; from pathlib import Path; from deapi._core.targets import PartialFile; "
        "part = PartialFile(Path(sys.argv[1])); part.open(); part.write(b'x' * 9); os._exit(1)"
    )
    subprocess.run([sys.executable, "-c", program, str(target)], check=False)
    (abandoned,) = target.parent.iterdir()
    part = write(target)
    assert not abandoned.exists()
    part.finish()
    assert list(target.parent.iterdir()) == [target]


def test_two_downloads_to_one_target_do_not_mix(target):
    first, second = write(target, b"first"), write(target, b"second")
    first.write(b" file")
    second.write(b" file")
    first.finish()
    assert target.read_bytes() == b"first file"
    second.finish()
    assert target.read_bytes() == b"second file"
    assert list(target.parent.iterdir()) == [target]


def test_a_temporary_file_in_use_is_not_deleted(target, monkeypatch):
    other = write(target.with_name("other.png"))
    monkeypatch.setattr(targets, "_cleaned", set())  # as in another process
    write(target).discard()
    assert other.path.exists()
    other.discard()


def test_a_directory_is_searched_for_temporary_files_once(target, monkeypatch):
    searched = []
    original = Path.glob
    monkeypatch.setattr(Path, "glob", lambda *args: searched.append(args[0]) or original(*args))
    for _ in range(3):
        write(target).discard()
    assert searched == [target.parent]


def test_the_directories_that_were_searched_use_little_memory(target, monkeypatch):
    monkeypatch.setattr(targets, "_cleaned", {Path(str(number)) for number in range(1000)})
    write(target).discard()
    assert targets._cleaned == {target.parent}


def test_a_file_system_without_locks_is_used(target, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", refuse(errno.ENOLCK))
    first, second = write(target, b"first"), write(target, b"second")
    first.finish()
    second.finish()
    assert target.read_bytes() == b"second"


def test_a_temporary_file_that_another_process_deleted_is_created_again(target, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    flock, deleted = fcntl.flock, []

    def delete_and_lock(file, flags):
        if not deleted:
            deleted.append(file.name)
            Path(file.name).unlink()
        flock(file, flags)

    monkeypatch.setattr(fcntl, "flock", delete_and_lock)
    write(target).finish()
    assert target.read_bytes() == b"content"
    assert len(deleted) == 1


def interrupt_at(number, function):
    """Run a function, and raise KeyboardInterrupt at one instruction of its own or of targets."""
    counter = 0

    def trace(frame, event, argument):
        nonlocal counter
        if not frame.f_code.co_filename.endswith("_core/targets.py"):
            return None
        frame.f_trace_opcodes = True
        if event == "opcode":
            counter += 1
            if counter == number:
                raise KeyboardInterrupt
        return trace

    sys._getframe().f_trace_opcodes = True  # Python 3.12 then reports instructions
    sys.settrace(trace)
    try:
        function()
    finally:
        sys.settrace(None)
    return counter


def write_and_discard(part):
    try:
        try:
            part.open()
            part.write(b"content")
        finally:
            part.discard()
    finally:
        part.discard()


# The interrupt may come before the open file is stored. Then garbage collection closes it.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_interrupt_at_any_instruction_leaves_no_temporary_file(target):
    coverage_trace = sys.gettrace()

    def run():
        targets._cleaned.clear()  # so that each run has the same instructions
        write_and_discard(PartialFile(target))

    try:
        total = interrupt_at(0, run)
        assert total > 50
        for number in range(1, total + 1):
            with pytest.raises(KeyboardInterrupt):
                interrupt_at(number, run)
            assert list(target.parent.iterdir()) == [], f"instruction {number} of {total}"
    finally:
        sys.settrace(coverage_trace)


# -- paths ---------------------------------------------------------------------------------------


def check(path, *, is_directory=False):
    return validate_path(Path(path), is_directory=is_directory)


def test_a_path_that_can_be_written_is_unchanged(target):
    assert check(target) == (target.resolve(), False)
    assert list(target.parent.iterdir()) == []


def test_the_target_of_a_symbolic_link_is_written(tmp_path):
    link, target = tmp_path / "link.png", tmp_path / "directory" / "fox.png"
    target.parent.mkdir()
    link.symlink_to(target)
    assert check(link) == (target.resolve(), False)
    assert list(target.parent.iterdir()) == []


def test_a_directory_is_recognized(tmp_path):
    assert check(tmp_path) == (tmp_path.resolve(), True)
    assert check(tmp_path, is_directory=True) == (tmp_path.resolve(), True)


@pytest.mark.parametrize(("name", "is_directory"), [("missing/fox.png", False), ("missing", True)])
def test_a_missing_directory_is_named_as_such(tmp_path, name, is_directory):
    with pytest.raises(FileNotFoundError) as caught:
        check(tmp_path / name, is_directory=is_directory)
    assert caught.value.filename == str(tmp_path / "missing")
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_not_writable_is_named_as_such(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "open", refuse(errno.EACCES))
    with pytest.raises(PermissionError) as caught:
        check(tmp_path / "fox.png")
    assert caught.value.filename == str(tmp_path)


def test_a_directory_in_which_no_file_can_be_created_is_named_as_such(tmp_path, monkeypatch):
    part = PartialFile(tmp_path / "fox.png")
    monkeypatch.setattr(Path, "open", refuse(errno.EACCES))
    with pytest.raises(PermissionError) as caught:
        part.open()
    assert caught.value.filename == str(tmp_path)


def test_a_path_is_checked_without_a_temporary_file_if_the_job_has_finished(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "open", refuse(errno.EACCES))
    path = tmp_path / "fox.png"
    assert validate_path(path, is_directory=False, probe=False) == (path.resolve(), False)
    with pytest.raises(FileNotFoundError):
        validate_path(tmp_path / "missing" / "fox.png", is_directory=False, probe=False)


def test_a_file_in_place_of_a_directory_is_an_error(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError) as caught:
        check(tmp_path / "file" / "fox.png")
    assert caught.value.filename in (str(tmp_path / "file"), str(tmp_path / "file" / "fox.png"))
    with pytest.raises(NotADirectoryError):
        check(tmp_path / "file", is_directory=True)


def test_a_device_a_pipe_and_a_socket_are_rejected(tmp_path):
    paths = [os.devnull]
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        paths.append(tmp_path / "pipe")
    if hasattr(socket, "AF_UNIX"):
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(tmp_path / "s"))
        paths.append(tmp_path / "s")
    for path in paths:
        with pytest.raises(ValueError, match=r"is not a regular file.*pass the file object"):
            check(path)


# -- file objects --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "error", "message"),
    [
        (io.StringIO(), TypeError, "text mode"),
        (io.BufferedReader(io.BytesIO()), ValueError, "opened for reading"),
        (5, TypeError, "a path or a binary file object, not int"),
        (b"fox.png", TypeError, "a path or a binary file object, not bytes"),
        (None, TypeError, "not NoneType"),
    ],
)
def test_an_unusable_file_object_is_rejected(file, error, message):
    with pytest.raises(error, match=message):
        FileObject(file)


def test_a_closed_file_object_is_rejected():
    file = io.BytesIO()
    file.close()
    with pytest.raises(ValueError, match="closed file"):
        FileObject(file)


class ShortWriter(io.RawIOBase):
    """Writes at most three bytes at a time, as an unbuffered socket may."""

    def __init__(self, result=None):
        self.content = b""
        self.result = result

    def writable(self):
        return True

    def write(self, data):
        if self.result is not None:
            return self.result
        self.content += bytes(data[:3])
        return min(3, len(data))


def test_an_unbuffered_file_receives_all_bytes():
    file = ShortWriter()
    output = FileObject(file)
    output.open()
    output.write(b"0123456789")
    output.finish()
    assert file.content == b"0123456789"


@pytest.mark.parametrize("result", [True, None, "yes"])
def test_a_file_that_returns_no_number_has_written_all_bytes(result):
    class Writer:
        content = b""

        def write(self, data):
            self.content += bytes(data)
            return result

    file = Writer()
    FileObject(file).write(b"content")
    assert file.content == b"content"


def test_a_file_that_writes_nothing_is_an_error():
    with pytest.raises(OSError, match="wrote 0 bytes"):
        FileObject(ShortWriter(0)).write(b"content")


def test_a_non_blocking_file_that_is_full_is_an_error():
    class Full(ShortWriter):
        def write(self, data):
            return None

    with pytest.raises(BlockingIOError):
        FileObject(Full()).write(b"content")


def test_a_file_object_keeps_what_it_contains_until_the_first_write():
    file = io.BytesIO(b"0123456789")
    file.seek(4)
    output = FileObject(file)
    output.open()
    assert output.rewindable
    assert (file.getvalue(), file.tell()) == (b"0123456789", 4)
    output.rewind()
    output.write(b"new")
    assert file.getvalue() == b"0123new"
