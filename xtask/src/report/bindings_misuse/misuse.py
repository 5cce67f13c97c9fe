"""Python ends and forks with calls in flight, for `cargo xtask report bindings-misuse`.

    misuse.py calls IMAGE   daemon threads embed while the program ends with exit code 7
    misuse.py job IMAGE     a job whose client is gone embeds while the program ends with exit code 7
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
# After this many seconds something hangs.
ENDLESS = 60


def busy(image):
    """A client that two daemon threads keep busy, once both have embedded."""
    with open(image, "rb") as file:
        photo = file.read()
    client = facebridge.Client.local(concurrency=2)
    gate = threading.Barrier(3, timeout=ENDLESS)

    def work():
        client.embed(photo)
        gate.wait()
        while True:
            client.embed(photo)

    for _ in range(2):
        threading.Thread(target=work, daemon=True).start()
    gate.wait()
    return client, photo


def calls(image):
    busy(image)
    time.sleep(random.uniform(0, 0.03))
    sys.exit(EXIT_CODE)


def job(image):
    client = facebridge.Client.local(concurrency=2)
    begun = client.embed_many([image] * 1000)
    del client
    while not begun.take_outcomes(1):
        time.sleep(0.001)
    time.sleep(random.uniform(0, 0.03))
    sys.exit(EXIT_CODE)


def kept_waiting():
    """How long other threads and programs have kept this thread from a core, in seconds."""
    try:
        with open("/proc/thread-self/schedstat", encoding="ascii") as file:
            return int(file.read().split()[1]) / 1e9
    except OSError:
        return 0.0


def child(client, photo, said):
    """0 where the old client answers promptly and a new one works. Tells `said` how long the answer took."""
    waited, begin = kept_waiting(), time.monotonic()
    try:
        client.embed(photo)
    except (facebridge.ClosedError, facebridge.ForkedProcessError):
        pass
    except BaseException:
        return 1
    else:
        return 5
    wall = time.monotonic() - begin
    os.write(said, f"{wall * 1000:.3f}\n".encode())
    # The parent's threads fill the cores: how long they keep this one waiting is not the library's doing.
    if wall - (kept_waiting() - waited) > PROMPT:
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
    hear, say = os.pipe()
    outcomes = []
    for _ in range(int(count)):
        time.sleep(random.uniform(0, 0.02))
        process = os.fork()
        if process == 0:
            code = 4
            try:
                code = child(client, photo, say)
            finally:
                os._exit(code)
        deadline = time.monotonic() + ENDLESS
        status = None
        while status is None and time.monotonic() < deadline:
            ended, said = os.waitpid(process, os.WNOHANG)
            status = os.waitstatus_to_exitcode(said) if ended else None
            time.sleep(0.005)
        if status is None:
            os.kill(process, 9)
            os.waitpid(process, 0)
        outcomes.append(status)
    os.close(say)
    with open(hear, encoding="ascii") as answers:
        longest = max(map(float, answers), default=0.0)
    print(sum(outcome == 0 for outcome in outcomes), longest, flush=True)
    print("outcomes:", outcomes, file=sys.stderr)
    os._exit(0)


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    {"calls": calls, "job": job, "fork": fork}[task](*rest)
