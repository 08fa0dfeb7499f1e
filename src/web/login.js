// The way in: the API key or the password, or a link that `cachearr dashboard` printed.
import { get, post, session } from "./api.js";
import { capital } from "./format.js";
import { m } from "./view.js";

/** @param {any} credentials */
async function enter(credentials) {
  await post("api/v1/login", credentials);
  Object.assign(session, { out: false, known: true, ended: false });
  // How many alerts fire is told on whatever page comes first.
  get("api/v1/stats/summary").then(m.redraw, () => {});
}

/** @param {string} link */
export async function enterByLink(link) {
  try {
    await enter({ link });
    return "";
  } catch (error) {
    session.out = true;
    return error instanceof Error ? error.message : String(error);
  }
}

export class Login {
  constructor() { this.secret = ""; this.error = ""; this.busy = false; }
  /** @param {Event} event @param {() => void} entered */
  async submit(event, entered) {
    event.preventDefault();
    this.busy = true;
    try {
      await enter({ secret: this.secret });
      this.error = "";
      entered();
    } catch (error) { this.error = error instanceof Error ? error.message : String(error); }
    this.busy = false;
    m.redraw();
  }
  /** @param {any} node */
  view(node) {
    const error = this.error || node.attrs.error || (session.ended ? "your session ended: log in again" : "");
    return m("main.login", m("form.card", { onsubmit: (/** @type {Event} */ event) => this.submit(event, node.attrs.onentered) }, m("h1", m("img", { src: "web/icon.svg", alt: "", width: 36, height: 36 }), "cachearr"),
      m("label", "API key or password", m("input[type=password]", { autocomplete: "current-password", required: true, autofocus: true, value: this.secret, "aria-describedby": "login-error", oninput: (/** @type {any} */ event) => { this.secret = event.target.value; } })),
      m("p.bad-text#login-error", { role: "alert" }, capital(error)), m("button.primary", { disabled: this.busy }, "Log in"),
      m("p.muted", "The key is in the configuration, or in the file ", m("code", "api_key"), " of the state directory. ", m("code", "cachearr dashboard"), " prints a link that needs neither.")));
  }
}
