// The workspaces at the left edge, as in Slack: the one looked at, the others, and what was said there meanwhile.
import { el } from "./render.js";

const unread = new Set();
const $ = (id) => document.getElementById(id);

export function rail(state, go) {
  unread.delete(state.team_id);
  $("teams").replaceChildren(...Object.entries(state.teams).map(([id, name]) => square(id, name, state.team_id, go)));
  $("team").textContent = state.team;
  $("absent").hidden = state.installed;
  $("absent").replaceChildren(el("span", {}, `Lucy is not in ${state.team} yet. `), invitation(state));
}

export function missed(id) {
  unread.add(id);
  document.querySelector(`[data-team=${id}]`)?.classList.add("unread");
}

function square(id, name, here, go) {
  const label = unread.has(id) ? `${name}, something new` : name;
  const button = el("button", { type: "button", "data-team": id, "aria-label": label, title: name, "aria-current": id === here }, name[0]);
  if (unread.has(id)) button.classList.add("unread");
  button.onclick = () => go(id);
  return button;
}

function invitation(state) {
  return state.install_url ? el("a", { id: "install", href: state.install_url }, `Add Lucy to ${state.team}`) : "";
}
