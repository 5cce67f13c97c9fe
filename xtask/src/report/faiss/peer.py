"""FAISS's exact index on the same vectors, one thread: the peer of gallery_search.rs.

    peer_faiss.py FILE PROBES     answers one JSON request a line (see core/benches/gallery_search.rs)

Both files are rows of little-endian f32. A probe is named by its place in PROBES; rows are counted from 0.
"""

import json
import sys
import time

import faiss
import numpy

faiss.omp_set_num_threads(1)

DIMENSION = 128


class Peer:
    def __init__(self, file, probes):
        self.rows = numpy.fromfile(file, "<f4").reshape(-1, DIMENSION)
        self.probes = numpy.fromfile(probes, "<f4").reshape(-1, DIMENSION)
        self.index = None

    def open(self, request):
        before = time.process_time_ns()
        self.index = faiss.IndexFlatIP(DIMENSION)
        self.index.add(self.rows)
        return {"cpu_ns": [time.process_time_ns() - before], "faces": self.index.ntotal}

    def search(self, request):
        """Each probe by itself."""
        times = []
        for _ in range(request.get("times", 1)):
            for place in request["probes"]:
                probe = self.probes[place : place + 1]
                before = time.process_time_ns()
                self.index.search(probe, request["count"])
                times.append(time.process_time_ns() - before)
        return {"cpu_ns": times}

    def batch(self, request):
        """All probes together; times are of a probe."""
        probes = self.probes[request["probes"]]
        times = []
        for _ in range(request.get("times", 1)):
            before = time.process_time_ns()
            self.index.search(probes, request["count"])
            times.append((time.process_time_ns() - before) // len(probes))
        return {"cpu_ns": times}

    def answers(self, request):
        rows = [self.index.search(self.probes[place : place + 1], request["count"])[1][0] for place in request["probes"]]
        return {"rows": [[int(row) for row in each] for each in rows]}

    def about(self, request):
        return {"faiss": faiss.__version__, "faiss_options": faiss.get_compile_options().strip()}


def main():
    peer = Peer(*sys.argv[1:])
    operations = {name: getattr(peer, name) for name in ("open", "search", "batch", "answers", "about")}
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(operations[request["do"]](request)), flush=True)


main()
