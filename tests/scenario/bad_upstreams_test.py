"""Upstreams whose TLS is bad, each in one way: nothing of them is served, and the client is told the reason."""
import os
import shutil
import subprocess
import tempfile

from lab.case import Scenario, main
from lab.proxy import ROOT, Proxy

SCRIPT = os.path.join(ROOT, "tests", "support", "badssl.sh")


def origins(folder):
    """(name, port, is good, words of the reason) of every origin that was started."""
    with open(os.path.join(folder, "list")) as file:
        for line in file:
            name, port, verdict, *words = line.split()
            yield name, int(port), verdict == "good", " ".join(words)


def upstream(name, port, **tls):
    return {"hosts": [name + ".badssl.test"], "origin": "https://127.0.0.1:%d" % port, "mount": "/" + name,
            "tls": dict({"server_name": "origin.test"}, **tls), "retries": 0}


class BadUpstreams(Scenario):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cachearr-badssl-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        subprocess.run([SCRIPT, "make", cls.folder], check=True)
        cls.addClassCleanup(subprocess.run, [SCRIPT, "stop", cls.folder], check=True)
        subprocess.run([SCRIPT, "start", cls.folder], check=True)
        cls.cases = list(origins(cls.folder))
        root = os.path.join(cls.folder, "root.pem")
        upstreams = {name: upstream(name, port, ca_file=root) for name, port, _good, _words in cls.cases}
        port = next(port for name, port, _good, _words in cls.cases if name == "expired")
        upstreams["unverified"] = upstream("unverified", port, verify=False)
        upstreams["system"] = upstream("system", port)
        cls.proxy = Proxy({"upstreams": upstreams}).start()
        cls.addClassCleanup(cls.proxy.stop)

    def test_each_is_judged_right_and_each_refusal_is_a_502_with_its_reason(self):
        self.assertEqual(24, len(self.cases))
        for name, _port, is_good, words in self.cases:
            with self.subTest(name):
                response = self.proxy.visit("/%s/" % name)
                if is_good:
                    self.assertEqual(200, response.status, response.text[:300])
                else:
                    self.assertIn(words, self.assertProblem(response, 502)["detail"])

    def test_a_refusal_is_not_remembered_as_an_answer(self):
        for _ in range(2):
            self.assertMiss(self.proxy.visit("/expired/again"))

    def test_the_systems_authorities_do_not_know_the_test_root(self):
        self.assertProblem(self.proxy.visit("/system/"), 502)

    def test_an_upstream_may_be_left_unverified_in_words(self):
        self.assertEqual(200, self.proxy.visit("/unverified/").status)


if __name__ == "__main__":
    main()
