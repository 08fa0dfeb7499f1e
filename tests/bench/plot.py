"""Draws the curves that `run.sh growth --save FOLDER` keeps, as one SVG each: python3 tests/bench/plot.py FOLDER

Horizontally the decades of what grows, vertically the cost of a request from zero on, so that flat looks flat.
"""
import glob
import html
import json
import math
import os
import sys

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 360, 70, 20, 50, 50


def rounded_up(value):
    """The next 1, 2 or 5 times a power of ten."""
    power = 10 ** math.floor(math.log10(value))
    return next(step * power for step in (1, 2, 5, 10) if step * power >= value)


def svg(curve):
    points = curve["points"]
    low, high = math.log10(points[0][0]), math.log10(points[-1][0])
    top = rounded_up(max(y for _, y in points))
    slope = "" if curve["slope"] is None else ", %+.1f %% for ten times as many" % (100 * curve["slope"])

    def place(x, y):
        across = (math.log10(x) - low) / ((high - low) or 1)
        return LEFT + across * (WIDTH - LEFT - RIGHT), HEIGHT - BOTTOM - y / top * (HEIGHT - TOP - BOTTOM)

    lines = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">' % (WIDTH, HEIGHT),
             '<rect width="%d" height="%d" fill="white"/>' % (WIDTH, HEIGHT),
             '<text x="%d" y="24" font-size="15">%s: CPU µs per request%s</text>' % (LEFT, html.escape(curve["name"]), slope)]
    for part in range(5):
        _, y = place(points[0][0], top * part / 4)
        lines.append('<line x1="%d" x2="%d" y1="%.1f" y2="%.1f" stroke="#ddd"/>' % (LEFT, WIDTH - RIGHT, y, y))
        lines.append('<text x="%d" y="%.1f" text-anchor="end">%g</text>' % (LEFT - 8, y + 4, top * part / 4))
    for x, y in points:
        across, down = place(x, y)
        lines.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % (across, HEIGHT - BOTTOM + 18, format(x, ",")))
        lines.append('<circle cx="%.1f" cy="%.1f" r="3" fill="#0b62a4"><title>%s: %.2f</title></circle>' % (across, down, format(x, ","), y))
    lines.append('<text x="%.1f" y="%d" text-anchor="middle">%s</text>' % ((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, html.escape(curve["unit"])))
    way = " ".join("%.1f,%.1f" % place(x, y) for x, y in points)
    lines.append('<polyline points="%s" fill="none" stroke="#0b62a4" stroke-width="2"/></svg>' % way)
    return "\n".join(lines) + "\n"


def draw_all(folder):
    for name in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(name) as file:
            curve = json.load(file)
        with open(name[:-len("json")] + "svg", "w") as file:
            file.write(svg(curve))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    draw_all(sys.argv[1])
