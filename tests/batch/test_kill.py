"""A batch whose process is killed again and again. ``make soak`` is the long form."""

from support.batch_kills import KilledBatch


def test_a_batch_that_is_killed_again_and_again_loses_nothing_and_pays_nothing_twice(tmp_path):
    with KilledBatch(tmp_path, count=60, affordable=54, concurrency=4) as batch:
        batch.inject_faults()
        # On a busy machine, the program may end before it is killed.
        killed = [
            batch.run_and_kill(jobs, client_type)
            for jobs, client_type in ((12, "sync"), (24, "async"), (36, "sync"))
        ]
        assert any(killed)
        batch.emulator.clear_faults()
        batch.run_to_end("async")
        states = batch.check()
        requests = len(batch.emulator.requests)
        batch.run_to_end("sync")  # nothing is left that the budget allows
        assert batch.check() == states
        submitted = batch.emulator.requests[requests:]
        assert not [each for each in submitted if each.sdk_operation == "images.generate"]
