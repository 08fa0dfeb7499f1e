"""Export and import: what comes back, what is refused, and that a refusal changes nothing."""
import io
import json
import os
import signal
import subprocess
import tarfile
import urllib.parse

from lab.case import Scenario, local, main
from lab.origin import answer
from lab.proxy import binary
from lab.wire import TIME_LIMIT

# Relative, so that an export fits every installation.
DISK = {"state_dir": "state", "disk": {"path": "store", "max_bytes": "16MiB"}}


class Backups(Scenario):
    config = DISK

    @classmethod
    def rules_of(cls, origin):
        return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "expect": "any"}])

    def file(self, name):
        path = os.path.join(self.proxy.folder, name)
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        return path

    def export(self, *arguments):
        path = self.file("export-%d.tar" % next(self._number))
        done = self.proxy.command("export", path, *arguments)
        self.assertEqual(0, done.returncode, done.stderr)
        return path

    def names(self, path):
        with tarfile.open(path) as archive:
            return archive.getnames()

    def restart(self, proxy):
        """Starts it again with what lies in its folder, on other ports."""
        proxy.write_config()
        proxy.launch()
        proxy.log.wait_for("ready")

    def stop_running(self, proxy):
        proxy.signal(signal.SIGTERM)
        self.assertEqual(0, proxy.process.wait(TIME_LIMIT))
        proxy.log.thread.join(TIME_LIMIT)
        proxy.process.stdout.close()

    def test_an_export_is_a_tar_that_any_tar_reads_and_nobody_else_may(self):
        path = self.export()
        self.assertEqual(0o600, os.stat(path).st_mode & 0o777)
        names = self.names(path)
        self.assertEqual("manifest.json", names[0])
        self.assertIn("config/cachearr.json", names)
        self.assertIn("config/rules/test.json", names)
        self.assertFalse([name for name in names if name.startswith("store/")])
        again = self.proxy.command("export", path)
        self.assertEqual(1, again.returncode)
        self.assertIn("there already", again.stderr)

    def test_an_export_goes_to_the_standard_output_where_that_is_named(self):
        path = self.file("redirected.tar")
        with open(path, "wb") as out:
            done = subprocess.run([binary(), "export", "-", "--config", self.proxy.config_file], stdout=out, timeout=TIME_LIMIT)
        self.assertEqual(0, done.returncode)
        self.assertIn("config/cachearr.json", self.names(path))
        with open(path, "rb") as piped:  # cat, so that it is a pipe
            cat = subprocess.Popen(["cat"], stdin=piped, stdout=subprocess.PIPE)
        done = self.proxy.command("import", "/dev/stdin", "--check", stdin=cat.stdout)
        cat.stdout.close()
        self.assertEqual(0, cat.wait(TIME_LIMIT))
        self.assertEqual(0, done.returncode, done.stderr)

    def test_what_is_no_file_is_refused_in_words(self):
        for path, words in (("/dev/zero", "neither a file nor a pipe"), (self.proxy.folder, "Is a directory")):
            for command in (("import", path), ("check", "--rehearse", path)):
                done = self.proxy.command(*command)
                self.assertEqual(1, done.returncode, command)
                self.assertIn(words, done.stderr)

    def test_more_than_an_instance_takes_is_told_before_it_is_sent(self):
        path = self.file("large.tar")
        with open(path, "wb") as file:
            file.truncate((64 << 20) + 1)
        done = self.proxy.command("import", path)
        self.assertEqual(1, done.returncode)
        self.assertIn("too large", done.stderr)

    def test_a_running_instance_keeps_its_state_folder(self):
        other = self.start({}, DISK)
        with open(other.config_file) as file:
            own = file.read()
        with open(other.config_file, "w") as file:
            file.write(own.replace('"state"', '"elsewhere"'))
        exported = os.path.join(other.folder, "elsewhere.tar")
        self.assertEqual(0, other.command("export", exported).returncode)
        with open(other.config_file, "w") as file:
            file.write(own)
        for arguments in ((), ("--check",)):
            done = other.command("import", exported, *arguments)
            self.assertEqual(1, done.returncode, done.stdout)
            self.assertIn("state_dir", done.stderr)
        self.assertFalse(os.path.exists(os.path.join(other.folder, "elsewhere")))

    def test_a_start_removes_what_a_killed_import_has_left(self):
        proxy = self.start({}, DISK)
        self.stop_running(proxy)
        left = [os.path.join(folder, ".cachearr-import-killed") for folder in (proxy.folder, os.path.join(proxy.folder, "state"))]
        for folder in left:
            os.makedirs(os.path.join(folder, "ca"))
        self.restart(proxy)
        self.assertEqual([], [folder for folder in left if os.path.exists(folder)])

    def test_the_call_gives_the_same_file_as_the_command(self):
        response = self.proxy.admin("GET", "/api/v1/export")
        self.assertEqual((200, "application/x-tar"), (response.status, response.fields["content-type"]))
        with tarfile.open(fileobj=io.BytesIO(response.body)) as archive:
            self.assertIn("config/cachearr.json", archive.getnames())
        self.assertEqual(400, self.proxy.admin("GET", "/api/v1/export?authority=1").status)
        self.assertEqual(401, self.proxy.admin("GET", "/api/v1/export", key=None).status)

    def test_a_stopped_installation_gets_rules_store_and_all(self):
        path = self.path()
        self.origin.on(path, *answer("kept"))
        self.assertMiss(self.ask(path))
        self.until(lambda: any(key["tier"] == "both" and path in key["key"] for key in self.proxy.admin("GET", "/api/v1/keys?limit=1000").data["keys"]))
        exported = self.export("--store")
        self.assertIn("store/data.mdb", self.names(exported))
        other = self.start({}, self.config)
        self.assertEqual(1, other.command("import", exported).returncode)  # as long as it runs
        self.stop_running(other)
        with open(other.config_file, "rb") as file:
            before = file.read()
        done = other.command("import", exported)
        self.assertEqual(0, done.returncode, done.stdout + done.stderr)
        kept = [name for name in os.listdir(other.folder) if name.startswith("cachearr.json.before-")]
        self.assertEqual(1, len(kept))
        with open(os.path.join(other.folder, kept[0]), "rb") as file:
            self.assertEqual(before, file.read())
        self.restart(other)
        asked = self.origin.count(path)
        response = other.ask(self.url(path))
        self.assertHit(response)
        self.assertAnswered(response, "kept")
        self.assertEqual(asked, self.origin.count(path))

    def test_a_running_instance_takes_rules_and_reloads(self):
        other = self.start({}, {})
        config = self.export_with_these_rules(other)
        self.assertNotIn('"all"', other.admin("GET", "/api/v1/rules").body.decode())
        done = other.command("import", config, "--check")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertNotIn('"all"', other.admin("GET", "/api/v1/rules").body.decode())
        done = other.command("import", config, "--json")
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(json.loads(done.stdout)["kept"])
        self.assertIn('"all"', other.admin("GET", "/api/v1/rules").body.decode())

    def export_with_these_rules(self, other):
        """The export of an installation like `other` with this one's rules: made by the program itself."""
        with open(self.proxy.rules_file) as file:
            rules = file.read()
        with open(other.rules_file) as file:
            own = file.read()
        other.write_rules(rules)
        path = os.path.join(other.folder, "mixed.tar")
        self.assertEqual(0, other.command("export", path).returncode)
        other.write_rules(own)
        return path

    def test_rules_that_are_wrong_here_are_exit_78_and_named_and_change_nothing(self):
        other = self.start({}, DISK)
        with open(other.rules_file) as file:
            own = file.read()
        other.write_rules('{"rules": [{"name": "x", "upstream": "nobody"}]}')
        exported = os.path.join(other.folder, "wrong.tar")
        self.assertEqual(0, other.command("export", exported).returncode)
        other.write_rules(own)
        for running in (True, False):
            if not running:
                self.stop_running(other)
            done = other.command("import", exported)
            self.assertEqual(78, done.returncode, (running, done))
            self.assertRegex(done.stderr, r"%s:\d+:\d+: .*nobody" % other.rules_file)
            with open(other.rules_file) as file:
                self.assertEqual(own, file.read())

    def test_files_of_long_names_come_back_and_any_tar_reads_them(self):
        other = self.start({}, {})
        name = "ä long name " + "ü" * 60 + ".json"  # each letter takes six bytes of the export
        path = os.path.join(os.path.dirname(other.rules_file), name)
        with open(path, "w") as file:
            file.write('{"upstreams": {"long": {"hosts": ["long.test"]}}}')
        exported = os.path.join(other.folder, "long.tar")
        self.assertEqual(0, other.command("export", exported).returncode)
        os.unlink(path)
        long = [each for each in self.names(exported) if len(each) > 100]
        self.assertEqual([name], [os.path.basename(urllib.parse.unquote(each)) for each in long])
        done = other.command("import", exported)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertTrue(os.path.exists(path))

    def test_rules_elsewhere_are_left_out_and_told(self):
        elsewhere = os.path.join(self.proxy.folder, "elsewhere")
        os.makedirs(elsewhere, exist_ok=True)
        other = self.start({}, {"rules": [elsewhere]})
        exported = os.path.join(other.folder, "export.tar")
        done = other.command("export", exported)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertIn(elsewhere, done.stderr)

    def test_what_is_damaged_or_foreign_changes_nothing(self):
        other = self.start({}, {})
        exported = self.export_with_these_rules(other)
        with open(exported, "rb") as file:
            whole = file.read()
        with open(other.rules_file) as file:
            before = file.read()
        flipped = [whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1:] for at in range(0, len(whole), len(whole) // 8)]
        for damaged in (whole[:-1024], whole[:700], whole[:-1] + b"x", b"PK" + whole[2:], b"", *flipped):
            path = self.file("damaged.tar")
            with open(path, "wb") as file:
                file.write(damaged)
            done = other.command("import", path)
            self.assertEqual(1, done.returncode, done.stdout)
            with open(other.rules_file) as file:
                self.assertEqual(before, file.read())
        left = [name for name in os.listdir(other.folder) if "import" in name or "before" in name]
        self.assertEqual([], left)

    def test_names_that_lead_elsewhere_are_refused(self):
        path, target = self.file("evil.tar"), self.file("escaped")
        body = b"{}"
        manifest = {"program": "cachearr", "format": 1, "version": "0.1.0", "made": "", "rules": [],
                    "members": [{"name": "config/../../escaped", "size": 2, "sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}]}
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, data in (("manifest.json", json.dumps(manifest).encode()), ("config/../../escaped", body)):
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        done = self.proxy.command("import", path)
        self.assertEqual(1, done.returncode)
        self.assertIn("name", done.stderr)
        self.assertFalse(os.path.exists(target))

    def test_a_later_version_is_refused(self):
        path = self.export()
        with open(path, "rb") as file:
            later = file.read()
        self.assertIn(b'"version": "0.1.0"', later)
        later = later.replace(b'"version": "0.1.0"', b'"version": "9.1.0"')
        with open(path, "wb") as file:
            file.write(later)
        done = self.proxy.command("import", path)
        self.assertEqual(1, done.returncode)
        self.assertIn("later", done.stderr)

    def test_the_authority_comes_with_its_passphrase_alone(self):
        other = self.start({}, {})
        self.assertEqual(0, other.command("ca", "init").returncode)
        passphrase, wrong = self.file("passphrase"), self.file("wrong")
        for path, words in ((passphrase, "correct horse"), (wrong, "wrong horses")):
            with open(path, "w") as file:
                file.write(words + "\n")
        exported = os.path.join(other.folder, "authority.tar")
        done = other.command("export", exported, "--authority", "--passphrase-file", passphrase)
        self.assertEqual(0, done.returncode, done.stderr)
        with open(exported, "rb") as file:
            self.assertNotIn(b"PRIVATE KEY", file.read())
        fingerprint = json.loads(other.command("ca", "show", "--json").stdout)["fingerprint"]
        self.assertEqual(0, other.command("ca", "init", "--renew").returncode)
        self.assertEqual(1, other.command("import", exported, "--passphrase-file", wrong).returncode)
        self.assertNotEqual(fingerprint, json.loads(other.command("ca", "show", "--json").stdout)["fingerprint"])
        done = other.command("import", exported, "--passphrase-file", passphrase)
        self.assertEqual(0, done.returncode, done.stderr)
        self.assertEqual(fingerprint, json.loads(other.command("ca", "show", "--json").stdout)["fingerprint"])

    def test_savings_come_back_at_the_next_start(self):
        proxy = self.start(local(self.origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h", "expect": "any"}]), DISK)
        path = self.path()
        self.origin.on(path, *answer("worth a call"))
        for _ in range(3):
            proxy.ask(self.url(path))
        saved = self.until(lambda: proxy.admin("GET", "/api/v1/savings").data["total"]["calls"])
        exported = os.path.join(proxy.folder, "savings.tar")
        self.assertEqual(0, proxy.command("export", exported).returncode)
        self.stop_running(proxy)
        for name in ("data.mdb", "lock.mdb"):
            os.unlink(os.path.join(proxy.folder, "state", "store", name))
        done = proxy.command("import", exported)
        self.assertEqual(0, done.returncode, done.stderr)
        self.restart(proxy)
        self.assertEqual(saved, proxy.admin("GET", "/api/v1/savings").data["total"]["calls"])


if __name__ == "__main__":
    main()
