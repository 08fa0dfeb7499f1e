"""A proxy that intercepts, the origin behind it, and clients that go through it: for scenarios about HTTPS."""
import json
import os
import shutil
import socket
import ssl
import tempfile

from .case import Scenario
from .certs import Authority
from .origin import Origin
from .proxy import Proxy, free_ports, run_program
from .wire import Wire, connect, parse_cache_status, request_bytes

HOST, BLIND, BAD = "api.intercepted.test", "blind.intercepted.test", "bad.intercepted.test"


class Intercepting(Proxy):
    """A proxy whose user has run `cachearr ca init`, with a TLS listener beside the plain one."""

    def write_config(self):
        super().write_config()
        self.tls_port = free_ports(1)[0]
        with open(self.config_file) as file:
            config = json.load(file)
        config["listeners"].append({"address": "127.0.0.1:%d" % self.tls_port, "tls": True})
        with open(self.config_file, "w") as file:
            json.dump(config, file, indent=1)

    def launch(self):
        made = run_program("ca", "init", "--renew", "--config", self.config_file)
        if made.returncode != 0:
            raise AssertionError("ca init: %s%s" % (made.stdout, made.stderr))
        super().launch()

    @property
    def ca_folder(self):
        return os.path.join(self.folder, "state", "ca")

    @property
    def ca_file(self):
        return os.path.join(self.ca_folder, "ca.pem")


class InterceptingScenario(Scenario):
    """HOST is intercepted, BLIND is not, and at BAD the origin's certificate is for somebody else."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="cachearr-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.authority = Authority(cls.folder)
        cls.origin = Origin(tls=cls.authority.server("DNS:" + HOST, "DNS:" + BLIND))
        cls.addClassCleanup(cls.origin.close)
        cls.proxy = cls.make().start()
        cls.addClassCleanup(cls.proxy.stop)

    @classmethod
    def make(cls, **config):
        tls = {"ca_file": cls.authority.file}
        upstreams = {"api": {"hosts": [HOST], "mount": "/api", "intercept": True, "tls": tls},
                     "bad": {"hosts": [BAD], "intercept": True, "tls": tls},
                     "blind": {"hosts": [BLIND]}}
        config.setdefault("intercept", {"enabled": True})
        arguments = []
        for host in (HOST, BLIND, BAD):
            arguments += ["--resolve", "%s:443:127.0.0.1:%d" % (host, cls.origin.port)]
        return Intercepting({"upstreams": upstreams}, config, arguments=arguments)

    # ---- a client

    def tunnel(self, host=HOST, proxy=None, headers=()):
        wire = (proxy or self.proxy).connect()
        self.addCleanup(wire.close)
        wire.send(request_bytes("CONNECT", host + ":443", host + ":443", headers))
        self.assertEqual(200, wire.read_final_head().status)
        self.assertEqual(b"", wire.buffer)
        return wire

    def trusting(self, proxy=None):
        return ssl.create_default_context(cafile=(proxy or self.proxy).ca_file)

    def tls(self, host=HOST, name=None, context=None, proxy=None, session=None, headers=()):
        """A TLS connection through the proxy; `name` is the server name that is sent, none for ""."""
        wire = self.tunnel(host, proxy, headers)
        name = host if name is None else name
        sock = (context or self.trusting(proxy)).wrap_socket(wire.sock, server_hostname=name or None, session=session)
        self.addCleanup(sock.close)
        return Wire(sock)

    @staticmethod
    def get(wire, path, host=HOST):
        wire.send(request_bytes("GET", path, host))
        response = wire.read_response()
        response.cache = parse_cache_status(response["cache-status"])
        return response

    @staticmethod
    def anybody():
        """A client that looks at nothing: for seeing which certificate it gets."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def origins_certificate(self):
        with self.anybody().wrap_socket(socket.create_connection(("127.0.0.1", self.origin.port))) as sock:
            return sock.getpeercert(True)

    # ---- a client of the TLS listener: the host's name leads there

    def directly(self, name=HOST, context=None, proxy=None):
        wire = connect(("127.0.0.1", (proxy or self.proxy).tls_port))
        self.addCleanup(wire.close)
        sock = (context or self.trusting(proxy)).wrap_socket(wire.sock, server_hostname=name)
        self.addCleanup(sock.close)
        return Wire(sock)

    def strict(self):
        """A client that believes the real authority and not the proxy's."""
        return ssl.create_default_context(cafile=self.authority.file)

    def another(self, **config):
        """A proxy of one's own, where what a client does must not change what others see."""
        proxy = self.make(**config)
        proxy.start()
        self.addCleanup(proxy.stop)
        return proxy
