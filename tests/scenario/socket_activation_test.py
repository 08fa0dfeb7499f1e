"""Listening sockets that somebody else opened: the program serves on them and opens none of its own beside."""
import os
import socket
import subprocess
import sys

from lab.case import Scenario, local, main
from lab.origin import answer
from lab.proxy import PORT_TAKEN, binary

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


if __name__ == "__main__":
    main()
