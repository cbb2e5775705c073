"""Processes that tests start."""

import subprocess


class Program(subprocess.Popen):
    """A process that is killed if its `with` block fails. The test run would wait for its end."""

    def __exit__(self, exc_type, value, traceback):
        if exc_type is not None:
            self.kill()
        super().__exit__(exc_type, value, traceback)
