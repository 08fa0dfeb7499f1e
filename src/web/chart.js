// Time series drawn by dygraphs, in the page's colours; charts of one group share cursor and zoom.
import { m } from "./view.js";
import { number } from "./format.js";

/** @type {any} */
const Dygraph = /** @type {any} */ (window).Dygraph;

/** @type {Map<string, Set<any>>} */
const groups = new Map();
let busy = false;

/** @param {string} group @param {any} from @param {(other: any) => void} action */
function others(group, from, action) {
  if (busy) return;
  busy = true;
  for (const other of groups.get(group) || []) if (other !== from) action(other);
  busy = false;
}

/** @param {string} name of a CSS variable */
const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @param {any} chart @param {number} x */
function rowAt(chart, x) {
  for (let row = 0; row < chart.numRows(); ++row) if (chart.getValue(row, 0) >= x) return row;
  return chart.numRows() - 1;
}

// Its own legend is HTML made of strings, with styles that the page's policy forbids.
Dygraph.PLUGINS = Dygraph.PLUGINS.filter((/** @type {any} */ plugin) => plugin !== Dygraph.Plugins.Legend);

/** The names of the series, and their values at a row where one is pointed at.
 * @param {any} self @param {number} [row] */
function drawLegend(self, row) {
  const { legend, labels, colours, show } = self.attributes;
  const items = labels.map((/** @type {string} */ label, /** @type {number} */ at) => {
    const item = document.createElement("span"), dot = document.createElement("i");
    dot.style.backgroundColor = colour(colours[at]);
    const value = row == null ? null : self.chart.getValue(row, at + 1);
    item.append(dot, label + (value == null ? "" : " " + (show || number)(value)));
    return item;
  });
  const time = document.createElement("span");
  time.className = "legend-time";
  if (row != null) time.append(new Date(self.chart.getValue(row, 0)).toLocaleString("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", ...(self.attributes.days ? { day: "numeric", month: "short" } : { second: "2-digit" }) }));
  legend.replaceChildren(...items, time);
}

const steps = [1, 2, 5];
const tickPixels = 18;   // between two at least

/** Ticks of a logarithmic axis at 1, 2, 5, 10 and so on; at some powers of ten alone where these would not find room, and at even
 * distances where the range lies between two of them.
 * @param {number} from @param {number} to @param {number} pixels @param {(name: string) => any} optionOf @param {any} chart */
function logarithmicTicks(from, to, pixels, optionOf, chart) {
  const room = Math.max(1, pixels / tickPixels), format = optionOf("axisLabelFormatter");
  const decades = Math.log10(to / from), mantissas = decades * steps.length <= room ? steps : [1];
  const stride = Math.max(1, Math.ceil((decades * mantissas.length) / room));
  const ticks = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += stride)
    for (const mantissa of mantissas) if (mantissa * 10 ** power >= from && mantissa * 10 ** power <= to) ticks.push({ v: mantissa * 10 ** power, label: format(mantissa * 10 ** power) });
  return ticks.length > 1 ? ticks : Dygraph.numericLinearTicks(from, to, pixels, optionOf, chart);
}

/** The range of the y axis where next to nothing was counted: it would show fractions of it; else what the chart finds itself.
 * @param {any[][]} rows @param {number | undefined} least */
function rangeOf(rows, least) {
  const highest = Math.max(0, ...rows.map(([, ...values]) => values.reduce((sum, value) => sum + (value || 0), 0)));
  return least && highest < least ? [0, least] : null;
}

/** @param {any} attributes */
function options(attributes) {
  const line = colour("--line"), muted = colour("--muted");
  return {
    // Areas have no outline: it would draw what was not counted as a line at the bottom.
    labels: ["time", ...attributes.labels], colors: attributes.colours.map(colour), stackedGraph: !!attributes.stacked,
    fillGraph: !!attributes.stacked, fillAlpha: 0.75, stackedGraphNaNFill: "inside", strokeWidth: attributes.stacked ? 0.1 : 1.6,
    logscale: !!attributes.logarithmic, connectSeparatedPoints: true, gridLineColor: line, axisLineColor: line,
    axisLabelFontSize: 12, highlightCircleSize: 3, labelsKMB: !attributes.logarithmic, animatedZooms: false,
    valueRange: rangeOf(attributes.rows, attributes.least),
    axes: { x: { drawGrid: false }, y: { ...(attributes.logarithmic ? { ticker: logarithmicTicks } : {}), axisLabelWidth: attributes.wide || 44, includeZero: !attributes.logarithmic, ...(attributes.axis ? { axisLabelFormatter: attributes.axis } : {}) } },
    highlightCallback: (/** @type {any} */ _event, /** @type {number} */ x) => {
      drawLegend(attributes.self, rowAt(attributes.self.chart, x));
      others(attributes.group, attributes.self, other => { other.chart.setSelection(rowAt(other.chart, x)); drawLegend(other, rowAt(other.chart, x)); });
    },
    unhighlightCallback: () => {
      drawLegend(attributes.self);
      others(attributes.group, attributes.self, other => { other.chart.clearSelection(); drawLegend(other); });
    },
    zoomCallback: (/** @type {number} */ from, /** @type {number} */ to) => {
      const dateWindow = attributes.self.chart.isZoomed("x") ? [from, to] : null;
      others(attributes.group, attributes.self, other => other.chart.updateOptions({ dateWindow }));
    },
    axisLabelColor: muted,
  };
}

/** Attributes: title, days (whether more than one is shown), labels, colours (variables), rows [[Date, …]], group, stacked, logarithmic, least (the axis reaches that far), show, axis. */
export class Chart {
  constructor() {
    /** @type {any} */
    this.chart = null;
    /** @type {any} */
    this.attributes = null;
    /** @type {any} */
    this.rows = null;
    /** @type {ResizeObserver | null} */
    this.watcher = null;
    this.theme = matchMedia("(prefers-color-scheme: dark)");
    this.recolour = () => {};
  }
  /** @param {any} node */
  oncreate(node) {
    const [legendNode, frame] = [node.dom.querySelector(".legend"), node.dom.querySelector(".plot")];
    this.attributes = { ...node.attrs, legend: legendNode, self: this };
    this.chart = new Dygraph(frame, node.attrs.rows, options(this.attributes));
    this.rows = node.attrs.rows;
    if (!groups.has(node.attrs.group)) groups.set(node.attrs.group, new Set());
    /** @type {Set<any>} */ (groups.get(node.attrs.group)).add(this);
    drawLegend(this);
    this.watcher = new ResizeObserver(() => this.chart.resize());
    this.watcher.observe(frame);
    this.recolour = () => {
      this.chart.updateOptions({ colors: node.attrs.colours.map(colour), gridLineColor: colour("--line"), axisLineColor: colour("--line") });
      drawLegend(this);
    };
    this.theme.addEventListener("change", this.recolour);
  }
  /** @param {any} node */
  onupdate(node) {
    if (node.attrs.rows === this.rows) return;
    this.rows = node.attrs.rows;
    this.chart.updateOptions({ file: this.rows, valueRange: rangeOf(this.rows, node.attrs.least) });
  }
  /** @param {any} node */
  onremove(node) {
    this.watcher?.disconnect();
    this.theme.removeEventListener("change", this.recolour);
    groups.get(node.attrs.group)?.delete(this);
    this.chart.destroy();
  }
  /** @param {any} node */
  view(node) { return m("figure.chart", { "aria-label": node.attrs.title }, m(".plot"), m("figcaption.legend")); }
}

/** Rows for a chart of what /api/v1/history answered; figures by name. @param {any} history @param {string[]} names @param {(value: number) => number} [change] */
export function rowsOf(history, names, change = value => value) {
  const series = names.map(name => history.series.find((/** @type {any} */ each) => each.name === name)?.points || []);
  const times = new Map();
  series.forEach((points, column) => {
    for (const [at, value] of points) {
      if (!times.has(at)) times.set(at, names.map(() => null));
      times.get(at)[column] = value == null ? null : change(value);
    }
  });
  return [...times.entries()].sort((a, b) => a[0] - b[0]).map(([at, values]) => [new Date(at * 1000), ...values]);
}
