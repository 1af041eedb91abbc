// The inbox: the list and its search, new mails as they come, the address of the page, and the keyboard.

import { badge, copying, el, many, plain, time } from "./elements.js";
import { mailView } from "./mail.js";

const PAGE = 50;
const POLL = 1000; // milliseconds between two looks for new mail
const POLL_HIDDEN = 10_000;
const POLL_GONE = 2500;
const TYPING = 200; // milliseconds after the last key before a search begins
const MOST_READ = 2000; // opened mails that are remembered

const $ = (id) => document.getElementById(id);
const list = $("list");
const wide = matchMedia("(min-width: 800px)");

const state = {
  asked: 0, // counts the searches: an answer to an older one is dropped
  q: "",
  status: "",
  mails: new Map(), // id → its row
  next: null, // where the list goes on
  loading: false,
  newest: 0,
  oldest: 0,
  instance: "",
  open: null,
  part: undefined, // of the mail: kept from one mail to the next
  arrived: 0, // while nobody looked
};

// Asking

async function ask(path) {
  const answer = await fetch(path, { cache: "no-store", signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw Object.assign(new Error(`the server answered ${answer.status}`), { status: answer.status });
  return answer.json();
}

function listPath(more) {
  const query = new URLSearchParams({ limit: PAGE, ...more });
  if (state.q) query.set("q", state.q);
  if (state.status) query.set("status", state.status);
  return `/_sescli/inbox/list?${query}`;
}

function setLive(live) {
  $("live").dataset.live = live;
  $("live-words").textContent = { on: "Live", gone: "No answer", connecting: "Connecting" }[live];
  $("gone").hidden = live !== "gone";
}

// Mails that were opened, in this browser alone

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
  } catch { /* a browser that keeps nothing shows every mail as unread */ }
}

function markRead(mail) {
  read.delete(mail.message_id);
  read.add(mail.message_id);
  while (read.size > MOST_READ) read.delete(read.values().next().value);
  keep("sescli-read", [...read]);
  state.mails.get(mail.id)?.classList.remove("unread");
  countUnread();
}

function markAllRead() {
  readUpTo = { instance: state.instance, id: state.newest };
  keep("sescli-read-up-to", readUpTo);
  for (const row of list.querySelectorAll(".unread")) row.classList.remove("unread");
  countUnread();
}

const isUnread = (mail) => !read.has(mail.message_id)
  && !(readUpTo.instance === state.instance && Number(mail.id) <= readUpTo.id);

function countUnread() {
  const unread = list.querySelectorAll(".unread").length;
  $("mails-head").hidden = !unread;
  $("unread").textContent = `${unread.toLocaleString()}${state.next === null ? "" : "+"} unread`;
}

// The list

function row(mail) {
  const to = mail.to.map((each) => plain(each)).join(", ");
  const others = mail.recipients - mail.to.length;
  return el("li", { class: isUnread(mail) ? "unread" : null, "data-id": mail.id },
    el("a", { href: `#${mail.id}`, tabindex: -1, draggable: "false" },
      el("span", { class: "line" },
        el("span", { class: "to" }, el("span", { class: "unseen" }, "to "), to, others > 0 ? ` +${others}` : null),
        time(mail.at)),
      el("span", { class: "subject" }, el("b", {}, plain(mail.subject) || el("i", {}, "no subject")),
        mail.snippet ? el("span", { class: "snippet" }, ` ${plain(mail.snippet)}`) : null),
      el("span", { class: "line" },
        el("span", { class: "from" }, `from ${plain(mail.from)}`),
        mail.attachments ? el("span", { class: "clip" }, many(mail.attachments, "file")) : null,
        badge(mail.status))));
}

function add(mails, put) {
  const fresh = mails.filter((mail) => !state.mails.has(mail.id));
  const rows = fresh.map((mail) => {
    const made = row(mail);
    state.mails.set(mail.id, made);
    return made;
  });
  put(rows);
  markOpen();
  countUnread();
  return fresh;
}

async function reload() {
  const search = ++state.asked;
  state.next = null;
  state.loading = true;
  say("loading");
  let found;
  try {
    found = await ask(listPath({}));
  } catch {
    if (search === state.asked) fail();
    return;
  }
  if (search !== state.asked) return;
  state.mails.clear();
  list.replaceChildren();
  Object.assign(state, { newest: found.newest, oldest: found.oldest, instance: found.instance, loading: false });
  setLive("on");
  take(found);
}

function fail() {
  state.loading = false;
  setLive("gone");
  say(state.mails.size ? "nothing" : "gone");
}

function take(found) {
  state.next = found.next;
  add(found.mails, (rows) => list.append(...rows));
  say(state.mails.size ? "nothing" : "empty");
  $("more").hidden = state.next === null;
  // A long search goes on by itself until there is a page to show.
  if (state.next !== null && found.mails.length < PAGE && nearEnd()) more();
}

async function more() {
  if (state.loading || state.next === null) return;
  const search = state.asked;
  state.loading = true;
  say("searching");
  try {
    const found = await ask(listPath({ before: state.next }));
    if (search !== state.asked) return;
    state.loading = false;
    take(found);
  } catch {
    if (search === state.asked) fail();
  }
}

const nearEnd = () => $("more").getBoundingClientRect().top < innerHeight + 600;

function say(what) {
  const filtered = Boolean(state.q || state.status);
  const note = $("note");
  document.body.classList.toggle("empty", what === "empty" && !filtered);
  if (what === "nothing") note.replaceChildren();
  else if (what === "loading") note.replaceChildren(...(state.mails.size ? [] : [el("p", { class: "quiet" }, "Loading …")]));
  else if (what === "searching") note.replaceChildren(el("p", { class: "quiet" }, filtered ? "Looking through older mails …" : "Loading …"));
  else if (what === "gone") note.replaceChildren(el("p", { class: "quiet" }, "Nothing could be loaded."));
  else if (state.next !== null) note.replaceChildren(el("p", { class: "quiet" }, "Looking through older mails …"));
  else note.replaceChildren(filtered ? noMatch() : welcome());
}

function noMatch() {
  return el("div", { class: "blank" },
    el("h2", {}, "No such mail"),
    el("p", {}, state.q ? `Nothing matches “${state.q}”.` : "No mail has this status."),
    el("button", { type: "button", class: "button", click: () => { clearSearch(); reload(); } }, "Show all mails"));
}

function welcome() {
  const command = (words) => el("div", { class: "command" }, el("code", {}, words), copying(words));
  return el("div", { class: "blank" },
    el("h2", {}, "No mail yet"),
    el("p", {}, "What is sent through the embedded SES appears here by itself. Send the first one:"),
    command("sescli --local identity verify example.com"),
    command("sescli --local send email --from hello@example.com --to jane@example.com --subject Hello --text 'It works.'"),
    el("p", {}, "Or from a program of yours, with any AWS SDK:"),
    command(`export AWS_ENDPOINT_URL=${location.origin}`));
}

// New mails

async function look() {
  let wait = document.hidden ? POLL_HIDDEN : POLL;
  const search = state.asked;
  try {
    if (state.instance === "" || $("live").dataset.live === "gone") await reload();
    else if (!state.loading) await takeNew(search, await ask(listPath({ after: state.newest, limit: 200 })));
  } catch {
    if (search === state.asked) fail();
  }
  if ($("live").dataset.live === "gone") wait = POLL_GONE;
  timer = setTimeout(look, wait);
}

async function takeNew(search, found) {
  if (search !== state.asked) return;
  const another = found.instance !== state.instance || found.oldest !== state.oldest || found.newest < state.newest;
  if (another || found.next !== null) {
    // It was emptied or restarted, this was the first mail, or more came than one answer holds.
    if (another && state.mails.size && found.newest === 0) close();
    await reload();
    return;
  }
  state.newest = found.newest;
  const fresh = add(found.mails, (rows) => list.prepend(...rows));
  if (!fresh.length) return;
  say("nothing");
  $("spoken").textContent = many(fresh.length, "new mail");
  if (document.hidden) state.arrived += fresh.length;
  setTitle();
}

let timer = 0;
function lookNow() {
  clearTimeout(timer);
  look();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  state.arrived = 0;
  setTitle();
  lookNow();
});

function setTitle(subject) {
  if (subject !== undefined) setTitle.subject = subject;
  const words = setTitle.subject ? `${plain(setTitle.subject)} - Inbox` : "Inbox";
  document.title = state.arrived ? `(${state.arrived}) ${words}` : words;
}

// One mail; the part of the page's address after # is its id

async function route() {
  const wanted = location.hash.slice(1);
  if (!/^\d+$/.test(wanted)) {
    state.open = null;
    document.body.classList.remove("reading");
    $("mail").replaceChildren(el("p", { class: "quiet none" }, "Choose a mail to read it."));
    setTitle("");
    markOpen();
    return;
  }
  state.open = wanted;
  document.body.classList.add("reading");
  markOpen();
  let shown;
  try {
    const mail = await ask(`/_sescli/inbox/mails/${wanted}`);
    shown = mailView(mail, { close, part: state.part, chosen: (part) => { state.part = part; } });
    if (state.open === wanted) {
      markRead(mail);
      setTitle(mail.subject || "no subject");
    }
  } catch (error) {
    const words = error.status === 404 ? "This mail is not there any more." : "The mail could not be loaded.";
    shown = el("div", { class: "mail-view" },
      el("button", { type: "button", class: "link back", click: close }, "‹ All mails"), el("p", { class: "quiet none" }, words));
  }
  if (state.open !== wanted) return;
  $("mail").replaceChildren(shown);
  $("mail").scrollTop = 0;
  if (!wide.matches) {
    scrollTo(0, 0);
    $("mail").focus({ preventScroll: true });
  }
}

function markOpen() {
  for (const each of list.querySelectorAll("[aria-current]")) each.removeAttribute("aria-current");
  const current = state.mails.get(state.open);
  current?.firstChild.setAttribute("aria-current", "true");
  for (const each of list.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
  const stop = current ?? document.activeElement?.closest?.("#list li") ?? list.firstElementChild;
  if (stop) stop.firstChild.tabIndex = 0;
}

function openMail(id, { replace = false } = {}) {
  if (replace) history.replaceState(null, "", `#${id}`);
  else history.pushState(null, "", `#${id}`);
  route();
}

function close() {
  const was = state.mails.get(state.open);
  history.pushState(null, "", location.pathname);
  route();
  was?.firstChild.focus();
}

// Keyboard

function step(by) {
  const focused = document.activeElement?.closest?.("#list li");
  const from = focused ?? state.mails.get(state.open);
  let to = list.firstElementChild;
  if (from) to = by > 0 ? from.nextElementSibling : from.previousElementSibling;
  if (!to) {
    if (by > 0) more();
    return;
  }
  for (const each of list.querySelectorAll("[tabindex='0']")) each.tabIndex = -1;
  to.firstChild.tabIndex = 0;
  to.firstChild.focus({ preventScroll: true });
  to.scrollIntoView({ block: "nearest" });
  if (state.open !== null) openMail(to.dataset.id, { replace: true });
}

function clearSearch() {
  $("search").value = state.q = "";
  $("status").value = state.status = "";
}

function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const typing = event.target.closest("input, select, textarea");
  if (event.key === "Escape") return escape(typing);
  if (typing) {
    if (event.key === "ArrowDown" && event.target === $("search")) act(event, () => list.firstElementChild?.firstChild.focus());
    return;
  }
  if (event.key === "/") act(event, () => { $("search").focus(); $("search").select(); });
  else if (event.key === "?") act(event, () => $("help").showModal());
  else if (event.key === "j" || event.key === "k") act(event, () => step(event.key === "j" ? 1 : -1));
  else if (/^Arrow(Down|Up)$/.test(event.key) && !event.target.closest(".mail")) act(event, () => step(event.key === "ArrowDown" ? 1 : -1));
  else if (/^[1-9]$/.test(event.key)) $("mail").querySelector(`[data-part='${event.key}']`)?.click();
}

function act(event, deed) {
  event.preventDefault();
  deed();
}

function escape(typing) {
  if (typing) {
    const clear = $("search").value !== "" || $("status").value !== "";
    if (clear) {
      clearSearch();
      reload();
    }
    typing.blur();
    (state.mails.get(state.open) ?? list.firstElementChild)?.firstChild.focus();
  } else if (state.open !== null) close();
}

let typed = 0;
function search() {
  clearTimeout(typed);
  typed = setTimeout(() => {
    if (state.q === $("search").value.trim() && state.status === $("status").value) return;
    state.q = $("search").value.trim();
    state.status = $("status").value;
    reload();
  }, TYPING);
}

document.addEventListener("keydown", onKey);
$("search").addEventListener("input", search);
$("status").addEventListener("change", search);
$("find").addEventListener("submit", (event) => event.preventDefault());
$("help-open").addEventListener("click", () => $("help").showModal());
$("more").addEventListener("click", more);
$("all-read").addEventListener("click", markAllRead);
new IntersectionObserver((seen) => { if (seen.some((each) => each.isIntersecting)) more(); }, { rootMargin: "600px" }).observe($("more"));
list.addEventListener("click", (event) => {
  const chosen = event.target.closest("li");
  if (!chosen || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  openMail(chosen.dataset.id, { replace: state.open !== null });
});
addEventListener("popstate", route);
addEventListener("hashchange", route);

route();
look();
