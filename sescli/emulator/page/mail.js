// One message: its header fields, its parts and its delivery status.

import { call, download } from "./access.js";
import { badge, copying, el, many, plain, size, time } from "./elements.js";

const MAILS = "/_sescli/v1/messages";
const MAX_SOURCE = 500_000; // characters shown; the download has the full source
const LINKED = /^(?:https?:\/\/|mailto:|tel:)/i;

export function mailView(mail, { close, part, chosen }) {
  const parts = partsOf(mail);
  const view = el("div", { class: "mail-view" },
    el("button", { type: "button", class: "link back", click: close }, "‹ All messages"),
    el("header", { class: "mail-top" },
      el("div", { class: "title" },
        el("h2", {}, plain(mail.subject) || el("i", {}, "no subject")),
        badge(mail.status)),
      facts(mail)),
    tabs(parts, part, chosen));
  return view;
}

function facts(mail) {
  const fact = (name, ...value) => el("div", {}, el("dt", {}, name), el("dd", {}, ...value));
  const list = (name, all) => all.length ? fact(name, all.map(plain).join(", ")) : null;
  const tags = Object.entries(mail.tags).map(([name, value]) => el("span", { class: "tag" }, plain(`${name}=${value}`)));
  return el("dl", { class: "facts" },
    fact("From", plain(mail.from)),
    list("To", mail.to), list("Cc", mail.cc), list("Bcc", mail.bcc), list("Reply to", mail.reply_to),
    fact("Sent", time(mail.at, { whole: true }), ` · ${mail.region}`),
    mail.reason && mail.recipients.length === 1 ? fact("Reason", plain(mail.reason)) : null,
    mail.config_set ? fact("Configuration set", plain(mail.config_set)) : null,
    mail.template ? fact("Template", plain(mail.template)) : null,
    tags.length ? fact("Tags", ...tags) : null,
    fact("Message ID", el("code", {}, plain(mail.message_id)), " ", copying(mail.message_id)));
}

function partsOf(mail) {
  const parts = [];
  const add = (key, label, make, count) => parts.push({ key, label, make, count });
  if (mail.html) add("html", "Preview", () => preview(mail));
  if (mail.text !== null) add("text", "Text", () => el("pre", { class: "text", tabindex: 0 }, plain(mail.text) || "(empty)"));
  add("delivery", "Delivery", () => delivery(mail), mail.recipients.length > 1 ? mail.recipients.length : undefined);
  add("headers", "Headers", () => headers(mail));
  add("source", "Source", () => source(mail));
  if (mail.attachments.length) add("attachments", "Attachments", () => attachments(mail), mail.attachments.length);
  if (mail.html?.links.length) add("links", "Links", () => links(mail), mail.html.links.length);
  return parts;
}

function tabs(parts, wanted, chosen) {
  const panel = el("div", { class: "panel", role: "tabpanel", id: "panel" });
  const buttons = parts.map((each, index) => el("button", {
    type: "button", role: "tab", id: `tab-${each.key}`, "aria-controls": "panel", "data-part": index + 1,
    "aria-keyshortcuts": String(index + 1), click: () => show(each.key), keydown: move,
  }, each.label, each.count === undefined ? null : el("span", { class: "count" }, String(each.count))));

  function show(key) {
    const index = Math.max(parts.findIndex((each) => each.key === key), 0);
    for (const [place, button] of buttons.entries()) {
      button.setAttribute("aria-selected", String(place === index));
      button.tabIndex = place === index ? 0 : -1;
    }
    panel.className = `panel panel-${parts[index].key}`;
    panel.setAttribute("aria-labelledby", buttons[index].id);
    panel.replaceChildren(parts[index].make());
    if (!key) return;
    buttons[index].scrollIntoView({ block: "nearest", inline: "nearest" });
    chosen(parts[index].key);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(event.currentTarget) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  }

  show(parts.some((each) => each.key === wanted) ? wanted : undefined);
  return [el("div", { class: "tabs", role: "tablist", "aria-label": "Parts of the message" }, buttons), panel];
}

function preview(mail) {
  const frame = el("iframe", {
    class: "frame", sandbox: "", referrerpolicy: "no-referrer", title: "HTML preview of the message",
  });
  // A frame cannot send the token. The link is signed and valid for a minute.
  call(`/_sescli/v1/inbox/mails/${encodeURIComponent(mail.id)}/frame`)
    .then((answer) => { if (!answer.ok) throw new Error(answer.statusText); return answer.json(); })
    .then(({ url }) => { frame.src = url; }, () => { frame.title = "Cannot load the preview."; });
  const width = (label, narrow) => el("button", {
    type: "button", "aria-pressed": String(!narrow), click: (event) => {
      frame.classList.toggle("narrow", narrow);
      for (const each of event.currentTarget.parentElement.children) {
        each.setAttribute("aria-pressed", String(each === event.currentTarget));
      }
    },
  }, label);
  return el("div", { class: "preview" },
    el("div", { class: "preview-bar" },
      el("div", { class: "notes" }, notes(mail.html)),
      el("div", { class: "widths", role: "group", "aria-label": "Width of the preview" },
        width("Wide", false), width("Phone", true))),
    el("div", { class: "stage" }, frame));
}

function notes(html) {
  const note = (words, items, kind) => el("details", { class: "notice", "data-kind": kind },
    el("summary", {}, words), el("ul", {}, items.map((each) => el("li", {}, el("code", {}, plain(each))))));
  return [
    html.remote.length
      ? note(`Remote content blocked: ${many(html.remote.length, "address", "addresses")}`, html.remote) : null,
    html.active.length ? note("Has active content, which email clients do not run", html.active) : null,
    html.missing.length
      ? note(`${many(html.missing.length, "image")} missing from the attachments`, html.missing.map((each) => `cid:${each}`), "fault")
      : null,
  ];
}

function headers(mail) {
  return el("div", { class: "scrolls" }, el("table", { class: "pairs" },
    el("tbody", {}, mail.headers.map((each) =>
      el("tr", {}, el("th", { scope: "row" }, plain(each.name)), el("td", {}, plain(each.value)))))));
}

function source(mail) {
  const text = el("pre", { class: "source", tabindex: 0 }, "Loading …");
  const address = `${MAILS}/${encodeURIComponent(mail.id)}/raw`;
  const cut = el("span", {});
  readSome(address).then(([start, whole]) => {
    text.textContent = start.replaceAll("\r\n", "\n");
    if (!whole) cut.textContent = `Showing the first ${size(MAX_SOURCE)}. `;
  }, () => { text.textContent = "Cannot load the source."; });
  return el("div", {},
    el("p", { class: "bar" }, cut, saving(address, `mail-${mail.id}.eml`, { class: "button" }, `Download (${size(mail.bytes)})`)),
    text);
}

async function readSome(address) {
  const answer = await call(address);
  if (!answer.ok) throw new Error(answer.statusText);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.length < MAX_SOURCE) {
    const { done, value } = await reader.read();
    if (done) return [text, true];
    text += value;
  }
  reader.cancel();
  return [text.slice(0, MAX_SOURCE), false];
}

function attachments(mail) {
  const address = `${MAILS}/${encodeURIComponent(mail.id)}/attachments`;
  return el("ul", { class: "files" }, mail.attachments.map((each, index) => el("li", {},
    el("span", { class: "file" }, el("b", {}, plain(each.name)), el("small", {}, `${plain(each.type)} · ${size(each.size)}`)),
    saving(`${address}/${index + 1}`, lastPart(each.name), { class: "button", "aria-label": `Download ${plain(each.name)}` },
      "Download"))));
}

const lastPart = (name) => String(name).split(/[\\/]/).pop() || "attachment";

function saving(path, name, properties, label) {
  const button = el("button", { type: "button", ...properties, click: () => {
    download(path, name).catch(() => { button.textContent = "Cannot download"; });
  } }, label);
  return button;
}

function links(mail) {
  return el("ol", { class: "links" }, mail.html.links.map(({ url, text }) => el("li", {},
    el("b", {}, plain(text) || el("i", {}, "no text")),
    LINKED.test(url)
      ? el("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, plain(url))
      : el("code", {}, plain(url) || "(empty)"))));
}

function delivery(mail) {
  const events = el("div", {}, el("p", { class: "quiet" }, "Loading …"));
  call(`${MAILS}/${encodeURIComponent(mail.id)}/events`)
    .then((answer) => { if (!answer.ok) throw new Error(answer.statusText); return answer.json(); })
    .then((all) => events.replaceChildren(timeline(all)))
    .catch(() => events.replaceChildren(el("p", { class: "quiet" }, "Cannot load the events.")));
  return el("div", { class: "delivery" },
    el("h3", {}, "Recipients"),
    el("div", { class: "scrolls" }, el("table", { class: "grid" },
      el("thead", {}, el("tr", {}, ["Address", "Status", "Reason"].map((each) => el("th", { scope: "col" }, each)))),
      el("tbody", {}, mail.recipients.map((each) => el("tr", {},
        el("td", {}, plain(each.address)), el("td", {}, badge(each.status)), el("td", {}, plain(each.reason) || "–")))))),
    el("h3", {}, "Events"), events);
}

function timeline(events) {
  if (!events.length) return el("p", { class: "quiet" }, "No events.");
  return el("ol", { class: "events" }, events.map((each) => {
    const kind = String(each.eventType ?? each.notificationType ?? "Event");
    const key = kind === "Rendering Failure" ? "failure" : kind[0].toLowerCase() + kind.slice(1);
    const detail = each[key] ?? {};
    return el("li", { "data-event": kind },
      el("details", {},
        el("summary", {}, el("b", {}, plain(kind)), " ", el("span", { class: "quiet" }, plain(summary(kind, detail, each))),
          time(detail.timestamp ?? each.mail?.timestamp ?? "")),
        el("pre", { class: "source", tabindex: 0 }, JSON.stringify(each, null, 2))));
  }));
}

function summary(kind, detail, event) {
  if (kind === "Bounce") {
    const kinds = [detail.bounceType, detail.bounceSubType].filter(Boolean).join(", ");
    return `${(detail.bouncedRecipients ?? []).map((each) => each.emailAddress).join(", ")} · ${kinds}`;
  }
  if (kind === "Complaint") {
    const who = (detail.complainedRecipients ?? []).map((each) => each.emailAddress).join(", ");
    return [who, detail.complaintFeedbackType].filter(Boolean).join(" · ");
  }
  if (kind === "Delivery") return (detail.recipients ?? []).join(", ");
  if (kind === "Send") return (event.mail?.destination ?? []).join(", ");
  return detail.reason ?? detail.errorMessage ?? "";
}
