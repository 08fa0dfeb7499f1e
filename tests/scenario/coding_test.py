"""Applications share answers: one representation is stored, and each client gets it in a coding that it takes."""
import gzip
import json
import zlib

from lab.case import Scenario, main
from lab.origin import answer

FILM = json.dumps({"id": 603, "title": "The Matrix", "cast": ["somebody %d" % number for number in range(200)]})
LONG = json.dumps([{"id": number, "title": "the same again"} for number in range(40000)])
# As Kodi, Bazarr, node-themoviedb, Node's fetch, axios, .NET, browsers and curl send it.
REAL = ["gzip", "gzip, deflate", "gzip, deflate, br", "br, gzip, deflate", "gzip, compress, deflate, br", "gzip, br",
        "gzip, deflate, br, zstd", None]


def accepting(value):
    return {} if value is None else {"Accept-Encoding": value}


def plain(response):
    return gzip.decompress(response.body) if response["content-encoding"] == "gzip" else response.body


def packed(body, extra=(), coding="gzip", kind="application/json"):
    data = gzip.compress(body.encode()) if coding == "gzip" else body.encode()
    return answer(data, 200, [("Content-Type", kind), ("Cache-Control", "max-age=600"), ("ETag", '"v1"'),
                              ("Vary", "Accept-Encoding"), ("Content-Encoding", coding)] + list(extra))


def negotiating(body, extra=()):
    """An origin that sends gzip where the request takes it."""
    def choose(_wire, request):
        if "gzip" in (request["accept-encoding"] or ""):
            return packed(body, extra)
        return answer(body, 200, [("Content-Type", "application/json"), ("Cache-Control", "max-age=600"),
                                  ("ETag", '"p1"'), ("Vary", "Accept-Encoding")] + list(extra))
    return choose


class Shared(Scenario):
    def on(self, *steps):
        path = self.path()
        self.origin.on(path, *steps)
        return path

    def test_eight_real_programs_share_one_film(self):
        for first in range(len(REAL)):
            path = self.on(negotiating(FILM))
            for value in REAL[first:] + REAL[:first]:
                got = self.ask(path, headers=accepting(value))
                self.assertEqual(200, got.status)
                self.assertEqual(FILM.encode(), plain(got), value)
                self.assertIn(got["content-encoding"], (None, "gzip") if value else (None,))
                self.assertEqual("Accept-Encoding", got["vary"])
            self.assertEqual(["gzip"], [request["accept-encoding"] for request in self.origin.asked(path)])

    def test_what_is_forbidden_is_never_sent(self):
        path = self.on(negotiating(FILM))
        self.ask(path, headers=accepting("gzip"))
        for value in ("gzip;q=0", "identity", "*;q=0", "br", "deflate", "gzip;q=0, *", ""):
            got = self.ask(path, headers=accepting(value))
            self.assertHit(got)
            self.assertNotEqual("gzip", got["content-encoding"], value)
        self.assertEqual(1, self.origin.count(path))

    def test_identity_that_is_forbidden_is_packed(self):
        path = self.on(answer(FILM, 200, {"Content-Type": "application/json", "Cache-Control": "max-age=600"}))
        self.ask(path)
        got = self.ask(path, headers=accepting("gzip, identity;q=0"))
        self.assertHit(got)
        self.assertEqual("gzip", got["content-encoding"])
        self.assertEqual(FILM.encode(), plain(got))

    def test_a_logo_whose_origin_forgot_vary_is_decoded(self):
        logo = "<svg xmlns='http://www.w3.org/2000/svg'>" + "<path d='M0 0'/>" * 100 + "</svg>"
        path = self.on(answer(gzip.compress(logo.encode()), 200, {
            "Content-Type": "image/svg+xml", "Cache-Control": "max-age=600", "Content-Encoding": "gzip"}))
        stored = self.ask(path, headers=accepting("gzip"))
        self.assertEqual("Accept-Encoding", stored["vary"])
        got = self.ask(path, headers=accepting("identity"))
        self.assertHit(got)
        self.assertAnswered(got, logo)
        self.assertEqual("Accept-Encoding", got["vary"])

    def test_long_text_is_decoded_in_steps(self):
        path = self.on(negotiating(LONG))
        for expected in (self.assertMiss, self.assertHit, self.assertHit):
            got = self.ask(path)
            expected(got)
            self.assertAnswered(got, LONG)
            self.assertIsNone(got["content-encoding"])
            self.assertEqual('W/"v1"', got["etag"])
        head = self.ask(path, method="HEAD")
        self.assertHit(head)
        self.assertIsNone(head["content-encoding"])
        self.assertIsNone(head["content-length"])
        known = self.ask(path, headers={"If-None-Match": 'W/"v1"'})
        self.assertEqual(304, known.status)
        self.assertEqual(1, self.origin.count(path))

    def test_a_head_says_what_its_get_says(self):
        path = self.on(negotiating(FILM))
        self.ask(path)
        for value in REAL:
            got = self.ask(path, headers=accepting(value))
            head = self.ask(path, method="HEAD", headers=accepting(value))
            for name in ("content-length", "content-encoding", "etag", "vary", "content-type"):
                self.assertEqual(got[name], head[name], name)

    def test_a_head_that_is_not_stored_is_recoded_as_well(self):
        path = self.on(negotiating(FILM))
        head = self.ask(path, method="HEAD")
        self.assertEqual("gzip", self.origin.asked(path)[0]["accept-encoding"])
        self.assertIsNone(head["content-encoding"])
        self.assertIsNone(head["content-length"])
        self.assertEqual('W/"v1"', head["etag"])

    def test_the_validator_of_another_coding_confirms(self):
        path = self.on(negotiating(FILM))
        self.ask(path)
        for value in (None, "gzip"):
            for tag in ('"v1"', 'W/"v1"'):
                known = self.ask(path, headers=dict(accepting(value), **{"If-None-Match": tag}))
                self.assertEqual(304, known.status)

    def test_ranges_are_of_what_is_stored(self):
        path = self.on(negotiating(FILM))
        whole = self.ask(path, headers=accepting("gzip")).body
        part = self.ask(path, headers={"Accept-Encoding": "gzip", "Range": "bytes=0-9"})
        self.assertEqual((206, whole[:10]), (part.status, part.body))
        recoded = self.ask(path, headers={"Range": "bytes=0-9"})
        self.assertAnswered(recoded, FILM)

    def test_a_range_that_is_not_stored_goes_with_the_clients_own_codings(self):
        path = self.on(negotiating(FILM))
        self.ask(path, headers={"Range": "bytes=0-9", "Accept-Encoding": "identity"})
        self.assertEqual("identity", self.origin.asked(path)[0]["accept-encoding"])

    def test_what_must_not_be_transformed_is_fetched_anew(self):
        path = self.on(negotiating(FILM, [("Cache-Control", "no-transform")]))
        self.assertMiss(self.ask(path, headers=accepting("gzip")))
        own = self.ask(path, headers=accepting("identity"))
        self.assertMiss(own)
        self.assertAnswered(own, FILM)
        self.assertEqual('"p1"', own["etag"])
        self.assertEqual("identity", self.origin.asked(path)[1]["accept-encoding"])
        kept = self.ask(path, headers=accepting("gzip"))
        self.assertHit(kept)
        self.assertEqual("gzip", kept["content-encoding"])

    def test_the_first_client_of_what_must_not_be_transformed_gets_its_own(self):
        path = self.on(negotiating(FILM, [("Cache-Control", "no-transform")]))
        own = self.ask(path, headers=accepting("identity"))
        self.assertAnswered(own, FILM)
        self.assertIsNone(own["content-encoding"])

    def test_an_origin_that_refuses_our_codings_is_asked_with_the_clients_own(self):
        def choose(_wire, request):
            if request["accept-encoding"] == "gzip":
                return answer("no", 406)
            return answer(FILM, 200, {"Content-Type": "application/json", "Cache-Control": "max-age=600"})
        path = self.on(choose)
        got = self.ask(path, headers=accepting("identity"))
        self.assertAnswered(got, FILM)
        self.assertEqual(["gzip", "identity"], [request["accept-encoding"] for request in self.origin.asked(path)])
        self.assertHit(self.ask(path))

    def test_an_unknown_coding_goes_only_to_who_takes_it(self):
        path = self.on(*packed(FILM, coding="compress"))
        asked = self.ask(path, headers=accepting("gzip, compress"))
        self.assertEqual("compress", asked["content-encoding"])
        self.assertHit(self.ask(path, headers=accepting("compress")))
        self.assertEqual(1, self.origin.count(path))
        self.assertMiss(self.ask(path, headers=accepting("gzip")))
        self.assertEqual(2, self.origin.count(path))
        self.assertEqual("gzip", self.origin.asked(path)[1]["accept-encoding"])

    def test_an_origin_that_ignores_what_it_is_asked_for_is_decoded_all_the_same(self):
        path = self.on(answer(zlib.compress(FILM.encode()), 200, {
            "Content-Type": "application/json", "Cache-Control": "max-age=600", "Content-Encoding": "deflate"}))
        for value in (None, "gzip", "identity"):
            got = self.ask(path, headers=accepting(value))
            self.assertEqual(FILM.encode(), plain(got))
        self.assertEqual(1, self.origin.count(path))

    def test_what_is_not_cached_keeps_the_clients_own_codings(self):
        path = self.on(negotiating(FILM))
        self.ask(path, method="POST", headers=accepting("br"), body=b"x")
        self.ask(path, headers={"Accept-Encoding": "br", "Cache-Control": "no-store"})
        self.assertEqual(["br", "br"], [request["accept-encoding"] for request in self.origin.asked(path)])

    def test_what_may_not_be_stored_is_decoded_while_it_comes(self):
        def choose(_wire, _request):
            return answer(gzip.compress(LONG.encode()), 200, {"Cache-Control": "no-store", "Content-Encoding": "gzip"},
                          chunks=True)
        path = self.on(choose)
        got = self.ask(path)
        self.assertAnswered(got, LONG)
        self.assertIsNone(got["content-encoding"])


if __name__ == "__main__":
    main()
