"""What the Python package costs, for `cargo xtask report bindings-ffi`.

    peer.py serve A B FRAME PATHS   answers `"OPERATION TIMES"` with a list of nanoseconds, as core/benches/bindings_ffi.rs
    peer.py cold IMAGE              imports, loads, embeds one photo, says what that took
    peer.py scaling ORDER IMAGE     photos a second of two threads and of two processes
    peer.py embed SECONDS IMAGE     embeds until told to stop: one of those processes
"""

import sys
import time


def cold(image):
    import facebridge

    with open(image, "rb") as file:
        photo = file.read()
    facebridge.Client.local(concurrency=1).embed(photo)
    with open("/proc/self/status", encoding="ascii") as status:
        peak = next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)
    print(f'{{"cpu_ns": {time.process_time_ns()}, "peak_rss_kib": {peak}}}')


def serve(a, b, frame, paths):
    import json
    import pathlib

    import facebridge
    import numpy

    client = facebridge.Client.local()
    a, b = pathlib.Path(a).read_bytes(), pathlib.Path(b).read_bytes()
    frame = facebridge.Pixels(numpy.fromfile(frame, numpy.uint8).reshape(1080, 1920, 3), format="bgr")
    paths = paths.split("|")
    clock = time.perf_counter_ns

    def refused(call):
        begin = clock()
        try:
            call()
        except facebridge.InvalidArgumentError:
            return clock() - begin
        raise SystemExit("the call was to be refused")

    def empty():
        job = client.embed_many([])
        job.wait()
        calls = 1000
        begin = clock()
        for _ in range(calls):
            job.progress()
        return (clock() - begin) // calls

    def compare():
        begin = clock()
        assert client.compare(a, b).score is not None
        return clock() - begin

    def outcomes():
        job = client.embed_many(paths)
        job.wait()
        begin = clock()
        total = 0.0
        for outcome in job.take_outcomes(100):
            embedding = outcome.embedding
            total += embedding.values[127] + embedding.source.face.bounding_box.x
        return clock() - begin

    operations = {
        "empty": empty,
        "compare": compare,
        "compare_refused": lambda: refused(lambda: client.compare(a, b, max_fmr=2.0)),
        "frame_refused": lambda: refused(lambda: client.detect(frame, max_faces=0)),
        "outcomes": outcomes,
    }
    for line in sys.stdin:
        operation, times = line.strip().strip('"').split()
        print(json.dumps([operations[operation]() for _ in range(int(times))]), flush=True)


# How long both sides embed, in seconds.
SPAN = 3.0


def embed_for(client, photo, seconds):
    """How many photos one thread embeds in this time."""
    count = 0
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.embed(photo)
        count += 1
    return count


def scaling(order, image):
    import json
    import subprocess
    import threading

    import facebridge

    with open(image, "rb") as file:
        photo = file.read()

    def threads():
        client = facebridge.Client.local(concurrency=2)
        counts = [0, 0]
        gate = threading.Barrier(2, timeout=60)

        def work(index):
            embed_for(client, photo, 0.5)
            gate.wait()
            counts[index] = embed_for(client, photo, SPAN)

        workers = [threading.Thread(target=work, args=(index,)) for index in range(2)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if gate.broken:
            raise SystemExit("a thread failed, or was not ready within a minute")
        return sum(counts) / SPAN

    def processes():
        command = [sys.executable, __file__, "embed", str(SPAN), image]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        both = [subprocess.Popen(command, **pipes) for _ in range(2)]
        for process in both:
            process.stdout.readline()  # it is warm
        for process in both:
            process.stdin.write("go\n")
            process.stdin.flush()
        counts = [int(process.stdout.readline()) for process in both]
        for process in both:
            process.stdin.close()
            process.wait()
        return sum(counts) / SPAN

    sides = {"threads_per_second": threads, "processes_per_second": processes}
    names = list(sides) if order == "threads-first" else list(reversed(sides))
    print(json.dumps({name: sides[name]() for name in names}))


def embed(seconds, image):
    import facebridge

    with open(image, "rb") as file:
        photo = file.read()
    client = facebridge.Client.local(concurrency=1)
    embed_for(client, photo, 0.5)
    print("warm", flush=True)
    sys.stdin.readline()
    print(embed_for(client, photo, float(seconds)), flush=True)


if __name__ == "__main__":
    task, *rest = sys.argv[1:]
    {"serve": serve, "cold": cold, "scaling": scaling, "embed": embed}[task](*rest)
