"""HTTP/1 on a raw socket, read strictly: what a careful client or origin would refuse raises WireError."""
import re
import socket

CRLF = b"\r\n"
TOKEN = re.compile(rb"^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
STATUS_LINE = re.compile(rb"^HTTP/1\.([01]) (\d{3}) ([^\x00-\x08\x0a-\x1f\x7f]*)$")
REQUEST_LINE = re.compile(rb"^(\S+) (\S+) HTTP/1\.([01])$")
CHUNK_LINE = re.compile(rb"^([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?$")
TIME_LIMIT = 45.0  # seconds for whatever a test waits for; a slow machine under a sanitizer stays far below


class WireError(Exception):
    """The bytes are no HTTP message."""


class Truncated(WireError):
    """The connection ended inside a message; `partial` holds the body so far."""

    def __init__(self, what, partial=b""):
        super().__init__(what)
        self.partial = bytes(partial)


class Fields(list):
    """Header fields in order: pairs of name (as sent) and value, both text."""

    def all(self, name):
        return [value for n, value in self if n.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return ", ".join(values) if values else default

    def __contains__(self, name):
        return bool(self.all(name))


class Message:
    """A request or a response. `interim` lists the 1xx heads before a response."""

    def __init__(self, first_line, fields):
        self.first_line, self.fields = first_line, fields
        self.body, self.trailers, self.interim = b"", Fields(), []
        self.method = self.target = self.status = self.reason = None
        self.minor = 1

    def __getitem__(self, name):
        return self.fields.get(name)

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def __repr__(self):
        return "<%s %r %d bytes>" % (self.first_line, list(self.fields), len(self.body))


class Wire:
    """One connection with a read buffer."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, bytearray()
        sock.settimeout(TIME_LIMIT)

    def send(self, *pieces):
        for piece in pieces:
            self.sock.sendall(piece)

    def fill(self):
        """Reads more bytes; False at the end of the stream."""
        data = self.sock.recv(262144)
        self.buffer += data
        return bool(data)

    def line(self):
        while True:
            end = self.buffer.find(b"\n")
            if end >= 0:
                raw = bytes(self.buffer[:end + 1])
                del self.buffer[:end + 1]
                if not raw.endswith(CRLF) or b"\r" in raw[:-2]:
                    raise WireError("line not ended by CRLF: %r" % raw[:80])
                return raw[:-2]
            if not self.fill():
                raise Truncated("end of stream inside a line", self.buffer)

    def exactly(self, count):
        while len(self.buffer) < count:
            if not self.fill():
                raise Truncated("end of stream after %d of %d bytes" % (len(self.buffer), count), self.buffer)
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def rest(self):
        """Everything up to the end of the stream."""
        while self.fill():
            pass
        data = bytes(self.buffer)
        self.buffer.clear()
        return data

    def at_end(self):
        """True if the peer closed without another byte."""
        try:
            return not self.buffer and not self.fill()
        except ConnectionResetError:
            return True

    def fields(self):
        fields = Fields()
        while True:
            line = self.line()
            if not line:
                return fields
            name, colon, value = line.partition(b":")
            if not colon or not TOKEN.match(name):
                raise WireError("field line %r" % line[:80])
            if re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", value.replace(b"\t", b"")):
                raise WireError("control byte in field %r" % line[:80])
            fields.append((name.decode("ascii"), value.strip(b" \t").decode("latin-1")))

    def chunks(self, message):
        while True:
            match = CHUNK_LINE.match(self.line())
            if not match:
                raise WireError("chunk size line")
            size = int(match.group(1), 16)
            if size == 0:
                message.trailers = self.fields()
                return
            try:
                yield self.exactly(size)
            except Truncated as end:
                yield end.partial
                raise
            if self.line() != b"":
                raise WireError("chunk not followed by CRLF")

    def read_chunked(self, message):
        body = bytearray()
        try:
            for piece in self.chunks(message):
                body += piece
        except Truncated as end:
            raise Truncated(str(end), body) from None
        message.body = bytes(body)

    @staticmethod
    def length_of(message):
        lengths = message.fields.all("content-length")
        if len(lengths) > 1 or (lengths and "transfer-encoding" in message.fields):
            raise WireError("two framings: %r" % message.fields)
        if lengths and not re.fullmatch(r"\d{1,18}", lengths[0]):
            raise WireError("Content-Length %r" % lengths[0])
        return int(lengths[0]) if lengths else None

    def read_request_head(self):
        match = REQUEST_LINE.match(self.line())
        if not match:
            raise WireError("request line")
        request = Message(match.group(0).decode("latin-1"), self.fields())
        request.method, request.target = match.group(1).decode("latin-1"), match.group(2).decode("latin-1")
        request.minor = int(match.group(3))
        return request

    def read_request_body(self, request):
        length = self.length_of(request)
        if "transfer-encoding" in request.fields:
            if request["transfer-encoding"].lower() != "chunked":
                raise WireError("Transfer-Encoding %r" % request["transfer-encoding"])
            self.read_chunked(request)
        elif length:
            request.body = self.exactly(length)

    def read_head(self):
        """The next response head, 1xx included."""
        line = self.line()
        match = STATUS_LINE.match(line)
        if not match:
            raise WireError("status line %r" % line[:80])
        response = Message(line.decode("latin-1"), self.fields())
        response.minor, response.status = int(match.group(1)), int(match.group(2))
        response.reason = match.group(3).decode("latin-1")
        return response

    def read_final_head(self):
        interim = []
        while True:
            response = self.read_head()
            if response.status >= 200 or response.status == 101:
                response.interim = interim
                return response
            interim.append(response)

    def read_body(self, response, method="GET"):
        length = self.length_of(response)
        if method == "HEAD" or response.status in (204, 304) or response.status < 200:
            return response
        if "transfer-encoding" in response.fields:
            if response["transfer-encoding"].lower() != "chunked":
                raise WireError("Transfer-Encoding %r" % response["transfer-encoding"])
            self.read_chunked(response)
        elif length is not None:
            response.body = self.exactly(length)
        else:
            response.body = self.rest()
        return response

    def read_response(self, method="GET"):
        return self.read_body(self.read_final_head(), method)

    def close(self):
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def connect(address, source=None):
    sock = socket.create_connection(address, timeout=TIME_LIMIT, source_address=source)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Wire(sock)


def request_bytes(method, target, host, headers=(), body=b"", version="1.1"):
    """A request as bytes; Content-Length is added for a body unless `headers` frame it."""
    pairs = list(headers.items()) if isinstance(headers, dict) else list(headers)
    lines = ["%s %s HTTP/%s" % (method, target, version)]
    if host is not None:
        lines.append("Host: " + host)
    lines += ["%s: %s" % pair for pair in pairs]
    named = {name.lower() for name, _ in pairs}
    if body and not named & {"content-length", "transfer-encoding"}:
        lines.append("Content-Length: %d" % len(body))
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def chunked(*pieces, trailers=()):
    """A chunked body; `trailers` are pairs."""
    data = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return data + b"0\r\n" + b"".join(("%s: %s\r\n" % pair).encode() for pair in trailers) + CRLF


def parse_cache_status(value):
    """`cachearr; hit; ttl=3; key="a"` as a dict of its parameters (flags are True); the member's name under ''."""
    if value is None:
        return {}
    parts = re.findall(r'((?:[^;"]|"(?:[^"\\]|\\.)*")+)', value)
    result = {"": parts[0].strip()}
    for part in parts[1:]:
        name, equals, text = part.strip().partition("=")
        if text.startswith('"'):
            text = re.sub(r"\\(.)", r"\1", text[1:-1])
        result[name] = (int(text) if re.fullmatch(r"-?\d+", text) else text) if equals else True
    return result
