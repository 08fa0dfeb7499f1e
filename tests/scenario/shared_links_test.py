"""The ways to a Redis: TLS, a socket in the file system, another database, Sentinels, names that users bring along."""
import os
import socket
import subprocess
import tempfile

from lab.case import local, main
from lab.certs import Authority
from lab.redis_server import Connection
from lab.shared import RULES, Sharing


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Ways(Sharing):
    def test_tls_is_spoken_and_verified(self):
        folder = tempfile.mkdtemp(prefix="shared-tls-", dir=self.proxy.folder)
        authority, port = Authority(folder), free_port()
        authority.server("DNS:cache.test", "IP:127.0.0.1")
        base = os.path.join(folder, "DNS-cache.test")
        self.another_redis("--tls-port", str(port), "--tls-cert-file", base + ".pem", "--tls-key-file", base + ".key",
                           "--tls-ca-cert-file", authority.file, "--tls-auth-clients", "no")
        url = "rediss://127.0.0.1:%d" % port
        one, two = (self.instance(name, redis_url=url, ca_file=authority.file) for name in ("one", "two"))
        self.shares(one, two)
        stranger = self.instance("three", ready=False, redis_url=url)
        self.until(lambda: "127.0.0.1:%d: " % port in (self.status(stranger)["problem"] or ""))
        self.assertRegex(self.status(stranger)["problem"], "trust|issu")
        other = self.instance("four", ready=False, redis_url=url, ca_file=authority.file, server_name="other.test")
        self.until(lambda: "other.test" in (self.status(other)["problem"] or ""))

    def test_a_server_that_asks_for_a_certificate_is_shown_one(self):
        folder = tempfile.mkdtemp(prefix="shared-tls-", dir=self.proxy.folder)
        authority, port = Authority(folder), free_port()
        authority.server("DNS:cache.test")
        base = os.path.join(folder, "DNS-cache.test")
        self.another_redis("--tls-port", str(port), "--tls-cert-file", base + ".pem", "--tls-key-file", base + ".key",
                           "--tls-ca-cert-file", authority.file, "--tls-auth-clients", "yes")
        certificate, key = authority.client("cachearr.test")
        trusting = {"redis_url": "rediss://127.0.0.1:%d" % port, "ca_file": authority.file, "server_name": "cache.test"}
        known = dict(trusting, certificate_file=certificate, key_file=key)
        self.shares(self.instance("one", **known), self.instance("two", **known))
        stranger = self.instance("three", ready=False, **trusting)
        self.until(lambda: self.status(stranger)["problem"])
        self.assertNotEqual("ready", self.status(stranger)["state"])
        lost = self.instance("four", ready=False, **dict(known, key_file=base + ".none"))
        self.until(lambda: base + ".none" in (self.status(lost)["problem"] or ""))

    def test_a_socket_and_another_database_lead_there(self):
        path = os.path.join(tempfile.mkdtemp(prefix="rs-"), "r.sock")
        self.addCleanup(lambda: os.rmdir(os.path.dirname(path)))
        self.addCleanup(lambda: os.path.exists(path) and os.unlink(path))
        redis = self.another_redis("--unixsocket", path)
        one = self.instance("one", redis_url="unix://%s?db=3" % path)
        two = self.instance("two", redis_url="redis://127.0.0.1:%d/3" % redis.port)
        self.shares(one, two)

    def test_the_names_that_users_bring_along_are_honoured(self):
        locked = self.another_redis("--requirepass", "p@ss")
        environment = {"REDIS_URL": "redis://127.0.0.1:%d" % locked.port, "REDIS_PASSWORD": "p@ss", "REDIS_DB": "2",
                       "CACHEARR__SHARED__SECRET_FILE": self.secret}
        rules = local(self.origin, rules=RULES, shared=True)
        one, two = (self.start(rules, environment=environment) for _ in range(2))
        self.ready(one)
        self.ready(two)
        self.until(lambda: len(self.status(one)["members"]) == 2)
        self.assertEqual("redis://127.0.0.1:%d/2" % locked.port, self.status(one)["server"])
        self.assertNotIn("p@ss", str(self.status(one)) + one.log.text)

    def test_after_a_failover_all_follow_the_sentinels(self):
        replica = self.another_redis("--replicaof", "127.0.0.1 %d" % self.redis.port)
        port = self.sentinel()
        url = "redis://127.0.0.1:%d?master=mine" % port
        one, two = self.instance("one", redis_url=url), self.instance("two", redis_url=url)
        self.shares(one, two)
        self.until(lambda: b"slave0" in self.call("INFO", "replication"))
        self.redis.kill()
        self.until(lambda: self.role_of(replica) == b"master", "no failover")
        self.ready(one)
        self.ready(two)
        self.shares(one, two)

    def test_a_failover_while_both_live_leaves_nobody_behind(self):
        self.another_redis("--replicaof", "127.0.0.1 %d" % self.redis.port)
        port = self.sentinel()
        url = "redis://127.0.0.1:%d?master=mine" % port
        one, two = self.instance("one", redis_url=url), self.instance("two", redis_url=url)
        self.until(lambda: b"slave0" in self.call("INFO", "replication"))
        self.shares(one, two)
        connection = Connection(port)
        self.addCleanup(connection.close)
        self.assertEqual("OK", connection.call("SENTINEL", "FAILOVER", "mine"))
        self.until(lambda: self.role_of(self.redis) == b"slave", "the old master is still one")
        self.until(lambda: self.call("ROLE")[3] == b"connected")
        for proxy in (one, two):
            self.until(lambda of=proxy: self.status(of)["state"] == "ready" and not self.clients(), "it stayed behind")
        self.shares(one, two)
        one.admin("POST", "/api/v1/purge", body={"all": True})
        self.heard(one, two)

    def test_of_two_masters_after_a_failover_all_go_to_the_one_that_the_sentinels_name(self):
        """The old one lives, answers the instances and takes their writes, but no Sentinel reaches it to tell it so."""
        replica = self.another_redis("--replicaof", "127.0.0.1 %d" % self.redis.port)
        ports = [self.sentinel(quorum=2) for _ in range(3)]
        self.until(lambda: all(self.sentinel_says(port, "num-other-sentinels") == b"2" for port in ports))
        for redis in (self.redis, replica):
            redis.ask("ACL", "SETUSER", "cachearr", "on", ">secret", "~*", "&*", "+@all")
        url = "redis://cachearr:secret@%s?master=mine" % ",".join("127.0.0.1:%d" % port for port in ports)
        one, two = self.instance("one", redis_url=url), self.instance("two", redis_url=url)
        self.shares(one, two)
        old = self.redis.connect()
        self.addCleanup(old.close)
        old.call("ACL", "SETUSER", "default", "off")
        old.call("CLIENT", "KILL", "USER", "default")
        self.until(lambda: self.role_of(replica) == b"master", "no failover")

        def left():
            clients = old.call("CLIENT", "LIST").decode()
            return "name=cachearr-" not in clients
        self.until(left, "they stay with the old master")
        self.assertEqual(b"master", old.call("ROLE")[0])
        self.redis = replica
        for proxy in (one, two):
            self.ready(proxy)
        self.shares(one, two)
        one.admin("POST", "/api/v1/purge", body={"all": True})
        self.heard(one, two)

    def clients(self):
        """Links of instances that the old master still has."""
        return [line for line in self.call("CLIENT", "LIST").decode().splitlines() if "name=cachearr-" in line]

    @staticmethod
    def role_of(redis):
        try:
            return redis.ask("ROLE")[0]
        except OSError:  # whoever becomes a master closes its connections
            return None

    def sentinel_call(self, port, *words):
        connection = Connection(port)
        try:
            return connection.call(*words)
        finally:
            connection.close()

    def sentinel_says(self, port, name):
        told = self.sentinel_call(port, "SENTINEL", "MASTER", "mine")
        return told[told.index(name.encode()) + 1]

    def sentinel(self, quorum=1):
        folder, port = tempfile.mkdtemp(prefix="sentinel-", dir=self.proxy.folder), free_port()
        file = os.path.join(folder, "sentinel.conf")
        with open(file, "w") as out:
            out.write("port %d\nbind 127.0.0.1\ndir %s\nsentinel monitor mine 127.0.0.1 %d %d\n"
                      "sentinel down-after-milliseconds mine 1000\nsentinel failover-timeout mine 3000\n"
                      % (port, folder, self.redis.port, quorum))
        process = subprocess.Popen([self.redis.program, file, "--sentinel"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def knows_the_replica():
            try:
                connection = Connection(port)
            except OSError:
                return False
            try:
                return len(connection.call("SENTINEL", "REPLICAS", "mine")) == 1
            finally:
                connection.close()
        self.until(knows_the_replica, "the Sentinel knows no replica")
        return port


if __name__ == "__main__":
    main()
