// Creates elements without HTML: every string becomes a text node, so the content of a message is never markup.

export function el(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (typeof value === "function") element.addEventListener(key, value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

// Control characters and direction overrides could disguise a subject.
const DISGUISES = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;
export const plain = (text) => String(text ?? "").replace(DISGUISES, "\ufffd");

const WORDS = { rendering_failed: "rendering failed", ooto: "out of office" };
export const badge = (status) =>
  el("span", { class: "badge", "data-status": status }, plain(WORDS[status] ?? status));

const CLOCK = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short" });
const YEAR = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", year: "numeric" });
const WHOLE = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeStyle: "medium" });

export function time(at, { whole = false } = {}) {
  const moment = new Date(at);
  if (Number.isNaN(moment.getTime())) return el("span", {}, plain(at));
  const now = new Date();
  let form = YEAR;
  if (moment.toDateString() === now.toDateString()) form = CLOCK;
  else if (moment.getFullYear() === now.getFullYear()) form = DAY;
  return el("time", { datetime: at, title: WHOLE.format(moment) }, (whole ? WHOLE : form).format(moment));
}

export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const [unit, shift] = bytes < 1e6 ? ["kB", 1e3] : ["MB", 1e6];
  return `${(bytes / shift).toLocaleString(undefined, { maximumFractionDigits: 1 })} ${unit}`;
}

export const many = (count, one, more = `${one}s`) => `${count.toLocaleString()} ${count === 1 ? one : more}`;

export function copying(text, label = "Copy") {
  const button = el("button", { type: "button", class: "link copy", click: copy, "aria-label": `${label}: ${text}` }, label);
  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  }
  return button;
}
