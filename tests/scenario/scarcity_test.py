"""What the machine may run out of: descriptors, log space, time. Requests go on where they can."""
import os
import threading
import unittest

from lab.case import Scenario, main
from lab.origin import fresh
from lab.wire import WireError, connect, request_bytes


class Descriptors(Scenario):
    def cpu_ticks(self, proxy):
        with open("/proc/%d/stat" % proxy.process.pid) as file:
            fields = file.read().rpartition(")")[2].split()
        return int(fields[11]) + int(fields[12])

    def ticks_of_a_second(self, proxy):
        used = self.cpu_ticks(proxy)
        threading.Event().wait(1)
        return self.cpu_ticks(proxy) - used

    @unittest.skipIf("undefined" in os.environ.get("CACHEARR_SANITIZE", ""),
                     "UBSan looks through a pipe at what it checks, and takes every object for broken where it cannot have one")
    def test_without_descriptors_it_waits_idly_and_serves_again_when_there_are_some(self):
        path = self.path()
        self.origin.on(path, fresh("again"))
        proxy = self.start(prefix=["prlimit", "--nofile=80"])
        self.assertAnswered(proxy.ask(self.url(path)), "again")
        before = connect(proxy.address)
        before.send(request_bytes("GET", self.url(path), self.origin.authority))
        self.assertAnswered(before.read_response(), "again")
        crowd = [connect(proxy.address) for _ in range(200)]
        self.until(lambda: self.ticks_of_a_second(proxy) < os.sysconf("SC_CLK_TCK") // 4, "it spins while it has no descriptors")
        before.send(request_bytes("GET", self.url(path), self.origin.authority))
        self.assertAnswered(before.read_response(), "again")
        for wire in crowd:
            wire.close()
        before.close()

        def answered():
            try:
                return proxy.ask(self.url(path))
            except (OSError, WireError):
                return None
        self.assertAnswered(self.until(answered), "again")


class LogSpace(Scenario):
    def test_a_log_that_cannot_be_written_stops_no_request(self):
        path = self.path()
        self.origin.on(path, fresh("served"))
        proxy = self.start(prefix=["sh", "-c", 'exec "$0" "$@" 2>/dev/full'])
        for _ in range(50):
            self.assertAnswered(proxy.ask(self.url(path)), "served")

    def test_a_closed_log_stops_no_request(self):
        path = self.path()
        self.origin.on(path, fresh("served"))
        proxy = self.start(prefix=["sh", "-c", 'exec "$0" "$@" 2>&-'])
        for _ in range(50):
            self.assertAnswered(proxy.ask(self.url(path)), "served")


class Crowds(Scenario):
    config = {"timeouts": {"client_header": "60s"}}

    def test_hundreds_of_unfinished_requests_disturb_nobody(self):
        path = self.path()
        self.origin.on(path, fresh("undisturbed"))
        before = self.proxy.resident_bytes()
        for number in range(800):
            wire = self.proxy.connect()
            self.addCleanup(wire.close)
            if number % 2:
                wire.send(b"GET http://127.0.0.1/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ")
        for _ in range(50):
            self.assertAnswered(self.ask(path), "undisturbed")
        self.assertLess((self.proxy.resident_bytes() - before) / 800, 64 << 10)


if __name__ == "__main__":
    main()
