"""What the Python runners share: the emulator's address, named checks, and the closing line."""

import hashlib
import json
import os
import random
import sys
import tempfile
import threading
import traceback
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

EMULATOR = json.loads(os.environ["VODLIFT_EMULATOR"])
ENDPOINT = EMULATOR["endpoint"]
HOST = ENDPOINT.split("://")[1]
KEY_ID = EMULATOR["accessKeyId"]
KEY_SECRET = EMULATOR["accessKeySecret"]
REGION = EMULATOR["region"]
BUCKET = EMULATOR["bucket"]
DIR = EMULATOR["dir"]

_passed = 0
_failed = 0


def check(name, body):
    """Runs one check; a failure is printed and counted, and the others go on."""
    global _passed, _failed
    try:
        body()
    except Exception:
        _failed += 1
        print(f"FAILED {name}")
        traceback.print_exc(file=sys.stdout)
    else:
        _passed += 1
        print(f"ok     {name}")
    sys.stdout.flush()


def finish():
    print(f"{_passed} passed, {_failed} failed")
    sys.exit(1 if _failed else 0)


def equal(actual, expected, what="value"):
    if actual != expected:
        raise AssertionError(f"{what}: {actual!r}, expected {expected!r}")


def raises(kind, body):
    """The exception of that kind which the body must raise."""
    try:
        body()
    except kind as error:
        return error
    raise AssertionError(f"nothing was raised, expected {kind.__name__}")


def sample(size, seed=1):
    """Reproducible bytes that no compression or repetition could hide a mistake in."""
    return random.Random(seed).randbytes(size)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def stored(key):
    """The object as the emulator keeps it: a plain file."""
    with open(os.path.join(DIR, BUCKET, *key.split("/")), "rb") as file:
        return file.read()


def temporary_file(data, suffix):
    handle, path = tempfile.mkstemp(suffix=suffix)
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    return path


class Web:
    """A small web server: serves `files` by path, keeps what is posted, and answers posts with `answer`."""

    def __init__(self, files=None, answer=(200, b'{"Status":"OK"}')):
        self.files = files or {}
        self.answer = answer
        self.posts = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                data = web.files.get(self.path.split("?")[0])
                self.reply(404 if data is None else 200, data or b"")

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                web.posts.append((dict(self.headers), body))
                self.reply(*web.answer)

            def reply(self, status, body):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
