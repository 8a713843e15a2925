// Slack's native figures as it draws them: a table with pages, and bars or lines.
import { el } from "./render.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM] = [560, 200, 52, 8, 10, 26];

function draw(tag, attributes, ...children) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

export function dataTable(block, words) {
  const [head, ...rows] = block.rows;
  const size = block.page_size ?? 5;
  const pages = Math.ceil(rows.length / size);
  const body = el("tbody");
  const cell = (one, tag) => el(tag, one.type === "raw_number" ? { class: "number" } : {}, one.type === "rich_text" ? words(one) : one.text);
  const numeric = (column) => rows.every((row) => row[column].type === "raw_number");
  const titles = head.map((one, column) => el("th", { scope: "col", ...(numeric(column) ? { class: "number" } : {}) }, one.text));
  const table = el("table", { class: "data" }, el("caption", {}, block.caption), el("thead", {}, el("tr", {}, ...titles)), body);
  const box = el("div", { class: "figure" }, table);
  let page = 0;
  const turn = (by) => {
    page += by;
    const shown = rows.slice(page * size, (page + 1) * size);
    body.replaceChildren(...shown.map((row) => el("tr", {}, ...row.map((one) => cell(one, "td")))));
    where.textContent = `${page * size + 1}–${page * size + shown.length} of ${rows.length}`;
    back.disabled = page === 0;
    on.disabled = page === pages - 1;
  };
  const [back, on] = [["‹", "Previous page", -1], ["›", "Next page", 1]].map(([sign, label, by]) => {
    const button = el("button", { type: "button", "aria-label": label }, sign);
    button.onclick = () => turn(by);
    return button;
  });
  const where = el("span", {});
  if (pages > 1) box.append(el("div", { class: "pages" }, where, back, on));
  turn(0);
  return box;
}

export function chart(block) {
  const { series, axis_config: axis, segments } = block.chart;
  if (segments) return el("p", { class: "context" }, `[${block.title}: ${segments.map((one) => `${one.label} ${one.value}`).join(", ")}]`);
  const most = nice(Math.max(...series.flatMap((one) => one.data.map((point) => point.value)), 0));
  const picture = draw("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${block.title}: ${told(series)}` });
  picture.append(...grid(most, axis), ...marks(block.chart, most), ...labels(axis.categories));
  const legend = series.map((one, at) => el("span", {}, el("i", { class: `tone${at % 6}` }), one.name));
  const head = el("figcaption", {}, el("b", {}, block.title), ...(series.length > 1 ? [el("span", { class: "legend" }, ...legend)] : []));
  return el("figure", { class: "figure chart" }, head, picture);
}

const told = (series) => series.map((one) => `${one.name} ${one.data.map((point) => `${point.label} ${point.value}`).join(", ")}`).join("; ");
const height = HEIGHT - TOP - BOTTOM;
const y = (value, most) => TOP + height - (value / most) * height;

function nice(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10].map((step) => step * power).find((step) => step >= value);
}

function grid(most, axis) {
  return [0, 0.25, 0.5, 0.75, 1].flatMap((part) => {
    const at = y(part * most, most);
    const words = (axis.y_label === "USD" ? "$" : "") + Number((part * most).toPrecision(3));
    return [draw("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: at, y2: at }), draw("text", { x: LEFT - 7, y: at + 4, "text-anchor": "end" }, words)];
  });
}

function marks({ type, series }, most) {
  const count = series[0].data.length;
  const slot = (WIDTH - LEFT - RIGHT) / count;
  if (type === "area") return series.map((one, at) => area(one, at, slot, most));
  if (type !== "bar") return series.map((one, at) => draw("polyline", { class: `line tone${at % 6}`, points: one.data.map((point, n) => `${LEFT + slot * (n + 0.5)},${y(point.value, most)}`).join(" ") }));
  const bar = Math.min(34, (slot * 0.7) / series.length);
  return series.flatMap((one, at) => one.data.map((point, n) => {
    const left = LEFT + slot * (n + 0.5) - (bar * series.length) / 2 + bar * at;
    const tall = Math.max(point.value > 0 ? 1 : 0, TOP + height - y(point.value, most));
    const tip = draw("title", {}, `${one.name}, ${point.label}: ${point.value}`);
    return draw("rect", { class: `tone${at % 6}`, x: left, y: TOP + height - tall, width: Math.max(1, bar - 1), height: tall, rx: 2 }, tip);
  }));
}

function area(one, at, slot, most) {
  const points = one.data.map((point, n) => `${LEFT + slot * (n + 0.5)},${y(point.value, most)}`);
  const [first, last] = [LEFT + slot * 0.5, LEFT + slot * (one.data.length - 0.5)];
  return draw("polygon", { class: `area tone${at % 6}`, points: [`${first},${y(0, most)}`, ...points, `${last},${y(0, most)}`].join(" ") });
}

function labels(categories) {
  const slot = (WIDTH - LEFT - RIGHT) / categories.length;
  const longest = Math.max(...categories.map((one) => one.length));
  const every = Math.ceil((longest * 6.2 + 8) / slot);
  return categories.flatMap((one, n) => (n % every ? [] : [draw("text", { x: LEFT + slot * (n + 0.5), y: HEIGHT - BOTTOM + 18, "text-anchor": "middle" }, one)]));
}
