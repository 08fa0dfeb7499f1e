// Who asks, how they come, and how often they are hit.
import { Resource } from "./api.js";
import * as format from "./format.js";
import { badge, card, empty, instead, m, table } from "./view.js";

/** @typedef {any} Data */

/** @param {Data} client */
function trust(client) {
  if (client.trustsAuthority === true) return badge("trusts", "good");
  if (client.trustsAuthority === false) return badge("does not trust", "warn");
  return m("span.muted", "not asked");
}

/** @param {Data} client */
const row = client => m("tr", { key: client.address + client.userAgent }, m("td", m("a", { href: "#/live?filter=" + encodeURIComponent("client:" + client.address) }, client.address)),
  m("td.agent", { title: client.userAgent || "" }, client.userAgent || m("span.muted", "no agent named")), m("td", client.ways.join(", ")), m("td.end", format.number(client.requests)),
  m("td.end", format.percent(client.hitRate)), m("td.end.nowrap", format.ago(client.lastSeen)), m("td", trust(client), (client.untouchedHosts || []).length > 0 ? m("p.muted", "left alone: " + client.untouchedHosts.join(", ")) : null));

export class Clients {
  constructor() { this.clients = new Resource("api/v1/clients", 5000).start(); }
  onremove() { this.clients.stop(); }
  view() {
    const waiting = instead(this.clients);
    return m(".page", m("h1", "Clients"), card("Seen lately", waiting || (this.clients.data.clients.length === 0
      ? empty("Nobody has asked yet", "Applications stand here as soon as they ask.", m("a.button", { href: "#/setup" }, "Set up an application"))
      : table([{ name: "Address" }, { name: "Application" }, { name: "Comes by" }, { name: "Requests", end: true }, { name: "Hit rate", end: true }, { name: "Last seen", end: true }, { name: "Authority" }],
        this.clients.data.clients.map(row), "Clients"))));
  }
}
