"""Answers a plan of cases through the Python package, one line for each case; it judges nothing.

driver.py PLAN_FILE
"""

from __future__ import annotations

import struct
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypedDict

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


class Stores:
    """The client of the store that was used last."""

    def __init__(self) -> None:
        self._place = ("", "")
        self._client: facebridge.Client | None = None

    def client(self, fields: Fields) -> facebridge.Client:
        place = (fields["store"], fields["key"])
        if self._client is None or self._place != place:
            self.close()
            self._client = facebridge.Client.local(gallery=gallery_options(fields))
            self._place = place
        return self._client

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None


STORES = Stores()


def gallery_options(fields: Fields) -> facebridge.GalleryOptions:
    return facebridge.GalleryOptions(
        store=fields["store"], key=fields["key"], audit_log=fields.get("audit_log")
    )


def whole(fields: Fields, key: str) -> int | None:
    return int(fields[key]) if key in fields else None


def attributes(fields: Fields) -> facebridge.SubjectAttributes | None:
    if not fields.keys() & {"name", "id_number", "person_type", "customer_id"}:
        return None
    return facebridge.SubjectAttributes(
        name=fields.get("name"),
        id_number=fields.get("id_number"),
        person_type=facebridge.PersonType(fields.get("person_type", "normal")),
        customer_id=fields.get("customer_id"),
    )


def direction(fields: Fields) -> facebridge.Direction | None:
    text = fields.get("direction")
    return next((one for one in facebridge.Direction if one.text == text), None)


def duplicates(fields: Fields) -> facebridge.DuplicatePolicy | None:
    return facebridge.DuplicatePolicy(fields["duplicates"]) if "duplicates" in fields else None


def source_digest(face: facebridge.SelectedFace | None) -> Digest:
    digest = Digest()
    if face is not None:
        add_selected(digest, face)
    return digest


def enrollment(answer: facebridge.Enrollment) -> Answer:
    found = answer.duplicate
    return [
        ("status", answer.status),
        ("face_id", "-" if answer.face_id is None else answer.face_id),
        ("check_code", int(answer.check_code)),
        ("refusal", answer.refusal or "-"),
        ("duplicate", "-" if found is None else f"{found.face_id}:{found.subject}"),
        ("duplicate_score", bits(None if found is None else found.score)),
        ("digest", source_digest(answer.source)),
    ]


def enroll(client: facebridge.Client, fields: Fields) -> Answer:
    return enrollment(
        client.enroll(
            fields["gallery"],
            fields["subject"],
            image(fields["image"]),
            attributes=attributes(fields),
            direction=direction(fields),
            face_id=whole(fields, "face_id"),
            duplicates=duplicates(fields),
            time_to_live=whole(fields, "time_to_live"),
        )
    )


def enroll_embedding(client: facebridge.Client, fields: Fields) -> Answer:
    return enrollment(
        client.enroll_embedding(
            fields["gallery"],
            fields["subject"],
            client.embed(image(fields["image"])),
            attributes=attributes(fields),
            direction=direction(fields),
            face_id=whole(fields, "face_id"),
            duplicates=duplicates(fields),
            time_to_live=whole(fields, "time_to_live"),
        )
    )


def enroll_many(client: facebridge.Client, fields: Fields) -> Answer:
    pairs = zip(fields["subjects"].split("|"), fields["paths"].split("|"), strict=True)
    items = [facebridge.EnrollItem(subject=subject, path=path) for subject, path in pairs]
    with client.enroll_many(fields["gallery"], facebridge.EnrollSource(items=items)) as job:
        outcomes = sorted(job, key=lambda outcome: outcome.index)
    texts: list[object] = []
    for outcome in outcomes:
        if outcome.enrollment is not None:
            texts.append(outcome.enrollment.status)
        elif outcome.failure is not None:
            texts.append(kind_name(outcome.failure.kind))
    return [("many", joined(texts))]


def update_face(client: facebridge.Client, fields: Fields) -> Answer:
    return enrollment(
        client.update_face(
            fields["gallery"],
            int(fields["face"]),
            image(fields["image"]),
            direction=direction(fields),
            new_face_id=whole(fields, "new_face_id"),
            duplicates=duplicates(fields),
            time_to_live=whole(fields, "time_to_live"),
        )
    )


def list_galleries(client: facebridge.Client, fields: Fields) -> Answer:
    return [
        (
            "galleries",
            joined(f"{one.name}:{one.subjects}:{one.faces}" for one in client.list_galleries()),
        )
    ]


def describe_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    found = client.describe_gallery(fields["gallery"])
    return [
        ("name", found.name),
        ("subjects", found.subjects),
        ("enrolled", found.faces),
        ("filing", int(found.filing_advised)),
    ]


def list_faces(client: facebridge.Client, fields: Fields) -> Answer:
    return [
        (
            "list",
            joined(
                f"{face.face_id}:{'-' if face.direction is None else face.direction.text}"
                f":{int(face.expires_at is not None)}"
                for face in client.list_faces(fields["gallery"], fields["subject"])
            ),
        )
    ]


def describe_subject(client: facebridge.Client, fields: Fields) -> Answer:
    found = client.describe_subject(fields["gallery"], fields["subject"])
    known = found.attributes
    return [
        ("id", found.id),
        ("name", known.name or "-"),
        ("id_number", known.id_number or "-"),
        ("person_type", known.person_type),
        ("customer_id", known.customer_id or "-"),
        ("enrolled", found.faces),
    ]


def update_subject(client: facebridge.Client, fields: Fields) -> Answer:
    client.update_subject(
        fields["gallery"],
        fields["subject"],
        name=fields.get("name"),
        id_number=fields.get("id_number"),
        person_type=facebridge.PersonType(fields.get("person_type", "normal")),
        customer_id=fields.get("customer_id"),
    )
    return [("done", 1)]


def list_subjects(client: facebridge.Client, fields: Fields) -> Answer:
    page = client.list_subjects(
        fields["gallery"], int(fields["max_subjects"]), whole(fields, "after")
    )
    return [
        ("list", joined(f"{one.id}:{one.faces}" for one in page.subjects)),
        ("next", "-" if page.next is None else page.next),
    ]


def verify(client: facebridge.Client, fields: Fields) -> Answer:
    answer = client.verify(
        fields["gallery"], fields["subject"], image(fields["image"]), max_fmr=max_fmr(fields)
    )
    fmr = answer.estimated_fmr
    return [
        ("decision", answer.decision),
        ("reason", answer.indeterminate_reason or "-"),
        ("face_id", answer.face_id),
        ("score", bits(answer.score)),
        ("raw_score", bits(answer.raw_score)),
        ("threshold", bits(answer.threshold)),
        ("fmr", bits(None if fmr is None else fmr.rate)),
        ("at_most", int(fmr is not None and fmr.at_most)),
        ("scale", bits(answer.scale)),
        ("answered_by", answer.answered_by),
        ("model_id", answer.model_id),
        ("warnings", "" if answer.probe is None else joined(answer.probe.warnings)),
        ("digest", source_digest(answer.probe)),
    ]


def candidates(found: facebridge.CandidateList) -> str:
    texts = []
    for one in found.candidates:
        fmr = one.estimated_fmr
        rate = bits(None if fmr is None else fmr.rate)
        at_most = int(fmr is not None and fmr.at_most)
        scores = f"{bits(one.score)}:{bits(one.raw_score)}:{rate}:{at_most}"
        texts.append(f"{one.subject}:{one.face_id}:{one.decision}:{scores}")
    return joined(texts)


class Limits(TypedDict, total=False):
    max_candidates: int
    max_fpir: float


def limits(fields: Fields) -> Limits:
    chosen: Limits = {}
    if "max_candidates" in fields:
        chosen["max_candidates"] = int(fields["max_candidates"])
    if "max_fpir" in fields:
        chosen["max_fpir"] = float(fields["max_fpir"])
    return chosen


def identify(client: facebridge.Client, fields: Fields) -> Answer:
    found = client.identify(fields["gallery"], image(fields["image"]), **limits(fields))
    first = found.candidates[0] if found.candidates else None
    return [
        ("decision", found.decision),
        ("reason", found.indeterminate_reason or "-"),
        ("first", "-" if first is None else first.subject),
        ("score", bits(None if first is None else first.score)),
        ("count", len(found.candidates)),
        ("candidates", candidates(found)),
        ("margin", bits(found.margin)),
        ("threshold", bits(found.threshold)),
        ("scale", bits(found.scale)),
        ("gallery_faces", found.gallery_faces),
        ("answered_by", found.answered_by),
        ("model_id", found.model_id),
        ("warnings", "" if found.probe is None else joined(found.probe.warnings)),
        ("digest", source_digest(found.probe)),
    ]


def identify_embeddings(client: facebridge.Client, fields: Fields) -> Answer:
    probes = [client.embed(image(fields[key])) for key in ("a", "b")]
    lists = client.identify_embeddings(fields["gallery"], probes, **limits(fields))
    return [("lists", "|".join(f"{one.decision}/{candidates(one)}" for one in lists))]


def create_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    return [("made", int(client.create_gallery(fields["gallery"])))]


def drop_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    return [("dropped", int(client.drop_gallery(fields["gallery"])))]


def delete_face(client: facebridge.Client, fields: Fields) -> Answer:
    return [("deleted", int(client.delete_face(fields["gallery"], int(fields["face"]))))]


def delete_subject(client: facebridge.Client, fields: Fields) -> Answer:
    return [("deleted", client.delete_subject(fields["gallery"], fields["subject"]))]


def delete_expired(client: facebridge.Client, fields: Fields) -> Answer:
    return [("deleted", client.delete_expired())]


def transferred(job: facebridge.TransferJob) -> Answer:
    with job:
        report = job.result()
    return [
        ("subjects", report.subjects),
        ("enrolled", report.faces),
        ("stored", report.stored),
        ("there", report.already_there),
        ("refused", joined(f"{refused.reason}:{refused.faces}" for refused in report.refused)),
    ]


def export_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    key = fields.get("export_key")
    return transferred(client.export_gallery(fields["gallery"], fields["to"], key=key))


def import_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    key = fields.get("export_key")
    return transferred(client.import_gallery(fields["gallery"], fields["from"], key=key))


def check_galleries(client: facebridge.Client, fields: Fields) -> Answer:
    client.check_galleries()
    return [("done", 1)]


def backup_galleries(client: facebridge.Client, fields: Fields) -> Answer:
    client.backup_galleries(fields["to"])
    return [("done", 1)]


def change_gallery_key(client: facebridge.Client, fields: Fields) -> Answer:
    client.change_gallery_key(fields["new_key"])
    return [("done", 1)]


def reseal_gallery(client: facebridge.Client, fields: Fields) -> Answer:
    client.reseal_gallery(fields["gallery"])
    return [("done", 1)]


def restore_galleries(client: facebridge.Client, fields: Fields) -> Answer:
    facebridge.restore_galleries(fields["from"], fields["to"], key=fields["key"])
    return [("done", 1)]


def verify_audit_log(client: facebridge.Client, fields: Fields) -> Answer:
    report = facebridge.verify_audit_log(fields["audit_log"], key=fields["key"])
    return [
        ("records", report.records),
        ("unsealed", int(report.unsealed)),
        ("unfinished_bytes", report.unfinished_bytes),
    ]


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

WITHOUT_CLIENT = {"restore_galleries", "verify_audit_log"}

ON_GALLERIES: dict[str, Callable[[facebridge.Client, Fields], Answer]] = {
    "create_gallery": create_gallery,
    "drop_gallery": drop_gallery,
    "list_galleries": list_galleries,
    "describe_gallery": describe_gallery,
    "enroll": enroll,
    "enroll_embedding": enroll_embedding,
    "enroll_many": enroll_many,
    "update_face": update_face,
    "delete_face": delete_face,
    "delete_subject": delete_subject,
    "delete_expired": delete_expired,
    "list_faces": list_faces,
    "describe_subject": describe_subject,
    "update_subject": update_subject,
    "list_subjects": list_subjects,
    "verify": verify,
    "identify": identify,
    "identify_embeddings": identify_embeddings,
    "export_gallery": export_gallery,
    "import_gallery": import_gallery,
    "check_galleries": check_galleries,
    "backup_galleries": backup_galleries,
    "change_gallery_key": change_gallery_key,
    "reseal_gallery": reseal_gallery,
    "restore_galleries": restore_galleries,
    "verify_audit_log": verify_audit_log,
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
                if operation in OPERATIONS:
                    answer = OPERATIONS[operation](client, fields)
                else:
                    stored = "store" in fields and operation not in WITHOUT_CLIENT
                    user = STORES.client(fields) if stored else client
                    answer = ON_GALLERIES[operation](user, fields)
            except facebridge.FaceError as error:
                answer = failure(error)
            print("\t".join([name, *(f"{key}={value}" for key, value in answer)]), flush=True)
    STORES.close()


if __name__ == "__main__":
    main()
