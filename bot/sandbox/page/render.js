// Slack's words and blocks as DOM nodes. Nothing untrusted ever becomes HTML: every word is a text node.
import { chart, dataTable } from "./figures.js";

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

const INLINE = /(```[^`\n]+```)|(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(\*[^*\n]+\*)|((?<!\w)_[^_\n]+_(?!\w))|(<[^<>\n]+>)|(\[[^\]\n]+\]\(https?:\/\/[^)\s]+\))/g;

export function inline(text, people, channels) {
  const out = [];
  let last = 0;
  for (const found of text.matchAll(INLINE)) {
    out.push(plain(text.slice(last, found.index)));
    out.push(piece(found[0], people, channels));
    last = found.index + found[0].length;
  }
  out.push(plain(text.slice(last)));
  return out;
}

function plain(text) {
  return document.createTextNode(text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"));
}

function piece(raw, people, channels) {
  if (raw.startsWith("```")) return el("code", {}, raw.slice(3, -3));
  if (raw.startsWith("`")) return el("code", {}, raw.slice(1, -1));
  if (raw.startsWith("**")) return el("strong", {}, ...inline(raw.slice(2, -2), people, channels));
  if (raw.startsWith("*")) return el("strong", {}, ...inline(raw.slice(1, -1), people, channels));
  if (raw.startsWith("_")) return el("em", {}, raw.slice(1, -1));
  if (raw.startsWith("[")) return link(raw.slice(raw.indexOf("(") + 1, -1), raw.slice(1, raw.indexOf("]")));
  return angle(raw.slice(1, -1), people, channels);
}

function angle(inner, people, channels) {
  const [target, label] = inner.split("|");
  if (target.startsWith("@")) return el("span", { class: "mention" }, "@" + (people[target.slice(1)]?.name ?? target.slice(1)));
  if (target.startsWith("#")) return el("span", { class: "mention" }, "#" + (channels[target.slice(1)] ?? label ?? target.slice(1)));
  if (/^https?:/.test(target)) return link(target, label ?? target);
  return document.createTextNode(`<${inner}>`);
}

function link(href, label) {
  return el("a", { href, rel: "noreferrer noopener", target: "_blank" }, label);
}

// People open a fence in the middle of a line; Slack shows it as a block all the same.
const MIDLINE_FENCE = /([^\s`])[ \t]*```([\w+-]*\n[^`]*?)\n?```/g;

export function markdown(text, people, channels) {
  const box = el("div");
  const words = (line) => inline(line, people, channels);
  const lines = text.replace(MIDLINE_FENCE, "$1\n```$2\n```\n").split("\n");
  for (let at = 0; at < lines.length; ) at = block(lines, at, box, words);
  return box;
}

function block(lines, at, box, words) {
  const line = lines[at];
  if (/^\s*```/.test(line)) return fence(lines, at, box);
  if (/^\s*\|.*\|\s*$/.test(line) && /^\s*\|[\s:|-]+\|\s*$/.test(lines[at + 1] ?? "")) return table(lines, at, box, words);
  if (/^#{1,6}\s/.test(line)) { box.append(el("h3", {}, ...words(line.replace(/^#+\s/, "")))); return at + 1; }
  if (/^\s*[-*•]\s/.test(line)) return list(lines, at, box, words, "ul", /^\s*[-*•]\s+/);
  if (/^\s*\d+[.)]\s/.test(line)) return list(lines, at, box, words, "ol", /^\s*\d+[.)]\s+/);
  if (/^>/.test(line)) { box.append(el("blockquote", {}, ...words(line.replace(/^>\s?/, "")))); return at + 1; }
  if (line.trim()) box.append(el("p", {}, ...words(line)));
  return at + 1;
}

function fence(lines, at, box) {
  const code = [];
  let end = at + 1;
  while (end < lines.length && !/^\s*```/.test(lines[end])) code.push(lines[end++]);
  const copy = el("button", { class: "copy", type: "button" }, "Copy");
  copy.onclick = () => navigator.clipboard?.writeText(code.join("\n"));
  box.append(el("pre", {}, el("code", {}, code.join("\n")), copy));
  return end + 1;
}

function table(lines, at, box, words) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
  const head = el("tr", {}, ...cells(lines[at]).map((cell) => el("th", {}, ...words(cell))));
  const node = el("table", {}, head);
  let row = at + 2;
  for (; row < lines.length && /^\s*\|.*\|\s*$/.test(lines[row]); row++) {
    node.append(el("tr", {}, ...cells(lines[row]).map((cell) => el("td", {}, ...words(cell)))));
  }
  box.append(node);
  return row;
}

function list(lines, at, box, words, tag, marker) {
  const node = el(tag);
  let row = at;
  for (; row < lines.length && marker.test(lines[row]); row++) node.append(el("li", {}, ...words(lines[row].replace(marker, ""))));
  box.append(node);
  return row;
}

export function body(message, people, channels) {
  const box = el("div", { class: "body" });
  const show = (text) => markdown(text, people, channels);
  if (!message.blocks?.length) box.append(show(message.text ?? ""));
  for (const part of message.blocks ?? []) box.append(slackBlock(part, show));
  for (const file of message.files ?? []) box.append(fileCard(file));
  if (message.streaming) caret(box);
  return box;
}

// Where the next words will stand.
function caret(box) {
  let last = box.lastElementChild ?? box;
  while (last.lastElementChild && !["CODE", "STRONG", "EM", "A", "BUTTON"].includes(last.lastElementChild.tagName)) last = last.lastElementChild;
  (last.tagName === "PRE" ? last.firstElementChild : last).append(el("span", { class: "caret", "aria-hidden": "true" }));
}

function fileCard(file) {
  const size = file.size < 10_000 ? `${file.size} bytes` : `${Math.round(file.size / 1000).toLocaleString("en")} kB`;
  return el("a", { class: "file", href: file.url_private, download: file.name }, el("b", {}, file.name), el("small", {}, size));
}

export function slackBlock(part, show) {
  switch (part.type) {
    case "markdown": return show(part.text);
    case "header": return el("h3", {}, part.text.text);
    case "divider": return el("hr");
    case "context": return el("div", { class: "context" }, ...part.elements.map((item) => show(item.text ?? "")));
    case "section": return section(part, show);
    case "image": return el("img", { class: "picture", src: part.image_url, alt: part.alt_text });
    case "table": return tableBlock(part, show);
    case "data_table": return dataTable(part, (cell) => show(richText(cell)));
    case "data_visualization": return chart(part);
    case "actions":
    case "context_actions": return el("div", { class: "actions" }, ...part.elements.flatMap(buttons));
    default: return el("p", { class: "context" }, `[${part.type}]`);
  }
}

function section(part, show) {
  const box = el("div", {}, ...(part.text ? [show(part.text.text)] : []));
  if (part.fields) box.append(el("div", { class: "fields" }, ...part.fields.map((field) => show(field.text))));
  if (!part.accessory) return box;
  return el("div", { class: "beside" }, box, el("div", { class: "actions" }, ...buttons(part.accessory)));
}

function tableBlock(part, show) {
  const cell = (one, tag) => el(tag, {}, one.type === "raw_text" ? one.text : show(richText(one)));
  const rows = part.rows.map((row, at) => el("tr", {}, ...row.map((one) => cell(one, at ? "td" : "th"))));
  return el("table", {}, ...rows);
}

function richText(node) {
  if (node.type === "channel") return `<#${node.channel_id}>`;
  if (node.type === "user") return `<@${node.user_id}>`;
  if (node.type === "link") return `<${node.url}|${node.text ?? node.url}>`;
  return node.text ?? (node.elements ?? []).map(richText).join("");
}

function buttons(item) {
  if (item.type === "button") return [button(item.text.text, item.action_id, item)];
  if (item.type === "static_select") return [picker(item)];
  if (item.type === "feedback_buttons") return [thumb("👍", item.action_id, item.positive_button), thumb("👎", item.action_id, item.negative_button)];
  return [];
}

// What is picked is told with its words, as Slack does.
function picker(item) {
  const none = item.initial_option ? [] : [el("option", { value: "", selected: "", disabled: "" }, item.placeholder.text)];
  const options = item.options.map((one) => el("option", { value: one.value, ...(one.value === item.initial_option?.value ? { selected: "" } : {}) }, one.text.text));
  return el("select", { "data-action": item.action_id, "aria-label": item.placeholder.text }, ...none, ...options);
}

function thumb(sign, action, one) {
  const node = button(sign, action, one);
  node.className = "thumb";
  node.title = one.text.text;
  node.setAttribute("aria-label", one.accessibility_label ?? one.text.text);
  return node;
}

// Who may see a button, and what is asked before it is pressed, go with it; the page heeds both.
function button(label, action, item) {
  const readers = item.visible_to_user_ids ? { "data-for": item.visible_to_user_ids.join(" ") } : {};
  const node = el("button", { type: "button", "data-action": action ?? "", "data-value": item.value ?? "", ...readers }, label);
  if (item.style) node.classList.add(item.style);
  if (item.confirm) node.dataset.confirm = JSON.stringify(item.confirm);
  return node;
}
