// The page: one state, redrawn where it changed. Slack on the left, the truth on the right.
import { body, el } from "./render.js";

const $ = (id) => document.getElementById(id);
const COLOURS = ["#7c4d9e", "#0f7b6c", "#b3541e", "#1164a3", "#8a6d00", "#9e2a5b"];
const PROMPTS = [
  "@Lucy hello there, what is our zip code?",
  "@Lucy compare these two contracts",
  "@Lucy refactor this python function ```python\ndef f(a): return [x*2 for x in a if x]\n```",
  "@Lucy prove that the square root of 2 is irrational",
  "/lucy-costs today by model",
];
let state, channel = "C0GENERAL", thread = null;
const attempts = new Map();
const names = () => Object.fromEntries(state.channels.map((c) => [c.id, c.name]));
const post = (action, payload) => fetch(`/page/${action}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(payload) });

async function start() {
  state = await (await fetch("/page/state")).json();
  for (const [id, person] of Object.entries(state.people)) if (!person.bot) $("user").append(el("option", { value: id }, person.name + (person.admin ? " (admin)" : "")));
  $("user").value = "U0BEN";
  for (const one of state.channels) $(one.kind === "im" ? "dms" : "channels").append(el("li", {}, entry(one)));
  for (const [name, mode] of Object.entries(state.providers)) $("providers").append(providerSwitch(name, mode));
  for (const prompt of PROMPTS) $("prompts").append(promptButton(prompt));
  state.truth.forEach(truth);
  draw();
  listen();
  show("main");
}

function listen() {
  const source = new EventSource("/page/events");
  let opened = 0;
  source.onopen = () => { if (opened++) location.reload(); };
  source.onmessage = (message) => happened(JSON.parse(message.data));
}

function show(panel) {
  document.body.dataset.panel = panel;
  document.querySelectorAll("#tabs button").forEach((one) => one.setAttribute("aria-selected", one.dataset.panel === panel));
}

function entry(one) {
  const button = el("button", { type: "button", "data-channel": one.id }, (one.kind === "im" ? "● " : "# ") + one.name);
  button.onclick = () => { channel = one.id; thread = null; show("main"); draw(); };
  return button;
}

function promptButton(prompt) {
  const button = el("button", { type: "button" }, prompt.split("```")[0].trim());
  button.onclick = () => send(prompt, null);
  return button;
}

function providerSwitch(name, mode) {
  const select = el("select", { "data-provider": name }, ...state.modes.map((one) => el("option", { value: one }, one.replaceAll("_", " "))));
  select.value = mode;
  select.onchange = () => { post("provider", { name, mode: select.value }); pressed(); };
  return el("label", {}, name, select);
}

function pressed() {
  const broken = document.querySelector("[data-provider=gemini]").value !== "healthy";
  $("break").setAttribute("aria-pressed", broken);
  $("break").textContent = broken ? "Mend the primary" : "Break the primary";
}

function draw() {
  const here = state.channels.find((one) => one.id === channel);
  $("title").textContent = (here.kind === "im" ? "" : "# ") + here.name;
  $("topic").textContent = here.topic;
  document.querySelectorAll("[data-channel]").forEach((b) => b.setAttribute("aria-current", b.dataset.channel === channel));
  const all = state.messages[channel];
  $("messages").replaceChildren(...all.filter((m) => !m.thread_ts || m.thread_ts === m.ts).map((m) => row(m, all)));
  document.body.classList.toggle("threaded", Boolean(thread));
  $("thread").hidden = !thread;
  document.querySelector("[data-panel=thread]").disabled = !thread;
  if (thread) $("replies").replaceChildren(...all.filter((m) => m.ts === thread || m.thread_ts === thread).map((m) => row(m, null)));
  for (const box of [$("messages"), $("replies")]) box.scrollTop = box.scrollHeight;
}

function row(message, all) {
  const person = state.people[message.user] ?? { name: "Lucy", bot: true };
  const face = el("div", { class: "face", "aria-hidden": "true", style: `background:${message.user === state.me || !message.user ? "#d9542b" : COLOURS[[...message.user].reduce((n, c) => n + c.charCodeAt(0), 0) % COLOURS.length]}` }, person.name[0]);
  const time = message.ts ? new Date(Number(message.ts.split(".")[0]) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) : "";
  const meta = el("div", { class: "meta" }, el("b", {}, person.name), ...(person.bot ? [el("span", { class: "app" }, "APP")] : []), el("small", {}, time + (message.edited ? " (edited)" : "")));
  const column = el("div", {}, meta, body(message, state.people, names()));
  const count = all && message.ts ? all.filter((m) => m.thread_ts === message.ts && m.ts !== message.ts).length : 0;
  if (count) {
    const open = el("button", { class: "replies", type: "button" }, `${count} ${count === 1 ? "reply" : "replies"}`);
    open.onclick = () => { thread = message.ts; show("thread"); draw(); };
    column.append(open);
  }
  if (message.only) column.prepend(el("div", { class: "only" }, "Only visible to you"));
  return el("div", { class: message.only ? "msg ephemeral" : "msg", "data-ts": message.ts ?? "" }, face, column);
}

function happened(event) {
  if (event.event === "message") {
    const list = (state.messages[event.channel] ??= []);
    const at = list.findIndex((m) => m.ts === event.message.ts);
    at < 0 ? list.push(event.message) : (list[at] = event.message);
    if (event.channel === channel) { if (event.message.user === state.me && event.message.thread_ts) thread = event.message.thread_ts; draw(); }
  } else if (event.event === "ephemeral") {
    state.messages[channel].push({ ...event.message, only: true, user: state.me });
    draw();
  } else if (event.event === "status") {
    document.querySelectorAll(".status").forEach((s) => s.remove());
    if (event.status && event.channel === channel) { const line = el("div", { class: "status" }, `Lucy ${event.status}`); $("messages").append(line); line.scrollIntoView(); }
  } else truth(event);
}

function truth(event) {
  const box = $("events");
  box.querySelector(".empty")?.remove();
  if (event.event === "choice") box.prepend(card("choice", `Tier ${event.tier} · ${event.tier_name}`, `${event.intent} · ${event.reason} · decided by ${event.decided_by} in ${Math.round(event.micros)} µs · confidence ${event.confidence}`, ""));
  if (event.event === "attempt_opened") { const node = card("open", `#${event.attempt} ${event.model}`, `${event.purpose} · asking… · at most $${event.reserved_usd ?? "?"}`, "…"); attempts.set(event.id, node); box.prepend(node); }
  if (event.event === "attempt_settled") {
    const why = event.error_class ? `${event.error_class.replaceAll("_", " ")} → next model` : `${event.input_tokens} in · ${event.output_tokens} out`;
    const node = card(event.state, `#${event.attempt} ${event.model}`, `${event.purpose} · ${event.state} · ${why} · ${event.latency_ms} ms`, event.cost_usd === null ? "unknown" : `$${event.cost_usd}`);
    attempts.has(event.id) ? attempts.get(event.id).replaceWith(node) : box.prepend(node);
    books(pico(event.ledger_usd), pico(event.invoice_usd));
  }
}

function card(kind, title, more, cost) {
  return el("div", { class: `event ${kind}` }, el("span", { class: "cost" }, cost), el("b", {}, title), el("div", { class: "more" }, more));
}

const pico = (text) => { const [whole, part = ""] = text.split("."); return BigInt(whole + part.padEnd(12, "0").slice(0, 12)); };
const dollars = (n) => { const s = n.toString().padStart(13, "0"); return `$${s.slice(0, -12)}.${s.slice(-12)}`.replace(/\.?0+$/, ""); };

function books(ledger, invoice) {
  $("ledger").textContent = dollars(ledger);
  $("invoice").textContent = dollars(invoice);
  const same = ledger === invoice;
  $("equal").textContent = same ? "✓" : "≠";
  $("equal").className = `equal ${same ? "yes" : "no"}`;
  $("equal").title = same ? "Equal to the last digit" : "A request whose cost is unknown is reserved, not booked";
}

function send(raw, parent) {
  const text = raw.trim();
  if (!text) return;
  const user = $("user").value;
  if (text.startsWith("/")) { const [command, ...rest] = text.split(" "); post("command", { command, text: rest.join(" "), user, channel }); }
  else post("say", { user, channel, text: text.replace(/@Lucy\b/gi, `<@${state.me}>`), ...(parent ? { thread_ts: parent } : {}) });
}

$("composer").onsubmit = (event) => { event.preventDefault(); send($("text").value, null); $("text").value = ""; };
$("reply").onsubmit = (event) => { event.preventDefault(); send($("replytext").value, thread); $("replytext").value = ""; };
$("close").onclick = () => { thread = null; show("main"); draw(); };
$("digest").onclick = () => { channel = "C0FINANCE"; thread = null; draw(); post("digest", {}); };
$("break").onclick = () => { const select = document.querySelector("[data-provider=gemini]"); select.value = select.value === "healthy" ? "500" : "healthy"; select.onchange(); };
$("theme").onclick = () => {
  const root = document.documentElement;
  const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
};
document.addEventListener("click", ({ target }) => {
  const ts = target.closest("[data-ts]")?.dataset.ts;
  if (ts && target.dataset.action) post("press", { action_id: target.dataset.action, value: target.dataset.value, user: $("user").value, channel, ts });
});
for (const box of [$("text"), $("replytext")]) {
  box.addEventListener("keydown", (event) => {
    const begun = box.value.slice(0, box.selectionStart).match(/(^|\s)@(l|lu|luc)?$/i);
    if (event.key !== "Tab" || event.shiftKey || !begun) return;
    event.preventDefault();
    box.setRangeText("@Lucy ", box.selectionStart - begun[0].trim().length, box.selectionStart, "end");
  });
}
document.querySelectorAll("#tabs button").forEach((tab) => { tab.onclick = () => show(tab.dataset.panel); });
start();
