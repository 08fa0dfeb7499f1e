"""The base of every scenario: one origin and one running instance for the class, more on demand."""
import itertools
import json
import os
import sys
import threading
import time
import unittest

from .origin import Origin
from .proxy import Proxy, binary
from .wire import TIME_LIMIT


def local(origin, name="local", rules=(), **upstream):
    """A rules file with one upstream: this origin, reached by its real address, by the mount /NAME and by NAME.test."""
    about = {"hosts": ["127.0.0.1", name + ".test"], "origin": origin.url, "mount": "/" + name}
    about.update(upstream)
    return {"upstreams": {name: about}, "rules": [dict(rule, upstream=rule.get("upstream", name)) for rule in rules]}


class Scenario(unittest.TestCase):
    """Set `rules_of(origin)` or `config` in a subclass. Paths from path() are new, so that tests share an instance."""

    maxDiff = None
    config, reverse, arguments, environment = {}, (), (), {}
    _number = itertools.count(1)

    @classmethod
    def rules_of(cls, origin):
        return local(origin)

    @classmethod
    def setUpClass(cls):
        cls.origin = Origin()
        cls.addClassCleanup(cls.origin.close)
        cls.proxy = Proxy(cls.rules_of(cls.origin), cls.config, cls.reverse, cls.arguments, cls.environment).start()
        cls.addClassCleanup(cls.proxy.stop)

    def start(self, rules=None, config=None, **more):
        """Another instance, for this test alone."""
        proxy = Proxy(rules if rules is not None else local(self.origin), config, **more)
        self.addCleanup(proxy.stop)
        return proxy.start()

    def another_origin(self, **more):
        origin = Origin(**more)
        self.addCleanup(origin.close)
        return origin

    def path(self, stem="/item"):
        return "%s/%d" % (stem, next(self._number))

    def url(self, path, origin=None):
        return (origin or self.origin).url + path

    def ask(self, path, method="GET", headers=(), body=b"", proxy=None):
        """Through the forward proxy to this class' origin."""
        return (proxy or self.proxy).ask(self.url(path), method, headers, body)

    def until(self, holds, what="it never came true"):
        """Asks until it holds: for what the program does behind its answers. Gives what `holds` gave."""
        end = time.monotonic() + TIME_LIMIT
        while not (result := holds()):
            self.assertLess(time.monotonic(), end, what)
            threading.Event().wait(0.02)
        return result

    # ---- assertions

    def assertHit(self, response, message=None):
        self.assertEqual("cachearr", response.cache.get(""), message or response)
        self.assertIn("hit", response.cache, message or response["cache-status"])

    def assertMiss(self, response, forward=None):
        self.assertEqual("cachearr", response.cache.get(""), response)
        self.assertNotIn("hit", response.cache, response["cache-status"])
        self.assertIn("fwd", response.cache, response["cache-status"])
        if forward:
            self.assertEqual(forward, response.cache["fwd"], response["cache-status"])

    def assertProblem(self, response, status):
        """An error of the program's own: problem+json with a status and a detail that says something (RFC 9457)."""
        self.assertEqual(status, response.status, response)
        self.assertEqual("application/problem+json", response["content-type"])
        problem = json.loads(response.body)
        self.assertEqual(status, problem["status"])
        self.assertGreater(len(problem["detail"]), 5, problem)
        return problem

    def assertAnswered(self, response, body, status=200):
        self.assertEqual(status, response.status, response)
        self.assertEqual(body.encode() if isinstance(body, str) else body, response.body)


def main():
    if not os.access(binary(), os.X_OK):
        sys.exit("no program at %s (set CACHEARR_BIN)" % binary())
    unittest.main()
