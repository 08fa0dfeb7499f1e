"""A throw-away authority and server certificates, made by the openssl command in a folder of the test's."""
import os
import subprocess

from .origin import server_tls


def _openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Authority:
    def __init__(self, folder):
        self.folder = folder
        self.key, self.file = os.path.join(folder, "ca.key"), os.path.join(folder, "ca.pem")
        _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                 "-subj", "/CN=Test authority", "-keyout", self.key, "-out", self.file)

    def server(self, *names):
        """A TLS context for a server with these subject alternative names ("DNS:…" or "IP:…")."""
        base = self._certify(names, "serverAuth")
        return server_tls(base + ".pem", base + ".key")

    def client(self, name):
        """The files of a client's certificate and of its key."""
        base = self._certify(["DNS:" + name], "clientAuth")
        return base + ".pem", base + ".key"

    def _certify(self, names, use):
        base = os.path.join(self.folder, names[0].replace(":", "-"))
        extensions = base + ".ext"
        with open(extensions, "w") as file:
            file.write("subjectAltName=%s\nextendedKeyUsage=%s\n" % (",".join(names), use))
        _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
                 "-keyout", base + ".key", "-out", base + ".csr")
        _openssl("x509", "-req", "-in", base + ".csr", "-CA", self.file, "-CAkey", self.key, "-CAcreateserial",
                 "-days", "2", "-extfile", extensions, "-out", base + ".pem")
        return base
