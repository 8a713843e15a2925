// The panel beside Slack: each choice, each attempt as its row settles, and both books.
import { el } from "./render.js";

const $ = (id) => document.getElementById(id);
const attempts = new Map();

export function truth(event) {
  if (event.event === "choice") place(choice(event));
  if (event.event === "attempt_opened") place(opened(event), event.id);
  if (event.event === "attempt_settled") {
    place(settled(event), event.id);
    books(event);
  }
}

export function forget() {
  attempts.clear();
  $("events").replaceChildren(el("p", { class: "empty" }, "Mention Lucy: her choice, each attempt and its price appear here."));
}

function place(node, id) {
  $("events").querySelector(".empty")?.remove();
  if (attempts.has(id)) attempts.get(id).replaceWith(node);
  else { fresh(node); $("events").prepend(node); }
  if (id) attempts.set(id, node);
}

// Only what has just come moves in, not what a panel shows again.
function fresh(node) {
  node.classList.add("fresh");
  setTimeout(() => node.classList.remove("fresh"), 300);
}

function choice(event) {
  const took = event.micros < 1000 ? `${Math.round(event.micros)} µs` : `${(event.micros / 1000).toFixed(1)} ms`;
  return card("choice", `Tier ${event.tier} · ${event.tier_name}`, `${event.intent} · ${event.reason}`, `decided by ${event.decided_by} in ${took} · confidence ${event.confidence}`, "");
}

function opened(event) {
  return card("open", `#${event.attempt} ${event.model}`, `${event.purpose} · asking…`, `row open, at most $${event.reserved_usd ?? "?"} reserved`, "…");
}

function settled(event) {
  const why = event.error_class ? `${event.error_class.replaceAll("_", " ")} error` : `${event.input_tokens} tokens in · ${event.output_tokens} out`;
  const cost = event.cost_usd === null ? "unknown" : `$${event.cost_usd}`;
  return card(event.state, `#${event.attempt} ${event.model}`, `${event.purpose} · ${event.state} · ${event.latency_ms} ms`, why, cost);
}

function card(kind, title, ...more) {
  const cost = more.pop();
  return el("div", { class: `event ${kind}` }, el("span", { class: "cost" }, cost), el("b", {}, title), ...more.map((line) => el("div", { class: "more" }, line)));
}

const pico = (text) => { const [whole, part = ""] = text.split("."); return BigInt(whole + part.padEnd(12, "0").slice(0, 12)); };
const dollars = (n) => { const s = n.toString().padStart(13, "0"); return `$${s.slice(0, -12)}.${s.slice(-12)}`.replace(/\.?0+$/, ""); };

export function books(told) {
  const [ledger, invoice, parts] = [pico(told.ledger_usd), pico(told.invoice_usd), Object.entries(told.parts)];
  $("parts").textContent = parts.length > 1 ? parts.map(([team, usd]) => `${team} ${dollars(pico(usd))}`).join(" · ") : "";
  $("ledger").textContent = dollars(ledger);
  $("invoice").textContent = dollars(invoice);
  const same = ledger === invoice;
  $("equal").textContent = same ? "✓" : "≠";
  $("equal").className = `equal ${same ? "yes" : "no"}`;
  $("equal").title = same ? "Equal to the last digit" : "A request whose cost is unknown is reserved, not booked";
}
