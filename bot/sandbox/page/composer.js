// Where people write: Enter sends, Shift+Enter breaks the line, @ and / complete, + attaches files.
import { el } from "./render.js";

const OFFERS = [
  ["@Lucy ", "the cheapest model that can do it answers"],
  ["/lucy-costs today", "what was spent"],
  ["/lucy-costs month by model", "or by tier, user, channel, purpose, thread"],
  ["/lucy-costs export csv month", "every call as a file"],
  ["/lucy-costs digest #finance 09:00 Europe/Berlin", "each morning; admins only"],
  ["/lucy-costs help", "every form"],
];

export function composer(form, send) {
  const box = form.querySelector("textarea");
  const list = el("ul", { class: "offers", role: "listbox", "aria-label": "Completions", hidden: "" });
  const files = form.querySelector("[type=file]");
  const brought = el("div", { class: "brought", hidden: "", "aria-label": "Attached files" });
  let chosen = 0;
  form.prepend(list, brought);

  const begun = () => {
    const before = box.value.slice(0, box.selectionStart);
    return before.match(/(?<=^|\s)@\w*$/)?.[0] ?? before.match(/^\/.*$/)?.[0] ?? null;
  };
  const offered = () => {
    const word = begun()?.toLowerCase();
    return word ? OFFERS.filter(([text]) => text.toLowerCase().startsWith(word) && text.trim().toLowerCase() !== word) : [];
  };
  const close = () => { list.hidden = true; };
  const take = (text) => {
    box.setRangeText(text, box.selectionStart - begun().length, box.selectionStart, "end");
    close();
    box.focus();
  };
  const draw = () => {
    const found = offered();
    chosen = Math.min(chosen, Math.max(0, found.length - 1));
    list.hidden = !found.length;
    list.replaceChildren(...found.map(([text, hint], at) => {
      const item = el("li", { role: "option", "aria-selected": at === chosen }, el("b", {}, text), el("small", {}, hint));
      item.onmousedown = (event) => { event.preventDefault(); take(text); };
      return item;
    }));
  };
  const grow = () => { box.style.height = "auto"; box.style.height = `${Math.min(box.scrollHeight + 2, 180)}px`; };
  const bring = () => {
    const drop = el("button", { type: "button", "aria-label": "Attach nothing" }, "×");
    drop.onclick = () => { files.value = ""; bring(); };
    brought.hidden = !files.files.length;
    brought.replaceChildren(...[...files.files].map((one) => el("span", {}, one.name)), drop);
  };
  const submit = () => { send(box.value, [...files.files]); box.value = ""; files.value = ""; bring(); close(); grow(); };

  const keys = {
    ArrowDown: (found) => { chosen = (chosen + 1) % found.length; draw(); },
    ArrowUp: (found) => { chosen = (chosen + found.length - 1) % found.length; draw(); },
    Tab: (found) => take(found[chosen][0]),
    Enter: (found) => take(found[chosen][0]),
    Escape: close,
  };
  box.addEventListener("keydown", (event) => {
    if (event.isComposing || event.shiftKey) return;
    const found = list.hidden ? [] : offered();
    // What is written already may be sent as it stands; only a word still open is completed by Enter.
    const completes = found.length && !(event.key === "Enter" && box.value.startsWith("/lucy-costs"));
    if (completes && keys[event.key]) { event.preventDefault(); keys[event.key](found); }
    else if (event.key === "Enter") { event.preventDefault(); submit(); }
  });
  box.addEventListener("input", () => { chosen = 0; draw(); grow(); });
  box.addEventListener("blur", close);
  files.onchange = bring;
  form.querySelector(".attach").onclick = () => files.click();
  form.onsubmit = (event) => { event.preventDefault(); submit(); };
}

// The ids of the files once Slack has them; what is refused is left out, in words.
export async function attached(files, from, complain) {
  const sent = await Promise.all(files.map((one) => fetch(`/page/attach?${new URLSearchParams({ ...from, name: one.name })}`, { method: "POST", body: one })));
  if (sent.some((one) => !one.ok)) complain("This demo takes files of up to 4 MB.");
  return (await Promise.all(sent.filter((one) => one.ok).map((one) => one.json()))).map((one) => one.file);
}
