"""Answers a plan of cases through the Python package, one line for each case; it judges nothing.

driver.py PLAN_FILE
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import facebridge

Fields = dict[str, str]
Answer = list[tuple[str, object]]


class Digest:
    """FNV-1a of 64 bits."""

    def __init__(self) -> None:
        self._state = 0xCBF29CE484222325

    def add(self, data: bytes) -> None:
        for byte in data:
            self._state = (self._state ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF

    def pack(self, layout: str, *values: float) -> None:
        self.add(struct.pack("<" + layout, *values))

    def __str__(self) -> str:
        return f"{self._state:016x}"


def add_face(digest: Digest, face: facebridge.Face) -> None:
    box, points, pose, quality = face.bounding_box, face.landmarks, face.pose, face.quality
    digest.pack("5f", box.x, box.y, box.width, box.height, face.probability)
    for point in (
        points.right_eye,
        points.left_eye,
        points.nose_tip,
        points.right_mouth_corner,
        points.left_mouth_corner,
    ):
        digest.pack("2f", point.x, point.y)
    digest.pack("3f", pose.yaw, pose.pitch, pose.roll)
    digest.pack("2I", face.direction, quality.check_code)
    digest.pack(
        "4fB",
        quality.sharpness,
        quality.brightness,
        quality.burnt,
        quality.face_size,
        quality.too_small,
    )


def add_selected(digest: Digest, selected: facebridge.SelectedFace) -> None:
    add_face(digest, selected.face)
    digest.pack("I", selected.rotation)


def embedding_digest(embedding: facebridge.Embedding) -> Digest:
    digest = Digest()
    digest.add(bytes(memoryview(embedding.values)))
    add_selected(digest, embedding.source)
    return digest


def bits(number: float | None) -> str:
    return "-" if number is None else struct.pack(">d", number).hex()


def joined(texts: Iterable[object]) -> str:
    return ",".join(str(text) for text in texts)


def image(value: str) -> facebridge.ImageLike:
    kind, _, rest = value.partition(":")
    if kind == "encoded":
        return Path(rest).read_bytes()
    if kind == "path":
        return rest
    size, stride, file = rest.split(":", 2)
    width, height = size.split("x")
    return facebridge.Pixels(
        Path(file).read_bytes(),
        facebridge.PixelFormat(kind),
        width=int(width),
        height=int(height),
        stride=int(stride),
    )


def max_fmr(fields: Fields) -> float | None:
    return float(fields["max_fmr"]) if "max_fmr" in fields else None


def detect(client: facebridge.Client, fields: Fields) -> Answer:
    if "max_faces" in fields:
        found = client.detect(image(fields["image"]), max_faces=int(fields["max_faces"]))
    else:
        found = client.detect(image(fields["image"]))
    digest = Digest()
    for face in found.faces:
        add_face(digest, face)
    return [
        ("faces", len(found.faces)),
        ("check_code", int(found.check_code)),
        ("size", f"{found.image_width}x{found.image_height}"),
        ("rotation", found.rotation),
        ("warnings", joined(found.warnings)),
        ("digest", digest),
    ]


def embed(client: facebridge.Client, fields: Fields) -> Answer:
    embedding = client.embed(image(fields["image"]))
    return [
        ("model_id", embedding.model_id),
        ("pipeline", embedding.pipeline),
        ("warnings", joined(embedding.source.warnings)),
        ("digest", embedding_digest(embedding)),
    ]


def comparison(result: facebridge.Comparison) -> Answer:
    digest = Digest()
    faces = (result.face_a, result.face_b)
    for face in faces:
        if face is not None:
            add_selected(digest, face)
    fmr = result.estimated_fmr
    answer: Answer = [
        ("decision", result.decision),
        ("reason", result.indeterminate_reason or "-"),
        ("score", bits(result.score)),
        ("raw_score", bits(result.raw_score)),
        ("threshold", bits(result.threshold)),
        ("fmr", bits(None if fmr is None else fmr.rate)),
        ("at_most", int(fmr is not None and fmr.at_most)),
        ("answered_by", result.answered_by),
        ("model_id", result.model_id),
    ]
    for name, face in zip(("warnings_a", "warnings_b"), faces, strict=True):
        answer.append((name, "" if face is None else joined(face.warnings)))
    return [*answer, ("digest", digest)]


def compare(client: facebridge.Client, fields: Fields) -> Answer:
    a, b = image(fields["a"]), image(fields["b"])
    return comparison(client.compare(a, b, max_fmr=max_fmr(fields)))


def compare_embeddings(client: facebridge.Client, fields: Fields) -> Answer:
    a, b = client.embed(image(fields["a"])), client.embed(image(fields["b"]))
    return comparison(client.compare_embeddings(a, b, max_fmr=max_fmr(fields)))


def embed_many(client: facebridge.Client, fields: Fields) -> Answer:
    with client.embed_many(fields["paths"].split("|")) as job:
        outcomes = sorted(job, key=lambda outcome: outcome.index)
    texts = []
    for outcome in outcomes:
        if outcome.embedding is not None:
            texts.append(f"{outcome.index}:{embedding_digest(outcome.embedding)}")
        elif outcome.failure is not None:
            texts.append(f"{outcome.index}:{kind_name(outcome.failure.kind)}")
    return [("outcomes", len(outcomes)), ("i", joined(texts))]


def told(capabilities: facebridge.Capabilities) -> Answer:
    return [
        ("backend", capabilities.backend),
        ("operations", joined(capabilities.operations)),
        ("models", joined(f"{m.id}:{m.kind}:{m.sha256}" for m in capabilities.models)),
        ("pipeline", capabilities.pipeline),
        ("embedding_length", capabilities.embedding_length),
        ("calibrated", int(capabilities.calibrated)),
        ("lowest_fmr", bits(capabilities.lowest_supported_fmr)),
        ("concurrency", capabilities.concurrency),
        ("formats", joined(capabilities.image_formats)),
        ("jpeg", capabilities.jpeg_decoder),
    ]


def capabilities(client: facebridge.Client, fields: Fields) -> Answer:
    return told(client.capabilities())


def from_config(client: facebridge.Client, fields: Fields) -> Answer:
    with facebridge.Client.from_config(fields["config"]) as other:
        return told(other.capabilities())


def optimize_model(client: facebridge.Client, fields: Fields) -> Answer:
    model = facebridge.optimize_model(Path(fields["model"]).read_bytes())
    digest = Digest()
    digest.add(model)
    return [("length", len(model)), ("digest", digest)]


def evaluate(client: facebridge.Client, fields: Fields) -> Answer:
    with client.evaluate(folder=fields["folder"]) as job:
        report = job.result()
    digest = Digest()
    if report.all_pairs is not None:
        counts = report.all_pairs.all.counts
        digest.pack("2Q", counts.mated, counts.non_mated)
        for point in report.all_pairs.det:
            digest.pack("f2d", point.threshold, point.fmr, point.fnmr)
    return [
        ("images", report.images),
        ("undetected", report.undetected),
        ("unreadable", report.unreadable),
        ("digest", digest),
    ]


def closed(client: facebridge.Client, fields: Fields) -> Answer:
    other = facebridge.Client.local()
    other.close()
    return [("embedded", embedding_digest(other.embed(image(fields["image"]))))]


OPERATIONS: dict[str, Callable[[facebridge.Client, Fields], Answer]] = {
    "detect": detect,
    "embed": embed,
    "compare": compare,
    "compare_embeddings": compare_embeddings,
    "embed_many": embed_many,
    "capabilities": capabilities,
    "from_config": from_config,
    "optimize_model": optimize_model,
    "evaluate": evaluate,
    "closed": closed,
}


def kind_name(kind: facebridge.ErrorKind) -> str:
    """As the definition writes it, such as `NoFace`."""
    return kind.name.title().replace("_", "")


def failure(error: facebridge.FaceError) -> Answer:
    answer: Answer = [("error", kind_name(error.kind))]
    if error.check_code is not None:
        answer.append(("error_check_code", error.check_code))
    return [*answer, ("message", error.message.translate({9: " ", 10: " ", 13: " "}))]


def main() -> None:
    plan = Path(sys.argv[1]).read_text(encoding="utf-8")
    with facebridge.Client.local() as client:
        for line in plan.splitlines():
            if not line or line.startswith("#"):
                continue
            name, operation, *rest = line.split("\t")
            fields = dict(field.split("=", 1) for field in rest)
            try:
                answer = OPERATIONS[operation](client, fields)
            except facebridge.FaceError as error:
                answer = failure(error)
            print("\t".join([name, *(f"{key}={value}" for key, value in answer)]), flush=True)


if __name__ == "__main__":
    main()
