"""What the Python runners share: the emulator's address, named checks, and the closing line."""

import hashlib
import json
import os
import random
import sys
import tempfile
import traceback

EMULATOR = json.loads(os.environ["VODLIFT_EMULATOR"])
ENDPOINT = EMULATOR["endpoint"]
HOST = ENDPOINT.removeprefix("http://")
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
