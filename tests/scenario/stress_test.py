"""Many clients at once, every kind of request and of fault mixed by a fixed seed: no wrong byte, no hang, no crash."""
import hashlib
import random
import threading

from lab.case import Scenario, local, main
from lab.origin import CLOSE, RESET, answer, fresh, head
from lab.wire import WireError, connect, request_bytes

CLIENTS, REQUESTS, PATHS = 16, 300, 60


def body_of(path):
    """What the origin has at this path: recognisable, and of very different lengths."""
    seed = hashlib.sha256(path.encode()).digest()
    return seed * (1 + seed[0] * (200 if seed[1] < 20 else 1))


class Stress(Scenario):
    config = {"memory": {"max_bytes": "2MiB"}, "log": {"level": "warning"}}

    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "ruled", "match": {"path": "/ruled/*"}, "ttl": "1h", "tags": ["ruled"]},
                                    {"name": "written", "match": {"method": ["PUT"], "path": "/ruled/*"}, "invalidate": ["tag:ruled"]}])

    def faulty(self, path, chance):
        """An answer for `path`, most often a good one."""
        body, kind = body_of(path), chance.random()
        control = chance.choice(["max-age=600", "max-age=600, stale-if-error=600", "no-store", "private", "max-age=0", "no-cache"])
        headers = [("Cache-Control", control), ("ETag", '"%s"' % path)]
        if kind < 0.05:
            return [RESET]
        if kind < 0.10:
            return [head(200, headers + [("Content-Length", str(len(body)))]), body[:len(body) // 2], chance.choice([RESET, CLOSE])]
        if kind < 0.15:
            return [head(200, headers + [("Transfer-Encoding", "chunked")]), b"%x\r\n" % len(body) + body[:-3], CLOSE]
        if kind < 0.20:
            return answer("broken", chance.choice([500, 503, 404]))
        if kind < 0.25:
            return [b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", CLOSE]
        if kind < 0.45:
            return fresh(body, headers=headers, chunks=True)
        if kind < 0.55:
            return [head(200, headers + [("Content-Length", str(len(body)))])] + [body[i:i + 4096] for i in range(0, len(body), 4096)]
        return answer(body, 200, headers)

    def one_client(self, number, wrong):
        chance = random.Random(number)
        wire = connect(self.proxy.address)
        for _ in range(REQUESTS):
            path = "/%s/%d" % (chance.choice(["ruled", "plain"]), chance.randrange(PATHS))
            method = chance.choice(["GET"] * 12 + ["HEAD", "PUT"])
            headers = chance.choice([[]] * 6 + [[("Cache-Control", "no-cache")], [("Cache-Control", "only-if-cached")], [("Range", "bytes=3-9")],
                                                [("If-None-Match", '"%s"' % path)], [("Accept-Encoding", "gzip")]])
            try:
                wire.send(request_bytes(method, self.url(path), self.origin.authority, headers, b"x" * 5000 if method == "PUT" else b""))
                if chance.random() < 0.05:
                    wire.close()
                    wire = connect(self.proxy.address)
                    continue
                response = wire.read_response(method)
            except (WireError, OSError) as problem:
                if isinstance(problem, TimeoutError) or (isinstance(problem, WireError) and type(problem) is WireError):
                    wrong.append("%s %s: %r" % (method, path, problem))
                wire.close()
                wire = connect(self.proxy.address)
                continue
            body = body_of(path)
            if method != "HEAD" and response.body != {200: body, 206: body[3:10]}.get(response.status, response.body):
                wrong.append("%s %s: %d with %d bytes that are not its own" % (method, path, response.status, len(response.body)))
            if (response["connection"] or "").lower() == "close":
                wire.close()
                wire = connect(self.proxy.address)
        wire.close()

    def test_no_client_ever_sees_a_wrong_whole_answer(self):
        chance, lock, wrong = random.Random(0), threading.Lock(), []

        def respond(_wire, request):
            with lock:
                return self.faulty("/" + request.target.split("/", 3)[-1] if "://" in request.target else request.target, chance)
        self.origin.default = [respond]
        clients = [threading.Thread(target=self.one_client, args=(number, wrong)) for number in range(CLIENTS)]
        for client in clients:
            client.start()
        for client in clients:
            while client.is_alive():
                self.proxy.admin("POST", "/api/v1/reload", body={})
                client.join(0.2)
        self.assertEqual([], wrong[:10])
        self.assertEqual([], self.origin.errors)
        self.origin.default = fresh("well again")
        self.assertAnswered(self.ask("/afterwards"), "well again")


if __name__ == "__main__":
    main()
