"""An invented TMDB over HTTPS, complete enough for whole applications: every film, series, list and genre is there. Counts requests.

  fake_tmdb.py FOLDER CERTIFICATE KEY      prints the port, writes FOLDER/requests.log
"""
import http.server
import json
import os
import re
import ssl
import sys

FOLDER = sys.argv[1]
GENRES = [{"id": number, "name": "Genre %d" % number} for number in range(1, 11)]


def item(kind, number):
    return {"id": number, "media_type": kind, "adult": False, "genre_ids": [1, 2], "original_language": "en", "overview": "Nothing of it is real.",
            "title": "Film %d" % number, "original_title": "Film %d" % number, "name": "Show %d" % number, "original_name": "Show %d" % number,
            "release_date": "1999-03-30", "first_air_date": "2011-04-17", "popularity": 1.5, "vote_average": 7.5, "vote_count": 100, "video": False,
            "origin_country": ["US"], "backdrop_path": "/b%d.jpg" % number, "poster_path": "/p%d.jpg" % number}


def details(kind, number):
    empty = {"cast": [], "crew": []}
    return dict(item(kind, number), genres=GENRES[:2], budget=1, revenue=1, runtime=120, status="Released", tagline="", homepage="", imdb_id="tt%07d" % number,
                production_companies=[], production_countries=[], spoken_languages=[], belongs_to_collection=None, credits=empty, aggregate_credits=empty,
                videos={"results": []}, external_ids={"imdb_id": "tt%07d" % number, "tvdb_id": number}, keywords={"keywords": [], "results": []},
                release_dates={"results": []}, content_ratings={"results": []}, created_by=[], episode_run_time=[45], in_production=False, languages=["en"],
                last_air_date="2019-05-19", networks=[], number_of_episodes=1, number_of_seasons=1, seasons=[], type="Scripted",
                **{"watch/providers": {"results": {}}})


def answer(path):
    one = re.fullmatch(r"/3/(movie|tv)/(\d+)", path)
    if one:
        return details(one[1], int(one[2]))
    if re.fullmatch(r"/3/genre/(movie|tv)/list", path):
        return {"genres": GENRES}
    if path.startswith("/3/configuration/") or path.startswith("/3/watch/providers/regions"):
        return [{"iso_3166_1": "US", "iso_639_1": "en", "english_name": "Invented", "native_name": "Invented", "name": "Invented"}]
    kind = "tv" if "/tv" in path else "movie"
    return {"page": 1, "total_pages": 1, "total_results": 20, "results": [item(kind, number) for number in range(100, 120)]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        host = self.headers.get("Host", "").partition(":")[0]
        if host == "api.themoviedb.org":
            with open(os.path.join(FOLDER, "requests.log"), "a") as log:
                log.write("%s %s\n" % (self.command, self.path))
        body = json.dumps(answer(self.path.partition("?")[0])).encode() if host == "api.themoviedb.org" else b"{}"
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *_):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[2], sys.argv[3])
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
print(server.server_port, flush=True)
server.serve_forever()
