// What the inbox page knows: its state, its requests to the server, and which messages were opened.

import { call } from "./access.js";

export const PAGE = 50; // messages per request
const MAX_READ = 2000; // opened messages that the browser remembers

export const $ = (id) => document.getElementById(id);
export const list = $("list");
export const wide = matchMedia("(min-width: 800px)");

export const state = {
  asked: 0, // number of searches; the response to an older search is ignored
  q: "",
  status: "",
  mails: new Map(), // id → its row
  next: null, // where the list continues
  loading: false,
  newest: 0,
  oldest: 0,
  instance: "",
  open: null,
  part: undefined, // shown part of a message, kept for the next message
  arrived: 0, // new messages while the page is hidden
};

// Requests

export async function ask(path) {
  const answer = await call(path, { signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw Object.assign(new Error(`the server returned HTTP status ${answer.status}`), { status: answer.status });
  return answer.json();
}

export function listPath(more) {
  const query = new URLSearchParams({ limit: PAGE, ...more });
  if (state.q) query.set("q", state.q);
  if (state.status) query.set("status", state.status);
  return `/_sescli/v1/inbox/list?${query}`;
}

export function setLive(live) {
  $("live").dataset.live = live;
  $("live-words").textContent = { on: "Live", gone: "No answer", connecting: "Connecting", locked: "Locked" }[live];
  $("gone").hidden = live !== "gone";
}

// Messages that were opened in this browser

const read = new Set(stored("sescli-read", []));
let readUpTo = stored("sescli-read-up-to", 0);

function stored(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function keep(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
  } catch { /* without storage, every message is shown as unread */ }
}

export function markRead(mail) {
  read.delete(mail.message_id);
  read.add(mail.message_id);
  while (read.size > MAX_READ) read.delete(read.values().next().value);
  keep("sescli-read", [...read]);
  state.mails.get(mail.id)?.classList.remove("unread");
  countUnread();
}

export function markAllRead() {
  readUpTo = { instance: state.instance, id: state.newest };
  keep("sescli-read-up-to", readUpTo);
  for (const row of list.querySelectorAll(".unread")) row.classList.remove("unread");
  countUnread();
}

export const isUnread = (mail) => !read.has(mail.message_id)
  && !(readUpTo.instance === state.instance && Number(mail.id) <= readUpTo.id);

export function countUnread() {
  const unread = list.querySelectorAll(".unread").length;
  $("mails-head").hidden = !unread;
  $("unread").textContent = `${unread.toLocaleString()}${state.next === null ? "" : "+"} unread`;
}
