#!/usr/bin/env python3
"""dump.py PROXY MODE CASE-ID...: show the exact bytes sent, what the origin got and what the client got (debug aid for run.py)"""
import argparse, json, os, sys, time

from client import exchange
from probe import HERE
from run import Runner

a = argparse.Namespace(proxy=sys.argv[1], mode=sys.argv[2], origin_port=int(os.environ.get("OPORT", "39080")), vhost="corpus.test", upstream_host="", segment=0)
R = Runner(a)
idx = json.load(open(os.path.join(HERE, "index.json")))
for cid in sys.argv[3:]:
    for kind in ("requests", "responses"):
        for c in idx[kind]:
            if c["id"] != cid:
                continue
            raw = R.fill(open(os.path.join(HERE, c["file"]), "rb").read())
            snap = R.origin.snapshot()
            if kind == "requests":
                if c.get("origin"):
                    R.origin.modes[c["id"]] = c["origin"]
                d, eof, rst, _ = exchange(R.addr, raw, half_close=c.get("half_close", False), total=6, first=4)
            else:
                R.origin.scripts[cid] = (raw, c["action"])
                p = "/rs/%s/%s" % (cid, R.nonce.decode())
                d, eof, rst, _ = exchange(R.addr, (c.get("method", "GET") + " ").encode() + R.base + p.encode() + b" HTTP/1.1\r\nHost: " + R.host + b"\r\n\r\n", first=6, total=8)
                R.origin.scripts.pop(cid)
            time.sleep(.1)
            print("=====", cid, "\nSENT", raw[:400], "\nCLIENT eof=%s rst=%s" % (eof, rst), d[:700])
            for cn, data, done in R.origin.since(snap):
                print("ORIGIN conn", cn.id, data[:700], "complete=%d" % len(done))
