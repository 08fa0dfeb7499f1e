"""Several instances that share one Redis: what the scenarios about them have in common."""
import os
import signal
import tempfile

from .case import Scenario, local
from .origin import fresh
from .redis_server import RedisServer
from .wire import TIME_LIMIT

SECRET = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
RULES = [{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "type": "series", "expect": "any", "tags": ["series"], "stale": {"if_error": "1d"}}]


def rights_of_the_manual():
    """The least ones, for a user of the Redis."""
    with open(os.path.join(os.path.dirname(__file__), "..", "..", "..", "packaging", "man", "cachearr-shared.7"), encoding="utf-8") as file:
        text = file.read().replace("\\-", "-")
    return text.split("ACL SETUSER cachearr on >PASSWORD", 1)[1].split(".fi", 1)[0].split()


def secret_file(case, secret=SECRET):
    handle, name = tempfile.mkstemp(prefix="shared-secret-")
    os.write(handle, secret.encode())
    os.close(handle)
    case.addCleanup(os.unlink, name)
    return name


class Sharing(Scenario):
    """Each test has a Redis and instances of its own; the origin is the class'."""

    redis_options = ()

    def setUp(self):
        self.redis = self.another_redis(*self.redis_options)
        self.secret = secret_file(self)

    def another_redis(self, *options):
        redis = RedisServer(*options)
        self.addCleanup(redis.close)
        return redis

    def shared(self, **more):
        # Machines that are slow wait longer, so that no test depends on their pace.
        return dict({"redis_url": self.redis.url, "secret_file": self.secret, "lookup_timeout": "5s"}, **more)

    def instance(self, name, ready=True, config=None, rules=None, **more):
        proxy = self.start(rules or local(self.origin, rules=RULES, shared=True),
                           dict(config or {}, shared=self.shared(instance=name, **more)))
        if ready:
            self.ready(proxy)
        return proxy

    def status(self, proxy):
        return proxy.admin("GET", "/api/v1/shared").data

    def ready(self, proxy):
        self.until(lambda: self.status(proxy)["state"] == "ready", "it never became ready")

    def away(self, proxy):
        self.until(lambda: self.status(proxy)["state"] != "ready", "it stayed ready")

    def written(self, proxy, count):
        """Waits until so many answers are in the Redis."""
        self.until(lambda: self.status(proxy)["records"]["written"] >= count, "nothing was written")

    def shares(self, one, two):
        """What one has fetched, two gets from the Redis."""
        path = self.path()
        self.origin.on(path, fresh("shared"))
        before = self.status(one)["records"]["written"]
        self.ask(path, proxy=one)
        self.written(one, before + 1)
        response = self.ask(path, proxy=two)
        self.assertAnswered(response, "shared")
        self.assertEqual("shared", response.cache.get("detail"), response["cache-status"])

    def answers(self, proxy, count=20):
        """New paths are fetched, one after the other, without a failure."""
        for _ in range(count):
            path = self.path()
            self.origin.on(path, fresh("right"))
            self.assertAnswered(self.ask(path, proxy=proxy), "right")

    def heard(self, *proxies):
        """Waits until nobody waits to send any invalidation, and all of them have heard of the newest one."""
        def agreed():
            told = [self.status(proxy)["invalidations"] for proxy in proxies]
            newest = int(self.call("HGET", "cachearr:n1:{news}", "n") or 0)
            return all(each["waiting"] == 0 and each["ordinal"] == newest for each in told)
        self.until(agreed, "they never agreed")

    def asked(self, path):
        return len(self.origin.asked(path))

    @staticmethod
    def end(proxy):
        """Ends it with SIGTERM, unless it was killed; start() goes on in the same folder."""
        if proxy.process.poll() is None:
            proxy.signal(signal.SIGTERM)
        proxy.process.wait(TIME_LIMIT)
        proxy.log.thread.join(TIME_LIMIT)
        proxy.process.stdout.close()

    def call(self, *words):
        connection = self.redis.connect()
        try:
            return connection.call(*words)
        finally:
            connection.close()
