// What Slack shows above everything else: a question before a button is pressed, and an app's modal.
import { complain, field, values } from "./forms.js";
import { el } from "./render.js";

function opened(title, ...children) {
  const dialog = el("dialog", { "aria-label": title }, el("h3", {}, title), ...children);
  dialog.onclose = () => dialog.remove();
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close(); };
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function confirmed(asked) {
  return new Promise((resolve) => {
    const yes = el("button", { type: "button", class: "primary" }, asked.confirm.text);
    const no = el("button", { type: "button" }, asked.deny.text);
    const dialog = opened(asked.title.text, el("p", {}, asked.text.text), el("div", { class: "row" }, no, yes));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"));
    yes.onclick = () => dialog.close("yes");
    no.onclick = () => dialog.close("no");
    yes.focus();
  });
}

// Words to be changed; null when they stay.
export function reworded(title, text) {
  return new Promise((resolve) => {
    const box = el("textarea", { rows: "4", "aria-label": title });
    const yes = el("button", { type: "button", class: "primary" }, "Save");
    const no = el("button", { type: "button" }, "Cancel");
    const dialog = opened(title, box, el("div", { class: "row" }, no, yes));
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" && box.value.trim() ? box.value : null));
    box.value = text;
    yes.onclick = () => dialog.close("yes");
    no.onclick = () => dialog.close("no");
    box.focus();
  });
}

// `world` draws words, knows people and channels, and sends what was filled in; what the app answers stands in the modal.
export function modal(view, world) {
  const close = el("button", { type: "button" }, view.close?.text ?? "Close");
  const send = view.submit ? [el("button", { type: "button", class: "primary" }, view.submit.text)] : [];
  const trouble = el("p", { class: "error", role: "alert", hidden: "" });
  const dialog = opened(view.title.text, ...view.blocks.map((block) => part(block, world)), trouble, el("div", { class: "row" }, close, ...send));
  close.onclick = () => dialog.close();
  for (const button of send) button.onclick = async () => {
    button.disabled = true;
    const seen = await world.submit(view.id, values(view.blocks, dialog));
    button.disabled = false;
    trouble.hidden = !seen.trouble;
    if (seen.trouble) trouble.textContent = "We had some trouble connecting. Try again?";
    else if (seen.errors) complain(dialog, seen.errors);
    else dialog.close();
    if (seen.view) modal(seen.view, world);
  };
}

function part(block, world) {
  if (block.type === "divider") return el("hr");
  if (block.type === "input") return field(block, world);
  if (block.type === "context") return el("div", { class: "context" }, ...block.elements.map((one) => world.show(one.text)));
  const box = el("div", { class: "body" }, ...(block.text ? [world.show(block.text.text)] : []));
  if (block.fields) box.append(el("div", { class: "fields" }, ...block.fields.map((one) => world.show(one.text))));
  return box;
}
