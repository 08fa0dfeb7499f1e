"""Sends raw bytes, whole or in pieces, and reads what comes back."""
import select, socket, time

patience = 1.0  # times what is said of waiting below: where a machine is slow, silence means less


def exchange(addr, raw, half_close=False, segment=0, idle=0.45, first=1.6, total=4.0, follow=None):
    """send raw, read until EOF / idle; returns (bytes, eof, rst, offset where the follow-up answer starts)"""
    idle, first, total = idle * patience, first * patience, total * patience
    s = socket.socket()
    s.settimeout(20)
    s.connect(addr)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setblocking(False)
    out, eof, rst, pos, t0, last = bytearray(), False, False, 0, time.time(), None
    step = segment or len(raw) or 1
    if segment and len(raw) > 4000:
        step = 997
    sent_done = None
    follow_at = None
    while True:
        now = time.time()
        want_w = pos < len(raw)
        if not want_w and sent_done is None:
            sent_done = now
            if half_close:
                try:
                    s.shutdown(socket.SHUT_WR)
                except OSError:
                    pass
        if now - t0 > total:
            break
        if out and last and now - last > idle:
            if follow and follow_at is None:
                follow_at = len(out)
                raw, pos, follow, last = follow, 0, None, now
                continue
            break
        if not out and sent_done and now - sent_done > first:
            break
        try:
            rd, wr, _ = select.select([s], [s] if want_w else [], [], 0.05)
        except OSError:
            break
        if rd:
            try:
                x = s.recv(262144)
            except BlockingIOError:
                x = None
            except ConnectionResetError:
                rst = eof = True
                break
            if x == b"":
                eof = True
                break
            if x:
                out += x
                last = time.time()
        if wr and pos < len(raw):
            try:
                pos += s.send(raw[pos:pos + step])
                if segment:
                    time.sleep(0.0003)
            except BlockingIOError:
                pass
            except OSError:
                pos = len(raw)
    s.close()
    return bytes(out), eof, rst, follow_at


def status_ok(st, allowed):
    for a in allowed:
        if a == "none":
            if st is None:
                return True
        elif isinstance(a, str):
            if st is not None and str(st)[0] == a[0] and len(str(st)) == 3:
                return True
        elif st == a:
            return True
    return False
