#!/usr/bin/env python3
"""Black-box runner for the hostile HTTP corpus.

  run.py --proxy 127.0.0.1:3999 --mode forward  --origin-port 39080 [--only REGEX] [--segment N] [--out FILE] [-v]
  run.py --proxy 127.0.0.1:8080 --mode reverse  --vhost corpus.test

It starts its own raw-socket origin on 127.0.0.1:ORIGIN-PORT and a canary on 127.0.0.66:ORIGIN-PORT which
the proxy must never reach.  Every case is sent as raw bytes, the outcome is judged from
 (1) what the client got (status, number of answers, closed or not, truncated or not),
 (2) the exact bytes the origin got (strict RFC 9112 parse: one unambiguous reading or it is a failure),
 (3) two clean requests afterwards (same URL: poisoned?  other URL: desynchronised or dead?).
Loopback only, bounded in time; exit status 0 if nothing failed, 1 if cases did, 2 if the proxy does not answer or does not store.
"""
import argparse, json, os, re, sys, time
from collections import Counter, OrderedDict

import client
from probe import HERE
from request_cases import RequestCases
from response_cases import ResponseCases


class Runner(RequestCases, ResponseCases):
    pass


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--proxy", required=True)
    ap.add_argument("--mode", choices=["forward", "reverse"], default="forward")
    ap.add_argument("--origin-port", type=int, default=39080)
    ap.add_argument("--vhost", default="corpus.test")
    ap.add_argument("--base", default="", help="where the upstream is mounted, in reverse mode")
    ap.add_argument("--upstream-host", default="", help="Host the reverse proxy sends upstream if it rewrites it")
    ap.add_argument("--segment", type=int, default=0, help="send requests and scripted answers in pieces of N bytes (metamorphic: same verdicts expected)")
    ap.add_argument("--only", default="")
    ap.add_argument("--skip", default="", help="regex of case ids to leave out (a peer that hangs on one would spoil the rest)")
    ap.add_argument("--out", default="")
    ap.add_argument("--patience", type=float, default=1, help="times the usual waiting, for slow machines")
    ap.add_argument("-v", action="store_true")
    a = ap.parse_args()
    assert a.proxy.startswith("127."), "loopback only"
    assert 10000 <= a.origin_port <= 65535, "the origin port must have five digits"
    client.patience = a.patience
    idx = json.load(open(os.path.join(HERE, "index.json")))
    R = Runner(a)
    live = R.alive("start")
    if live:
        print("proxy does not answer a clean request:", live)
        sys.exit(2)
    # control: a plain cacheable 200 must be served from the store, or the storage verdicts mean nothing
    R.clean("/control/%s" % R.nonce.decode())
    r, hit, _ = R.clean("/control/%s" % R.nonce.decode())
    stores = not hit
    print("control: the cache %s" % ("DOES NOT STORE a plain max-age=600 answer; storage verdicts are vacuous" if hit else "stores and reuses a plain max-age=600 answer"))
    res, t0 = OrderedDict(), time.time()
    for kind, fn in (("requests", R.request_case), ("responses", R.response_case)):
        for c in idx[kind]:
            if a.mode not in c["modes"] or (a.only and not re.search(a.only, c["id"])) or (a.skip and re.search(a.skip, c["id"])):
                continue
            v, note = fn(c)
            res[c["id"]] = dict(verdict=v, level=c["level"], cls=c["cls"], rfc=c["rfc"], note=note, why=c["why"])
            if a.v or v == "FAIL":
                print("%-5s %-6s %-28s %s" % (v, c["level"], c["id"], note[:230]), flush=True)
    tab = OrderedDict()
    for x in res.values():
        for k in (x["cls"], "= " + x["level"]):
            tab.setdefault(k, Counter())[x["verdict"]] += 1
    print("\n%-18s %5s %5s %5s %5s" % ("class / level", "best", "ok", "safe", "FAIL"))
    for k, v in tab.items():
        print("%-18s %5d %5d %5d %5d" % (k, v["best"], v["ok"], v["safe"], v["FAIL"]))
    failed = sum(1 for x in res.values() if x["verdict"] == "FAIL")
    must = sum(1 for x in res.values() if x["verdict"] == "FAIL" and x["level"] == "MUST")
    print("time %.0f s, best outcome in %d of %d, MUST failures %d" % (time.time() - t0, sum(1 for x in res.values() if x["verdict"] == "best"), len(res), must))
    print("%d passed, %d failed" % (len(res) - failed, failed))
    if a.out:
        json.dump(res, open(a.out, "w"), indent=1)
    sys.exit(2 if not stores else 1 if failed else 0)


if __name__ == "__main__":
    main()
