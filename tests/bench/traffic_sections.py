"""Hits as real clients ask for them: many URLs, some far more often than others, by programs of many kinds."""
import store_sections

CONNECTIONS = 64
URLS = 10000


def asked_by_zipf(bench, table, mode, title, budget_column):
    """4 KB answers of 10,000 URLs, all of them in memory, so that no memory of the same bytes helps."""
    origin = bench.origin(4096)
    trace = store_sections.trace_file(bench, "zipf", store_sections.zipf_numbers(URLS, bench.options.requests, 1.0, seed=3))

    def measure(name):
        server, path = bench.server(name, origin), bench.fresh_path()
        try:
            bench.load("count", server, path, CONNECTIONS, URLS)
            if mode == "mixed":
                bench.load(mode, server, path, CONNECTIONS, trace)
            asked, before = int(origin.get("/count")) if name != "epoll" else 0, server.cpu_seconds()
            run = bench.load(mode, server, path, CONNECTIONS, trace)
            used = server.cpu_seconds() - before
            missed = int(origin.get("/count")) - asked if name != "epoll" else 0
        finally:
            server.stop()
        return {"req/s": run["requests"] / run["seconds"], "cpu_us": used * 1e6 / run["requests"], "p50_us": run["p50"], "p99_us": run["p99"],
                "upstream": missed, "errors": run["errors"] + run["lost"]}

    rows = bench.in_turn(bench.names(with_epoll=mode == "trace"), measure)
    origin.stop()
    table(title, rows, ["req/s", "cpu_us", "p50_us", "p99_us", "upstream", "errors"], budget_column)


def hit_zipf(bench, table):
    """One kind of client on connections that are kept."""
    asked_by_zipf(bench, table, "trace", "hit, 4 KB, 10,000 URLs by Zipf [CPU: 1.4x bare epoll, 0.78x the best peer]", "cpu_us")


def hit_mixed(bench, table):
    """Eight kinds in turn: HTTP/1.0, answers that end the connection, four ways to accept codings."""
    asked_by_zipf(bench, table, "mixed", "the same by clients of eight kinds, a quarter of which connect anew each time", "cpu_us")


PARTS = {"hit-zipf": hit_zipf, "hit-mixed": hit_mixed}
