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

// An app's modal; `send` gets what was filled in, and the app's answer closes the modal or says what is wrong.
export function modal(view, show, send) {
  const close = el("button", { type: "button" }, view.close?.text ?? "Close");
  const submit = view.submit && el("button", { type: "button", class: "primary" }, view.submit.text);
  const dialog = opened(view.title.text, ...view.blocks.map((block) => part(block, show)), el("div", { class: "row" }, close, ...(submit ? [submit] : [])));
  dialog.dataset.view = view.id ?? "";
  close.onclick = () => dialog.close();
  if (submit) submit.onclick = () => { submit.disabled = true; send(view.id, filled(dialog)); };
}

export function answered(event) {
  const dialog = [...document.querySelectorAll("dialog")].find((one) => one.dataset.view === event.view_id);
  if (!dialog) return;
  if (event.event === "view_closed") return dialog.close();
  dialog.querySelector("button.primary").disabled = false;
  for (const one of dialog.querySelectorAll("[data-block]")) one.querySelector(".wrong").textContent = event.errors?.[one.dataset.block] ?? "";
}

function filled(dialog) {
  const inputs = [...dialog.querySelectorAll("[data-block]")];
  return Object.fromEntries(inputs.map((one) => {
    const box = one.querySelector("textarea");
    return [one.dataset.block, { [box.name]: { type: "plain_text_input", value: box.value } }];
  }));
}

function input(block) {
  const box = el("textarea", { name: block.element.action_id, rows: "3", maxlength: block.element.max_length ?? 3000 });
  box.value = block.element.initial_value ?? "";
  const hint = el("small", {}, block.hint?.text ?? "");
  return el("label", { class: "input", "data-block": block.block_id }, block.label.text, box, hint, el("em", { class: "wrong", role: "alert" }));
}

function part(block, show) {
  if (block.type === "divider") return el("hr");
  if (block.type === "input") return input(block);
  if (block.type === "context") return el("div", { class: "context" }, ...block.elements.map((one) => show(one.text)));
  const box = el("div", { class: "body" }, ...(block.text ? [show(block.text.text)] : []));
  if (block.fields) box.append(el("div", { class: "fields" }, ...block.fields.map((field) => show(field.text))));
  return box;
}
