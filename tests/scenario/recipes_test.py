"""The recipes for other programs, read as those read them, against a running instance: each field, path and port that a recipe
names is there."""
import json
import os
import re
import shlex
import subprocess
import unittest
import urllib.parse
import xml.etree.ElementTree as xml

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.proxy import run_program
from lab.shared import RULES, Sharing

PACKAGING = os.path.join(os.path.dirname(__file__), "..", "..", "packaging")
DEBIANS_PYTHON = "/usr/bin/python3"  # which has the library, whoever runs this
READ_YAML = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"


def has_yaml():
    return subprocess.run([DEBIANS_PYTHON, "-c", "import yaml"], capture_output=True).returncode == 0


def text_of(*path):
    with open(os.path.join(PACKAGING, *path), encoding="utf-8") as file:
        return file.read()


def yaml_of(*path):
    return json.loads(subprocess.run([DEBIANS_PYTHON, "-c", READ_YAML], input=text_of(*path), capture_output=True, text=True, check=True).stdout)


def without_comments(text):
    return json.loads(re.sub(r"^\s*//.*$", "", re.sub(r"\s//\s.*$", "", text, flags=re.M), flags=re.M))


def inside(data, path):
    """What a JSON path such as data.status leads to."""
    for name in path.split("."):
        data = data[name]
    return data


@unittest.skipUnless(has_yaml(), "python3-yaml is not installed")
class Monitors(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}])

    def ask_recipe(self, url, headers=()):
        """As the other program would ask, with HOST and the key filled in."""
        parts = urllib.parse.urlsplit(url)
        self.assertEqual("HOST:9798", parts.netloc)
        return self.proxy.admin("GET", parts.path, key=None, headers=headers)

    def test_homepage_finds_each_field_that_its_widget_maps(self):
        service = yaml_of("recipes", "homepage.yml")[0]["Media"][0]["cachearr"]
        widget = service["widget"]
        self.assertEqual("customapi", widget["type"])
        self.assertEqual({"X-Api-Key": "{{HOMEPAGE_VAR_CACHEARR_KEY}}"}, widget["headers"])
        key = self.proxy.admin("GET", "/api/v1/stats/summary")
        self.assertEqual(200, key.status)
        self.assertEqual(401, self.ask_recipe(widget["url"]).status)
        for mapping in widget["mappings"]:
            self.assertIn(mapping["field"], key.data)
            self.assertIn(mapping["format"], ("text", "number", "float", "percent", "duration", "bytes", "bitrate", "date", "relativeDate", "size"))
            # A widget shows what is no number as NaN.
            self.assertIsInstance(key.data[mapping["field"]], (int, float, type(None)), mapping["field"])
        self.assertEqual(200, self.ask_recipe(service["siteMonitor"]).status)

    def test_homepage_shows_the_calls_that_were_saved(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        self.assertMiss(self.ask(path))
        self.assertHit(self.ask(path))
        mappings = yaml_of("recipes", "homepage.yml")[0]["Media"][0]["cachearr"]["widget"]["mappings"]
        saved = next(mapping["field"] for mapping in mappings if mapping["label"] == "Calls saved")
        self.until(lambda: self.proxy.admin("GET", "/api/v1/stats/summary").data[saved] == 1, "the saved call is counted")

    def test_uptime_kuma_finds_what_it_expects(self):
        for monitor in yaml_of("recipes", "uptime-kuma.yml")["monitors"]:
            with self.subTest(monitor=monitor["friendlyName"]):
                self.assertEqual("json-query", monitor["type"])
                answer = self.ask_recipe(monitor["url"])
                self.assertEqual(monitor["expectedValue"], inside(answer.data, monitor["jsonPath"]))

    def test_homarr_may_show_the_page_once_it_is_set_up_so(self):
        recipe = yaml_of("recipes", "homarr.yml")
        proxy = self.start(config=recipe["cachearr"])
        policy = proxy.admin("GET", "/", key=None).fields["content-security-policy"]
        self.assertIn("frame-ancestors " + recipe["cachearr"]["admin"]["frame_ancestors"][0].lower(), policy.lower())
        self.assertEqual(200, self.ask_recipe(recipe["app"]["pingUrl"]).status)


@unittest.skipUnless(has_yaml(), "python3-yaml is not installed")
class Containers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.services = yaml_of("compose", "compose.yml")["services"]
        cls.image = text_of("container", "Containerfile")

    def test_the_files_that_are_mounted_are_there(self):
        for name, service in self.services.items():
            for volume in service["volumes"]:
                source = volume.split(":")[0]
                if "." in os.path.basename(source):
                    self.assertTrue(os.path.exists(os.path.join(PACKAGING, "compose", source)), f"{name}: {source}")

    def test_the_ports_are_those_of_the_image_and_of_its_configuration(self):
        exposed = set(re.search(r"^EXPOSE (.*)$", self.image, re.M)[1].split())
        config = without_comments(text_of("container", "cachearr.json"))
        listening = {each["address"].split(":")[1] for each in config["listeners"]} | {config["admin"]["address"].split(":")[1]}
        self.assertEqual(exposed, listening)
        self.assertEqual(exposed, {str(port).split(":")[1] for port in self.services["cachearr"]["ports"]})

    def test_each_application_goes_through_the_proxy_but_not_to_its_neighbours(self):
        proxied = {name: service for name, service in self.services.items() if "HTTPS_PROXY" in service["environment"]}
        self.assertEqual({"sonarr", "radarr", "prowlarr", "bazarr", "jellyfin"}, set(proxied))
        for name, service in proxied.items():
            self.assertEqual("http://cachearr:9797", service["environment"]["HTTPS_PROXY"], name)
            self.assertLessEqual(set(self.services), set(service["environment"]["NO_PROXY"].split(",")), name)

    def test_each_application_waits_for_the_authority_and_trusts_it(self):
        self.assertEqual("true", self.services["cachearr"]["environment"]["CACHEARR__INTERCEPT__ENABLED"])
        for name, service in self.services.items():
            if name == "cachearr":
                continue
            self.assertEqual("service_healthy", service["depends_on"]["cachearr"]["condition"], name)
            self.assertIn("./cachearr/public:/cachearr:ro", service["volumes"], name)
            trusts = "./trust-cachearr.sh:/custom-cont-init.d/trust-cachearr.sh:ro" in service["volumes"]
            self.assertTrue(trusts or service["environment"].get("NODE_EXTRA_CA_CERTS") == "/cachearr/ca.pem", name)

    def test_what_is_written_is_written_into_the_one_volume(self):
        self.assertIn("\nVOLUME /config\n", self.image)
        self.assertIn("./cachearr:/config", self.services["cachearr"]["volumes"])
        self.assertTrue(self.services["cachearr"]["read_only"])


@unittest.skipUnless(has_yaml(), "python3-yaml is not installed")
class SharingContainers(Sharing):
    """Two instances as shared.yml sets them up, with its own words for the Valkey and for the secret."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.composed = yaml_of("compose", "shared.yml")
        cls.redis_options = shlex.split(cls.composed["services"]["valkey"]["command"])[1:]

    def environment_of(self, name):
        """As the file has it, but for where Valkey and secret are here, and for what is the entrypoint's."""
        service = self.composed["services"][name]
        given = {each: value for each, value in service["environment"].items() if not value.startswith("${")}
        self.assertEqual({"REDIS_URL": "redis://valkey:6379", "CACHEARR__SHARED__SECRET_FILE": "/run/secrets/" + service["secrets"][0]}, given)
        return {"REDIS_URL": self.redis.url, "CACHEARR__SHARED__SECRET_FILE": self.made_secret}

    def make_secret(self):
        """By the command in the file's comment."""
        line = re.search(r"^#   (umask 077; .*) > (\S+)$", text_of("compose", "shared.yml"), re.M)
        self.assertEqual("./" + line[2], self.composed["secrets"]["shared"]["file"])
        self.made_secret = os.path.join(self.redis.folder, line[2])
        subprocess.run(["sh", "-c", "%s > %s" % (line[1], self.made_secret)], check=True)

    def test_two_instances_share_what_one_has_fetched(self):
        self.make_secret()
        rules = local(self.origin, rules=RULES, shared=True)
        one, two = (self.start(rules, environment=self.environment_of(name)) for name in ("one", "two"))
        for proxy in (one, two):
            self.ready(proxy)
        path = self.path()
        self.origin.on(path, fresh("from one"))
        self.assertMiss(self.ask(path, proxy=one))
        self.written(one, 1)
        self.assertHit(self.ask(path, proxy=two))
        self.assertEqual(1, self.origin.count(path))

    def test_their_ports_and_volumes_are_their_own(self):
        services = [self.composed["services"][name] for name in ("one", "two")]
        for kind in ("ports", "volumes"):
            outside = [str(each).split(":")[0] for service in services for each in service[kind]]
            self.assertEqual(len(outside), len(set(outside)), outside)
        for service in services:
            self.assertEqual({"9797", "9798"}, {str(port).split(":")[1] for port in service["ports"]})


class Files(Scenario):
    def test_the_configuration_of_the_container_has_no_mistake(self):
        answer = run_program("check", "--config", os.path.join(PACKAGING, "container", "cachearr.json"))
        self.assertEqual(0, answer.returncode, answer.stdout + answer.stderr)

    def test_the_rules_of_the_composed_applications_have_no_mistake(self):
        with open(self.proxy.config_file, encoding="utf-8") as file:
            config = json.load(file)
        config["rules"] = [os.path.join(os.path.abspath(PACKAGING), "compose", "cachearr", "rules.d")]
        own = self.proxy.config_file + ".composed"
        with open(own, "w", encoding="utf-8") as file:
            json.dump(config, file)
        answer = run_program("check", "--config", own)
        self.assertEqual(0, answer.returncode, answer.stdout + answer.stderr)
        self.assertIn("fine", answer.stdout)

    def test_unraid_maps_what_the_image_has(self):
        template = xml.fromstring(text_of("unraid", "cachearr.xml"))
        image = text_of("container", "Containerfile")
        entries = {each.get("Target"): each for each in template.iter("Config")}
        self.assertEqual(set(re.search(r"^EXPOSE (.*)$", image, re.M)[1].split()), {name for name, each in entries.items() if each.get("Type") == "Port"})
        self.assertEqual(["/config"], [name for name, each in entries.items() if each.get("Type") == "Path"])
        known = set(re.findall(r"(\w+)=", re.search(r"^ENV (.*)$", image, re.M)[1]))
        for name, each in entries.items():
            if each.get("Type") == "Variable" and not name.startswith("CACHEARR__"):
                self.assertIn(name, known)

    def test_the_variables_that_unraid_sets_are_settings(self):
        template = xml.fromstring(text_of("unraid", "cachearr.xml"))
        set_there = {each.get("Target"): each.text for each in template.iter("Config") if each.get("Target").startswith("CACHEARR__")}
        self.assertTrue(set_there)
        answer = run_program("check", "--config", self.proxy.config_file, environment=set_there)
        self.assertEqual(0, answer.returncode, answer.stdout + answer.stderr)


if __name__ == "__main__":
    main()
