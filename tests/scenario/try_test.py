"""Pointing one application here: the steps, and the ticks when its requests come."""
import os
import signal
import ssl
import subprocess

from lab.case import Scenario, local, main
from lab.intercepting import InterceptingScenario
from lab.origin import answer
from lab.proxy import Log, Proxy, binary
from lab.wire import request_bytes


def begin(case, proxy):
    """`cachearr try sonarr`, as far as that it waits for requests."""
    process = subprocess.Popen([binary(), "try", "sonarr", "--config", proxy.config_file], stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    case.addCleanup(process.kill)
    log = Log(process.stdout)
    log.wait_for("Waiting")
    return process, log


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
        process, log = begin(self, self.proxy)

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

    def test_what_is_refused_is_not_told_as_served(self):
        proxy = Proxy(local(self.origin))
        self.addCleanup(proxy.stop)
        password = os.path.join(proxy.folder, "password")
        with open(password, "w") as file:
            file.write("secret\n")
        os.chmod(password, 0o600)
        proxy.change["access"] = {"basic_auth": {"user": "me", "password_file": password}}
        proxy.start()
        process, log = begin(self, proxy)
        self.assertIn("access.basic_auth", log.text)

        def refused():
            wire = proxy.connect()
            wire.send(request_bytes("GET", "http://local.test/", "local.test", {"User-Agent": "Sonarr/4.0.1"}.items()))
            self.assertEqual(407, wire.read_final_head().status)
            wire.close()
            return log.find("not served")

        self.until(refused, "no refusal was told")
        process.send_signal(signal.SIGINT)
        self.assertEqual(1, process.wait(60))
        log.wait_for("the user and the password")
        self.assertNotIn("can be cached", log.text)
        process.stdout.close()


class TryIntercepted(InterceptingScenario):
    def test_a_client_that_does_not_trust_the_authority_is_told_from_one_that_did_not_come(self):
        process, log = begin(self, self.proxy)
        with self.assertRaises(ssl.SSLError):
            self.tls(context=ssl.create_default_context(), headers=(("User-Agent", "Sonarr/4.0.1"),))
        self.proxy.log.wait_for("does not believe")
        process.send_signal(signal.SIGINT)
        process.wait(60)
        log.wait_for("does not (believe|trust) the local authority")
        self.assertNotIn("nothing of it has come", log.text)
        process.stdout.close()


if __name__ == "__main__":
    main()
