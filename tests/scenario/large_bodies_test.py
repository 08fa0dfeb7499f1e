"""Large bodies stream: memory stays bounded whatever the size and however slow the reader."""
import hashlib
import socket
import threading

from lab.case import Scenario, main
from lab.origin import answer, fresh, head
from lab.wire import TIME_LIMIT, connect, request_bytes

MEGABYTE = 1 << 20
PIECE = bytes(range(256)) * 256  # 64 KiB


class LargeBodies(Scenario):
    config = {"limits": {"max_object_bytes": "4MiB"}, "memory": {"max_bytes": "32MiB"}}

    def big(self, path, megabytes, **headers):
        steps = [PIECE] * (megabytes * 16)
        fields = {"Content-Length": str(len(PIECE) * len(steps)), "Cache-Control": "max-age=60", **headers}
        self.origin.on(path, [head(200, fields)] + steps)

    def drain(self, wire, response):
        """Reads the body without keeping it; its length."""
        left = wire.length_of(response)
        while left:
            data = wire.exactly(min(left, 4 * MEGABYTE))
            left -= len(data)
        return wire.length_of(response)

    def test_two_hundred_megabytes_pass_in_bounded_memory_and_are_not_stored(self):
        path = self.path()
        self.big(path, 200)
        before = self.proxy.resident_bytes()
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            response = wire.read_final_head()
            self.assertEqual(200 * MEGABYTE, self.drain(wire, response))
        self.assertLess(self.proxy.resident_bytes() - before, 48 * MEGABYTE)
        self.assertNotIn("stored", response["cache-status"])

    def test_a_reader_that_stops_reading_holds_the_origin_back(self):
        path, sent = self.path(), []
        full = threading.Event()

        def pour(wire, _request):
            wire.send(head(200, {"Content-Length": str(64 * MEGABYTE)}))
            wire.sock.settimeout(2)
            try:
                for _ in range(64 * 16):
                    wire.send(PIECE)
                    sent.append(len(PIECE))
            except socket.timeout:
                full.set()
            return "close"
        self.origin.on(path, pour)
        before = self.proxy.resident_bytes()
        with self.proxy.connect() as wire:
            wire.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            self.assertTrue(full.wait(TIME_LIMIT), "the origin could send everything into a client that does not read")
            self.assertLess(self.proxy.resident_bytes() - before, 32 * MEGABYTE)

    def test_readers_of_one_fetch_get_all_of_it_however_slow_one_of_them_is(self):
        path, gate = self.path(), threading.Event()
        steps = [b"%x\r\n%b\r\n" % (len(PIECE), PIECE)] * (40 * 16)
        fields = {"Transfer-Encoding": "chunked", "Cache-Control": "max-age=60"}
        self.origin.on(path, [head(200, fields), gate] + steps + [b"0\r\n\r\n"])
        with self.proxy.connect() as slow, self.proxy.connect() as fast:
            slow.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
            for wire in (slow, fast):
                wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            first, second = slow.read_final_head(), fast.read_final_head()
            gate.set()
            self.assertEqual(40 * MEGABYTE, sum(map(len, fast.chunks(second))))
            self.assertEqual(40 * MEGABYTE, sum(map(len, slow.chunks(first))))
        self.assertEqual(1, self.origin.count(path))

    def test_a_large_upload_streams_to_the_origin(self):
        path, size, seen = self.path(), 50, {}

        def count(wire, request):
            seen["length"] = len(request.body)
            seen["digest"] = hashlib.sha256(request.body).digest()
            return answer("taken")
        self.origin.on(path, count)
        whole = hashlib.sha256(PIECE * 16 * size).digest()
        before = self.proxy.resident_bytes()
        with self.proxy.connect() as wire:
            wire.send(request_bytes("POST", self.url(path), self.origin.authority, {"Content-Length": str(size * MEGABYTE)}))
            for _ in range(size * 16):
                wire.send(PIECE)
            self.assertAnswered(wire.read_response("POST"), "taken")
        self.assertEqual((size * MEGABYTE, whole), (seen["length"], seen["digest"]))
        self.assertLess(self.proxy.resident_bytes() - before, 32 * MEGABYTE)

    def test_an_answer_just_under_the_object_limit_is_stored_and_comes_back_byte_for_byte(self):
        path = self.path()
        self.big(path, 3)
        bodies = [self.ask(path) for _ in range(2)]
        self.assertHit(bodies[1])
        self.assertEqual(PIECE * 48, bodies[1].body)

    def test_an_answer_over_the_object_limit_says_too_large(self):
        path = self.path()
        self.big(path, 5)
        self.assertEqual(5 * MEGABYTE, len(self.ask(path).body))
        response = self.ask(path)
        self.assertMiss(response)
        self.assertEqual("too-large", response.cache.get("detail"))

    def test_a_chunked_answer_that_outgrows_the_limit_is_relayed_whole_and_not_stored(self):
        path = self.path()
        chunk = b"10000\r\n" + PIECE + b"\r\n"
        self.origin.on(path, [head(200, {"Cache-Control": "max-age=60", "Transfer-Encoding": "chunked"})] + [chunk] * 80 + [b"0\r\n\r\n"])
        for _ in range(2):
            response = self.ask(path)
            self.assertEqual(PIECE * 80, response.body)
            self.assertMiss(response)

    def test_the_memory_tier_stays_within_its_budget(self):
        before = self.proxy.resident_bytes()
        for number in range(80):
            path = "/fill/%d" % number
            self.origin.on(path, fresh(PIECE * 16))
            self.assertEqual(MEGABYTE, len(self.ask(path).body))
        self.assertLess(self.proxy.metric("cachearr_cache_size_bytes", tier="memory"), 32 * MEGABYTE + 1)
        self.assertLess(self.proxy.resident_bytes() - before, 96 * MEGABYTE)
        self.assertGreater(self.proxy.metric("cachearr_evictions_total"), 0)

    def test_aborted_downloads_leak_nothing(self):
        path = self.path()
        self.big(path, 5)

        def abort():
            with connect(self.proxy.address) as wire:
                wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                wire.exactly(1000)
        descriptors = self.proxy.open_files()
        for _ in range(50):
            abort()
        self.until(lambda: self.proxy.open_files() < descriptors + 30, "connections stay open")
        before = self.proxy.resident_bytes()
        for _ in range(200):
            abort()
        self.until(lambda: self.proxy.open_files() < descriptors + 30, "connections stay open")
        self.until(lambda: self.proxy.resident_bytes() - before < 48 * MEGABYTE, "memory stays occupied")


if __name__ == "__main__":
    main()
