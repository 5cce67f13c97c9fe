"""The same operations for asyncio."""

from __future__ import annotations

import asyncio
import inspect
from pathlib import Path

import pytest

import facebridge
from conftest import Photo
from facebridge import AsyncClient, Client


def test_every_operation_has_its_twin() -> None:
    for name in facebridge.__all__:
        twin = getattr(facebridge, f"Async{name}", None)
        if twin is None:
            continue
        plain = getattr(facebridge, name)
        names = {name for name in vars(plain) if not name.startswith("_")}
        assert names == {name for name in vars(twin) if not name.startswith("_")}
        for method in names - {"closed"}:
            there = inspect.signature(getattr(plain, method)).parameters
            here = inspect.signature(getattr(twin, method)).parameters
            assert list(there) == list(here), f"{name}.{method}"
            for parameter, known in there.items():
                if parameter == "self":
                    continue
                assert known.kind == here[parameter].kind
                assert known.default == here[parameter].default
            assert inspect.getdoc(getattr(plain, method)) == inspect.getdoc(getattr(twin, method))


def test_a_client(client: Client, photo: Photo, face: Path) -> None:
    async def main() -> None:
        async with AsyncClient.local(concurrency=2) as twin:
            assert repr(twin) == "<AsyncClient>" and not twin.closed
            assert (await twin.capabilities()).concurrency == 2
            embeddings = await asyncio.gather(*(twin.embed(face) for _ in range(8)))
            assert embeddings == [client.embed(face)] * 8
            assert await twin.detect(face) == client.detect(face)
            assert (await twin.detect(face, max_faces=3)).faces
            compared = await twin.compare(face, face, max_fmr=1e-3)
            assert compared == client.compare(face, face, max_fmr=1e-3)
            with pytest.raises(facebridge.InvalidArgumentError, match="max_faces"):
                await twin.detect(face, max_faces=0)
        assert twin.closed
        with pytest.raises(facebridge.ClosedError):
            await twin.embed(face)
        other = await AsyncClient.local()
        await other.close()
        with pytest.raises(facebridge.ClosedError):
            await other.close()

    asyncio.run(main())
    asyncio.run(main())


def test_jobs(client: Client, face: Path, people: Path) -> None:
    async def main() -> None:
        async with AsyncClient(Client.local()) as twin:
            async with twin.embed_many([face] * 3) as job:
                assert [outcome.index async for outcome in job] != []
                assert (await job.progress()).done == 3
            assert job.closed
            async with twin.embed_many([face] * 4) as job:
                seen = []
                async for outcome in job:
                    seen.append(outcome.index)
                    break
                seen += [outcome.index async for outcome in job]
                assert sorted(seen) == [0, 1, 2, 3]
            outcomes = await (await twin.embed_many([face] * 3))
            assert sorted(outcome.index for outcome in outcomes) == [0, 1, 2]
            async with twin.evaluate(folder=people) as evaluation:
                report = await evaluation
                assert await evaluation.wait(0) and await evaluation.result() == report
            assert report == client.evaluate(folder=people).result()

    asyncio.run(main())


def test_waiting_ends_in_time_and_with_its_task(crowd: Path) -> None:
    async def main() -> None:
        async with AsyncClient.local() as twin, twin.evaluate(folder=crowd) as job:
            assert not await job.wait(0.05)
            with pytest.raises(facebridge.StillRunningError):
                await job.result(0.01)
            with pytest.raises(facebridge.InvalidArgumentError, match="timeout_seconds"):
                await job.wait(float("nan"))
            for call in (job.wait, job.result):
                with pytest.raises(facebridge.InvalidArgumentError, match="timeout_seconds"):
                    await call("soon")  # type: ignore[arg-type]
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.05):
                    await job
            await job.cancel()
            with pytest.raises(facebridge.CancelledError):
                await job

    asyncio.run(main())


def test_the_loop_goes_on_during_a_call(photo: Photo) -> None:
    async def main() -> int:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.001)
                ticks += 1

        during = 0
        async with AsyncClient.local() as twin:
            ticker = asyncio.create_task(tick())
            for _ in range(5):
                before = ticks
                await twin.detect(photo("face_recognition/obama3.jpg"), max_faces=10)
                during += ticks - before
            ticker.cancel()
        return during

    # Were the loop held, it could tick at most once for each call.
    assert asyncio.run(main()) > 20
