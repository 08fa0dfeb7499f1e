"""The applications' side: sends each request at its moment, over connections that each application keeps."""
import asyncio
import collections


class Connection:
    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    async def exchange(self, request, path):
        lines = ["%s %s HTTP/1.1" % (request.method, path), "Host: 127.0.0.1", "User-Agent: " + request.app]
        lines += ["%s: %s" % field for field in request.headers]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split(" ", 2)[1])
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        body = await self.body(request.method, status, fields)
        return status, fields, body

    async def body(self, method, status, fields):
        if method == "HEAD" or status in (204, 304):
            return b""
        if fields.get("transfer-encoding", "").lower() == "chunked":
            return await self.chunks()
        return await self.reader.readexactly(int(fields.get("content-length", 0)))

    async def chunks(self):
        body = b""
        while True:
            size = int((await self.reader.readuntil(b"\r\n")).split(b";")[0], 16)
            body += (await self.reader.readexactly(size + 2))[:size]
            if size == 0:
                return body


class Applications:
    """All of them. `results` holds what each request got: (request, status, Cache-Status, seconds it took)."""

    def __init__(self, port, clock, speed, path_of):
        self.port, self.clock, self.speed, self.path_of = port, clock, speed, path_of
        self.idle, self.results, self.latest = collections.defaultdict(list), [], 0.0

    async def connect(self):
        return Connection(*await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20))

    async def send(self, request):
        started = self.clock()
        self.latest = max(self.latest, started - request.at)
        for attempt in (1, 2):
            connection = self.idle[request.app].pop() if self.idle[request.app] and attempt == 1 else await self.connect()
            try:
                status, fields, _ = await connection.exchange(request, self.path_of(request))
                break
            except (asyncio.IncompleteReadError, ConnectionError):
                connection.writer.close()
                status, fields = 0, {}
        if status and fields.get("connection", "").lower() != "close":
            self.idle[request.app].append(connection)
        self.results.append((request, status, fields.get("cache-status", ""), self.clock() - started))

    async def live(self, requests, tell):
        under_way = set()
        for number, request in enumerate(requests):
            wait = (request.at - self.clock()) / self.speed
            if wait > 0:
                await asyncio.sleep(wait)
            task = asyncio.create_task(self.send(request))
            under_way.add(task)
            task.add_done_callback(under_way.discard)
            if number % 1000 == 999:
                tell(number + 1, self.clock())
        if under_way:
            await asyncio.wait(under_way)
