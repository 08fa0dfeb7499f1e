"""The origin behind the real clients: fixtures and a git repository by host name, over HTTP and HTTPS, every request counted.

  fixture_origin.py FOLDER CERTIFICATE KEY      prints "HTTP-PORT HTTPS-PORT", writes FOLDER/requests.log, serves FOLDER/git
"""
import http.server
import os
import ssl
import sys
import threading

FIXTURES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "fixtures")
FOLDER = sys.argv[1]
ROUTES = {("api.themoviedb.org", "/3/movie/603"): ("movie.json", "application/json", None),
          ("skyhook.sonarr.tv", "/v1/tvdb/shows/en/121361"): ("show.json", "application/json", None),
          ("feeds.test", "/rss"): ("feed.xml", "application/rss+xml", "max-age=900"),
          ("plain.test", "/movie.json"): ("movie.json", "application/json", "max-age=900"),
          ("blind.test", "/movie.json"): ("movie.json", "application/json", "max-age=900")}
TVDB = {"/login": "login", "/search/series": "search", "/series/81189": "series", "/series/81189/episodes": "episodes",
        "/series/81189/episodes/query": "query",
        "/episodes/349232": "episode"}
ROUTES.update({("api.thetvdb.com", path): ("tvdb/%s.json" % name, "application/json", None) for path, name in TVDB.items()})
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        host = self.headers.get("Host", "").partition(":")[0]
        path = self.path.partition("?")[0]
        with lock, open(os.path.join(FOLDER, "requests.log"), "a") as log:
            log.write("%s %s %s\n" % (self.command, host, path))
        host = "plain.test" if host.endswith(".strict.test") else host
        name, kind, control = ROUTES.get((host, path), (None, "application/octet-stream", None))
        file = os.path.join(FIXTURES, name) if name else os.path.normpath(os.path.join(FOLDER, "git", path.lstrip("/")))
        allowed = name or (host == "git.test" and file.startswith(os.path.join(FOLDER, "git") + os.sep))
        if not allowed or not os.path.isfile(file):
            return self.answer(404, "text/plain", b"nothing here\n", None)
        with open(file, "rb") as content:
            self.answer(200, kind, content.read(), control)

    do_HEAD = do_GET

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def answer(self, status, kind, body, control):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if control:
            self.send_header("Cache-Control", control)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_):
        pass


def main():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[2], sys.argv[3])
    plain, secure = (http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) for _ in range(2))
    secure.socket = context.wrap_socket(secure.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
    print(plain.server_port, secure.server_port, flush=True)
    secure.serve_forever()


if __name__ == "__main__":
    main()
