"""Python ends and forks with calls in flight, for `cargo xtask report bindings-misuse`.

    misuse.py leave IMAGE   daemon threads embed while the program ends with exit code 7
    misuse.py fork IMAGE N  a busy program forks N times; each child uses the old client, then a new one
"""

import os
import random
import sys
import threading
import time

import facebridge

EXIT_CODE = 7
# The longest that an answer of the old client in a child may take, in seconds.
PROMPT = 0.1


def busy(image):
    """A client that two daemon threads keep busy, once both have embedded."""
    with open(image, "rb") as file:
        photo = file.read()
    client = facebridge.Client.local(concurrency=2)
    gate = threading.Barrier(3)

    def work():
        client.embed(photo)
        gate.wait()
        while True:
            client.embed(photo)

    for _ in range(2):
        threading.Thread(target=work, daemon=True).start()
    gate.wait()
    return client, photo


def leave(image):
    busy(image)
    time.sleep(random.uniform(0, 0.03))
    sys.exit(EXIT_CODE)


def child(client, photo):
    """0 where the old client answers promptly and a new one works."""
    begin = time.monotonic()
    try:
        client.embed(photo)
    except (facebridge.ClosedError, facebridge.ForkedProcessError):
        pass
    except BaseException:
        return 1
    if time.monotonic() - begin > PROMPT:
        return 2
    try:
        client.close()
    except facebridge.FaceError:
        pass
    del client
    with facebridge.Client.local(concurrency=1) as fresh:
        return 0 if len(fresh.embed(photo).values) == 128 else 3


def fork(image, count):
    client, photo = busy(image)
    outcomes = []
    for _ in range(int(count)):
        time.sleep(random.uniform(0, 0.02))
        process = os.fork()
        if process == 0:
            code = 4
            try:
                code = child(client, photo)
            finally:
                os._exit(code)
        deadline = time.monotonic() + 60
        status = None
        while status is None and time.monotonic() < deadline:
            ended, said = os.waitpid(process, os.WNOHANG)
            status = os.waitstatus_to_exitcode(said) if ended else None
            time.sleep(0.005)
        if status is None:
            os.kill(process, 9)
            os.waitpid(process, 0)
        outcomes.append(status)
    print(sum(outcome == 0 for outcome in outcomes), flush=True)
    print("outcomes:", outcomes, file=sys.stderr)
    os._exit(0)


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    {"leave": leave, "fork": fork}[task](*rest)
