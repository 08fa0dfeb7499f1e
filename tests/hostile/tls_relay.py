"""Carries a client's bytes through a CONNECT tunnel that the proxy intercepts: plain on the client's side, TLS on the proxy's.

What comes in one piece leaves in one record. The end of the client's side cannot be told apart from the end of all: TLS of Python
ends both sides at once, so it is kept back until the proxy has ended."""
import select, socket, ssl, threading


def read_now(side):
    """None where nothing is there after all: what was readable may be a session ticket."""
    side.setblocking(False)
    try:
        return side.recv(65536)
    except (ssl.SSLWantReadError, BlockingIOError):
        return None
    finally:
        side.settimeout(20)


class TlsRelay:
    def __init__(self, proxy, host, ca_file):
        self.proxy, self.host = proxy, host
        self.context = ssl.create_default_context(cafile=ca_file)
        self.context.set_alpn_protocols(["http/1.1"])
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.carry, args=(client,), daemon=True).start()

    def tunnel(self):
        raw = socket.create_connection(self.proxy, timeout=20)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.sendall(b"CONNECT %s:443 HTTP/1.1\r\nHost: %s:443\r\n\r\n" % (self.host, self.host))
        head = b""
        while b"\r\n\r\n" not in head:
            more = raw.recv(4096)
            if not more:
                raise OSError("the proxy opened no tunnel: %r" % head[:60])
            head += more
        return self.context.wrap_socket(raw, server_hostname=self.host.decode())

    def carry(self, client):
        try:
            with client, self.tunnel() as secure:
                self.pump(client, secure)
        except OSError:
            pass  # the client sees the end of its connection

    @staticmethod
    def pump(client, secure):
        sides = [client, secure]
        while True:
            ready = [secure] if secure.pending() else select.select(sides, [], [], 60)[0]
            if not ready:
                return
            for side in ready:
                piece = read_now(side)
                if piece is None:
                    continue
                if side is secure and not piece:
                    return
                if not piece:
                    sides = [secure]
                else:
                    (secure if side is client else client).sendall(piece)

    def close(self):
        self.listener.close()
