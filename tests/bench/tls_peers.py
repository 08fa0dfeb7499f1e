"""The servers of the tls section: each answers from memory over TLS, and has fetched the answer by TLS once.

cachearr and Squid are asked for a tunnel and sign for the host themselves; nginx has the host's certificate and no tunnel in
front, as the floor. All keys are P-256 where a server lets one choose: Squid makes RSA keys for the hosts it intercepts.
"""
import http.server
import json
import os
import ssl
import subprocess
import threading
import urllib.error
import urllib.request

import peers

HOST = "bench.test"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, capture_output=True)


class Certificates:
    """An authority (for the origin, and for Squid to sign with) and the host's own certificate."""

    def __init__(self, folder):
        os.makedirs(folder, exist_ok=True)
        self.ca, self.ca_key = os.path.join(folder, "ca.pem"), os.path.join(folder, "ca.key")
        self.leaf, self.key = os.path.join(folder, "leaf.pem"), os.path.join(folder, "leaf.key")
        request, extensions = os.path.join(folder, "leaf.csr"), os.path.join(folder, "leaf.ext")
        curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *curve, "-days", "2", "-subj", "/CN=bench", "-keyout", self.ca_key, "-out", self.ca)
        openssl("req", *curve, "-subj", "/CN=bench", "-keyout", self.key, "-out", request)
        with open(extensions, "w") as file:
            file.write("subjectAltName=DNS:%s\nextendedKeyUsage=serverAuth\n" % HOST)
        openssl("x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-CAcreateserial", "-days", "2",
                "-extfile", extensions, "-out", self.leaf)
        for name in os.listdir(folder):
            os.chmod(os.path.join(folder, name), 0o644)


class TlsOrigin:
    """Answers everything with the same cacheable body; asked once for each server."""

    def __init__(self, certificates, body_bytes):
        body = b"x" * body_bytes

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.send_header("Cache-Control", "max-age=3600")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_words):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificates.leaf, certificates.key)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


class TlsServer(peers.Server):
    certificates = None  # set by the section
    tunnel = True

    @property
    def authority(self):
        return HOST + ":443"

    def get(self, path):
        """Ready as soon as anything is answered on the port."""
        try:
            urllib.request.urlopen("http://127.0.0.1:%d%s" % (self.port, path), timeout=10).close()
        except urllib.error.HTTPError:
            pass


class Cachearr(TlsServer):
    name = "cachearr"

    def command(self):
        upstream = {"hosts": [HOST, "*." + HOST], "intercept": True, "tls": {"ca_file": self.certificates.ca}}
        config = {"listeners": [{"address": "127.0.0.1:%d" % self.port}], "admin": {"address": "127.0.0.1:%d" % peers.free_port()},
                  "state_dir": os.path.join(self.folder, "state"), "threads": self.threads, "disk": {"path": None},
                  "intercept": {"enabled": True}, "limits": {"max_connections": 20000},
                  "rules": [self.file("rules.json", json.dumps({"upstreams": {"bench": upstream}}))]}
        config = self.file("cachearr.json", json.dumps(config))
        binary = peers.Cachearr.binary
        subprocess.run([binary, "ca", "init", "--config", config], check=True, capture_output=True)
        return ["sh", "-c", 'exec "$0" serve --config "$1" --resolve "$2" >/dev/null 2>&1', binary, config,
                "%s:443:127.0.0.1:%d" % (HOST, self.origin_port)]


class Nginx(TlsServer):
    name, tunnel = "nginx", False

    def command(self):
        return ["nginx", "-p", self.folder, "-c", self.file("nginx.conf", """
daemon off; user root; worker_processes %d; pid nginx.pid; error_log error.log; worker_rlimit_nofile 65536;
events { worker_connections 20000; }
http {
  access_log off; keepalive_requests 1000000000; keepalive_timeout 600; tcp_nopush on; open_file_cache max=1000;
  proxy_cache_path store levels=1:2 keys_zone=bench:16m use_temp_path=off;
  client_body_temp_path body; proxy_temp_path temp; fastcgi_temp_path f; uwsgi_temp_path u; scgi_temp_path s;
  server {
    listen 127.0.0.1:%d ssl backlog=4096 reuseport;
    ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.2 TLSv1.3;
    location / { proxy_pass https://127.0.0.1:%d; proxy_http_version 1.1; proxy_set_header Host $host;
                 proxy_cache bench; proxy_cache_valid 200 1h; }
  }
}""" % (self.threads, self.port, self.certificates.leaf, self.certificates.key, self.origin_port))]


class Squid(TlsServer):
    name = "squid"

    @property
    def authority(self):
        return "%s:%d" % (HOST, self.origin_port)

    def command(self):
        store, helper = os.path.join(self.folder, "minted"), "/usr/lib/squid/security_file_certgen"
        subprocess.run([helper, "-c", "-s", store, "-M", "4MB"], check=True, capture_output=True)
        subprocess.run(["chmod", "-R", "a+rwX", self.folder], check=True)
        return ["squid", "-N", "-f", self.file("squid.conf", """
http_port 127.0.0.1:%d ssl-bump tls-cert=%s tls-key=%s generate-host-certificates=on dynamic_cert_mem_cache_size=4MB
sslcrtd_program %s -s %s -M 4MB
ssl_bump bump all
tls_outgoing_options cafile=%s
hosts_file %s
http_access allow all
cache_mem 256 MB
maximum_object_size_in_memory 64 KB
memory_cache_mode always
access_log none
cache_log %s/cache.log
cache_store_log none
pid_filename none
coredump_dir none
client_idle_pconn_timeout 600 seconds
max_filedescriptors 30000
workers 1
""" % (self.port, self.certificates.ca, self.certificates.ca_key, helper, store, self.certificates.ca,
       self.file("hosts", "127.0.0.1 %s\n" % HOST), self.folder))]


PEERS = {server.name: server for server in (Cachearr, Nginx, Squid)}
