"""Listening sockets that somebody else opened: the program serves on them and opens none of its own beside."""
import http.client
import json
import os
import socket
import subprocess
import sys
import threading

from lab.case import Scenario, local, main
from lab.origin import answer, fresh
from lab.proxy import API_KEY, PORT_TAKEN, binary
from lab.wire import TIME_LIMIT

LAUNCHER = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lab", "socket_activate.py")]


class SocketActivation(Scenario):
    def rules(self):
        return local(self.origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}])

    def listening(self, proxy):
        """The distinct sockets that listen on the proxy's ports; with two workers of its own there would be two on each."""
        with open("/proc/%d/net/tcp" % proxy.process.pid) as file:
            lines = [line.split() for line in file.readlines()[1:]]
        ports = {"%04X" % port for port in (proxy.port, proxy.admin_port)}
        return [line[9] for line in lines if line[3] == "0A" and line[1].split(":")[1] in ports]

    def test_requests_on_inherited_sockets_are_answered_by_every_worker(self):
        self.proxy = self.start(self.rules(), prefix=LAUNCHER, threads=2)
        path = self.path()
        self.origin.on(path, answer("x"))
        self.ask(path)
        for _ in range(20):
            self.assertHit(self.ask(path))
        self.assertEqual(2, len(self.listening(self.proxy)))

    def test_the_socket_named_admin_serves_the_api(self):
        self.proxy = self.start(self.rules(), prefix=LAUNCHER)
        self.assertEqual(200, self.proxy.admin("GET", "/ping").status)

    def test_a_socket_for_every_interface_takes_the_place_of_the_listener_with_its_port(self):
        self.proxy = self.start(self.rules(), prefix=LAUNCHER + ["--forward"])
        path = self.path()
        self.origin.on(path, answer("x"))
        self.assertEqual(b"x", self.ask(path).body)
        self.assertEqual(2, len(self.listening(self.proxy)))

    def test_a_reload_keeps_the_inherited_sockets(self):
        self.proxy = self.start(self.rules(), prefix=LAUNCHER)
        result = self.proxy.command("reload")
        self.assertEqual((0, "read again; nothing is different\n"), (result.returncode, result.stdout))
        path = self.path()
        self.origin.on(path, answer("x"))
        self.assertEqual(b"x", self.ask(path).body)

    def test_what_is_no_listening_tcp_socket_is_refused_with_its_name(self):
        ours, _ = socket.socketpair()
        code = ("import os,sys\nos.dup2(%d, 3, inheritable=True)\n"
                "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='1', LISTEN_FDNAMES='odd')\n"
                "os.execv(sys.argv[1], sys.argv[1:])" % ours.fileno())
        result = subprocess.run([sys.executable, "-c", code, binary(), "serve"], pass_fds=[ours.fileno()], text=True,
                                capture_output=True, timeout=60, env=dict(os.environ, HOME=self.proxy.folder))
        self.assertEqual(PORT_TAKEN, result.returncode, result)
        self.assertIn("(odd) is no listening TCP socket", result.stderr)


GIVE_TWO = ("import os,sys\nfrom_,to=[int(each) for each in sys.argv[1:3]]\nos.dup2(from_, 40)\nos.dup2(to, 41)\n"
            "os.dup2(40, 3, inheritable=True)\nos.dup2(41, 4, inheritable=True)\nos.closerange(5, 256)\n"
            "os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS='2', LISTEN_FDNAMES='cachearr.socket:admin')\n"
            "os.execv(sys.argv[3], sys.argv[3:])")


class Restarts(Scenario):
    """The sockets are somebody else's, as systemd's are: whoever connects while nobody serves waits for the next one."""

    rules_of = classmethod(lambda cls, origin: local(origin, rules=[{"name": "all", "match": {"path": "/**"}, "ttl": "1h"}]))

    def setUp(self):
        self.sockets = [socket.create_server(("127.0.0.1", 0), backlog=128) for _ in range(2)]
        for each in self.sockets:
            self.addCleanup(each.close)
        self.port, self.admin_port = (each.getsockname()[1] for each in self.sockets)
        with open(self.proxy.config_file) as file:
            config = json.load(file)
        config["listeners"] = [{"address": "127.0.0.1:%d" % self.port}]
        config["admin"] = {"address": "127.0.0.1:%d" % self.admin_port, "api_key": API_KEY}
        config["state_dir"] += "-of-restarts"
        self.config_file = self.proxy.config_file + ".restarts"
        with open(self.config_file, "w") as file:
            json.dump(config, file)
        self.wrong, self.answered, self.over = [], 0, threading.Event()

    def launch(self):
        given = [str(each.fileno()) for each in self.sockets]
        program = subprocess.Popen([sys.executable, "-c", GIVE_TWO, *given, binary(), "serve", "--config", self.config_file],
                                   pass_fds=[each.fileno() for each in self.sockets], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(program.kill)
        return program

    def ask_without_end(self, path):
        while not self.over.is_set():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIME_LIMIT)
            try:
                connection.request("GET", self.origin.url + path, headers={"Connection": "close"})
                status = connection.getresponse().status
                self.answered += 1
                if status != 200:
                    self.wrong.append(status)
            except OSError as error:
                self.wrong.append(repr(error))
            except http.client.HTTPException as error:
                self.wrong.append(repr(error))
            finally:
                connection.close()

    def test_under_load_nobody_is_refused(self):
        path = self.path()
        self.origin.on(path, fresh("x"))
        program = self.launch()
        clients = [threading.Thread(target=self.ask_without_end, args=(path,)) for _ in range(4)]
        for client in clients:
            client.start()
        for _ in range(3):
            before = self.answered
            self.until(lambda before=before: self.answered > before + 50, "nobody is answered")
            program.terminate()
            self.assertEqual(0, program.wait(TIME_LIMIT))
            program = self.launch()
        before = self.answered
        self.until(lambda before=before: self.answered > before + 50, "nobody is answered")
        self.over.set()
        for client in clients:
            client.join()
        program.terminate()
        self.assertEqual(0, program.wait(TIME_LIMIT))
        self.assertEqual([], self.wrong)


if __name__ == "__main__":
    main()
