"""examples/notebook.ipynb runs in a real Jupyter kernel, and shows what it promises."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parents[2] / "examples" / "notebook.ipynb"


@pytest.fixture
def executed(emulator, monkeypatch, tmp_path):
    """The cells by their first line, after the kernel has run all of them."""
    monkeypatch.setenv("DEAPI_BASE_URL", emulator.url)
    monkeypatch.setenv("DEAPI_API_KEY", emulator.api_key)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    client = NotebookClient(
        notebook, timeout=90, startup_timeout=90, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    return {cell.source.splitlines()[0]: cell for cell in notebook.cells}


def html_of(cell):
    """What the browser shows of a cell."""
    (output,) = [each for each in cell.outputs if each.output_type == "execute_result"]
    return output.data["text/html"]


@pytest.mark.filterwarnings("default")
def test_each_result_shows_itself_in_a_kernel(executed):
    image = html_of(executed["job = client.images.generate("])
    assert image.startswith("<img src=")
    assert html_of(executed["job"]) == image
    assert html_of(executed["speech = client.audio.synthesize("]).startswith("<audio controls")
    assert "ZImageTurbo_INT8" in html_of(
        executed['client.models.list(inference_types=["txt2img"])']
    )
    for line in (
        "from deapi import AsyncDeapiClient, DeapiClient",
        "async with AsyncDeapiClient()",
    ):
        (cell,) = [cell for first, cell in executed.items() if first.startswith(line)]
        assert html_of(cell).startswith("<table>")
    assert not any(
        output.output_type in ("stream", "error")
        for cell in executed.values()
        for output in cell.get("outputs", [])
    )


def test_the_notebook_is_stored_without_outputs():
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in cells)
