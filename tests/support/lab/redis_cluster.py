"""A real Redis Cluster of a test's own: masters that share the slots, each with as many replicas as are wanted."""
import socket
import time

from .redis_server import RedisServer
from .wire import TIME_LIMIT

SLOTS = 16384


def crc16(data):
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = ((crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def slot_of(key):
    key = key if isinstance(key, bytes) else key.encode()
    begin = key.find(b"{")
    end = key.find(b"}", begin + 1) if begin >= 0 else -1
    return crc16(key[begin + 1:end] if end > begin + 1 else key) % SLOTS


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class RedisCluster:
    def __init__(self, masters=3, replicas=0):
        self.nodes = [self._node() for _ in range(masters * (1 + replicas))]
        self.masters = self.nodes[:masters]
        for number, node in enumerate(self.masters):
            first, last = SLOTS * number // masters, SLOTS * (number + 1) // masters - 1
            node.ask("CLUSTER", "ADDSLOTSRANGE", first, last)
            node.ask("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        for node in self.nodes[1:]:
            self.nodes[0].ask("CLUSTER", "MEET", "127.0.0.1", node.port, node.bus)
        self._until(lambda: all(len(node.ask("CLUSTER", "NODES").splitlines()) == len(self.nodes) for node in self.nodes))
        for number, node in enumerate(self.nodes[masters:]):
            node.ask("CLUSTER", "REPLICATE", self.id_of(self.masters[number % masters]))
        self.wait_until_it_serves()
        self._until(lambda: all(b"master_link_status:up" in node.ask("INFO", "replication") for node in self.nodes[masters:]))

    def _node(self):
        bus = free_port()
        node = RedisServer("--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", str(bus),
                           "--cluster-node-timeout", "2000", "--cluster-replica-validity-factor", "0",
                           "--cluster-allow-replica-migration", "no")
        node.bus = bus
        return node

    @staticmethod
    def _until(holds):
        end = time.monotonic() + TIME_LIMIT
        while not holds():
            if time.monotonic() > end:
                raise TimeoutError("the Cluster is never ready")
            time.sleep(0.05)

    def wait_until_it_serves(self):
        """All that live say so."""
        self._until(lambda: all(b"cluster_state:ok" in node.ask("CLUSTER", "INFO") for node in self.alive()))

    def alive(self):
        return [node for node in self.nodes if node.process.poll() is None]

    @staticmethod
    def id_of(node):
        return node.ask("CLUSTER", "MYID").decode()

    @property
    def url(self):
        return "redis://" + ",".join("127.0.0.1:%d" % node.port for node in self.nodes)

    def node_at(self, port):
        return next(node for node in self.nodes if node.port == port)

    def master_of(self, slot):
        """Who serves it now, as the Cluster says."""
        for first, last, master, *_ in self.alive()[0].ask("CLUSTER", "SLOTS"):
            if first <= slot <= last:
                return self.node_at(master[1])
        return None

    def call(self, *words, key=None):
        """As a client that knows of Clusters; `key` where it is not the first argument."""
        node = self.master_of(slot_of(key or words[1]))
        return node.ask(*words)

    def all_keys(self, pattern):
        return [key for node in {self.master_of(slot) for slot in range(0, SLOTS, 64)} for key in node.ask("KEYS", pattern)]

    def move(self, slot, target, meanwhile=lambda: None):
        """Moves a slot as redis-cli does; `meanwhile` is called while its keys are on their way."""
        source = self.master_of(slot)
        target.ask("CLUSTER", "SETSLOT", slot, "IMPORTING", self.id_of(source))
        source.ask("CLUSTER", "SETSLOT", slot, "MIGRATING", self.id_of(target))
        while keys := source.ask("CLUSTER", "GETKEYSINSLOT", slot, 100):
            meanwhile()
            for key in keys:
                source.ask("MIGRATE", "127.0.0.1", target.port, key, 0, 5000)
        meanwhile()
        for node in (target, source):
            node.ask("CLUSTER", "SETSLOT", slot, "NODE", self.id_of(target))

    def close(self):
        for node in self.nodes:
            node.close()
