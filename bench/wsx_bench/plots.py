"""The report's plots, as SVG: on no background, in colors that light and dark ones allow."""

try:
    import matplotlib
except ImportError:  # then there are tables only
    matplotlib = None

from . import units
from .clients import RAW, WSX

GRAY = "#808080"
COLORS = ("#d9822b", "#3b9dd9", "#46a35e", "#b565c4", "#c9a227", "#2fa8a0", "#d1607f", "#8d7a5b",
          "#6a7fd6")
SETTINGS = {
    "svg.fonttype": "none", "svg.hashsalt": "wsx",
    "font.family": "sans-serif", "font.sans-serif": ["DejaVu Sans", "Arial"], "font.size": 10,
    "text.color": GRAY, "axes.labelcolor": GRAY, "axes.edgecolor": GRAY,
    "xtick.color": GRAY, "ytick.color": GRAY,
    "axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False,
}


def draw_all(directory, results):
    """Writes the plots; the Markdown that shows each, by name."""
    if matplotlib is None:
        return {}
    matplotlib.use("svg")
    matplotlib.rcParams.update(SETTINGS)
    plots = {"throughput": (_throughput, "Throughput by message size"),
             "cpu": (_cpu, "CPU time a message over that of sockets alone"),
             "latency": (_latency, "Latency of a round trip"),
             "memory": (_memory, "Memory of an idle connection")}
    return {name: f"![{title}]({name}.svg)\n\n"
            for name, (draw, title) in plots.items()
            if _save(draw(results), directory / f"{name}.svg")}


def _save(figure, path):
    if figure is None:
        return False
    figure.savefig(path, transparent=True, bbox_inches="tight", metadata={"Date": None})
    return True


def _drawn(results):
    """Variants of a client are in the tables only."""
    return [c for c in results.clients() if not c.only]


def _color(results, client):
    if client == RAW.name:
        return GRAY
    names = [c.name for c in _drawn(results) if c.name not in (RAW.name, WSX.name)]
    return COLORS[0] if client == WSX.name else COLORS[1 + names.index(client) % 8]


def _style(results, client):
    return {"color": _color(results, client.name), "label": client.label, "marker": ".",
            "linestyle": "--" if client.name == RAW.name else "-",
            "linewidth": 2.6 if client.name == WSX.name else 1.2,
            "zorder": 3 if client.name == WSX.name else 2}


def _axes(count, height):
    from matplotlib.figure import Figure
    figure = Figure(figsize=(4.6 * count, height), layout="constrained")
    return figure, figure.subplots(1, count, squeeze=False, sharey=True)[0]


def _logarithmic(axes, text):
    """The y axis, with numbers that `text` makes readable."""
    from matplotlib import ticker
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: text(value)))
    axes.yaxis.set_minor_locator(ticker.NullLocator())
    axes.grid(axis="y", color=GRAY, alpha=0.25)


def _legend(all_axes):
    """Beside the last, for all of them."""
    entries = {}
    for axes in all_axes:
        handles, labels = axes.get_legend_handles_labels()
        entries |= dict(zip(labels, handles))
    all_axes[-1].legend(entries.values(), entries.keys(), loc="upper left", bbox_to_anchor=(1, 1))


def _line(axes, results, client, found, value):
    points = [(r.cell.size, value(r)) for r in found if r.client.name == client.name and r.rounds]
    points = [(size, y) for size, y in points if y is not None]
    if points:
        axes.plot(*zip(*points), **_style(results, client))


def _by_size(results, value, text):
    panels = [("receive", "Receive binary"), ("send", "Send")]
    found = {s: results.where(group="throughput", scenario=s) for s, _ in panels}
    if not all(any(r.rounds for r in rs) for rs in found.values()):
        return None
    figure, all_axes = _axes(len(panels), 3.6)
    for axes, (scenario, title) in zip(all_axes, panels):
        for client in _drawn(results):
            _line(axes, results, client, found[scenario], value)
        sizes = sorted({r.cell.size for r in found[scenario]})
        axes.set(title=title, xlabel="message size", xscale="log")
        axes.set_xticks(sizes, [units.size(s) for s in sizes])
        axes.minorticks_off()
        _logarithmic(axes, text)
    _legend(all_axes)
    return figure


def _round_time(nanoseconds):
    for unit, scale in (("ms", 1e6), ("µs", 1e3)):
        if nanoseconds >= scale:
            return f"{nanoseconds / scale:g} {unit}"
    return f"{nanoseconds:g} ns"


def _throughput(results):
    return _by_size(results, lambda r: r.figure("rate") * r.cell.size,
                    lambda rate: f"{rate / 1e6:g} MB/s")


def _cpu(results):
    """Over raw's: the times themselves grow with the size so much that they hide all else."""
    return _by_size(results, lambda r: r.ratio("cpu_ns"), lambda ratio: f"{ratio:g} ×")


def _latency(results):
    found = [r for r in results.where(group="echo", size=16, in_flight=1) if r.rounds]
    names = {"p50_ns": "50 %", "p90_ns": "90 %", "p99_ns": "99 %", "p999_ns": "99.9 %"}
    found = [r for r in found if all(r.figure(n) is not None for n in names)]
    if not found:
        return None
    figure, (axes,) = _axes(1, 3.6)
    for r in found:
        axes.plot(range(len(names)), [r.figure(n) for n in names], **_style(results, r.client))
    axes.set(title="Echo of 16 bytes, one in flight", xlabel="of the round trips take at most")
    axes.set_xticks(range(len(names)), names.values())
    _logarithmic(axes, _round_time)
    _legend([axes])
    return figure


def _memory(results):
    where = dict(group="memory", tls=False, deflate=False, ours_only=False)
    cells = [r.cell for r in results.where(**where)]
    found = [r for r in results.where(**vars(cells[0])) if r.rounds] if cells else []
    if not found:
        return None
    found.sort(key=lambda r: -r.figure("bytes_per_connection"))
    values = [r.figure("bytes_per_connection") / 1024 for r in found]
    figure, (axes,) = _axes(1, 0.8 + 0.34 * len(found))
    bars = axes.barh([r.client.label for r in found], values,
                     color=[_color(results, r.client.name) for r in found])
    axes.bar_label(bars, [f"{v:.1f}" for v in values], padding=4, color=GRAY)
    axes.set(title=f"{cells[0].connections:,} idle connections", xlabel="KiB each")
    axes.margins(x=0.15)
    return figure
