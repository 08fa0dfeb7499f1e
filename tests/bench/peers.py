"""The servers under comparison: how each is configured (a cache in memory in front of one origin), started, measured, ended.

Each configuration is made in a folder of the run's and caches plain `max-age` answers in memory; access logs are off where a
server has one (only cachearr writes its line for each request, to /dev/null).
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Server:
    """A process and all its children, pinned to `cores`."""

    name = "?"

    def __init__(self, folder, origin_port, cores="0", threads=1, megabytes=1024, disk_megabytes=0):
        self.folder, self.origin_port = os.path.join(folder, self.name), origin_port
        self.cores, self.threads, self.megabytes, self.disk_megabytes = cores, threads, megabytes, disk_megabytes
        self.port, self.process, self.environment = free_port(), None, {}
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        os.chmod(self.folder, 0o777)

    def file(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w") as file:
            file.write(text)
        return path

    def command(self):
        """Writes the configuration and gives the command line."""
        raise NotImplementedError

    def start(self):
        self.launch()
        end = time.monotonic() + 30
        while True:
            try:
                self.get("/ready")
                return self
            except OSError:
                if self.ended_within(0.1) or time.monotonic() > end:
                    self.stop()
                    raise SystemExit("%s did not start, see %s" % (self.name, os.path.join(self.folder, "output"))) from None

    def launch(self):
        output = open(os.path.join(self.folder, "output"), "wb")
        self.process = subprocess.Popen(["taskset", "-c", self.cores] + self.command(), stdout=output, stderr=output,
                                        env={**os.environ, **self.environment}, start_new_session=True)

    def ended_within(self, seconds):
        try:
            self.process.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            return False

    def get(self, path):
        request = urllib.request.Request("http://127.0.0.1:%d%s" % (self.port, path),
                                         headers={"Host": "bench.test", "User-Agent": "load", "Accept": "*/*", "Accept-Encoding": "gzip"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=10) as response:
            return response.read()

    def pids(self):
        """The process' session: its children, wherever they hang."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % name) as file:
                    fields = file.read().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == self.process.pid:
                found.append((int(name), fields))
        return found

    def cpu_seconds(self):
        """User and system time of all its processes."""
        return sum(int(fields[11]) + int(fields[12]) for _, fields in self.pids()) / TICKS

    def resident_bytes(self):
        return sum(int(fields[21]) for _, fields in self.pids()) * PAGE

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.ended_within(15)
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()


class Cachearr(Server):
    name = "cachearr"
    binary = None  # set by the driver

    def rules(self):
        return {"upstreams": {"bench": {"hosts": ["bench.test"], "origin": "http://127.0.0.1:%d" % self.origin_port}},
                "rules": [{"name": "everything", "upstream": "bench", "match": {"path": "/{kind}/**"}, "ttl": "1h", "tags": ["bench:{kind}"]}]}

    def command(self):
        rules = self.rules()
        config = {"listeners": [{"address": "127.0.0.1:%d" % self.port, "upstream": "bench"}],
                  "admin": {"address": "127.0.0.1:%d" % free_port()},
                  "state_dir": os.path.join(self.folder, "state"), "threads": self.threads,
                  "memory": {"max_bytes": "%dMiB" % self.megabytes},
                  "disk": {"path": "store" if self.disk_megabytes else None, "max_bytes": "%dMiB" % max(self.disk_megabytes, 1)},
                  "rules": [self.file("rules.json", json.dumps(rules))], "limits": {"max_connections": 20000}}
        return ["sh", "-c", 'exec "$0" serve --config "$1" >/dev/null 2>&1', self.binary, self.file("cachearr.json", json.dumps(config))]


class Epoll(Server):
    """No cache and no proxy: the same answer from one small loop, as the floor of what is possible."""

    name = "epoll"
    program, body_bytes, delay_ms = None, 4096, 0

    def command(self):
        return [self.program, str(self.port), str(self.body_bytes), str(self.delay_ms)]


class Nginx(Server):
    name = "nginx"

    def command(self):
        in_memory = "/dev/shm/cachearr-bench-nginx-%d" % os.getpid()
        store = os.path.join(self.folder, "store") if self.disk_megabytes else in_memory
        shutil.rmtree(store, ignore_errors=True)
        self.store = store
        return ["nginx", "-p", self.folder, "-c", self.file("nginx.conf", """
daemon off; user root; worker_processes %d; pid nginx.pid; error_log error.log; worker_rlimit_nofile 65536;
events { worker_connections 20000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; sendfile on; tcp_nopush on; open_file_cache max=200000;
  proxy_cache_path %s levels=1:2 keys_zone=bench:256m max_size=%dm use_temp_path=off;
  client_body_temp_path body; proxy_temp_path temp; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  upstream origin { server 127.0.0.1:%d; keepalive 128; keepalive_requests 1000000000; }
  server {
    listen 127.0.0.1:%d backlog=4096 reuseport;
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $host;
                 proxy_cache bench; proxy_cache_lock on; proxy_cache_valid 200 1h; }
  }
}""" % (self.threads, store, self.disk_megabytes or self.megabytes, self.origin_port, self.port))]

    def stop(self):
        super().stop()
        shutil.rmtree(self.store, ignore_errors=True)


class Haproxy(Server):
    name = "haproxy"

    def command(self):
        return ["haproxy", "-db", "-f", self.file("haproxy.cfg", """
global
  nbthread %d
  maxconn 9000
  tune.maxrewrite 1024
defaults
  mode http
  timeout client 600s
  timeout server 60s
  timeout connect 5s
cache bench
  total-max-size %d
  max-object-size 65536
  max-age 3600
  process-vary on
frontend front
  bind 127.0.0.1:%d backlog 4096
  http-request cache-use bench
  http-response cache-store bench
  default_backend origin
backend origin
  http-reuse always
  server origin 127.0.0.1:%d pool-max-conn 256
""" % (self.threads, min(self.megabytes, 4095), self.port, self.origin_port))]


class Varnish(Server):
    name = "varnish"

    def command(self):
        vcl = self.file("bench.vcl", 'vcl 4.1;\nbackend origin { .host = "127.0.0.1"; .port = "%d"; }\n' % self.origin_port)
        return ["varnishd", "-F", "-j", "none", "-n", os.path.join(self.folder, "work"), "-a", "127.0.0.1:%d" % self.port, "-f", vcl,
                "-s", "malloc,%dm" % self.megabytes, "-p", "thread_pools=%d" % self.threads, "-p", "thread_pool_max=2000",
                "-p", "listen_depth=4096", "-p", "timeout_idle=600", "-p", "vsl_mask=-VCL_trace,-Hit,-ReqHeader,-RespHeader"]


class TrafficServer(Server):
    name = "ats"

    def command(self):
        # It drops root for a user of its own, who must reach its folder.
        folder = "/tmp/cachearr-bench-ats-%d" % os.getpid()
        shutil.rmtree(folder, ignore_errors=True)
        for name in ("etc", "var", "log", "cache"):
            os.makedirs(os.path.join(folder, name))
        shutil.copytree("/etc/trafficserver", os.path.join(folder, "etc"), dirs_exist_ok=True)
        files = {"remap.config": "map / http://127.0.0.1:%d\n" % self.origin_port, "storage.config": "cache 128M\n",
                 "records.config": "".join("CONFIG proxy.config.%s\n" % line for line in (
                     "http.server_ports STRING %d:ip-in=127.0.0.1" % self.port, "exec_thread.autoconfig INT 0",
                     "exec_thread.limit INT %d" % self.threads, "cache.ram_cache.size INT %dM" % self.megabytes,
                     "http.cache.required_headers INT 0", "log.logging_enabled INT 0", "url_remap.remap_required INT 1",
                     "http.keep_alive_no_activity_timeout_in INT 600", "net.connections_throttle INT 30000", "admin.user_id STRING trafficserver",
                     
                     "http.cache.when_to_revalidate INT 0", "diags.debug.enabled INT 0", "http.cache.max_open_read_retries INT 5"))}
        for name, text in files.items():
            with open(os.path.join(folder, "etc", name), "w") as file:
                file.write(text)
        layout = {"prefix": ".", "exec_prefix": ".", "sysconfdir": "./etc", "datadir": "./etc", "localstatedir": "./var", "runtimedir": "./var",
                  "logdir": "./log", "cachedir": "./cache", "bindir": "/usr/bin", "sbindir": "/usr/sbin", "libexecdir": "/usr/lib/trafficserver/modules"}
        with open(os.path.join(folder, "runroot.yaml"), "w") as file:
            file.write("".join("%s: %s\n" % item for item in layout.items()))
        subprocess.run(["chmod", "-R", "a+rwX", folder], check=True)
        self.place = folder
        return ["traffic_server", "--run-root=" + folder]

    def stop(self):
        super().stop()
        shutil.rmtree(self.place, ignore_errors=True)


class Squid(Server):
    name = "squid"

    def command(self):
        config = self.file("squid.conf", """
http_port 127.0.0.1:%d accel defaultsite=bench.test no-vhost
cache_peer 127.0.0.1 parent %d 0 no-query originserver no-digest name=origin
http_access allow all
cache_peer_access origin allow all
cache_mem %d MB
maximum_object_size_in_memory 64 KB
memory_cache_mode always
access_log none
cache_log %s/cache.log
cache_store_log none
pid_filename none
coredump_dir none
client_idle_pconn_timeout 600 seconds
collapsed_forwarding on
max_filedescriptors 30000
workers 1
%s
""" % (self.port, self.origin_port, self.megabytes, self.folder,
       "cache_dir aufs %s/store %d 16 256" % (self.folder, self.disk_megabytes) if self.disk_megabytes else ""))
        if self.disk_megabytes:
            subprocess.run(["squid", "-z", "-N", "-f", config], check=True, capture_output=True)
        return ["squid", "-N", "-f", config]


PEERS = {server.name: server for server in (Cachearr, Nginx, Haproxy, Varnish, TrafficServer, Squid)}
