"""Runs examples/celery_tasks.py in one process: the broker, a worker and the web server.

The arguments are the images to submit. The process ends when its standard input is closed.
"""

import os
import sys
import threading

import celery_tasks
from celery.contrib.testing.worker import start_worker
from werkzeug.serving import make_server

server = make_server("127.0.0.1", 0, celery_tasks.web, threaded=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["WEBHOOK_URL"] = f"http://127.0.0.1:{server.server_port}/webhooks/deapi"
print(os.environ["WEBHOOK_URL"], flush=True)

celery_tasks.celery.conf.update(
    broker_url="memory://", broker_transport_options={"polling_interval": 0.05}
)
with start_worker(celery_tasks.celery, perform_ping_check=False, shutdown_timeout=60):
    for animal in sys.argv[1:]:
        celery_tasks.submit.delay(animal)
    sys.stdin.read()
