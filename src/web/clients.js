// Who asks, how they come, and how often they are hit.
import { Resource } from "./api.js";
import * as format from "./format.js";
import { badge, card, empty, instead, keep, m, table } from "./view.js";

/** @typedef {any} Data */

/** How requests come: the API's word, the page's, and what it means. @type {Record<string, [string, string]>} */
const ways = { proxy: ["proxy", "It uses this instance as its proxy"], tunnel: ["proxy, https unseen", "Its https passes through the proxy unseen"], intercepted: ["proxy, https seen", "The proxy looks into its https"],
  mount: ["base URL", "It asks an address on this instance in the place of the service's"], host: ["host name", "The service's name leads here"], listener: ["own port", "It asks a port that is for one service"] };

/** @param {string} way */
export const wayName = way => (ways[way] || [way])[0];
/** @param {string} way */
const wayWords = way => m("span", { title: (ways[way] || [""])[1] }, wayName(way));

/** Whether it believes the local authority, which matters only to who comes by https through the proxy. @param {Data} client */
function trust(client) {
  if (client.trustsAuthority === true) return badge("trusted", "good");
  if (client.trustsAuthority === false) return badge("not trusted", "warn");
  return m("span.muted", client.ways.some((/** @type {string} */ way) => way === "tunnel" || way === "intercepted") ? "not tried yet" : "not needed");
}

/** @param {string} words of the live log's filter @param {string} label */
const requestsOf = (words, label) => m("a", { href: "#/live?filter=" + encodeURIComponent(words), title: "Its requests in the live log" }, label);

/** Its name, without a version. @param {Data} client */
const application = client => (client.userAgent || "").split(/[\s/(]/)[0];

/** @param {Data} client */
const nameOf = client => client.address + " " + (client.userAgent || "");

/** @param {Data} client */
const row = client => m("tr", { key: nameOf(client) }, m("td", requestsOf("client:" + client.address, client.address)),
  m("td.agent", { title: client.userAgent || "" }, application(client) ? [requestsOf("client:" + application(client), application(client)), client.userAgent.slice(application(client).length)] : m("span.muted", "no agent named")),
  m("td.nowrap", client.ways.map((/** @type {string} */ way, /** @type {number} */ at) => [at > 0 ? ", " : "", wayWords(way)])), m("td.end", format.number(client.requests)),
  m("td.end", format.percent(client.requests > 0 ? client.hitRate : null)), m("td.end.nowrap", format.ago(client.lastSeen)), m("td.trust", trust(client), (client.untouchedHosts || []).length > 0 ? m("p.muted", "left alone: " + client.untouchedHosts.join(", ")) : null));

/** What is sorted by, and from which end. @type {Record<string, [(client: Data) => any, number]>} */
const orders = { address: [client => client.address, 1], application: [client => (client.userAgent || "").toLowerCase(), 1], requests: [client => client.requests, -1], rate: [client => client.hitRate, -1], seen: [client => client.lastSeen, -1] };

export class Clients {
  /** @param {Data} node */
  constructor(node) {
    const asked = node.attrs.parameters.get("sort");
    this.sort = Object.hasOwn(orders, asked || "") ? asked : "requests";
    /** @type {string[]} */
    this.order = [];  // rows stay where they are until the order is asked for again
    this.clients = new Resource("api/v1/clients", 5000).start();
  }
  onremove() { this.clients.stop(); }
  /** @param {string} name */
  by(name) {
    this.sort = name;
    this.order = [];
    keep({ sort: name });
  }
  /** @returns {Data[]} */
  rows() {
    const [value, turn] = orders[this.sort], known = new Map(this.order.map((name, at) => [name, at]));
    const place = (/** @type {Data} */ client) => known.get(nameOf(client)) ?? Infinity;
    const order = (/** @type {any} */ a, /** @type {any} */ b) => (a < b ? -1 : a > b ? 1 : 0);
    const rows = [...this.clients.data.clients].sort((a, b) => order(place(a), place(b)) || order(value(a), value(b)) * turn || order(nameOf(a), nameOf(b)));
    this.order = rows.map(nameOf);
    return rows;
  }
  /** @param {string} name @param {string} title @param {boolean} [end] */
  column(name, title, end) { return { name: title, end, sort: () => this.by(name), sorted: this.sort === name ? (orders[name][1] > 0 ? "ascending" : "descending") : null }; }
  view() {
    const waiting = instead(this.clients);
    return m(".page", m("h1", "Clients"), card("Seen lately", waiting || (this.clients.data.clients.length === 0
      ? empty("Nobody has asked yet", "Applications stand here as soon as they ask.", m("a.button", { href: "#/setup" }, "Set up an application"))
      : table([this.column("address", "Address"), this.column("application", "Application"), { name: "Comes by" }, this.column("requests", "Requests", true), this.column("rate", "Hit rate", true), this.column("seen", "Last seen", true), { name: "Certificate" }],
        this.rows().map(row), "Clients"))));
  }
}
