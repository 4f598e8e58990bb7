"""CPU time per request as an SVG: one panel a work, one row a server, a line from least to most and a dot at the median.
The scale is logarithmic: servers differ by factors, not by amounts."""
import math
from xml.sax.saxutils import escape

from figures import Figures, database_too, number
from tables import NAMES

WIDTH, LABELS, RIGHT, ROW, PANEL_HEAD, FOOT = 860, 190, 90, 22, 34, 40
WORKS = ("trivial", "bearer", "refresh")
STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f } .head { font-weight: 600 } .axis { font-size: 11px; fill: #57606a }
.grid { stroke: #d0d7de; stroke-width: 1 } .pawl { fill: #0969da; stroke: #0969da } .other { fill: #8c959f; stroke: #8c959f }
.nginx { fill: #1a7f37; stroke: #1a7f37 } line.pawl, line.other, line.nginx { stroke-width: 3 }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 } .axis { fill: #8b949e } .grid { stroke: #30363d }
  .pawl { fill: #58a6ff; stroke: #58a6ff } .nginx { fill: #3fb950; stroke: #3fb950 } }
"""


def draw(results):
    seen = Figures(results)
    connections = seen.most_connections()
    groups = {c["name"]: c["group"] for c in results["contenders"]}
    panels = []
    for work in WORKS:
        rows = [(name, seen.spread(name, work, connections, database_too)) for name in seen.contenders()]
        rows = [(name, spread) for name, spread in rows if spread]
        if rows:
            panels.append((work, rows))
    values = [v for _, rows in panels for _, spread in rows for v in (spread.least, spread.most)]
    low, high = 10 ** math.floor(math.log10(max(0.1, min(values)))), 10 ** math.ceil(math.log10(max(values)))

    def across(value):
        share = math.log10(max(low, value) / low) / math.log10(high / low)
        return LABELS + share * (WIDTH - LABELS - RIGHT)
    height = sum(PANEL_HEAD + ROW * len(rows) for _, rows in panels) + FOOT
    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (
        WIDTH, height, WIDTH, height),
        "<title>CPU µs per request at %d connections, logarithmic; dot: median, line: least to most</title>" % connections,
        "<style>%s</style>" % STYLE]
    for power in range(round(math.log10(low)), round(math.log10(high)) + 1):
        x = across(10 ** power)
        out.append('<line class="grid" x1="%.1f" x2="%.1f" y1="20" y2="%d"/>' % (x, x, height - FOOT + 6))
        out.append('<text class="axis" x="%.1f" y="%d" text-anchor="middle">%s µs</text>' % (
            x, height - FOOT + 22, number(10.0 ** power, 0 if power >= 0 else 1)))
    y = 0
    for work, rows in panels:
        out.append('<text class="head" x="8" y="%d">%s</text>' % (y + 22, escape(NAMES[work])))
        y += PANEL_HEAD
        for name, spread in rows:
            kind = {"Pawl": "pawl", "nginx": "nginx"}.get(groups[name], "other")
            middle = y + ROW / 2
            out.append('<text x="20" y="%.1f">%s</text>' % (middle + 4, escape(name)))
            out.append('<line class="%s" x1="%.1f" x2="%.1f" y1="%.1f" y2="%.1f"/>' % (
                kind, across(spread.least), across(spread.most), middle, middle))
            out.append('<circle class="%s" cx="%.1f" cy="%.1f" r="5"/>' % (kind, across(spread.median), middle))
            out.append('<text class="axis" x="%.1f" y="%.1f">%s</text>' % (
                across(spread.most) + 10, middle + 4, number(spread.median)))
            y += ROW
    out.append("</svg>")
    return "\n".join(line.strip("\n") for line in out) + "\n"
