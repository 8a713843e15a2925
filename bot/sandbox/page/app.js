// The page: one state, redrawn where it changed. Slack on the left, the truth on the right.
import { attached, composer } from "./composer.js";
import { confirmed, modal, reworded } from "./dialogs.js";
import { missed, rail } from "./rail.js";
import { body, el, markdown, slackBlock } from "./render.js";
import { books, forget, truth } from "./truth.js";

const $ = (id) => document.getElementById(id);
const COLOURS = ["#7c4d9e", "#0f7b6c", "#b3541e", "#1164a3", "#8a6d00", "#9e2a5b"];
const EMOJI = { eyes: "👀", white_check_mark: "✅", thumbsup: "👍", "+1": "👍", thumbsdown: "👎", "-1": "👎", warning: "⚠️", hourglass: "⏳" };
const PROMPTS = [
  "@Lucy hello there, what is our zip code?",
  "@Lucy compare these two contracts",
  "@Lucy refactor this python function\n```python\ndef f(a): return [x*2 for x in a if x]\n```",
  "@Lucy prove that the square root of 2 is irrational",
  "/lucy-costs today by model",
  "/lucy-costs month by user",
];
const titled = (message) => ({ title: message.split("```")[0].trim(), message });
let state, channel, thread = null, atHome = false;
let team = new URLSearchParams(location.search).get("team") ?? "";
const seen = new Set();
const statuses = new Map();
const suggested = new Map();
const sessions = new Set();
const me = () => $("user").value;
const words = (text) => markdown(text, state.people, names());
const names = () => Object.fromEntries(state.channels.map((c) => [c.id, c.name]));
const isRoot = (m) => !m.thread_ts || m.thread_ts === m.ts;
const post = (action, payload) => fetch(`/page/${action}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ team, ...payload }) });

// The stream is open before the snapshot is taken, and what the snapshot holds already is skipped: nothing is lost or twice.
function listen() {
  const source = new EventSource("/page/events");
  source.onopen = catchUp;
  source.onmessage = (message) => {
    const event = JSON.parse(message.data);
    waiting ? waiting.push(event) : happened(event);
  };
  source.onerror = () => { waiting ??= []; };
}

let waiting = [];
async function catchUp() {
  waiting = [];
  await load();
  const early = waiting;
  waiting = null;
  early.filter((event) => event.seq > state.seq).forEach(happened);
}

function visit(id) {
  team = id;
  history.replaceState(null, "", `?team=${id}`);
  catchUp();
}

async function load() {
  const before = state?.team_id;
  state = await (await fetch(team ? `/page/state?team=${team}` : "/page/state")).json();
  team = state.team_id;
  if (team !== before) furnish();
  rail(state, visit);
  for (const [id, mode] of Object.entries(state.providers)) document.querySelector(`[data-provider=${id}]`).value = mode;
  for (const all of Object.values(state.messages)) all.forEach((m) => seen.add(m.ts));
  statuses.clear();
  sessions.clear();
  forget();
  state.truth.forEach(truth);
  books(state.books);
  pressed();
  draw();
}

function furnish() {
  for (const id of ["user", "channels", "dms", "providers", "prompts"]) $(id).replaceChildren();
  [channel, thread, atHome] = [state.channels[0].id, null, false];
  suggested.clear();
  for (const [id, person] of Object.entries(state.people)) if (!person.bot) $("user").append(el("option", { value: id }, person.name + (person.admin ? " (admin)" : "")));
  $("user").value = Object.entries(state.people).find(([, person]) => !person.admin)[0];
  $("digest").hidden = !state.digests;
  for (const one of state.channels) $(one.kind === "im" ? "dms" : "channels").append(el("li", {}, entry(one)));
  for (const name of Object.keys(state.providers)) $("providers").append(providerSwitch(name));
  document.body.classList.toggle("real", state.real);
}

function show(panel) {
  document.body.dataset.panel = panel;
  document.querySelectorAll("#tabs button").forEach((one) => one.setAttribute("aria-selected", one.dataset.panel === panel));
}

function entry(one) {
  const button = el("button", { type: "button", "data-channel": one.id }, (one.kind === "im" ? "● " : "# ") + one.name);
  button.onclick = () => go(one.id);
  return button;
}

function go(id) {
  channel = id;
  thread = null;
  atHome = false;
  show("main");
  const direct = state.channels.find((one) => one.id === id)?.kind === "im";
  if (direct) post("home", { user: me(), tab: "messages" });
  draw();
  toEnd();
}

function promptButton({ title, message }) {
  const button = el("button", { type: "button" }, title);
  button.onclick = () => send(message, null);
  return button;
}

// Slack tells the app who opens their Home; the app publishes what stands there.
function goHome() {
  atHome = true;
  thread = null;
  show("main");
  draw();
  drawHome();
  post("home", { user: me(), tab: "home" });
}

function drawHome() {
  const view = state.homes[me()];
  $("home").dataset.view = view?.id ?? "";
  $("home").replaceChildren(...(view ? view.blocks.map((block) => slackBlock(block, words)) : [el("p", { class: "empty" }, "Lucy is putting it together…")]));
}

function providerSwitch(name) {
  const select = el("select", { "data-provider": name }, ...state.modes.map((one) => el("option", { value: one }, one.replaceAll("_", " "))));
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
  $("composer").classList.toggle("closed", here.archived);
  $("home").hidden = !atHome;
  for (const id of ["messages", "composer", "prompts"]) $(id).hidden = atHome;
  if (atHome) [$("title").textContent, $("topic").textContent] = ["Lucy", "Home: only you see this"];
  $("athome").setAttribute("aria-current", atHome);
  $("prompts").replaceChildren(...(suggested.get(channel) ?? PROMPTS.map(titled)).map(promptButton));
  $("text").disabled = here.archived;
  $("text").placeholder = here.archived ? "This channel is archived" : `Message ${here.kind === "im" ? here.name : `#${here.name}`}`;
  document.querySelectorAll("[data-channel]").forEach((b) => b.setAttribute("aria-current", !atHome && b.dataset.channel === channel));
  const all = state.messages[channel].filter((m) => !m.only || m.only === me());
  document.body.classList.toggle("threaded", Boolean(thread));
  $("thread").hidden = !thread;
  document.querySelector("[data-panel=thread]").disabled = !thread;
  fill($("messages"), all.filter(isRoot).map((m) => row(m, all)));
  fill($("replies"), all.filter((m) => thread && (m.ts === thread || m.thread_ts === thread)).map((m) => row(m, null)), thread && status(thread));
  all.forEach((m) => seen.add(m.ts));
}

// Who reads further up stays there; who is at the end sees what is new.
function fill(box, rows, ...more) {
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 60;
  box.replaceChildren(...rows, ...more.filter(Boolean));
  if (atEnd) box.scrollTop = box.scrollHeight;
}

function toEnd() {
  for (const box of [$("messages"), $("replies")]) box.scrollTop = box.scrollHeight;
}

function row(message, all) {
  const person = state.people[message.user] ?? { name: message.name ?? "Lucy", bot: true };
  const meta = el("div", { class: "meta" }, el("b", {}, person.name), ...(person.bot ? [el("span", { class: "app" }, "APP")] : []), el("small", {}, clock(message) + (message.edited ? " (edited)" : "")));
  if (!message.only) meta.append(menu(message));
  const column = el("div", {}, meta, body(message, state.people, names()));
  column.querySelectorAll("[data-for]").forEach((one) => { one.hidden = !one.dataset.for.split(" ").includes(me()); });
  if (message.only) column.prepend(el("div", { class: "only" }, "👁 Only visible to you"));
  if (message.reactions?.length) column.append(el("div", { class: "reactions" }, ...message.reactions.map((name) => el("span", { title: `:${name}:` }, `${EMOJI[name] ?? `:${name}:`} 1`))));
  if (all) column.append(...under(message, all));
  const kind = ["msg", ...(message.only ? ["ephemeral"] : []), ...(seen.has(message.ts) ? [] : ["fresh"])].join(" ");
  return el("div", { class: kind, "data-ts": message.ts }, face(message, person), column);
}

// What hangs on a message: the app's shortcut, in channels without her too, as in Slack; of one's own words their change and end.
function menu(message) {
  const at = { channel, ts: message.ts };
  const items = { "Ask Lucy about this": () => post("shortcut", { callback_id: "lucy_ask_about", user: me(), ...at }) };
  if (message.user === me() && !message.bot_id) {
    items["Edit message"] = async () => {
      const text = await reworded("Edit message", message.text.replaceAll(`<@${state.me}>`, "@Lucy"));
      if (text !== null) post("edit", { ...at, text: toLucy(text) });
    };
    items["Delete message"] = () => post("delete", at);
  }
  const box = el("details", { class: "menu" }, el("summary", { "aria-label": "More actions" }, "⋯"));
  const list = el("div", {}, ...Object.entries(items).map(([name, act]) => {
    const item = el("button", { type: "button" }, name);
    item.onclick = () => { box.open = false; act(); };
    return item;
  }));
  box.append(list);
  return box;
}

function toLucy(text) {
  return text.replace(/@Lucy\b/gi, `<@${state.me}>`);
}

function face(message, person) {
  const lucy = message.user === state.me || !message.user;
  const colour = lucy ? "#d9542b" : COLOURS[[...message.user].reduce((n, c) => n + c.charCodeAt(0), 0) % COLOURS.length];
  return el("div", { class: "face", "aria-hidden": "true", style: `background:${colour}` }, person.name[0]);
}

function clock(message) {
  return new Date(Number(message.ts.split(".")[0]) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function under(message, all) {
  const count = all.filter((m) => m.thread_ts === message.ts && m.ts !== message.ts).length;
  const open = el("button", { class: "replies", type: "button" }, `${count} ${count === 1 ? "reply" : "replies"}`);
  open.onclick = () => { thread = message.ts; show("thread"); draw(); toEnd(); };
  return [...(count ? [open] : []), ...[status(message.ts)].filter(Boolean)];
}

function status(ts) {
  const words = statuses.get(`${channel} ${ts}`);
  if (!words) return null;
  const streams = state.messages[channel].some((m) => m.streaming && m.thread_ts === ts);
  const line = el("div", { class: "status" }, el("span", {}, streams ? "Lucy is writing…" : `Lucy ${words}`));
  if (sessions.has(`${channel} ${ts}`)) line.append(stopButton(ts));
  return line;
}

function stopButton(ts) {
  const stop = el("button", { type: "button", class: "stop", "aria-label": "Stop Lucy" }, "■ Stop");
  stop.onclick = () => { stop.disabled = true; post("stop", { user: me(), channel, thread_ts: ts }); };
  return stop;
}

// A session is Slack's own: it has no words of the app's, and a Stop.
function session(event) {
  const key = `${event.channel} ${event.thread_ts}`;
  const works = event.status === "processing";
  works ? sessions.add(key) : sessions.delete(key);
  statuses.set(key, works ? "is thinking…" : "");
}

function happened(event) {
  if (event.team && event.team !== team) return elsewhere(event);
  if (event.event === "message") heard(event.channel, event.message);
  else if (event.event === "ephemeral") whispered(event.channel, event.user, event.message);
  else if (event.event === "deleted") state.messages[event.channel] = state.messages[event.channel].filter((m) => m.ts !== event.ts);
  else if (event.event === "view") return event.user === me() && modal(event.view, world());
  else if (event.event === "home") return published(event);
  else if (event.event === "prompts") suggested.set(event.channel, event.prompts);
  else if (event.event === "session") session(event);
  else if (event.event === "status") statuses.set(`${event.channel} ${event.thread_ts}`, event.status);
  else return truth(event);
  draw();
}

// In another workspace: what Lucy says there leaves a mark, and what she costs is in the books of all.
function elsewhere(event) {
  if (event.event === "message" && event.message.bot_id) missed(event.team);
  if (event.ledger_usd) books(event);
}

function published(event) {
  state.homes[event.user] = event.view;
  if (event.user === me()) drawHome();
}

// What a modal needs to know of the world around it.
function world() {
  const submit = async (id, values) => (await post("submit", { user: me(), view_id: id, values })).json();
  return { show: words, people: state.people, channels: state.channels, submit };
}

function heard(where, message) {
  const list = (state.messages[where] ??= []);
  if (where === "C0FINANCE") $("digest").disabled = false;
  const at = list.findIndex((m) => m.ts === message.ts);
  at < 0 ? list.push(message) : (list[at] = message);
  if (where !== channel || at >= 0) return;
  const forLucy = message.text?.includes(`<@${state.me}>`) && message.user === me() && isRoot(message);
  const fromLucy = message.user === state.me && message.thread_ts;
  if (forLucy && !state.installed) slackbot(`Lucy isn't in ${state.team} yet: add her above.`);
  else if (forLucy && !state.channels.find((one) => one.id === where).lucy) slackbot("Lucy isn't in this channel, so Slack tells her nothing of it.");
  else if (forLucy || (fromLucy && !thread)) thread = message.thread_ts ?? message.ts;
}

// Slack gives what only one person sees no place in the history; here it stands until the page is loaded again.
function whispered(where, user, message) {
  state.messages[where].push({ user: state.me, ts: `${Date.now() / 1000}.${Math.random()}`, ...message, only: user });
}

async function send(raw, parent, files = []) {
  const text = raw.trim();
  if (!text && !files.length) return;
  const command = text.split(/\s/)[0];
  if (command === "/lucy-costs") post("command", { command, text: text.slice(command.length).trim(), user: me(), channel });
  else if (/^\/\w/.test(text)) slackbot(`\`${command}\` is not a command here. Try \`/lucy-costs help\`.`);
  else post("say", { user: me(), channel, text: toLucy(text), ...(parent ? { thread_ts: parent } : {}), files: await attached(files, { team: team ?? "", user: me() }, slackbot) });
  toEnd();
}

function slackbot(text) {
  whispered(channel, me(), { user: "USLACKBOT", name: "Slackbot", text });
  draw();
}

composer($("composer"), (text, files) => send(text, null, files));
composer($("reply"), (text, files) => send(text, thread, files));
$("user").onchange = () => (atHome ? goHome() : draw());
$("athome").onclick = goHome;
$("close").onclick = () => { thread = null; show("main"); draw(); };
$("digest").onclick = () => { go("C0FINANCE"); $("digest").disabled = true; post("digest", {}); };
$("break").onclick = () => { const select = document.querySelector("[data-provider=gemini]"); select.value = select.value === "healthy" ? "500" : "healthy"; select.onchange(); };
$("theme").onclick = () => {
  const root = document.documentElement;
  const now = root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  root.dataset.theme = now === "dark" ? "light" : "dark";
};
function acted(target, more) {
  const view = target.closest("[data-view]")?.dataset.view;
  if (view) post("act", { user: me(), view_id: view, action: { action_id: target.dataset.action, ...more } });
}
document.addEventListener("change", ({ target }) => {
  const chosen = target.selectedOptions?.[0];
  if (target.dataset.action && chosen) acted(target, { type: "static_select", selected_option: { text: { type: "plain_text", text: chosen.textContent }, value: target.value } });
});
document.addEventListener("click", async ({ target }) => {
  if (target.dataset.action && target.tagName === "BUTTON") acted(target, { type: "button", value: target.dataset.value });
  const ts = target.closest("[data-ts]")?.dataset.ts;
  if (!ts || !target.dataset.action) return;
  if (!target.dataset.confirm || (await confirmed(JSON.parse(target.dataset.confirm)))) post("press", { action_id: target.dataset.action, value: target.dataset.value, user: me(), channel, ts });
});
document.querySelectorAll("#tabs button").forEach((tab) => { tab.onclick = () => { show(tab.dataset.panel); toEnd(); }; });
show("main");
listen();
