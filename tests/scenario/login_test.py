"""The page for people: who gets in, for how long, and what another site cannot do."""
import json
import os
import re

from lab.case import Scenario, main
from lab.proxy import API_KEY, Proxy

SESSION = re.compile(r"cachearr_session=([^;]*)")
BASE = "/cachearr"


class ThePage(Scenario):
    config = {"admin": {"url_base": BASE}}

    def log_in(self, proxy=None, base=BASE, **credentials):
        return (proxy or self.proxy).admin("POST", base + "/api/v1/login", key=None, body=credentials)

    def cookie_of(self, response):
        self.assertEqual(200, response.status, response.body)
        return {"Cookie": "cachearr_session=" + SESSION.search(response.fields["set-cookie"])[1]}

    def own(self, proxy=None):
        return {"Origin": "http://127.0.0.1:%d" % (proxy or self.proxy).admin_port}

    def test_it_is_open_and_its_files_are_kept_until_they_change(self):
        page = self.proxy.admin("GET", BASE + "/", key=None)
        self.assertEqual((200, "no-cache"), (page.status, page.fields["cache-control"]))
        self.assertNotIn("unsafe", page.fields["content-security-policy"])
        # What the page names is there, and nothing of it comes from elsewhere.
        names = re.findall(r'(?:src|href)="([^"]+)"', page.body.decode())
        self.assertGreater(len(names), 3)
        for name in names:
            self.assertRegex(name, r"^web/")
            self.assertEqual(200, self.proxy.admin("GET", BASE + "/" + name, key=None).status, name)
        again = self.proxy.admin("GET", BASE + "/", key=None, headers={"If-None-Match": page.fields["etag"]})
        self.assertEqual((304, b""), (again.status, again.body))

    def test_the_first_page_is_small(self):
        whole, waiting, seen = 0, ["", "web/app.js", "web/style.css", "web/mithril.js", "web/dygraph.min.js", "web/icon.svg"], set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            sent = self.proxy.admin("GET", BASE + "/" + name, key=None, headers={"Accept-Encoding": "gzip"})
            self.assertEqual((200, "gzip"), (sent.status, sent.fields.get("content-encoding")), name)
            whole += len(sent.body)
            plain = self.proxy.admin("GET", BASE + "/" + name, key=None).body.decode()
            waiting += ["web/" + other for other in re.findall(r'from "\./([^"]+)"', plain)]
        self.assertGreater(len(seen), 15)
        self.assertLess(whole, 120 * 1024)

    def test_a_session_reads_and_changes_until_it_is_closed(self):
        cookie = self.cookie_of(self.log_in(secret=API_KEY))
        read = lambda: self.proxy.admin("GET", BASE + "/api/v1/rules", key=None, headers=cookie).status
        self.assertEqual(200, read())
        change = lambda **headers: self.proxy.admin("POST", BASE + "/api/v1/reload", key=None, headers={**cookie, **headers}, body={}).status
        self.assertEqual(200, change(**self.own()))
        self.assertEqual(403, change())
        self.assertEqual(403, change(Origin="http://evil.test"))
        left = self.proxy.admin("POST", BASE + "/api/v1/logout", key=None, headers={**cookie, **self.own()}, body={})
        self.assertIn("Max-Age=0", left.fields["set-cookie"])
        self.assertEqual(401, read())

    def test_the_cookie_is_for_the_page_alone(self):
        line = self.log_in(secret=API_KEY).fields["set-cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/cachearr/"):
            self.assertIn(part, line)

    def test_a_form_of_another_site_cannot_log_in(self):
        sent = self.proxy.admin("POST", BASE + "/api/v1/login", key=None, body=b"secret=" + API_KEY.encode(), headers={"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(415, sent.status)

    def test_the_command_prints_a_link_that_works_once(self):
        url = json.loads(self.proxy.command("dashboard", "--json").stdout)["url"]
        self.assertTrue(url.startswith("http://127.0.0.1:%d%s/#/enter/" % (self.proxy.admin_port, BASE)), url)
        link = url.rsplit("/", 1)[1]
        self.assertEqual(200, self.log_in(link=link).status)
        self.assertEqual(401, self.log_in(link=link).status)
        self.assertNotIn(link, self.proxy.log.text)

    def test_a_session_outlives_a_restart_and_ends_with_the_key(self):
        proxy = self.start()
        cookie = self.cookie_of(self.log_in(proxy, base="", secret=API_KEY))
        read = lambda: proxy.admin("GET", "/api/v1/rules", key=None, headers=cookie).status
        for key, wanted in ((API_KEY, 200), ("f" * 32, 401)):
            with open(proxy.config_file) as file:
                config = json.load(file)
            config["admin"]["api_key"] = key
            with open(proxy.config_file, "w") as file:
                json.dump(config, file)
            proxy.signal(15)
            self.assertEqual(0, proxy.process.wait())
            proxy.process.stdout.close()
            proxy.launch()
            proxy.log.wait_for("ready")
            self.assertEqual(wanted, read())

    def test_a_password_opens_the_page_until_it_changes(self):
        proxy = Proxy({}, {"admin": {"password_file": "password"}})
        self.addCleanup(proxy.stop)
        with open(os.path.join(proxy.folder, "password"), "w") as file:
            file.write("open sesame\n")
        proxy.start()
        cookie = self.cookie_of(self.log_in(proxy, base="", secret="open sesame"))
        read = lambda: proxy.admin("GET", "/api/v1/rules", key=None, headers=cookie).status
        self.assertEqual(200, read())
        with open(os.path.join(proxy.folder, "password"), "w") as file:
            file.write("another\n")
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", body={}).status)
        self.assertEqual(401, read())
        self.assertNotIn("sesame", proxy.log.text)

    def test_who_guesses_waits(self):
        proxy = self.start()
        answers = [self.log_in(proxy, base="", secret="guess %d" % i) for i in range(6)]
        self.assertEqual([401] * 5 + [429], [each.status for each in answers])
        self.assertGreater(int(answers[-1].fields["retry-after"]), 0)
        self.assertEqual(429, self.log_in(proxy, base="", secret=API_KEY).status)
        # Programs that know the key are not held up by that.
        self.assertEqual(200, proxy.admin("GET", "/api/v1/rules").status)

    def test_nobody_near_is_asked_where_the_configuration_says_so(self):
        proxy = self.start(config={"admin": {"login": "local"}})
        self.assertEqual(200, proxy.admin("GET", "/api/v1/rules", key=None).status)
        self.assertEqual(401, proxy.admin("GET", "/api/v1/rules", key=None, headers={"X-Forwarded-For": "192.0.2.1"}).status)
        self.assertEqual(403, proxy.admin("POST", "/api/v1/reload", key=None, body={}).status)
        self.assertEqual(200, proxy.admin("POST", "/api/v1/reload", key=None, headers=self.own(proxy), body={}).status)
        # What has all secrets in it wants the key from neighbours, too.
        self.assertEqual(401, proxy.admin("GET", "/api/v1/export", key=None, headers=self.own(proxy)).status)
        self.assertEqual(401, proxy.admin("POST", "/api/v1/import", key=None, headers=self.own(proxy), body=b"x").status)
        self.assertEqual(200, proxy.admin("GET", "/api/v1/export").status)


if __name__ == "__main__":
    main()
