"""Several instances before one upstream whose rate or quota they share: what the scenarios about it have in common."""
import threading
import time

from .case import local
from .origin import fresh
from .shared import Sharing

RATE, BURST = 2, 8


class Limits(Sharing):
    rate = {"per_second": RATE, "burst": BURST, "max_wait": "2s"}

    def setUp(self):
        super().setUp()
        self.use_limited_origin()

    def use_limited_origin(self):
        self.limited = self.another_origin()
        self.limited.default = fresh("counted")
        self.arrivals, self.lock = [], threading.Lock()

        def count(_wire, _request):
            with self.lock:
                self.arrivals.append(time.monotonic())
            return fresh("counted")
        self.limited.default = [count]
        self.started = time.monotonic()

    def limited_instance(self, name, **more):
        rules = local(self.limited, "limited", shared=True, rate=dict(self.rate))
        return self.instance(name, rules=rules, records=False, **more)

    def load(self, *proxies):
        """Asks without end, two at a time of each, until the test is over. Gives what came that was neither answered nor limited."""
        stop, wrong = threading.Event(), []

        def ask(proxy):
            while not stop.is_set():
                response = proxy.ask(self.limited.url + self.path())
                if response.status not in (200, 429):
                    wrong.append(response)
                if response.status == 429:
                    stop.wait(0.05)

        workers = [threading.Thread(target=ask, args=(proxy,)) for proxy in proxies for _ in range(2)]
        for worker in workers:
            worker.start()

        def end():
            stop.set()
            for worker in workers:
                worker.join()
        self.addCleanup(end)
        return end, wrong

    def more(self, count):
        """Waits until the upstream has been asked so many times more."""
        before = len(self.arrivals)
        self.until(lambda: len(self.arrivals) >= before + count, "the upstream is not asked any more")

    def assertWithinLimits(self):
        for number, at in enumerate(self.arrivals, 1):
            self.assertLessEqual(number, BURST + RATE * (at - self.started), "of %d requests" % len(self.arrivals))

    def standings(self, proxy):
        return {lane["state"] for lane in self.status(proxy)["limits"]}

    def assertOneBucket(self):
        end, wrong = self.load(*[self.limited_instance(name) for name in ("one", "two")])
        self.more(BURST + 6)
        end()
        self.assertEqual([], wrong)
        self.assertWithinLimits()
