"""cache.compression: text is stored small, and each client gets it in a coding that it takes."""
import gzip
import json

from lab.case import Scenario, main
from lab.origin import answer, fresh

PLAIN = json.dumps([{"id": number, "title": "the same again"} for number in range(400)])


class Compressed(Scenario):
    config = {"cache": {"compression": True}}

    def stored(self, *steps):
        path = self.path()
        self.origin.on(path, *steps)
        self.assertMiss(self.ask(path))
        return path

    def text(self):
        return self.stored(*fresh(PLAIN, 600, headers=[("Content-Type", "application/json"), ("ETag", '"v1"')]))

    def test_a_client_gets_stored_text_in_a_coding_that_it_takes(self):
        path = self.text()
        small = self.ask(path, headers={"Accept-Encoding": "gzip"})
        self.assertHit(small)
        self.assertEqual("gzip", small["content-encoding"])
        self.assertEqual("Accept-Encoding", small["vary"])
        self.assertEqual('W/"v1"', small["etag"])
        self.assertEqual(len(small.body), int(small["content-length"]))
        self.assertEqual(PLAIN.encode(), gzip.decompress(small.body))
        whole = self.ask(path)
        self.assertHit(whole)
        self.assertEqual('"v1"', whole["etag"])
        self.assertEqual("Accept-Encoding", whole["vary"])
        self.assertAnswered(whole, PLAIN)

    def test_a_client_that_takes_less_than_is_stored_gets_it_decoded(self):
        path = self.stored(*answer(gzip.compress(PLAIN.encode()), 200, {
            "Content-Type": "application/json", "Cache-Control": "max-age=60", "Content-Encoding": "gzip", "ETag": '"v1"'}))
        plain = self.ask(path)
        self.assertHit(plain)
        self.assertAnswered(plain, PLAIN)
        self.assertIsNone(plain["content-encoding"])
        self.assertEqual('W/"v1"', plain["etag"])

    def test_images_stay_as_they_are(self):
        path = self.stored(*fresh("p" * 5000, 600, headers=[("Content-Type", "image/png")]))
        image = self.ask(path, headers={"Accept-Encoding": "gzip"})
        self.assertHit(image)
        self.assertIsNone(image["content-encoding"])
        self.assertIsNone(image["vary"])
        self.assertAnswered(image, "p" * 5000)

    def test_the_clients_copy_is_confirmed_in_any_coding(self):
        path = self.text()
        known = self.ask(path, headers={"Accept-Encoding": "gzip", "If-None-Match": 'W/"v1"'})
        self.assertEqual(304, known.status)
        self.assertEqual('W/"v1"', known["etag"])


if __name__ == "__main__":
    main()
