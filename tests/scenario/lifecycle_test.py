"""Start, reload and end: what is atomic, what is drained, which exit code says what."""
import json
import os
import signal
import socket
import threading

from lab.case import Scenario, local, main
from lab.origin import answer, head
from lab.proxy import API_KEY, PORT_TAKEN, Proxy
from lab.wire import TIME_LIMIT, WireError, connect, request_bytes


def rules_with_ttl(origin, ttl):
    return local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": ttl}])


class Reload(Scenario):
    def setUp(self):
        self.proxy = self.start(rules_with_ttl(self.origin, "1h"))

    def ttl_of(self, path):
        self.origin.on(path, answer("x"))
        self.ask(path)
        return self.ask(path).cache["ttl"]

    def reload(self):
        return self.proxy.command("reload")

    def test_new_rules_hold_after_a_reload_and_the_cache_stays(self):
        kept = self.path()
        self.assertGreater(self.ttl_of(kept), 3500)
        self.proxy.write_rules(rules_with_ttl(self.origin, "10m"))
        self.assertEqual(0, self.reload().returncode)
        self.assertHit(self.ask(kept))
        self.assertLessEqual(self.ttl_of(self.path()), 600)

    def test_with_any_problem_the_old_rules_stay_and_every_problem_is_named(self):
        broken = rules_with_ttl(self.origin, "10m")
        broken["rules"].append({"name": "bad", "upstream": "nobody", "match": {"path": "no-slash"}, "ttl": "soon", "colour": "red"})
        self.proxy.write_rules(broken)
        result = self.reload()
        self.assertEqual(78, result.returncode, result)
        for word in ("nobody", "colour", "a duration is expected"):
            self.assertIn(word, result.stdout + result.stderr)
        self.assertRegex(result.stdout + result.stderr, r"test\.json:\d+:\d+: ")
        self.assertGreater(self.ttl_of(self.path()), 3500)

    def test_half_written_empty_and_foreign_files_change_nothing(self):
        good = open(self.proxy.rules_file).read()
        for text in ("", good[:len(good) // 2], "\x00\x01", "[" * 100000, "not json", "{\"rules\": 5}", "\xff\xfe"):
            self.proxy.write_rules(text)
            self.assertEqual(78, self.reload().returncode, repr(text[:20]))
            self.assertGreater(self.ttl_of(self.path()), 3500)

    def test_sighup_reloads(self):
        self.proxy.write_rules(rules_with_ttl(self.origin, "10m"))
        self.proxy.signal(signal.SIGHUP)
        self.proxy.log.wait_for(r"(?i)reload")
        self.until(lambda: self.ttl_of(self.path()) <= 600, "the new rules never came into force")

    def test_a_broken_file_at_sighup_is_logged_and_the_old_rules_stay(self):
        self.proxy.write_rules("{ broken")
        self.proxy.signal(signal.SIGHUP)
        self.proxy.log.wait_for(r"test\.json:1:\d+")
        self.assertGreater(self.ttl_of(self.path()), 3500)

    def test_forty_reloads_under_load_fail_no_request_and_leak_no_descriptor(self):
        path, stop, wrong = self.path(), threading.Event(), []
        self.origin.on(path, answer("steady"))

        def keep_asking():
            try:
                with self.proxy.connect() as wire:
                    while not stop.is_set():
                        wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                        if wire.read_response().body != b"steady":
                            wrong.append("another body")
            except (WireError, OSError) as problem:
                wrong.append(repr(problem))
        workers = [threading.Thread(target=keep_asking) for _ in range(4)]
        descriptors = self.proxy.open_files()
        for worker in workers:
            worker.start()
        for _ in range(40):
            self.assertEqual(200, self.proxy.admin("POST", "/api/v1/reload", body={}).status)
        stop.set()
        for worker in workers:
            worker.join()
        self.assertEqual([], wrong)
        self.until(lambda: self.proxy.open_files() < descriptors + 20, "descriptors stay open")


class Ending(Scenario):
    def ask_slowly(self, gate):
        """A client whose answer is half there."""
        path = self.path()
        self.origin.on(path, head(200, {"Content-Length": "10"}), b"first", gate, b"-last")
        wire = self.proxy.connect()
        self.addCleanup(wire.close)
        wire.send(request_bytes("GET", self.url(path), self.origin.authority))
        self.assertEqual(200, wire.read_final_head().status)
        self.assertEqual(b"first", wire.exactly(5))
        return wire

    def test_sigterm_finishes_what_has_begun_and_accepts_nothing_new(self):
        self.proxy, gate = self.start(config={"timeouts": {"shutdown_grace": "60s"}}), threading.Event()
        wire = self.ask_slowly(gate)
        address = self.proxy.address
        self.proxy.signal(signal.SIGTERM)
        self.wait_until_refused(address)
        gate.set()
        self.assertEqual(b"-last", wire.exactly(5))
        self.assertEqual(0, self.proxy.process.wait(TIME_LIMIT))

    def wait_until_refused(self, address):
        def refused():
            try:
                socket.create_connection(address, timeout=TIME_LIMIT).close()
            except ConnectionRefusedError:
                return True
            except ConnectionResetError:  # between the two
                pass
            return False
        self.until(refused, "it went on accepting")

    def test_idle_connections_do_not_delay_the_end(self):
        self.proxy = self.start(config={"timeouts": {"shutdown_grace": "600s"}})
        path = self.path()
        self.origin.on(path, answer("x"))
        with self.proxy.connect() as wire:
            wire.send(request_bytes("GET", self.url(path), self.origin.authority))
            wire.read_response()
            self.proxy.signal(signal.SIGINT)
            self.assertEqual(0, self.proxy.process.wait(TIME_LIMIT))

    def test_sigterm_under_load_breaks_no_answer_that_had_begun(self):
        self.proxy, path, broken, served = self.start(), self.path(), [], []
        self.origin.on(path, answer("z" * 20000, 200, {"Cache-Control": "max-age=60"}))

        def keep_asking(wire):
            with wire:
                while True:
                    try:
                        wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                        if not wire.buffer and not wire.fill():
                            return
                    except OSError:
                        return
                    try:
                        response = wire.read_response()
                        served.append(len(response.body))
                        if response["connection"] == "close":
                            return
                    except (WireError, OSError) as problem:
                        broken.append(repr(problem))
                        return
        clients = [threading.Thread(target=keep_asking, args=(self.proxy.connect(),)) for _ in range(8)]
        for client in clients:
            client.start()
        self.origin.wait_for(path)
        self.proxy.signal(signal.SIGTERM)
        for client in clients:
            client.join()
        self.assertEqual(0, self.proxy.process.wait(TIME_LIMIT))
        self.assertEqual(([], {20000}), (broken, set(served)))

    def test_sigterm_answers_what_has_arrived_and_who_has_just_connected(self):
        path = self.path()
        self.origin.on(path, answer("x"))
        proxy = self.start()
        proxy.ask(self.url(path))
        kept, fresh = connect(proxy.address), connect(proxy.address)
        with kept, fresh:
            kept.send(request_bytes("GET", self.url(path), self.origin.authority))
            kept.read_response()
            with proxy.standing_still():
                waiting = connect(proxy.address)
                for wire in (kept, fresh, waiting):
                    wire.send(request_bytes("GET", self.url(path), self.origin.authority))
                proxy.signal(signal.SIGTERM)
            for wire in (kept, fresh, waiting):
                self.assertAnswered(wire.read_response(), "x")
                self.assertTrue(wire.at_end())
            waiting.close()
        self.assertEqual(0, proxy.process.wait(TIME_LIMIT))

    def test_what_does_not_finish_within_the_grace_is_cut(self):
        self.proxy, never = self.start(config={"timeouts": {"shutdown_grace": "1s", "upstream_idle": "600s"}}), threading.Event()
        self.addCleanup(never.set)
        self.ask_slowly(never)
        self.proxy.signal(signal.SIGTERM)
        self.assertEqual(0, self.proxy.process.wait(TIME_LIMIT))

    def test_a_call_that_hangs_is_not_waited_for_longer_than_the_grace(self):
        self.proxy = self.start(config={"timeouts": {"shutdown_grace": "1s"}})
        password = os.path.join(self.proxy.folder, "password")
        os.mkfifo(password)
        with open(self.proxy.config_file) as file:
            config = json.load(file)
        config["access"] = {"basic_auth": {"user": "u", "password_file": password}}
        with open(self.proxy.config_file, "w") as file:
            json.dump(config, file)
        with connect(("127.0.0.1", self.proxy.admin_port)) as wire:
            wire.send(request_bytes("POST", "/api/v1/reload", "localhost", [("X-Api-Key", API_KEY), ("Content-Type", "application/json")], b"{}"))
            writer = self.until(lambda: self.open_for_reader(password), "the reload never came to the password")
            self.addCleanup(os.close, writer)  # meanwhile the reload waits for what nobody writes
            self.proxy.signal(signal.SIGTERM)
            self.proxy.log.wait_for("a call of the API was still under way")
            self.assertEqual(0, self.proxy.process.wait(TIME_LIMIT))

    @staticmethod
    def open_for_reader(fifo):
        """Its end to write into; None as long as nobody reads."""
        try:
            return os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None

    def test_a_second_signal_ends_at_once(self):
        self.proxy, never = self.start(config={"timeouts": {"shutdown_grace": "600s", "upstream_idle": "600s"}}), threading.Event()
        self.addCleanup(never.set)
        self.ask_slowly(never)
        address = self.proxy.address
        self.proxy.signal(signal.SIGTERM)
        self.wait_until_refused(address)
        self.proxy.signal(signal.SIGTERM)
        self.proxy.process.wait(TIME_LIMIT)
        self.proxy.process.returncode = 0  # any code will do here


class Starting(Scenario):
    def test_the_ready_line_names_the_addresses(self):
        self.proxy.log.wait_for(r"127\.0\.0\.1:%d" % self.proxy.port)

    def test_a_port_in_use_is_exit_69_with_a_line_that_names_it(self):
        second = Proxy(local(self.origin), {"listeners": [{"address": "127.0.0.1:%d" % self.proxy.port}]})
        second.write_config()
        second.launch()
        self.assertEqual(PORT_TAKEN, second.process.wait(TIME_LIMIT))
        second.log.thread.join()
        self.assertIn(str(self.proxy.port), second.log.text)
        second.process.stdout.close()

    def test_a_broken_configuration_is_exit_78_and_nothing_is_bound(self):
        second = Proxy("{ \"rules\": [ { \"name\": 5 } ] }")
        second.write_config()
        second.launch()
        self.assertEqual(78, second.process.wait(TIME_LIMIT))
        second.log.thread.join()
        self.assertRegex(second.log.text, r"test\.json:\d+:\d+: ")
        second.process.stdout.close()
        with self.assertRaises(OSError):
            socket.create_connection(second.address, timeout=5)


if __name__ == "__main__":
    main()
