// What Slack shows above everything else: a question before a button is pressed, and an app's modal.
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

export function modal(view, show) {
  const close = el("button", { type: "button" }, view.close?.text ?? "Close");
  const dialog = opened(view.title.text, ...view.blocks.map((block) => part(block, show)), el("div", { class: "row" }, close));
  close.onclick = () => dialog.close();
}

function part(block, show) {
  if (block.type === "divider") return el("hr");
  if (block.type === "context") return el("div", { class: "context" }, ...block.elements.map((one) => show(one.text)));
  const box = el("div", { class: "body" }, ...(block.text ? [show(block.text.text)] : []));
  if (block.fields) box.append(el("div", { class: "fields" }, ...block.fields.map((field) => show(field.text))));
  return box;
}
