"""The page for people in Debian's chromium: an instance with a scripted upstream and some traffic, and pages.mjs, which looks at it.

Ends with 77 where chromium or what drives it cannot be had. SCREENSHOTS names a folder that keeps what was seen.
"""
import http.server
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "scenario"))
from lab.case import local  # noqa: E402
from lab.origin import Origin, answer  # noqa: E402
from lab.proxy import API_KEY, Proxy  # noqa: E402

class Control(http.server.BaseHTTPRequestHandler):
    """What the browser's side asks of this one: the instance away, back, and how often the origin was asked."""
    proxy = origin = None

    def do_GET(self):
        address = urllib.parse.urlsplit(self.path)
        told = ""
        if address.path == "/count":
            told = str(self.origin.count(urllib.parse.parse_qs(address.query)["path"][0]))
        elif address.path == "/stop":
            self.proxy.signal(signal.SIGTERM)
            self.proxy.process.wait()
        else:
            self.proxy.launch()
            self.proxy.log.wait_for(r"ready.*:%d\b" % self.proxy.port)
        self.send_response(200)
        self.end_headers()
        self.wfile.write(told.encode())

    def log_message(self, *_):
        pass


def control(proxy, origin):
    Control.proxy, Control.origin = proxy, origin
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Control)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return "http://127.0.0.1:%d" % server.server_port


DRIVERS = ["playwright-core@1.57.0", "axe-core@4.11.0"]
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "cachearr-tests", "npm")
# It sets window.canary wherever it is taken for HTML.
CANARY = "<img src=x onerror=window.canary=1>"
AGENTS = ["Sonarr/4.0.9 (debian 12)", "Radarr/5.8", "Prowlarr/1.21 " + CANARY]


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def install():
    missing = [each for each in DRIVERS if not os.path.isdir(os.path.join(CACHE, "node_modules", each.split("@")[0]))]
    if not missing:
        return
    if not shutil.which("npm"):
        skip("npm is not installed")
    os.makedirs(CACHE, exist_ok=True)
    command = ["npm", "install", "--prefix", CACHE, "--no-audit", "--no-fund", "--silent"] + missing
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    except subprocess.TimeoutExpired:
        skip("npm did not install " + " ".join(missing) + " in time")
    if done.returncode != 0:
        skip("npm could not install " + " ".join(missing) + ": " + done.stderr[-300:])


def find_browser():
    """Chromium, and what drives it; ends the program where one of them is missing."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        skip("chromium is not installed")
    if not shutil.which("node"):
        skip("node is not installed")
    install()
    return chromium


def traffic(proxy, origin):
    """Hits, misses, an error, and what is meant as HTML in every place that comes from outside."""
    origin.default = answer('{"name": "%s"}' % CANARY.replace('"', "'"), 200, [("Content-Type", "application/json"), ("Cache-Control", "max-age=900")])
    origin.on("/broken", *answer("no", 500))
    for _ in range(3):
        for number in range(12):
            proxy.visit("/local/tv/%d?q=%s" % (number, CANARY.replace(" ", "+").replace("<", "%3C").replace(">", "%3E")), headers=[("User-Agent", AGENTS[number % 3])])
    proxy.visit("/local/broken", headers=[("User-Agent", AGENTS[0])])


def main():
    chromium = find_browser()
    screenshots = os.environ.get("SCREENSHOTS") or tempfile.mkdtemp(prefix="cachearr-screenshots-")
    os.makedirs(screenshots, exist_ok=True)
    origin = Origin()
    rules = local(origin, rules=[{"name": "all", "match": {"path": "/tv/**"}, "type": "series", "tags": ["shelf:tv"], "ttl": "1h", "policy": "override", "expect": "any"}],
                  rate={"per_second": 50, "quota": [{"limit": 50000, "per": "day"}]})
    rules["upstreams"]["tight"] = {"origin": origin.url, "mount": "/tight", "rate": {"per_second": 0.002, "burst": 1}}
    rules["upstreams"]["geek"] = {"like": "newznab", "origin": origin.url, "mount": "/geek"}
    rules["rules"].append({"name": "few", "upstream": "tight", "match": {"path": "/few/{id}"}, "key": "tight:{id}", "ttl": "1h", "policy": "override", "expect": "any"})
    proxy = Proxy(rules, {"admin": {"url_base": "/base"}}).start()
    try:
        traffic(proxy, origin)
        environment = dict(os.environ, CHROMIUM=chromium, MODULES=os.path.join(CACHE, "node_modules"), SCREENSHOTS=screenshots, API_KEY=API_KEY,
                           CONTROL=control(proxy, origin),
                           PAGE="http://127.0.0.1:%d/base/" % proxy.admin_port, PROXY="http://127.0.0.1:%d/local" % proxy.port)
        code = subprocess.run(["node", os.path.join(HERE, "pages.mjs")], env=environment, timeout=860).returncode
    finally:
        proxy.stop()
        origin.close()
    print("screenshots: " + screenshots)
    sys.exit(code)


if __name__ == "__main__":
    main()
