"""The smallest number of calls upstream with which every answer is fresh by its rule's TTL.

For one identity that is the greedy choice: fetch when somebody asks and nothing fresh is there. Fetching earlier never
saves a call. Stale windows can save more, refresh ahead and a spread of the expiry may cost a few.
"""
import collections


def least_calls(requests, judge, group_of):
    """{group: [requests, calls at least, of these for what nobody had asked for before]} for requests in order of time;
    `judge` gives a request's (identity, TTL)."""
    fresh_until, figures = {}, collections.defaultdict(lambda: [0, 0, 0])
    for request in requests:
        identity, ttl = judge(request)
        figure = figures[group_of(request)]
        figure[0] += 1
        if request.at >= fresh_until.get(identity, -1):
            figure[1] += 1
            figure[2] += identity not in fresh_until
            fresh_until[identity] = request.at + ttl
    return figures
