// Warm-ups: begin one, watch it, end it; and what fetching ahead does.
import { Resource, call, post } from "./api.js";
import * as format from "./format.js";
import { act, badge, card, empty, facts, instead, m, progress, table } from "./view.js";

/** @typedef {any} Data */

/** What each type asks for. @type {Record<string, string>} */
const types = { all: "everything of the other types.", series: "the lists of Sonarr, Radarr and Lidarr, and each series, film and artist in them.", episodes: "the episodes of each series of Sonarr.", metadata: "what the metadata services say of all that the applications have.",
  indexers: "Prowlarr's status, and the capabilities and feeds of its indexers.", "quality-profiles": "the quality profiles of the applications.", "custom-formats": "the custom formats of the applications." };

/** @param {Data} page @param {Data} job */
function row(page, job) {
  const runs = !job.ended;
  const end = async () => { await act(() => call("DELETE", "api/v1/jobs/" + job.id), "Cancelled"); page.jobs.refresh(); };
  return m("tr", { key: job.id }, m("td", job.type + (job.only ? " " + job.only : "")), m("td", job.cause), m("td", badge(job.state)), m("td.quota", progress(job.done, job.total, "Progress of " + job.type),
    m("span.muted.nowrap", format.number(job.done) + " of " + (job.totalIsKnown ? "" : "at least ") + format.number(job.total))),
  m("td.end", format.number(job.fetched)), m("td.end", format.number(job.failed)), m("td.end.nowrap", format.moment(job.began)),
  m("td", job.problem ? format.localTimes(job.problem) : job.waitsUntil ? "waits until " + format.moment(job.waitsUntil) : job.endsAbout && runs ? "ends about " + format.moment(job.endsAbout) : ""), m("td.end", runs ? m("button", { onclick: end }, "Cancel") : null));
}

/** @param {Data} prefetch */
const ahead = prefetch => facts([["Rounds", format.number(prefetch.rounds)], ["Last round", prefetch.lastRound ? format.moment(prefetch.lastRound) : "–"], ["Taken then", format.number(prefetch.taken)], ["Keys watched", format.number(prefetch.watched)]]);

export class Jobs {
  constructor() { this.type = "all"; this.jobs = new Resource("api/v1/jobs", 2000).start(); }
  onremove() { this.jobs.stop(); }
  view() {
    const waiting = instead(this.jobs);
    const begin = async () => { await act(() => post("api/v1/warmup", { type: this.type }), "Begun"); this.jobs.refresh(); };
    const start = m(".buttons", m("select", { "aria-label": "What to warm up", value: this.type, onchange: (/** @type {any} */ event) => { this.type = event.target.value; } }, Object.keys(types).map(type => m("option", { value: type }, type))), m("button.primary", { onclick: begin }, "Warm up"));
    return m(".page", m("h1", "Jobs"), card("Warm-ups", [m("p.muted", "A warm-up asks your applications' lists and fetches what they will ask for, within the budgets of the upstreams. " + this.type + ": " + types[this.type]), waiting || (this.jobs.data.jobs.length === 0 ? empty("Nothing was warmed up yet")
      : table([{ name: "Type" }, { name: "Begun by" }, { name: "State" }, { name: "Progress", class: "quota" }, { name: "Fetched", end: true }, { name: "Failed", end: true }, { name: "Began", end: true }, { name: "" }, { name: "", end: true }],
        this.jobs.data.jobs.map((/** @type {Data} */ each) => row(this, each)), "Warm-ups"))], { class: "warm", aside: start }),
    waiting || !this.jobs.data.prefetch ? null : card("Fetching ahead", ahead(this.jobs.data.prefetch)));
  }
}
