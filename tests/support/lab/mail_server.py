"""A real mail server (aiosmtpd) that keeps what it is sent. A program of its own, since Debian's Python has the library.

mail_server.py starttls|smtps|plain [CERTIFICATE KEY USER PASSWORD]: prints its port, then a line of JSON for each message.
What it refuses it tells by addresses and names: nobody@ for good, later@ at the first try, whatever spam@ sends, and "busy"
at the first log-in.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

SEEN = set()
KIND, TLS_FILES, LOGIN = sys.argv[1], sys.argv[2:4], [text.encode() for text in sys.argv[4:6]]


def is_first(name):
    is_new = name not in SEEN
    SEEN.add(name)
    return is_new


class Handler:
    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if address.startswith("nobody@"):
            return "550 5.1.1 no such user"
        if address.startswith("later@") and is_first(address):
            return "450 4.2.0 greylisted"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, session, envelope):
        if envelope.mail_from.startswith("spam@"):
            return "554 5.7.1 this looks like spam"
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode(),
                "tls": bool(session.ssl) or KIND == "smtps", "user": bool(session.authenticated)}
        print(json.dumps(told), flush=True)
        return "250 OK"


def authenticator(_server, _session, _envelope, _mechanism, data):
    if data.login == b"busy" and is_first(data.login):
        return AuthResult(success=False, handled=False, message="454 4.7.0 Temporary authentication failure")
    return AuthResult(success=[data.login, data.password] == LOGIN, handled=False)


async def serve():
    tls = None
    if TLS_FILES:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*TLS_FILES)
    secured = {"authenticator": authenticator, "auth_required": True, "auth_require_tls": KIND == "starttls"} if LOGIN else {}
    if KIND == "starttls":
        secured.update(tls_context=tls, require_starttls=True)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Handler(), loop=loop, **secured), "127.0.0.1", 0,
                                      ssl=tls if KIND == "smtps" else None)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(serve())
