// What calls for somebody, what did lately, and through which channels it is told.
import { Resource, post } from "./api.js";
import * as format from "./format.js";
import { act, badge, card, empty, facts, instead, m, table } from "./view.js";

/** @typedef {any} Data */

const ofUpstreams = /^(upstream-|quota-|cooldown$|event-feed$)/;

/** @param {Data} alert */
const subject = ({ id, subject }) => (!subject ? null : [" · ", ofUpstreams.test(id) ? m("a", { href: "#/upstreams?name=" + encodeURIComponent(subject) }, subject) : subject]);

/** @param {Data} alert */
const line = alert => m("li.alert", { class: alert.severity, key: alert.id + alert.subject }, badge(alert.severity), m("div", m("strong", format.alertWords(alert)), alert.advice ? m("p", format.localTimes(alert.advice)) : null,
  m("p.muted", alert.id, subject(alert), " · since " + format.moment(alert.since) + " (" + format.ago(alert.since) + ")")));

/** @param {Data[]} alerts */
const past = alerts => table([{ name: "Alert" }, { name: "What" }, { name: "Began", end: true }, { name: "Lasted", end: true }], alerts.map((each, at) => m("tr", { key: at },
  m("td", badge(each.severity), " ", each.id, subject(each)), m("td.told", format.localTimes(each.message)), m("td.end.nowrap", format.moment(each.since)),
  m("td.end.nowrap", each.resolved ? format.duration((new Date(each.resolved).getTime() - new Date(each.since).getTime()) / 1000) : "goes on"))), "Past alerts");

/** @param {Data} page @param {Data} channel */
function channelRow(page, channel) {
  const test = async () => {
    page.testing.add(channel.name);
    await act(() => post("api/v1/notifications/" + encodeURIComponent(channel.name) + "/test"), "Sent to " + channel.name);
    page.testing.delete(channel.name);
    page.channels.refresh();
  };
  const last = channel.lastResult;
  return m("tr", { key: channel.name }, m("td", channel.name), m("td", channel.type), m("td", channel.host || "–"), m("td", channel.events.join(", ")),
    m("td.told", last ? [badge(last.ok ? "ok" : "failed"), " ", format.moment(last.at), last.error ? m("p.muted", last.error) : null] : m("span.muted", "nothing sent yet")), m("td.end", m("button", { onclick: test, disabled: page.testing.has(channel.name) }, "Test")));
}

const channelExample = "\"notifications\": [{ \"name\": \"phone\", \"type\": \"ntfy\", \"url\": \"https://ntfy.sh/my-topic\", \"events\": [\"alert.*\"] }]";

/** How one more is named. */
const channelHint = () => [m("p.muted.hint", "Channels stand in the configuration, as ", m("code", "notifications"), ": ntfy, Gotify, Discord, Slack, Telegram, Apprise, Pushover, e-mail or any webhook. A reload puts them in force."), m("pre.code", channelExample)];

/** What makes them fire. @param {Data} all */
const thresholds = all => facts([["Hit rate under", format.percent(all.hitRateBelow, 0) + " for " + format.duration(all.hitRateAfter)], ["A key's hit rate under", format.percent(all.keyHitRateBelow, 0)], ["Memory or disk over", format.percent(all.memoryAbove, 0)], ["Keys over", format.number(all.maxKeys)]], "roomy");

export class Alerts {
  constructor() {
    /** @type {Set<string>} */
    this.testing = new Set();  // channels that are sent a message now
    this.alerts = new Resource("api/v1/alerts", 5000).start();
    this.channels = new Resource("api/v1/notifications", 15000).start();
  }
  onremove() { this.alerts.stop(); this.channels.stop(); }
  view() {
    const channels = instead(this.channels);
    return m(".page", m("h1", "Alerts"),
      card("Firing", instead(this.alerts) || (this.alerts.data.firing.length === 0 ? empty("Nothing fires", "Hit rate, memory, disk, quotas, upstreams and the authority are watched.") : m("ul.list.alerts", this.alerts.data.firing.map(line)))),
      card("Lately", instead(this.alerts) || (this.alerts.data.recent.length === 0 ? empty("Nothing was resolved lately") : past(this.alerts.data.recent))),
      card("Thresholds", instead(this.alerts) || [thresholds(this.alerts.data.thresholds), m("p.muted.hint", "Set them in the configuration: ", ["alert_hit_rate_below", "alert_after", "alert_key_hit_rate_below", "alert_memory_above", "max_keys"].map((name, at) => [at > 0 ? ", " : "", m("code", name)]), " of ", m("code", "cache"), ". A reload puts them in force.")]),
      card("Channels", channels || (this.channels.data.notifications.length === 0
        ? [empty("Nobody is told"), channelHint()]
        : [table([{ name: "Name" }, { name: "Type" }, { name: "Host" }, { name: "Events" }, { name: "Last message" }, { name: "", end: true }], this.channels.data.notifications.map((/** @type {Data} */ each) => channelRow(this, each)), "Channels"), m("details.fields.more", m("summary", "How to add one"), channelHint())])));
  }
}
