"""Opens the listeners that a configuration names and starts the program with them, as systemd does for a socket unit.

    socket_activate.py cachearr serve --config FILE

The admin listener's socket is named "admin", one of an upstream after the upstream, any other "cachearr.socket". With --forward the
configuration's plain listeners are opened on 0.0.0.0 instead, with their ports.
"""
import json
import os
import socket
import sys

FIRST = 3  # SD_LISTEN_FDS_START


def listen(address):
    host, port = address.rsplit(":", 1)
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, int(port)))
    sock.listen(128)
    return sock


def main(arguments):
    everywhere = arguments[0] == "--forward"
    command = arguments[1:] if everywhere else arguments
    with open(command[command.index("--config") + 1]) as file:
        config = json.load(file)
    sockets = [(config["admin"]["address"], "admin")]
    for listener in config["listeners"]:
        name = listener.get("upstream", "cachearr.socket")
        address = listener["address"]
        sockets.append((address.replace("127.0.0.1", "0.0.0.0") if everywhere and "upstream" not in listener else address, name))
    opened = [listen(address) for address, _ in sockets]
    # Out of the way first: one of them may have a number that another is to get.
    moved = [os.dup2(sock.fileno(), FIRST + len(opened) + 20 + i) for i, sock in enumerate(opened)]
    for i, handle in enumerate(moved):
        os.dup2(handle, FIRST + i, inheritable=True)
    os.closerange(FIRST + len(moved), 256)
    os.environ.update({"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(len(moved)),
                       "LISTEN_FDNAMES": ":".join(name for _, name in sockets)})
    os.execv(command[0], command)


main(sys.argv[1:])
