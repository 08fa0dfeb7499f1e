"""An origin that answers every path with one body, quickly and many at once: for loads, not for scripts."""
import asyncio
import threading


class AsyncOrigin:
    """`version` tells answers from before a purge from those after it; `delay` in seconds; `asked`: how often."""

    def __init__(self, size=4096):
        self.body, self.delay, self.asked, self.version = b"b" * size, 0.0, 0, 1
        self.loop, ready = asyncio.new_event_loop(), threading.Event()
        threading.Thread(target=self.run, args=(ready,), daemon=True).start()
        ready.wait()

    def run(self, ready):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "127.0.0.1", 0, backlog=2000))
        self.port = server.sockets[0].getsockname()[1]
        ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.asked += 1
                if self.delay:
                    await asyncio.sleep(self.delay)
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nX-Version: %d\r\nContent-Length: %d\r\n\r\n" % (
                    self.version, len(self.body)) + self.body)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()
