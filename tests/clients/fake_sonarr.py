"""An invented Sonarr over HTTP with three series of ten episodes, complete enough for whole applications. Counts requests.

  fake_sonarr.py FOLDER      prints the port, writes FOLDER/requests.log
"""
import http.server
import json
import os
import sys
import urllib.parse

FOLDER = sys.argv[1]


def series(number):
    return {"id": number, "title": "Show %d" % number, "sortTitle": "show %d" % number, "path": "/tv/show%d" % number, "tvdbId": 100 + number, "year": 2011,
            "imdbId": "tt%07d" % number, "overview": "Nothing of it is real.", "images": [{"coverType": "poster", "url": "/MediaCover/%d/poster.jpg" % number}],
            "alternateTitles": [], "tags": [], "qualityProfileId": 1, "languageProfileId": 1, "seriesType": "standard", "monitored": True, "ended": True,
            "status": "ended", "lastAired": "2019-05-19T00:00:00Z", "statistics": {"episodeFileCount": 0, "episodeCount": 10}}


def episode(of, number):
    return {"id": of * 100 + number, "seriesId": of, "seasonNumber": 1, "episodeNumber": number, "title": "Episode %d" % number, "monitored": True,
            "hasFile": False, "episodeFileId": 0}


def answer(path, query):
    name = path.rstrip("/").removeprefix("/api/v3/")
    of = int(query.get("seriesId", ["0"])[0])
    return {"system/status": {"appName": "Sonarr", "version": "4.0.15.2941", "urlBase": ""}, "series": [series(number) for number in (1, 2, 3)],
            "episode": [episode(of, number) for number in range(1, 11)], "rootfolder": [{"id": 1, "path": "/tv", "accessible": True, "freeSpace": 1}],
            "languageprofile": [{"id": 1, "name": "Any", "languages": []}]}.get(name, [])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        target = urllib.parse.urlsplit(self.path)
        is_api = target.path.startswith("/api/v3/")
        with open(os.path.join(FOLDER, "requests.log"), "a") as log:
            log.write("%s %s\n" % (self.command, target.path))
        body = json.dumps(answer(target.path, urllib.parse.parse_qs(target.query))).encode() if is_api else b"{}"
        self.send_response(200 if is_api else 404)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.do_GET()

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
