"""The user's own rules files through the admin API: written whole or not at all, kept for undo, and never over what nobody has seen."""
import json
import os

from lab.case import Scenario, local, main
from lab.origin import fresh

FILES = "/api/v1/rules/files"


def rules_text(ttl):
    return '{\n  // mine\n  "rules": [\n    { "name": "mine", "upstream": "local", "match": { "path": "/mine" }, "ttl": "%s", "policy": "override", "expect": "any" }\n  ]\n}\n' % ttl


class RulesFiles(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "tv", "match": {"path": "/tv/{id:int}"}, "ttl": "1h", "policy": "override", "expect": "any"}])

    def setUp(self):
        self.origin.default = fresh("{}")
        self.folder = os.path.dirname(self.proxy.rules_file)

    def send(self, method, name, text=None, **headers):
        fields = {"Content-Type": "application/json", **{key.replace("_", "-"): value for key, value in headers.items()}}
        return self.proxy.admin(method, FILES + "/" + name, body=text.encode() if text else None, headers=fields)

    def ttl_of(self, name):
        found = [rule for rule in self.proxy.admin("GET", "/api/v1/rules").data["rules"] if rule["name"] == name]
        return found[0]["ttl"] if found else None

    def listed(self, name):
        return next((each for each in self.proxy.admin("GET", FILES).data["files"] if each["name"] == name), None)

    def test_a_new_file_is_in_force_at_once_and_read_back_as_it_was_written(self):
        made = self.send("PUT", "new.json", rules_text("11m"), If_None_Match="*")
        self.assertEqual(201, made.status, made.body)
        self.assertTrue(made.data["taken"])
        self.assertEqual(660, self.ttl_of("mine"))
        read = self.proxy.admin("GET", FILES + "/new.json")
        self.assertEqual(rules_text("11m"), read.body.decode())
        self.assertEqual(made.fields["etag"], read.fields["etag"])
        with open(os.path.join(self.folder, "new.json")) as file:
            self.assertEqual(rules_text("11m"), file.read())
        self.assertEqual(412, self.send("PUT", "new.json", rules_text("12m"), If_None_Match="*").status)
        self.assertEqual(200, self.send("DELETE", "new.json").status)

    def test_a_mistake_changes_nothing_and_names_its_place(self):
        before = self.listed("bad.json")
        refused = self.send("PUT", "bad.json", '{"rules": [\n  {"name": "x", "upstream": "nobody", "match": {"path": "/**"}}]}')
        self.assertEqual(422, refused.status, refused.body)
        problem = refused.data["problems"][0]
        self.assertEqual((2, os.path.join(self.folder, "bad.json")), (problem["line"], problem["file"]))
        self.assertIn("nobody", problem["message"])
        self.assertEqual(before, self.listed("bad.json"))
        self.assertFalse([name for name in os.listdir(self.folder) if name.startswith("bad")])

    def test_what_somebody_else_has_changed_is_not_overwritten(self):
        seen = self.send("PUT", "shared.json", rules_text("5m")).fields["etag"]
        with open(os.path.join(self.folder, "shared.json"), "w") as file:
            file.write(rules_text("6m"))
        self.assertEqual(412, self.send("PUT", "shared.json", rules_text("7m"), If_Match=seen).status)
        self.assertEqual(412, self.send("DELETE", "shared.json", If_Match=seen).status)
        now = self.proxy.admin("GET", FILES + "/shared.json").fields["etag"]
        self.assertEqual(200, self.send("PUT", "shared.json", rules_text("7m"), If_Match=now).status)
        self.assertEqual(420, self.ttl_of("mine"))
        self.assertEqual(200, self.send("DELETE", "shared.json").status)

    def test_the_last_ten_versions_are_kept_and_put_back(self):
        for minutes in range(1, 13):
            self.assertIn(self.send("PUT", "undo.json", rules_text("%dm" % minutes)).status, (200, 201))
        versions = self.listed("undo.json")["versions"]
        self.assertEqual(10, len(versions))
        newest = versions[0]["version"]
        self.assertEqual(rules_text("11m"), self.proxy.admin("GET", "%s/undo.json?version=%d" % (FILES, newest)).body.decode())
        self.assertEqual(200, self.send("PUT", "undo.json?version=%d" % newest, "{}").status)
        self.assertEqual(660, self.ttl_of("mine"))
        self.assertEqual(404, self.send("PUT", "undo.json?version=1", "{}").status)
        self.assertEqual(200, self.send("DELETE", "undo.json").status)
        self.assertIsNone(self.ttl_of("mine"))
        gone = next(each for each in self.proxy.admin("GET", FILES).data["gone"] if each["name"] == "undo.json")
        self.assertEqual(201, self.send("PUT", "undo.json?version=%d" % gone["versions"][0]["version"], "{}").status)
        self.assertEqual(660, self.ttl_of("mine"))
        self.assertEqual(200, self.send("DELETE", "undo.json").status)

    def test_passwords_in_it_are_not_shown_and_survive_a_change(self):
        text = '{"upstreams": {"behind": {"hosts": ["behind.test"], "proxy": "http://me:hunter2@127.0.0.1:9"}}}'
        self.assertEqual(201, self.send("PUT", "parent.json", text).status)
        shown = self.proxy.admin("GET", FILES + "/parent.json").body.decode()
        self.assertNotIn("hunter2", shown)
        self.assertEqual(200, self.send("PUT", "parent.json", shown.replace("behind.test", "other.test")).status)
        with open(os.path.join(self.folder, "parent.json")) as file:
            self.assertEqual(text.replace("behind.test", "other.test"), file.read())
        self.assertEqual(200, self.send("DELETE", "parent.json").status)

    def test_names_stay_within_the_folder(self):
        for name in ("..%2Fx.json", "%2Ftmp%2Fx.json", "x", ".x.json", "schema.json"):
            self.assertEqual(400, self.send("PUT", name, "{}").status, name)
        self.assertEqual(404, self.proxy.admin("GET", FILES + "/..%2Fcachearr.json").status)
        self.assertEqual(404, self.proxy.admin("GET", FILES + "/..%2Fx.json?version=1").status)

    def test_a_draft_is_judged_and_tried_among_the_other_files(self):
        judged = self.proxy.admin("POST", "/api/v1/rules/validate?file=draft.json", body=json.loads(rules_text("9m").replace("// mine", "")))
        self.assertEqual({"valid": True, "problems": []}, judged.data)
        alone = self.proxy.admin("POST", "/api/v1/rules/validate", body=json.loads(rules_text("9m").replace("// mine", "")))
        self.assertFalse(alone.data["valid"])
        tried = self.proxy.admin("POST", "/api/v1/rules/test", body={"url": self.url("/mine"), "rules": rules_text("9m"), "file": "draft.json"})
        self.assertEqual(("mine", 540), (tried.data["rule"], tried.data["ttl"]), tried.body)

    def test_rules_count_what_they_match_and_what_of_it_is_stored(self):
        counts = lambda: next((each["matched"], each["hits"]) for each in self.proxy.admin("GET", "/api/v1/rules").data["rules"] if each["name"] == "tv")
        matched, hits = counts()
        for _ in range(3):
            self.proxy.ask(self.url("/tv/77"))
        self.until(lambda: counts() == (matched + 3, hits + 2))

    def test_a_rule_behind_a_wider_one_is_marked(self):
        wide = {"rules": [{"name": "wide", "upstream": "local", "match": {"path": "/**"}, "ttl": "1m"}]}
        self.assertEqual(201, self.send("PUT", "a-wide.json", json.dumps(wide)).status)
        rules = {each["name"]: each["shadowedBy"] for each in self.proxy.admin("GET", "/api/v1/rules").data["rules"] if each["upstream"] == "local"}
        self.assertEqual({"wide": None, "tv": "wide"}, rules)
        self.assertEqual(200, self.send("DELETE", "a-wide.json").status)


class WithoutAFolder(Scenario):
    config = {"rules": ["rules/test.json"]}

    def test_a_new_file_lies_in_the_state_directory_and_goes_first(self):
        made = self.proxy.admin("PUT", FILES + "/own.json", body={"upstreams": {"own": {"hosts": ["own.test"]}}, "rules": [{"name": "own", "upstream": "own", "match": {"path": "/**"}, "ttl": "1m"}]})
        self.assertEqual(201, made.status, made.body)
        self.assertEqual(os.path.join(self.proxy.folder, "state", "rules.d", "own.json"), made.data["path"])
        self.assertEqual("own", self.proxy.admin("GET", "/api/v1/rules").data["rules"][0]["name"])


class Aftermath(Scenario):
    @classmethod
    def rules_of(cls, origin):
        return local(origin, credentials={"headers": ["X-My-Secret"]}, rules=[{"name": "tv", "match": {"path": "/tv/{id:int}"}, "key": "tv:{id}", "ttl": "1h", "policy": "override", "expect": "any"}])

    def setUp(self):
        self.origin.default = fresh("{}")

    def test_a_key_is_fetched_anew_by_the_request_that_it_was_stored_for(self):
        self.proxy.ask(self.url("/tv/5"))
        self.until(lambda: self.proxy.admin("GET", "/api/v1/keys/tv%3A5?meta=1").status == 200)
        told = self.proxy.admin("POST", "/api/v1/keys/tv%3A5/refresh", body={})
        self.assertEqual((200, 1), (told.status, told.data["fetched"]), told.body)
        self.assertEqual(2, self.origin.count("/tv/5"))
        self.assertEqual(404, self.proxy.admin("POST", "/api/v1/keys/nothing/refresh", body={}).status)
        self.proxy.admin("PUT", "/api/v1/keys/by-hand?ttl=60", body={"a": 1})
        self.assertEqual(409, self.proxy.admin("POST", "/api/v1/keys/by-hand/refresh", body={}).status)

    def test_a_miss_tells_the_fields_that_came_without_secrets(self):
        self.proxy.ask(self.url("/tv/6"), headers=[("X-My-Secret", "hunter2"), ("Authorization", "Bearer hunter3"), ("X-Plain", "seen")])
        last = lambda: next((each for each in self.proxy.admin("GET", "/api/v1/requests").data["requests"] if each["url"].endswith("/tv/6")), None)
        self.until(last)
        told = "\n".join(last()["headers"])
        self.assertIn("X-Plain: seen", told)
        self.assertIn("X-My-Secret: ***", told)
        self.assertNotIn("hunter", told)

    def test_the_log_tells_its_last_lines(self):
        self.assertEqual(200, self.proxy.admin("POST", "/api/v1/reload", body={}).status)
        lines = self.proxy.admin("GET", "/api/v1/logs").data["lines"]
        self.assertIn("reloaded configuration and rules", [line["message"] for line in lines])
        last = lines[-1]["number"]
        self.assertEqual([], self.proxy.admin("GET", "/api/v1/logs?after=%d" % last).data["lines"])
        self.assertEqual(400, self.proxy.admin("GET", "/api/v1/logs?level=loud").status)


if __name__ == "__main__":
    main()
