// The inbox: the list and its search, new messages, the URL of the page, and keyboard shortcuts.

import { hasToken, keep, takeToken } from "./access.js";
import { el, many, plain } from "./elements.js";
import { mailView } from "./mail.js";
import { locked, messageRow, noMatch, welcome } from "./list_items.js";
import { $, PAGE, ask, countUnread, list, listPath, markAllRead, markRead, setLive, state, wide } from "./state.js";

const POLL = 1000; // milliseconds between checks for new messages
const POLL_HIDDEN = 10_000;
const POLL_GONE = 2500;
const TYPING = 200; // milliseconds from the last key press to the search

// The list

function add(mails, put) {
  const fresh = mails.filter((mail) => !state.mails.has(mail.id));
  const rows = fresh.map((mail) => {
    const made = messageRow(mail);
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
  } catch (error) {
    if (search === state.asked) fail(error);
    return;
  }
  if (search !== state.asked) return;
  state.mails.clear();
  list.replaceChildren();
  Object.assign(state, { newest: found.newest, oldest: found.oldest, instance: found.instance, loading: false });
  setLive("on");
  take(found);
}

function fail(error) {
  state.loading = false;
  if (error?.status === 401) {
    lock();
    return;
  }
  setLive("gone");
  say(state.mails.size ? "nothing" : "gone");
}

// Without a valid token, the page sends nothing until it has another one.
function lock() {
  state.mails.clear();
  state.instance = "";
  list.replaceChildren();
  $("more").hidden = true;
  setLive("locked");
  $("note").replaceChildren(locked((token) => { keep(token); unlock(); }));
}

function unlock() {
  setLive("connecting");
  route();
  lookNow();
}

function take(found) {
  state.next = found.next;
  add(found.mails, (rows) => list.append(...rows));
  say(state.mails.size ? "nothing" : "empty");
  $("more").hidden = state.next === null;
  // A long search continues automatically until there is a page to show.
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
  } catch (error) {
    if (search === state.asked) fail(error);
  }
}

const nearEnd = () => $("more").getBoundingClientRect().top < innerHeight + 600;

function say(what) {
  const filtered = Boolean(state.q || state.status);
  const note = $("note");
  document.body.classList.toggle("empty", what === "empty" && !filtered);
  if (what === "nothing") note.replaceChildren();
  else if (what === "loading") note.replaceChildren(...(state.mails.size ? [] : [el("p", { class: "quiet" }, "Loading …")]));
  else if (what === "searching") note.replaceChildren(el("p", { class: "quiet" }, filtered ? "Searching older messages …" : "Loading …"));
  else if (what === "gone") note.replaceChildren(el("p", { class: "quiet" }, "Cannot load the messages."));
  else if (state.next !== null) note.replaceChildren(el("p", { class: "quiet" }, "Searching older messages …"));
  else note.replaceChildren(filtered ? noMatch(showAll) : welcome());
}

// New messages

async function look() {
  let wait = document.hidden ? POLL_HIDDEN : POLL;
  const search = state.asked;
  try {
    if (state.instance === "" || $("live").dataset.live === "gone") await reload();
    else if (!state.loading) await takeNew(search, await ask(listPath({ after: state.newest, limit: 200 })));
  } catch (error) {
    if (search === state.asked) fail(error);
  }
  if ($("live").dataset.live === "locked") return;
  if ($("live").dataset.live === "gone") wait = POLL_GONE;
  timer = setTimeout(look, wait);
}

async function takeNew(search, found) {
  if (search !== state.asked) return;
  const another = found.instance !== state.instance || found.oldest !== state.oldest || found.newest < state.newest;
  if (another || found.next !== null) {
    // The server was reset or restarted, this is the first message, or there are more new ones than in one response.
    if (another && state.mails.size && found.newest === 0) close();
    await reload();
    return;
  }
  state.newest = found.newest;
  const fresh = add(found.mails, (rows) => list.prepend(...rows));
  if (!fresh.length) return;
  say("nothing");
  $("spoken").textContent = many(fresh.length, "new message");
  if (document.hidden) state.arrived += fresh.length;
  setTitle();
}

let timer = 0;
function lookNow() {
  clearTimeout(timer);
  look();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden || $("live").dataset.live === "locked") return;
  state.arrived = 0;
  setTitle();
  lookNow();
});

function setTitle(subject) {
  if (subject !== undefined) setTitle.subject = subject;
  const words = setTitle.subject ? `${plain(setTitle.subject)} - Inbox` : "Inbox";
  document.title = state.arrived ? `(${state.arrived}) ${words}` : words;
}

// One message. The fragment of the page's URL is its ID

async function route() {
  const wanted = location.hash.slice(1);
  if (!/^\d+$/.test(wanted)) {
    state.open = null;
    document.body.classList.remove("reading");
    $("mail").replaceChildren(el("p", { class: "quiet none" }, "Select a message to read it."));
    setTitle("");
    markOpen();
    return;
  }
  state.open = wanted;
  document.body.classList.add("reading");
  markOpen();
  let shown;
  try {
    const mail = await ask(`/_sescli/v1/inbox/mails/${wanted}`);
    shown = mailView(mail, { close, part: state.part, chosen: (part) => { state.part = part; } });
    if (state.open === wanted) {
      markRead(mail);
      setTitle(mail.subject || "no subject");
    }
  } catch (error) {
    const words = error.status === 404 ? "This message no longer exists." : "Cannot load the message.";
    shown = el("div", { class: "mail-view" },
      el("button", { type: "button", class: "link back", click: close }, "‹ All messages"), el("p", { class: "quiet none" }, words));
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

function showAll() {
  clearSearch();
  reload();
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
addEventListener("hashchange", async () => {
  if (!/^#(?:token|code)=/.test(location.hash)) {
    route();
    return;
  }
  await takeToken();
  unlock();
});

await takeToken();
route();
if (hasToken()) look();
else lock();
