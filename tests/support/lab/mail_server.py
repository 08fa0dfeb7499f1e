"""A real mail server (aiosmtpd) that keeps what it is sent. A program of its own, since Debian's Python has the library.

mail_server.py starttls|smtps|plain [CERTIFICATE KEY USER PASSWORD]: prints its port, then a line of JSON for each message.
"""
import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

KIND, TLS_FILES, LOGIN = sys.argv[1], sys.argv[2:4], [text.encode() for text in sys.argv[4:6]]


class Handler:
    async def handle_DATA(self, _server, session, envelope):
        told = {"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content.decode(),
                "tls": bool(session.ssl) or KIND == "smtps", "user": bool(session.authenticated)}
        print(json.dumps(told), flush=True)
        return "250 OK"


def authenticator(_server, _session, _envelope, _mechanism, data):
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
