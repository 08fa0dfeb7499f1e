"""Parts of answers as clients see them, without any rule: stored, reused, joined and completed (RFC 9110 14, RFC 9111 3.3 and 3.4)."""
import re
import signal

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.proxy import TIME_LIMIT

BODY = bytes(range(256)) * 8


def in_parts(etag='"v1"', body=BODY, knows_if_range=True):
    """Answers as a server of files does, one range at a time."""
    def reply(_wire, request):
        fields = [("ETag", etag), ("Content-Type", "video/mp4")]
        wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", request.fields.get("range", ""))
        if not wanted or (knows_if_range and request.fields.get("if-range", etag) != etag):
            return fresh(body, headers=fields)
        first, last = wanted.groups()
        start = int(first) if first else len(body) - int(last)
        end = min(int(last), len(body) - 1) if first and last else len(body) - 1
        fields.append(("Content-Range", "bytes %d-%d/%d" % (start, end, len(body))))
        return fresh(body[start:end + 1], status=206, headers=fields)
    return reply


class Parts(Scenario):
    def ask_range(self, path, wanted, proxy=None, **more):
        return self.ask(path, headers={"Range": "bytes=" + wanted, **more}, proxy=proxy)

    def last_range(self):
        return self.origin.requests[-1].fields.get("range")

    def test_a_stored_part_answers_what_lies_within_it(self):
        path = self.path()
        self.origin.on(path, in_parts())
        first = self.ask_range(path, "100-299")
        self.assertAnswered(first, BODY[100:300], 206)
        self.assertIn("stored", first.cache)
        for wanted, expected in (("100-299", BODY[100:300]), ("150-150", BODY[150:151]), ("200-299", BODY[200:300])):
            response = self.ask_range(path, wanted)
            self.assertAnswered(response, expected, 206)
            self.assertHit(response)
            self.assertEqual("bytes %s/%d" % (wanted, len(BODY)), response["content-range"])
            self.assertEqual("video/mp4", response["content-type"])
            self.assertTrue(int(response["age"]) >= 0)
        self.assertHit(self.ask_range(path, "150-160", **{"If-Range": '"v1"'}))
        self.assertEqual(1, self.origin.count(path))

    def test_what_lies_beyond_it_is_asked_for(self):
        for wanted, expected in (("0-99", BODY[:100]), ("299-", BODY[299:]), ("-5", BODY[-5:]), ("150-300", BODY[150:301])):
            path = self.path()
            self.origin.on(path, in_parts())
            self.ask_range(path, "100-299")
            response = self.ask_range(path, wanted)
            self.assertAnswered(response, expected, 206)
            self.assertMiss(response)
            self.assertEqual("bytes=" + wanted, self.last_range())
        self.assertAnswered(self.ask_range(path, "150-160", **{"If-Range": '"other"'}), BODY)

    def test_parts_grow_together_until_they_are_the_whole(self):
        path = self.path()
        self.origin.on(path, in_parts())
        for start in range(0, len(BODY), 256):
            self.assertMiss(self.ask_range(path, "%d-%d" % (start, start + 255)))
            self.assertHit(self.ask_range(path, "0-%d" % (start + 255)))
        response = self.ask(path)
        self.assertAnswered(response, BODY)
        self.assertHit(response)
        self.assertIsNone(response["content-range"])
        self.assertEqual(len(BODY) // 256, self.origin.count(path))

    def test_who_wants_the_whole_causes_the_rest_to_be_fetched(self):
        for wanted, rest in (("0-99", "bytes=100-"), ("1000-", "bytes=0-999")):
            path = self.path()
            self.origin.on(path, in_parts())
            self.ask_range(path, wanted)
            response = self.ask(path)
            self.assertAnswered(response, BODY)
            self.assertMiss(response)
            self.assertEqual(rest, self.last_range())
            self.assertEqual('"v1"', self.origin.requests[-1].fields.get("if-range"))
            self.assertHit(self.ask(path))
            self.assertHit(self.ask_range(path, "5-6"))
            self.assertEqual(2, self.origin.count(path))

    def test_no_two_representations_are_mixed(self):
        path, other = self.path(), bytes(reversed(BODY))
        self.origin.on(path, in_parts())
        self.ask_range(path, "0-99")
        self.origin.on(path, in_parts('"v2"', other))
        self.assertAnswered(self.ask(path), other)
        self.assertAnswered(self.ask_range(path, "0-9"), other[:10], 206)

    def test_a_server_without_if_range_is_asked_for_the_whole(self):
        path, other = self.path(), bytes(reversed(BODY))
        self.origin.on(path, in_parts())
        self.ask_range(path, "0-99")
        self.origin.on(path, in_parts('"v2"', other, knows_if_range=False))
        self.assertAnswered(self.ask(path), other)
        self.assertIsNone(self.last_range())

    def test_a_client_that_wants_the_whole_never_gets_a_part(self):
        path = self.path()
        self.origin.on(path, in_parts())
        self.ask_range(path, "0-99")
        self.origin.on(path, *answer("gone", 404))
        self.assertAnswered(self.ask(path), "gone", 404)
        self.assertEqual(504, self.ask(path, headers={"Cache-Control": "only-if-cached"}).status)
        self.assertEqual(404, self.ask(path, "HEAD").status)

    def test_a_part_outlives_a_restart(self):
        path = self.path()
        self.origin.on(path, in_parts())
        proxy = self.start(local(self.origin), {"disk": {"path": "store"}})
        self.ask_range(path, "0-99", proxy)
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait(TIME_LIMIT))
        proxy.log.thread.join(TIME_LIMIT)
        proxy.process.stdout.close()
        proxy.start()
        self.assertAnswered(self.ask_range(path, "10-19", proxy), BODY[10:20], 206)
        self.assertEqual(1, self.origin.count(path))
        self.assertAnswered(self.ask(path, proxy=proxy), BODY)
        self.assertEqual("bytes=100-", self.last_range())


if __name__ == "__main__":
    main()
