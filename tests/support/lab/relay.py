"""A way to a server that can be cut, or fall silent, for whoever takes it, while others reach the server all the same."""
import socket
import threading


class Relay:
    def __init__(self, port):
        self.to = port
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.lock, self.wires, self.is_cut = threading.Lock(), [], False
        self.passes = threading.Event()
        self.passes.set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self):
        return "redis://127.0.0.1:%d" % self.port

    def cut(self):
        """All connections break, and new ones do so at once."""
        with self.lock:
            self.is_cut = True
            wires, self.wires = self.wires, []
        for wire in wires:
            _end(wire)

    def fall_silent(self):
        """Connections stay, and new ones are made, but nothing comes through; it is late, not lost, as in a network that is down."""
        self.passes.clear()

    def mend(self):
        with self.lock:
            self.is_cut = False
        self.passes.set()

    def close(self):
        _end(self.listener)
        self.cut()
        self.passes.set()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._lead, args=(client,), daemon=True).start()

    def _lead(self, client):
        self.passes.wait()
        try:
            server = socket.create_connection(("127.0.0.1", self.to))
        except OSError:
            return _end(client)
        with self.lock:
            if not self.is_cut:
                self.wires += [client, server]
                threading.Thread(target=self._pass_on, args=(client, server), daemon=True).start()
                threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
                return None
        _end(client)
        return _end(server)

    def _pass_on(self, source, target):
        try:
            source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while part := source.recv(65536):
                self.passes.wait()
                target.sendall(part)
        except OSError:
            pass
        _end(source)
        _end(target)


def _end(wire):
    """Wakes whoever reads from it, too."""
    try:
        wire.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    wire.close()
