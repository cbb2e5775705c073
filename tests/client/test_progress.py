"""Progress bars: in a terminal, in a notebook, and nowhere else."""

import io
import os
import re
import subprocess
import sys
import textwrap
import threading

import nbformat
import pytest
from nbclient import NotebookClient

from deapi.emulator import Emulator
from support.fake_terminal import FakeTerminal

FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}
SIZE = {"width": 256, "height": 256}

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")

PREAMBLE = """
import asyncio, threading
from deapi import AsyncDeapiClient, DeapiClient

FLUX = {"prompt": "a fox", "model": "Flux1schnell", "steps": 4, "seed": 7}
SIZE = {"width": 256, "height": 256}
FAST = {"poll_interval": 0.05, "progress": True}
"""

SAVE = """
with DeapiClient() as client:
    client.images.generate(**SIZE, **FLUX).save("fox.png", **FAST)
"""

SAVE_ASYNC = """
async def main():
    async with AsyncDeapiClient() as client:
        job = await client.images.generate(**SIZE, **FLUX)
        await job.save("fox.png", **FAST)

asyncio.run(main())
"""

THREADS = """
with DeapiClient() as client:
    def save(number):
        client.images.generate(**SIZE, **FLUX).save(f"fox{number}.png", **FAST)

    threads = [threading.Thread(target=save, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
"""

TASKS = """
async def main():
    async with AsyncDeapiClient() as client:
        async def save(number):
            job = await client.images.generate(**SIZE, **FLUX)
            await job.save(f"fox{number}.png", **FAST)

        await asyncio.gather(*(save(number) for number in range(4)))

asyncio.run(main())
"""

WAIT = """
with DeapiClient() as client:
    result = client.images.generate(**SIZE, **FLUX).result(**FAST)
print("finished")
"""

WAIT_ASYNC = """
async def main():
    async with AsyncDeapiClient() as client:
        job = await client.images.generate(**SIZE, **FLUX)
        await job.result(**FAST)

asyncio.run(main())
"""


def environment(emulator):
    return {**os.environ, "DEAPI_BASE_URL": emulator.url, "DEAPI_API_KEY": emulator.api_key}


class Terminal:
    """A program in a pseudo-terminal of 30 lines and 100 columns."""

    def __init__(self, program, emulator, directory):
        import fcntl
        import pty
        import struct
        import termios

        self.output = b""
        self.pid, self._file = pty.fork()
        if self.pid == 0:  # pragma: no cover - the other process
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
            os.chdir(directory)
            os.execve(
                sys.executable, [sys.executable, "-c", PREAMBLE + program], environment(emulator)
            )

    def read_until(self, text=None):
        """Read until a text has appeared, or until the program has ended."""
        while text is None or text not in self.output:
            try:
                chunk = os.read(self._file, 65536)
            except OSError:  # Linux reports the end so
                chunk = b""
            if not chunk:
                assert text is None, self.output.decode()
                break
            self.output += chunk

    def press_ctrl_c(self):
        os.write(self._file, b"\x03")

    def lines(self):
        """Wait for the end, and return the lines on the screen."""
        import pyte

        self.read_until()
        os.waitpid(self.pid, 0)
        os.close(self._file)
        screen = pyte.Screen(100, 200)
        pyte.ByteStream(screen).feed(self.output)
        return [line.rstrip() for line in screen.display if line.strip()]


@posix
@pytest.mark.parametrize("program", [SAVE, SAVE_ASYNC], ids=["sync", "async"])
def test_a_bar_shows_the_state_and_the_download_in_a_terminal(program, tmp_path):
    with Emulator(polls_per_state=1) as emulator:
        terminal = Terminal(program, emulator, tmp_path)
        (line,) = terminal.lines()
    assert re.fullmatch(r"fox\.png: done 100%\|█+\| [\d.]+kB/[\d.]+kB \d\d:\d\d", line)
    for state in (b"fox.png: processing", b"fox.png: downloading"):
        assert state in terminal.output
    assert (tmp_path / "fox.png").stat().st_size > 1000


@posix
@pytest.mark.parametrize("program", [THREADS, TASKS], ids=["threads", "tasks"])
def test_bars_of_several_jobs_have_a_line_each(program, tmp_path):
    with Emulator(polls_per_state=1) as emulator:
        lines = Terminal(program, emulator, tmp_path).lines()
    assert sorted(line.partition(" ")[0] for line in lines) == [f"fox{n}.png:" for n in range(4)]
    assert all(re.fullmatch(r"fox\d\.png: done 100%\|█+\| \S+kB/\S+kB \S+", each) for each in lines)


@posix
def test_the_bar_of_a_failed_job_stays_above_the_traceback(tmp_path):
    with Emulator(polls_per_state=1) as emulator:
        emulator.fail_jobs(error_code="WORKER_ERROR")
        first, second, *_, last = Terminal(WAIT, emulator, tmp_path).lines()
    assert first.startswith("images.generate: error")
    assert second == "Traceback (most recent call last):"
    assert "WORKER_ERROR" in last or "same request" in last


@posix
@pytest.mark.parametrize("program", [WAIT, WAIT_ASYNC], ids=["sync", "async"])
def test_ctrl_c_leaves_the_bar_on_a_line_of_its_own(program, tmp_path):
    with Emulator(polls_per_state=10**6) as emulator:
        terminal = Terminal(program, emulator, tmp_path)
        terminal.read_until(b"images.generate: pending")
        terminal.press_ctrl_c()
        lines = terminal.lines()
    traceback = lines.index("Traceback (most recent call last):")
    (bar,) = [line for line in lines[:traceback] if line != "^C"]
    assert re.fullmatch(r"images\.generate: pending +\d+%\|[ █▏▎▍▌▋▊▉]*\| \d\d:\d\d(\^C)?", bar)
    assert "KeyboardInterrupt" in "".join(lines[traceback:])


def test_nothing_is_drawn_where_standard_error_is_not_a_terminal(emulator, tmp_path):
    run = [sys.executable, "-c", PREAMBLE + SAVE + SAVE_ASYNC]
    done = subprocess.run(
        run, env=environment(emulator), cwd=tmp_path, capture_output=True, check=True
    )
    assert done.stdout == done.stderr == b""
    assert (tmp_path / "fox.png").exists()


async def collect(chunks):
    if hasattr(chunks, "__aiter__"):
        return [chunk async for chunk in chunks]
    return list(chunks)


def test_every_method_that_waits_draws_a_bar(emulator, run_in_both_clients, tmp_path, monkeypatch):
    earlier = set(threading.enumerate())  # other tests of this process may have used tqdm

    async def use(client, wait):
        image = await wait(client.images.generate(**SIZE, **FLUX))
        content = await wait(image.read())
        options = {"return_result_in_response": False}
        embeddings = await wait(
            client.embeddings.create(input=["one"], model="Bge_M3_FP16", **options)
        )
        calls = [image.wait, image.result, image.read, image.open_image, embeddings.text]
        calls += [embeddings.embeddings, lambda **bar: image.save(io.BytesIO(), **bar)]
        for call in calls:
            monkeypatch.setattr(sys, "stderr", FakeTerminal())
            await wait(call(progress=True))
            assert re.search(r"\.(generate|create): done 100%", sys.stderr.getvalue()), call
            assert sys.stderr.getvalue().endswith("\n")
        monkeypatch.setattr(sys, "stderr", FakeTerminal())
        assert b"".join(await collect(image.iter_bytes(progress=True))) == content
        assert "images.generate: done 100%" in sys.stderr.getvalue()
        started = set(threading.enumerate()) - earlier
        assert not [each for each in started if "TMonitor" in type(each).__name__]

    run_in_both_clients(emulator, use)


def test_a_bar_shows_the_bytes_of_the_download(
    emulator, run_in_both_clients, tmp_path, monkeypatch
):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        monkeypatch.setattr(sys, "stderr", FakeTerminal())
        await wait(job.save(tmp_path / "fox.png", progress=True))
        drawn = sys.stderr.getvalue()
        assert "fox.png: downloading" in drawn
        assert re.search(r"fox\.png: done 100%\S* ([0-9.]+k?B)/\1 ", drawn), drawn

    run_in_both_clients(emulator, use)


def test_the_label_of_a_bar_contains_no_control_characters(
    emulator, run_in_both_clients, tmp_path, monkeypatch
):
    async def use(client, wait):
        monkeypatch.setattr(sys, "stderr", FakeTerminal())
        job = await wait(client.images.generate(**SIZE, **FLUX))
        await wait(job.save(tmp_path / "fox\x1b[31m.png", progress=True))
        assert "\x1b[31m" not in sys.stderr.getvalue()

    run_in_both_clients(emulator, use)


class BrokenTerminal(FakeTerminal):
    def write(self, text):
        raise OSError(9, "Bad file descriptor")


@pytest.mark.parametrize("stderr", [None, BrokenTerminal()], ids=["none", "closed"])
def test_a_terminal_that_cannot_be_written_does_not_end_the_wait(
    emulator, run_in_both_clients, tmp_path, monkeypatch, stderr
):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        with monkeypatch.context() as patch:
            patch.setattr(sys, "stderr", stderr)
            assert (await wait(job.save(tmp_path / "fox.png", progress=True))).exists()

    run_in_both_clients(emulator, use)


def test_a_terminal_that_cannot_be_written_does_not_hold_the_lock_of_other_bars(
    emulator, make_client, monkeypatch
):
    import tqdm

    client = make_client(emulator.url, api_key=emulator.api_key)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", BrokenTerminal())
        client.images.generate(**SIZE, **FLUX).wait(progress=True)
    thread = threading.Thread(target=lambda: tqdm.tqdm(file=io.StringIO()).close(), daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()


def test_the_status_is_drawn_every_second_while_a_poll_is_far_away(monkeypatch):
    from deapi._core.steps import RunInThread, WaitFor, Waker
    from deapi._progress import with_bar

    monkeypatch.setattr(sys, "stderr", FakeTerminal())
    waker = Waker()

    def flow():
        yield WaitFor(waker, 30.0)
        yield WaitFor(waker, 0.5)
        return "result"

    steps = with_bar(flow(), label="fox", request_id="job-1")
    step = next(steps)
    assert isinstance(step, RunInThread)
    assert steps.send(step.function()) == WaitFor(waker, 1.0)
    assert next(steps) == WaitFor(waker, 0.5)
    with pytest.raises(StopIteration) as stop:
        next(steps)
    assert stop.value.value == "result"


def test_a_missing_tqdm_is_reported_before_anything_is_sent(
    emulator, run_in_both_clients, monkeypatch, tmp_path
):
    async def use(client, wait):
        job = await wait(client.images.generate(**SIZE, **FLUX))
        sent = len(emulator.requests)
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, "tqdm.std", None)
            message = rf"deapi-python-sdk\[progress\]'\. Job {job.request_id} is not affected"
            for call in (job.wait, job.read, lambda **bar: job.save(tmp_path / "a.png", **bar)):
                with pytest.raises(ImportError, match=message):
                    await wait(call(progress=True))
            with pytest.raises(ImportError, match=message):
                await collect(job.iter_bytes(progress=True))
        assert len(emulator.requests) == sent

    run_in_both_clients(emulator, use)


def test_a_function_as_progress_is_rejected(emulator, run_in_both_clients):
    async def use(client, wait):
        with pytest.raises(TypeError, match="Pass a function as on_update"):
            await wait(client.job("job-1").wait(progress=print))

    run_in_both_clients(emulator, use)


NOTEBOOK_ASYNC = """
async with AsyncDeapiClient() as client:
    job = await client.images.generate(**SIZE, **FLUX)
    await job.save("fox.png", **FAST)
"""


def run_notebook(cells, monkeypatch, directory):
    """Run cells in a real Jupyter kernel. Return the client, and the outputs of all cells."""
    with Emulator(polls_per_state=1) as emulator:
        monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
        monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
        monkeypatch.setenv("IPYTHONDIR", str(directory / "ipython"))
        monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell(textwrap.dedent(cell)) for cell in cells]
        client = NotebookClient(
            notebook,
            timeout=90,
            startup_timeout=90,
            resources={"metadata": {"path": str(directory)}},
        )
        client.execute()
    return client, [output for cell in notebook.cells for output in cell.outputs]


@pytest.mark.filterwarnings("default")
def test_a_bar_is_a_widget_in_a_notebook(monkeypatch, tmp_path):
    client, outputs = run_notebook([PREAMBLE, SAVE, NOTEBOOK_ASYNC], monkeypatch, tmp_path)
    assert len(outputs) == 2
    for output in outputs:
        widget = output.data["application/vnd.jupyter.widget-view+json"]["model_id"]
        children = client.widget_state[widget]["children"]
        left, bar, right = (client.widget_state[each.split("_")[-1]] for each in children)
        assert left["value"].replace("\u2007", " ") == "fox.png: done 100%"
        assert bar["bar_style"] == "success"
        assert re.search(r"kB/[\d.]+kB", right["value"])


@pytest.mark.filterwarnings("default")
def test_a_bar_is_text_in_a_notebook_without_widgets(monkeypatch, tmp_path):
    hidden = "import sys\nsys.modules['ipywidgets'] = None"
    _, outputs = run_notebook([hidden, PREAMBLE, SAVE], monkeypatch, tmp_path)
    assert {output.output_type for output in outputs} == {"stream"}
    assert {output.name for output in outputs} == {"stderr"}
    last = outputs[-1].text.replace("\r", "\n").split("\n")
    assert any(line.startswith("fox.png: done 100%|█") for line in last)
