// The token of the emulator. It arrives in the fragment of the page's URL, which no browser sends to a server, and leaves
// in a request header only. It is kept for this tab, not in cookies: other servers of this machine would receive those.

const KEY = "sescli-token";
let token = "";
try {
  token = sessionStorage.getItem(KEY) ?? "";
} catch { /* without storage, a reload needs the URL of 'sescli local open' again */ }

// A link that is opened in a new tab has no fragment with the token, so tabs of this page ask each other.
const tabs = new BroadcastChannel(KEY);
const waiting = [];
tabs.addEventListener("message", ({ data }) => {
  if (data === "?" && token) tabs.postMessage(token);
  else if (data !== "?" && !token) {
    keep(data);
    for (const done of waiting.splice(0)) done();
  }
});

export const hasToken = () => token !== "";

export function keep(value) {
  token = value;
  try {
    sessionStorage.setItem(KEY, value);
  } catch { /* see above */ }
}

// Take the token from the URL, `#token=…`, or exchange a code for it, `#code=…`, and remove it from the URL and history.
export async function takeToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const given = fragment.get("token");
  const code = fragment.get("code");
  if (given || code) history.replaceState(null, "", location.pathname);
  if (given) keep(given);
  else if (code) await exchange(code);
  else if (!token) await askTabs();
}

async function exchange(code) {
  const answer = await fetch("/_sescli/v1/inbox/token", { method: "POST", body: JSON.stringify({ code }) });
  if (answer.ok) keep((await answer.json()).token);
}

function askTabs() {
  tabs.postMessage("?");
  return new Promise((done) => { waiting.push(done); setTimeout(done, 150); });
}

export const call = (path, options = {}) => fetch(path, {
  ...options,
  cache: "no-store",
  redirect: "error",
  referrerPolicy: "no-referrer",
  headers: token ? { Authorization: `Bearer ${token}` } : {},
});

// Save a file that only a request with the token can read.
export async function download(path, name) {
  const answer = await call(path);
  if (!answer.ok) throw new Error(answer.statusText);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
