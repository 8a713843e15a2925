// Where people write: Enter sends, Shift+Enter breaks the line, @ and / complete.
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
  let chosen = 0;
  form.prepend(list);

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
  const submit = () => { send(box.value); box.value = ""; close(); grow(); };

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
  form.onsubmit = (event) => { event.preventDefault(); submit(); };
}
