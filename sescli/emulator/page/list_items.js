// What the list contains: a row for each message, or a note if there are none.

import { badge, copying, el, many, plain, time } from "./elements.js";
import { isUnread, state } from "./state.js";

export function messageRow(mail) {
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

export function noMatch(showAll) {
  return el("div", { class: "blank" },
    el("h2", {}, "No messages found"),
    el("p", {}, state.q ? `No message matches “${state.q}”.` : "No message has this status."),
    el("button", { type: "button", class: "button", click: showAll }, "Show all messages"));
}

export function welcome() {
  const command = (words) => el("div", { class: "command" }, el("code", {}, words), copying(words));
  return el("div", { class: "blank" },
    el("h2", {}, "No messages yet"),
    el("p", {}, "Messages that you send through the local SES emulator appear here automatically. Send the first one:"),
    command("sescli --local identity verify example.com"),
    command("sescli --local send email --from hello@example.com --to jane@example.com --subject Hello --text 'It works.'"),
    el("p", {}, "Or send one from your program with any AWS SDK:"),
    command(`export AWS_ENDPOINT_URL=${location.origin}`));
}

export function locked(unlock) {
  const input = el("input", { type: "password", id: "token", autocomplete: "off", spellcheck: "false", "aria-label": "Token" });
  const submit = (event) => {
    event.preventDefault();
    if (input.value.trim()) unlock(input.value.trim());
  };
  return el("div", { class: "blank", id: "locked" },
    el("h2", {}, "This page needs the token of the emulator"),
    el("p", {}, "The emulator was restarted, or this address has no token. Open the page again with this command:"),
    el("div", { class: "command" }, el("code", {}, "sescli local open"), copying("sescli local open")),
    el("p", {}, "Or enter the token that ", el("code", {}, "sescli local token"), " prints:"),
    el("form", { submit }, input, el("button", { class: "button" }, "Show the inbox")));
}
