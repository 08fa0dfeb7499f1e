"""Pointing one application here: the steps, and the ticks when its requests come."""
import subprocess

from lab.case import Scenario, local, main
from lab.origin import answer
from lab.proxy import Log, binary


class Try(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "expect": "any"}])

    def test_the_steps_name_this_proxy(self):
        done = self.proxy.command("try", "sonarr", "--no-wait")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn("port %d" % self.proxy.port, done.stdout)
        done = self.proxy.command("try", "overseerr", "--no-wait", "--url", "http://nas:1234")
        self.assertIn("HTTP_PROXY=http://nas:1234", done.stdout)
        self.assertEqual(2, self.proxy.command("try", "sonarr", "--url", "nas", "--no-wait").returncode)
        self.assertEqual(2, self.proxy.command("try", "nothing").returncode)

    def test_it_ticks_when_the_application_comes_and_ends_with_a_hit(self):
        path = self.path()
        self.origin.on(path, *answer("body"))
        process = subprocess.Popen([binary(), "try", "sonarr", "--config", self.proxy.config_file], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.kill)
        log = Log(process.stdout)
        log.wait_for("Waiting")

        def seen(pattern):
            # The listener may begin a moment later, so that the application asks again.
            self.ask(path, headers={"User-Agent": "curl/8"})
            self.ask(path, headers={"User-Agent": "Sonarr/4.0.1 (linux)"})
            return log.find(pattern)

        self.until(lambda: seen(r"\[x\] the cache answers"), "no tick came")
        log.wait_for(r"\[x\] its requests arrive")
        self.assertEqual(0, process.wait(60))
        self.assertNotIn("curl", log.text)
        process.stdout.close()


if __name__ == "__main__":
    main()
