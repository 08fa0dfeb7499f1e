"""What channels for notifications receive, over verified TLS and through proxies, and what a test message tells of it."""
import base64
import json
import os
import shutil
import subprocess
import tempfile
import threading
import time
import urllib.parse

from lab.case import Scenario, main
from lab.certs import Authority
from lab.origin import Origin, answer
from lab.wire import TIME_LIMIT

DEBIANS_PYTHON = "/usr/bin/python3"
SECRETS = {"token": "t0kensecret", "path": "p4thsecret", "user": "us3rsecret", "password": "p4sswordsecret"}
TITLE, MESSAGE = "Test message", "This is a test message of cachearr: notifications arrive here."


class Notifications(Scenario):
    config = {"log": {"level": "trace"}}

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cachearr-notify-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder)
        cls.service = Origin(tls=cls.authority.server("IP:127.0.0.1"))
        cls.addClassCleanup(cls.service.close)
        cls.service.default = answer("{}")
        for name, secret in SECRETS.items():
            cls.file(name, secret)
        super().setUpClass()

    @classmethod
    def file(cls, name, text):
        path = os.path.join(cls.folder, name)
        with open(path, "w") as file:
            file.write(text + "\n")
        return path

    def path_of_secret(self, name):
        return os.path.join(self.folder, name)

    def with_channels(self, *channels, **more):
        """An instance with these channels, which trust this test's authority and bypass no proxy by chance."""
        whole = [dict({"name": "mine", "ca_file": self.authority.file, "retry_after": "10ms"}, **channel) for channel in channels]
        return self.start({}, {"notifications": whole, "log": {"level": "trace"}}, **more)

    @staticmethod
    def try_channel(proxy, name="mine"):
        return proxy.admin("POST", "/api/v1/notifications/%s/test" % name, body={})

    def assertRefused(self, response, status):
        self.assertEqual(status, response.status, response.body)
        self.assertEqual("application/problem+json", response.fields["content-type"])
        return response.data

    def listed(self, proxy, name="mine"):
        channels = proxy.admin("GET", "/api/v1/notifications").data["notifications"]
        return next(channel for channel in channels if channel["name"] == name)

    def received(self, path="/hook", **channel):
        """The request that arrives at the service for a test message."""
        before = self.service.count(path)
        proxy = self.with_channels(channel)
        self.assertEqual(200, self.try_channel(proxy).status, proxy.log.text[-2000:])
        self.assertEqual(before + 1, self.service.count(path))
        self.assertTrue(self.listed(proxy)["lastResult"]["ok"])
        request = self.service.asked(path)[-1]
        self.assertEqual("POST", request.method)
        return request

    def json_received(self, path="/hook", **channel):
        request = self.received(path, **channel)
        self.assertEqual("application/json", request["content-type"])
        return request, json.loads(request.body)

    # ---- each type

    def test_a_webhook_gets_json_and_a_bearer(self):
        request, data = self.json_received(type="webhook", url=self.service.url + "/hook", token_file=self.path_of_secret("token"))
        self.assertEqual("Bearer t0kensecret", request["authorization"])
        self.assertEqual(("test", "notice", TITLE, MESSAGE), tuple(data[name] for name in ("event", "severity", "title", "message")))
        self.assertRegex(data["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")

    def test_a_webhook_gets_its_template(self):
        _, data = self.json_received(type="webhook", url=self.service.url + "/hook", template='{"text": "{title} ({severity})"}')
        self.assertEqual({"text": "Test message (notice)"}, data)

    def test_ntfy(self):
        request, data = self.json_received("/", type="ntfy", url=self.service.url + "/topic", token="t0kensecret")
        self.assertEqual("Bearer t0kensecret", request["authorization"])
        self.assertEqual({"topic": "topic", "title": TITLE, "message": MESSAGE, "priority": 3, "tags": ["information_source"]}, data)

    def test_gotify(self):
        request, data = self.json_received("/message", type="gotify", url=self.service.url, token="t0kensecret")
        self.assertEqual("t0kensecret", request["x-gotify-key"])
        self.assertEqual({"title": TITLE, "message": MESSAGE, "priority": 4}, data)

    def test_discord(self):
        _, data = self.json_received("/api/webhooks/1/p4thsecret", type="discord", url=self.service.url + "/api/webhooks/1/p4thsecret")
        self.assertEqual([(TITLE, MESSAGE)], [(embed["title"], embed["description"]) for embed in data["embeds"]])

    def test_slack_by_an_address_from_a_file(self):
        address = self.file("address", self.service.url + "/services/T/B/p4thsecret")
        _, data = self.json_received("/services/T/B/p4thsecret", type="slack", url_file=address)
        self.assertEqual({"text": "*%s*\n%s" % (TITLE, MESSAGE)}, data)

    def test_telegram(self):
        _, data = self.json_received("/bott0kensecret/sendMessage", type="telegram", url=self.service.url, token="t0kensecret", chat_id="-7")
        self.assertEqual({"chat_id": "-7", "text": "%s\n\n%s" % (TITLE, MESSAGE)}, data)

    def test_apprise(self):
        _, data = self.json_received("/notify/key", type="apprise", url=self.service.url + "/notify/key")
        self.assertEqual({"title": TITLE, "body": MESSAGE, "type": "info"}, data)

    def test_pushover(self):
        request = self.received("/1/messages.json", type="pushover", url=self.service.url + "/1/messages.json",
                                token_file=self.path_of_secret("token"), user_file=self.path_of_secret("user"))
        form = dict(urllib.parse.parse_qsl(request.body.decode(), strict_parsing=True))
        self.assertEqual("application/x-www-form-urlencoded", request["content-type"])
        self.assertEqual(("t0kensecret", "us3rsecret", TITLE, MESSAGE, "0"),
                         tuple(form[name] for name in ("token", "user", "title", "message", "priority")))

    # ---- mail, by a real server

    def mail_server(self, kind, *arguments):
        program = os.path.join(os.path.dirname(__file__), "lab", "mail_server.py")
        process = subprocess.Popen([DEBIANS_PYTHON, program, kind, *arguments], stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return int(process.stdout.readline()), process.stdout

    def secured_server(self, kind):
        base = os.path.join(self.folder, "IP-127.0.0.1")
        return self.mail_server(kind, base + ".pem", base + ".key", SECRETS["user"], SECRETS["password"])

    def mail(self, url, **more):
        return dict({"type": "email", "url": url, "from": "Cachearr <cachearr@home.test>", "to": ["me@home.test", "you@home.test"]}, **more)

    def login(self):
        return {"user": SECRETS["user"], "password_file": self.path_of_secret("password")}

    def assertMail(self, text, secured):
        mail = json.loads(text)
        self.assertEqual(("cachearr@home.test", ["me@home.test", "you@home.test"]), (mail["from"], mail["to"]))
        self.assertEqual((secured, secured), (mail["tls"], mail["user"]))
        head, _, body = mail["data"].partition("\r\n\r\n")
        self.assertIn("Subject: [cachearr] " + TITLE, head)
        self.assertIn(MESSAGE, base64.b64decode(body).decode())

    def test_mail_by_starttls_with_a_login(self):
        port, mails = self.secured_server("starttls")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, **self.login()))
        self.assertEqual(200, self.try_channel(proxy).status, proxy.log.text[-2000:])
        self.assertMail(mails.readline(), True)

    def test_mail_by_smtps_with_a_login(self):
        port, mails = self.secured_server("smtps")
        proxy = self.with_channels(self.mail("smtps://127.0.0.1:%d" % port, **self.login()))
        self.assertEqual(200, self.try_channel(proxy).status, proxy.log.text[-2000:])
        self.assertMail(mails.readline(), True)

    def test_mail_without_tls_goes_only_where_that_is_said(self):
        port, mails = self.mail_server("plain")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port),
                                   self.mail("smtp://127.0.0.1:%d" % port, name="open", encryption="none"))
        self.assertEqual(502, self.try_channel(proxy).status)
        self.assertEqual(200, self.try_channel(proxy, "open").status)
        self.assertMail(mails.readline(), False)

    def test_a_wrong_password_is_told(self):
        port, _ = self.secured_server("starttls")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, user="us3rsecret", password="another"))
        problem = self.assertRefused(self.try_channel(proxy), 502)
        self.assertIn("denied", problem["detail"].lower())
        self.assertNotIn("another", proxy.log.text)

    def test_a_log_in_that_is_refused_for_now_is_tried_again(self):
        base = os.path.join(self.folder, "IP-127.0.0.1")
        port, mails = self.mail_server("starttls", base + ".pem", base + ".key", "busy", SECRETS["password"])
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, user="busy", password_file=self.path_of_secret("password")))
        self.refuse_a_reload(proxy)
        self.assertIn("alert.fired.rules", base64.b64decode(json.loads(mails.readline())["data"].partition("\r\n\r\n")[2]).decode())
        proxy.log.wait_for(r"the log-in is denied: the mail server answered 454 4\.7\.0 .*sent again")
        self.until(lambda: self.listed(proxy)["lastResult"]["ok"])
        self.assertEqual((0, 0), tuple(self.listed(proxy)[name] for name in ("waiting", "lost")))

    def test_a_refused_address_keeps_no_mail_from_the_others(self):
        port, mails = self.mail_server("plain")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, to=["nobody@home.test", "me@home.test"], encryption="none"))
        problem = self.assertRefused(self.try_channel(proxy), 502)
        self.assertEqual(["me@home.test"], json.loads(mails.readline())["to"])
        self.assertIn("not delivered to all: the mail server refused nobody@home.test: 550 5.1.1 no such user", problem["detail"])
        self.refuse_a_reload(proxy)
        self.assertEqual(["me@home.test"], json.loads(mails.readline())["to"])
        proxy.log.wait_for(r"has not reached all of \S*mine.*nobody@home.test: 550")
        listed = self.listed(proxy)
        self.assertEqual((0, 0, False), (listed["waiting"], listed["lost"], listed["lastResult"]["ok"]))
        self.assertNotEqual("test", listed["lastResult"]["event"])

    def test_a_mail_is_sent_again_to_those_alone_who_did_not_get_it(self):
        port, mails = self.mail_server("plain")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, to=["me@home.test", "later@home.test"], encryption="none"))
        self.refuse_a_reload(proxy)
        self.assertEqual([["me@home.test"], ["later@home.test"]], [json.loads(mails.readline())["to"] for _ in range(2)])
        self.until(lambda: self.listed(proxy)["lastResult"]["ok"])

    def test_what_a_mail_server_says_of_a_message_is_told(self):
        port, _ = self.mail_server("plain")
        proxy = self.with_channels(self.mail("smtp://127.0.0.1:%d" % port, **{"from": "spam@home.test", "encryption": "none"}))
        problem = self.assertRefused(self.try_channel(proxy), 502)
        self.assertIn("the mail server answered 554 5.7.1 this looks like spam", problem["detail"])

    # ---- the way there

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        before = len(self.service.asked())
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/hook", "ca_file": None})
        problem = self.assertRefused(self.try_channel(proxy), 502)
        self.assertIn("certificate", problem["detail"].lower())
        self.assertEqual(before, len(self.service.asked()))

    def test_a_certificate_for_another_name_is_refused(self):
        proxy = self.with_channels({"type": "webhook", "url": "https://localhost:%d/hook" % self.service.port})
        self.assertEqual(502, self.try_channel(proxy).status)

    def test_a_parent_proxy_is_respected_from_the_channel_and_from_the_environment(self):
        parent = self.another_origin()
        parent.default = answer("{}")
        channels = ({"name": "own", "type": "webhook", "url": "http://hook.test/a", "proxy": parent.url},
                    {"name": "usual", "type": "webhook", "url": "http://hook.test/b"},
                    {"name": "direct", "type": "webhook", "url": "http://127.0.0.1:1/c", "proxy": "none"})
        proxy = self.with_channels(*channels, environment={"http_proxy": parent.url})
        self.assertEqual([200, 200, 502], [self.try_channel(proxy, channel["name"]).status for channel in channels])
        self.assertEqual(["http://hook.test/a", "http://hook.test/b"], [request.target for request in parent.asked()])

    def test_a_redirect_is_not_followed(self):
        self.service.on("/moved", answer("", 307, {"Location": self.service.url + "/elsewhere"}))
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/moved", "token": "t0kensecret"})
        self.assertIn("redirect", self.assertRefused(self.try_channel(proxy), 502)["detail"])
        self.assertEqual(0, self.service.count("/elsewhere"))

    # ---- what is shown

    def test_no_secret_is_shown_where_a_service_refuses(self):
        def repeat(_wire, request):
            return answer("refused: %s %s %s" % (request.target, request["authorization"], request.body.decode()), 401)
        self.service.on("/p4thsecret/hook", repeat)
        self.service.on("/1/messages.json", repeat)
        self.addCleanup(self.service.routes.clear)
        proxy = self.with_channels(
            {"name": "hook", "type": "webhook", "url": self.service.url.replace("://", "://us3rsecret:p4sswordsecret@") + "/p4thsecret/hook",
             "token": "t0kensecret"},
            {"name": "push", "type": "pushover", "url": self.service.url + "/1/messages.json", "token": "t0kensecret", "user": "us3rsecret"})
        shown = "".join(self.try_channel(proxy, name).body.decode() for name in ("hook", "push"))
        self.assertEqual(2, shown.count("answered 401: refused"), shown)
        shown += proxy.admin("GET", "/api/v1/notifications").body.decode()
        shown += proxy.command("check").stdout + proxy.command("reload").stdout + proxy.log.text
        for secret in SECRETS.values():
            self.assertNotIn(secret, shown)
        self.assertEqual(self.service.authority, self.listed(proxy, "hook")["host"])

    # ---- alerts

    def refuse_a_reload(self, proxy):
        """Which alerts at once."""
        proxy.write_rules("{ no rules")
        self.assertEqual(422, proxy.admin("POST", "/api/v1/reload", body={}).status)

    def messages(self, path):
        return [json.loads(request.body) for request in self.service.asked(path)]

    def test_an_alert_is_told_to_the_channels_that_want_it(self):
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/wants", "events": ["alert.fired.rules"]},
                                   {"name": "other", "type": "webhook", "url": self.service.url + "/does-not", "events": ["job.*"]})
        self.refuse_a_reload(proxy)
        message = self.until(lambda: self.messages("/wants"), "no message came")[0]
        self.assertEqual(("alert.fired.rules", "rules", "error"), tuple(message[name] for name in ("event", "id", "severity")))
        self.assertIn("cachearr check", message["advice"])
        self.assertEqual("rules", proxy.admin("GET", "/api/v1/alerts").data["firing"][0]["id"])
        self.assertEqual([], self.messages("/does-not"))

    def test_a_message_that_was_not_taken_is_sent_again(self):
        self.service.sequence("/busy", answer("later", 503), answer("taken"))
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/busy"})
        self.refuse_a_reload(proxy)
        self.until(lambda: len(self.messages("/busy")) == 2, "it was not sent again")
        first, second = self.messages("/busy")
        self.assertEqual(first, second)
        self.until(lambda: self.listed(proxy)["lastResult"]["ok"])

    def test_an_unknown_channel_is_not_found(self):
        self.assertRefused(self.try_channel(self.proxy, "nobody"), 404)
        self.assertEqual({"notifications": []}, self.proxy.admin("GET", "/api/v1/notifications").data)

    # ---- reload and end

    def test_a_reload_brings_new_channels_and_a_mistake_changes_nothing(self):
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/hook"})
        with open(proxy.config_file) as file:
            config = json.load(file)

        def reload(**channel):
            config["notifications"] = [dict({"type": "webhook", "ca_file": self.authority.file}, **channel)]
            with open(proxy.config_file, "w") as file:
                json.dump(config, file, indent=1)
            return proxy.command("reload")
        wrong = reload(name="new", url="nowhere")
        self.assertEqual(78, wrong.returncode, wrong)
        self.assertRegex(wrong.stdout + wrong.stderr, r'cachearr.json:\d+:\d+: "notifications\[0\].url" must begin with')
        self.assertEqual(200, self.try_channel(proxy).status)
        right = reload(name="new", url=self.service.url + "/new")
        self.assertIn("notifications: changed", right.stdout)
        self.assertEqual([404, 200], [self.try_channel(proxy, name).status for name in ("mine", "new")])
        events = [json.loads(request.body)["event"] for request in self.service.asked("/new")]
        self.assertEqual(1, events.count("test"))

    def test_tests_of_services_that_hang_leave_the_rest_of_the_api_alone(self):
        silence = threading.Event()
        self.addCleanup(silence.set)
        self.service.on("/mute", silence)
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/mute"})
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.try_channel(proxy)))
        call.start()
        self.service.wait_for("/mute")
        for _ in range(3):
            refused = self.try_channel(proxy)
            self.assertIn("another test message is under way", self.assertRefused(refused, 503)["detail"])
            self.assertEqual("10", refused.fields["retry-after"])
        self.assertEqual(200, proxy.admin("GET", "/api/v1/upstreams").status)
        call.join(TIME_LIMIT)
        self.assertIn("has not answered within 10 s", self.assertRefused(answers[0], 502)["detail"])

    def test_the_program_ends_at_once_while_a_service_hangs(self):
        silence = threading.Event()
        self.addCleanup(silence.set)
        self.service.on("/silent", silence)
        proxy = self.with_channels({"type": "webhook", "url": self.service.url + "/silent"})
        answers = []
        call = threading.Thread(target=lambda: answers.append(self.try_channel(proxy)))
        call.start()
        self.service.wait_for("/silent")
        began = time.monotonic()
        proxy.stop()
        self.assertLess(time.monotonic() - began, 15)
        call.join(TIME_LIMIT)
        self.assertEqual([502], [response.status for response in answers])


if __name__ == "__main__":
    main()
