"""A client of HTTP/2 on a TLS socket, by Debian's own h2: well-behaved by itself, and with any frame that a test wants."""
import re
import socket
import ssl
import struct
import sys
import time

try:
    import h2.config
except ImportError:  # another Python than Debian's; the library is plain Python
    sys.path.append("/usr/lib/python3/dist-packages")
    import h2.config
import h2.connection
import h2.events
import h2.exceptions
import h2.settings
import hpack

from .intercepting import HOST, InterceptingScenario
from .wire import TIME_LIMIT, Fields, Message, parse_cache_status

DATA, HEADERS, PRIORITY, RESET, SETTINGS, PING, GOAWAY, WINDOW, CONTINUATION = 0, 1, 2, 3, 4, 6, 7, 8, 9
END_STREAM, END_HEADERS = 1, 4
PROTOCOL_ERROR, REFUSED, CANCEL, CALM = 1, 7, 8, 11


def anonymous_kib(process):
    with open("/proc/%d/status" % process.pid) as file:
        return int(re.search(r"RssAnon:\s+(\d+)", file.read())[1])


def literal(*fields):
    """A header block in no table."""
    return b"".join(b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()
                    for name, value in fields)


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


class Answer(Message):
    """What has come on one stream so far."""

    def __init__(self):
        super().__init__("HTTP/2", Fields())
        self.ended, self.error = False, None

    @property
    def over(self):
        return self.ended or self.error is not None


class Http2Client:
    """`takes`: gives the windows back as data comes; else the peer stops when they are full."""

    def __init__(self, sock, host, takes=True):
        self.sock, self.host, self.takes = sock, host, takes
        sock.settimeout(TIME_LIMIT)
        self.h2 = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=True, header_encoding="latin-1", validate_outbound_headers=False,
            normalize_outbound_headers=False, validate_inbound_headers=True))
        # What is under way when the peer goes away still ends, which the library does not know.
        state, came = h2.connection.ConnectionState.CLIENT_OPEN, h2.connection.ConnectionInputs.RECV_GOAWAY
        machine = self.h2.state_machine
        machine._transitions = {**machine._transitions, (state, came): (None, state)}
        self.h2.initiate_connection()
        self.answers, self.pongs = {}, 0
        self.goaway, self.closed = None, False
        self.told = hpack.Encoder()  # of frames that the library would not make
        self.send()

    def close(self):
        self.sock.close()

    def send(self, *raw):
        """What the library wants to say, and these bytes; what the peer does not want any more is dropped."""
        try:
            self.sock.sendall(self.h2.data_to_send() + b"".join(raw))
        except (OSError, ssl.SSLError):
            self.closed = True

    def fields(self, method="GET", path="/", more=()):
        return [(":method", method), (":scheme", "https"), (":authority", self.host), (":path", path)] + list(more)

    def head(self, *more, method="GET", path="/"):
        """A header block for frames by hand, in no table."""
        return literal(*self.fields(method, path, more))

    def begin(self, path, method="GET", more=(), ends=True):
        stream = self.h2.get_next_available_stream_id()
        self.answers[stream] = Answer()
        self.h2.send_headers(stream, self.fields(method, path, more), end_stream=ends)
        self.send()
        return stream

    def open_windows(self):
        """So that only the sockets hold the peer back."""
        self.h2.update_settings({h2.settings.SettingCodes.INITIAL_WINDOW_SIZE: 1 << 30})
        self.h2.increment_flow_control_window(1 << 30)
        self.send()

    def upload(self, stream, body, ends=True):
        """As the windows allow."""
        while body:
            self.until(lambda: self.answers[stream].over or self.h2.local_flow_control_window(stream) > 0)
            if self.answers[stream].over:
                return
            size = min(len(body), self.h2.local_flow_control_window(stream), self.h2.max_outbound_frame_size)
            self.h2.send_data(stream, body[:size])
            body = body[size:]
            self.send()
        if ends:
            self.h2.end_stream(stream)
            self.send()

    def cancel(self, stream):
        self.h2.reset_stream(stream, CANCEL)
        self.send()

    def ask(self, path, method="GET", more=(), body=None):
        stream = self.begin(path, method, more, ends=body is None)
        if body is not None:
            self.upload(stream, body)
        return self.answer(stream)

    def answer(self, stream):
        self.until(lambda: self.answers[stream].over)
        return self.answers[stream]

    def until(self, holds):
        """Reads until it holds; the end of the connection is an error, unless it is what is waited for."""
        deadline = time.monotonic() + TIME_LIMIT
        while not holds():
            if self.closed or time.monotonic() > deadline:
                raise AssertionError("the connection ended or stood still: %r, %r" % (self.goaway, self.answers))
            self.read()

    def read(self):
        try:
            data = self.sock.recv(65536)
        except socket.timeout:
            raise AssertionError("nothing came: %r" % self.answers) from None
        except (OSError, ssl.SSLError):
            data = b""
        if not data:
            self.closed = True
            return
        try:
            for event in self.h2.receive_data(data):
                self.hear(event)
        except h2.exceptions.ProtocolError as problem:
            raise AssertionError("the proxy breaks the protocol: %r" % problem) from problem
        self.send()

    def until_end(self):
        """The error that the peer left with; None: it just went."""
        deadline = time.monotonic() + TIME_LIMIT
        while not self.closed and self.goaway is None:
            if time.monotonic() > deadline:
                raise AssertionError("the connection goes on")
            self.read()
        return self.goaway

    def hear(self, event):
        answer = self.answers.setdefault(getattr(event, "stream_id", 0), Answer())
        if isinstance(event, h2.events.InformationalResponseReceived):
            answer.interim.append(int(dict(event.headers)[":status"]))
        elif isinstance(event, h2.events.ResponseReceived):
            answer.fields = Fields(pair for pair in event.headers if not pair[0].startswith(":"))
            answer.status = int(dict(event.headers)[":status"])
            answer.cache = parse_cache_status(answer["cache-status"])
        elif isinstance(event, h2.events.DataReceived):
            answer.body += event.data
            if self.takes:
                self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            answer.trailers = Fields(event.headers)
        elif isinstance(event, h2.events.StreamEnded):
            answer.ended = True
        elif isinstance(event, h2.events.StreamReset):
            answer.error = int(event.error_code)
        elif isinstance(event, h2.events.PingAckReceived):
            self.pongs += 1
        elif isinstance(event, h2.events.ConnectionTerminated):
            self.goaway = int(event.error_code)


class Http2Scenario(InterceptingScenario):
    def offering(self, *protocols, proxy=None):
        context = self.trusting(proxy)
        context.set_alpn_protocols(list(protocols))
        return context

    def client(self, proxy=None, takes=True):
        """A client inside an intercepted tunnel."""
        wire = self.tls(context=self.offering("h2", "http/1.1", proxy=proxy), proxy=proxy)
        self.assertEqual("h2", wire.sock.selected_alpn_protocol())
        client = Http2Client(wire.sock, HOST, takes)
        self.addCleanup(client.close)
        return client

    def at_listener(self, proxy=None):
        wire = self.directly(context=self.offering("h2", proxy=proxy), proxy=proxy)
        self.assertEqual("h2", wire.sock.selected_alpn_protocol())
        return Http2Client(wire.sock, HOST)
