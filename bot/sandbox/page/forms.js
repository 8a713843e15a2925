// What people fill in: the fields of a modal as Slack draws them, and what they hold as Slack tells the app.
import { el } from "./render.js";

const pick = (choices, chosen, empty) => el("select", {}, ...(empty ? [el("option", { value: "" }, empty)] : []), ...choices.map(([value, label]) => el("option", { value, ...(value === chosen ? { selected: "" } : {}) }, label)));

const KINDS = {
  static_select: (element) => pick(element.options.map((one) => [one.value, one.text.text]), element.initial_option?.value),
  conversations_select: (element, world) => pick(world.channels.filter((one) => one.kind !== "im" && !one.archived).map((one) => [one.id, `# ${one.name}`]), element.initial_conversation, "Choose a channel"),
  users_select: (element, world) => pick(Object.entries(world.people).filter(([, one]) => !one.bot).map(([id, one]) => [id, one.name]), element.initial_user, "Choose a person"),
  timepicker: (element) => el("input", { type: "time", value: element.initial_time ?? "" }),
  plain_text_input: (element) => element.multiline ? el("textarea", { rows: "3", maxlength: element.max_length ?? 3000 }, element.initial_value ?? "") : el("input", { type: "text", autocomplete: "off", value: element.initial_value ?? "" }),
};

const HELD = {
  static_select: (value, element) => ({ selected_option: element.options.find((one) => one.value === value) ?? null }),
  conversations_select: (value) => ({ selected_conversation: value || null }),
  users_select: (value) => ({ selected_user: value || null }),
  timepicker: (value) => ({ selected_time: value || null }),
  plain_text_input: (value) => ({ value: value || null }),
};

export function field(block, world) {
  const input = KINDS[block.element.type](block.element, world);
  const optional = block.optional ? [el("small", {}, " (optional)")] : [];
  const hint = block.hint ? [el("small", { class: "hint" }, block.hint.text)] : [];
  return el("label", { class: "field", "data-block": block.block_id }, el("b", {}, block.label.text, ...optional), input, ...hint);
}

export function values(blocks, dialog) {
  const asked = blocks.filter((block) => block.type === "input");
  return Object.fromEntries(asked.map(({ block_id: id, element }) => {
    const value = dialog.querySelector(`[data-block="${id}"]`).querySelector("input, select, textarea").value;
    return [id, { [element.action_id]: { type: element.type, ...HELD[element.type](value, element) } }];
  }));
}

export function complain(dialog, errors) {
  dialog.querySelectorAll(".error").forEach((one) => one.remove());
  for (const [id, words] of Object.entries(errors)) dialog.querySelector(`[data-block="${id}"]`).append(el("small", { class: "error", role: "alert" }, words));
}
