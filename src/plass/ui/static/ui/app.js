/* What the pages do beyond plain HTML. Everything works without this file too; it saves typing, clicks and mistakes.

   Markers it looks for:
     form[data-draft="key"]   what is typed is kept in this window until it is saved or the user logs out
     [data-secret]            a field of such a form that is never kept (an identity number)
     form[data-warn]          ask before leaving with unsaved changes
     form[data-repeat]        may be sent more than once (downloads, choice of language), and by the browser itself
     form[data-logout]        forgets every draft
     details[data-menu]       closes by Escape and by clicking elsewhere
     button[data-set="id"]    writes its data-value into the field with that id ("today", "45 minutes")
     [data-back]              goes back in the history
     [data-focus], autofocus  gets the focus when htmx has put it into the page
   Drafts lie in sessionStorage: this window only, gone when it is closed, and marked with whose they are, so that the
   next person on the machine never sees them. */
"use strict";

(() => {
  const PREFIX = "plass-draft:";
  const user = () => document.body.dataset.user || "";
  const initial = new WeakMap(); // form -> its values as the server sent them

  // --- Drafts ------------------------------------------------------------------------------------------------------

  const drafts = {
    names: () => {
      try {
        return Object.keys(sessionStorage).filter((name) => name.startsWith(PREFIX));
      } catch {
        return []; // storage is turned off: the pages work, drafts do not
      }
    },
    read: (name) => {
      try {
        return JSON.parse(sessionStorage.getItem(name));
      } catch {
        return null;
      }
    },
    write: (name, draft) => {
      try {
        sessionStorage.setItem(name, JSON.stringify(draft));
      } catch {
        /* full or turned off */
      }
    },
    remove: (name) => {
      try {
        sessionStorage.removeItem(name);
      } catch {
        /* turned off */
      }
    },
  };

  const draftName = (form) => `${PREFIX}${user()}:${form.dataset.draft}`;
  const draftForms = (root) => root.querySelectorAll("form[data-draft]");

  /** The fields a person fills in: not hidden ones (tokens), passwords or files. */
  const typedFields = (form) =>
    Array.from(form.elements).filter(
      (field) =>
        field.name && !field.disabled && /^(INPUT|SELECT|TEXTAREA)$/.test(field.tagName) &&
        !/^(hidden|password|file|submit|button|reset|image)$/.test(field.type),
    );

  const isChoice = (field) => field.type === "radio" || field.type === "checkbox";

  /** What a form says now, as [[name, value], ...] in the order of its fields. */
  const values = (form) => {
    const found = [];
    for (const field of typedFields(form)) {
      if (isChoice(field)) {
        if (field.checked) found.push([field.name, field.value]);
      } else if (field.type === "select-multiple") {
        for (const option of field.selectedOptions) found.push([field.name, option.value]);
      } else {
        found.push([field.name, field.value]);
      }
    }
    return found;
  };

  /** What of it may be kept in the window. */
  const keepable = (form) => {
    const secret = new Set(typedFields(form).filter((field) => "secret" in field.dataset).map((field) => field.name));
    return values(form).filter(([name]) => !secret.has(name));
  };

  const fill = (form, pairs) => {
    const left = new Map();
    for (const [name, value] of pairs) left.set(name, [...(left.get(name) || []), value]);
    for (const field of typedFields(form)) {
      const said = left.get(field.name) || [];
      if (isChoice(field)) {
        field.checked = said.includes(field.value);
      } else if (field.type === "select-multiple") {
        for (const option of field.options) option.selected = said.includes(option.value);
      } else if (said.length) {
        field.value = said.shift();
      }
    }
  };

  const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);
  const changed = (form) => initial.has(form) && !same(values(form), initial.get(form));

  let leaving = false; // the user logs out: what lies in the forms must not be kept on the way
  const keep = (form) => {
    if (leaving) return;
    if (changed(form) || form.querySelector("[data-error-summary]")) {
      drafts.write(draftName(form), { values: keepable(form), sent: false });
    } else {
      drafts.remove(draftName(form));
    }
  };

  /** Say above the form that it holds what was typed earlier, and offer to empty it. */
  const announceDraft = (form) => {
    const note = alertBox("text-draft", "info");
    note.querySelector("[data-discard-draft]").addEventListener("click", () => {
      form.reset();
      drafts.remove(draftName(form));
      note.remove();
      (typedFields(form)[0] || form).focus();
    });
    form.prepend(note);
  };

  const prepareForms = (root) => {
    for (const form of root.querySelectorAll("form[data-draft], form[data-warn]")) initial.set(form, values(form));
    for (const form of draftForms(root)) {
      if (form.querySelector("[data-error-summary]")) {
        keep(form); // the server has shown what was typed; keep it should the session end now
        continue;
      }
      const draft = drafts.read(draftName(form));
      if (draft && !same(draft.values, keepable(form))) {
        fill(form, draft.values);
        announceDraft(form);
      }
    }
  };

  /** On arrival: what was sent and led to a page of this user is saved; what led to the login page or an error is not. */
  const settleDrafts = () => {
    const arrived = performance.getEntriesByType("navigation")[0];
    const saved = user() && !("keepDrafts" in document.body.dataset) && (!arrived || arrived.type === "navigate");
    for (const name of drafts.names()) {
      const draft = drafts.read(name);
      const someoneElses = user() && !name.startsWith(`${PREFIX}${user()}:`);
      if (!draft || someoneElses || (draft.sent && saved)) drafts.remove(name);
      else if (draft.sent) drafts.write(name, { ...draft, sent: false });
    }
  };

  let waiting;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form || !("draft" in form.dataset)) return;
    clearTimeout(waiting);
    waiting = setTimeout(() => keep(form), 300);
  });
  const keepAll = () => {
    for (const form of draftForms(document)) if (!form.dataset.busy && changed(form)) keep(form);
  };
  addEventListener("pagehide", keepAll);
  document.addEventListener("visibilitychange", () => document.hidden && keepAll());

  addEventListener("beforeunload", (event) => {
    for (const form of document.querySelectorAll("form[data-warn]")) {
      if (!form.dataset.busy && changed(form)) event.preventDefault();
    }
  });

  // --- Sending once ------------------------------------------------------------------------------------------------

  const buttons = (form) => Array.from(form.elements).filter((field) => field.type === "submit");

  const setBusy = (form, busy) => {
    if (busy) form.dataset.busy = "1";
    else delete form.dataset.busy;
    if (busy) form.setAttribute("aria-busy", "true");
    else form.removeAttribute("aria-busy");
    // After this turn, so that the pressed button's own name and value are still sent.
    setTimeout(() => buttons(form).forEach((button) => (button.disabled = busy)), 0);
  };

  const markSent = (form) => {
    if ("draft" in form.dataset) drafts.write(draftName(form), { values: keepable(form), sent: true });
  };

  // A file cannot be kept as a draft: before it is sent, ask whether the login still lasts, and let the user log in
  // beside this page if not. The token of the form is that of the login, so it is renewed too.
  const checked = new WeakSet();
  const hasFile = (form) => Array.from(form.elements).some((field) => field.type === "file" && field.files.length);
  const checkLogin = async (form, button) => {
    try {
      const answer = await fetch(location.href, { redirect: "manual", credentials: "same-origin" });
      if (answer.type === "opaqueredirect") return tell("text-login");
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const token = page.querySelector("[name=csrfmiddlewaretoken]");
      if (token) form.elements.csrfmiddlewaretoken.value = token.value;
    } catch {
      return tell("text-offline");
    }
    checked.add(form);
    form.requestSubmit(button);
  };

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if ("logout" in form.dataset) {
      leaving = true;
      drafts.names().forEach(drafts.remove);
    }
    if (event.defaultPrevented || (form.getAttribute("method") || "get").toLowerCase() !== "post") return;
    if (form.dataset.busy) {
      event.preventDefault();
      return;
    }
    if (hasFile(form) && !checked.delete(form)) {
      event.preventDefault();
      checkLogin(form, event.submitter);
      return;
    }
    clearTimeout(waiting);
    markSent(form);
    if ("repeat" in form.dataset || "logout" in form.dataset) return;
    event.preventDefault();
    send(form, event.submitter);
    setBusy(form, true);
  });

  // --- Sending without a trace in the history ----------------------------------------------------------------------
  // A form that the browser sends itself and that is refused becomes an entry of the history that cannot be gone back
  // to without sending it again ("confirm form resubmission"). So we send it: what is refused is put into this page, and
  // what is done leads on by an address (plass.ui.in_place), as a link would.

  const IN_PLACE = "X-Plass-In-Place";
  const GOES_TO = "X-Plass-Goes-To";

  const send = async (form, button) => {
    const action = button?.hasAttribute("formaction") ? button.formAction : form.getAttribute("action");
    const to = new URL(action || location.href, document.baseURI);
    to.hash = "";
    // What keeps a draft has a page of its own (and may have been fetched into this one); a mere button has not.
    const shownAt = "draft" in form.dataset ? to : location;
    const said = new FormData(form, button);
    const body = form.enctype === "multipart/form-data" ? said : new URLSearchParams(said);
    let answer;
    let page;
    try {
      answer = await fetch(to, { method: "POST", body, headers: { [IN_PLACE]: shownAt.pathname + shownAt.search }, redirect: "manual" });
      page = answer.type === "opaqueredirect" ? "" : await answer.text();
    } catch {
      return stay(form, () => tell("text-offline"));
    }
    // Something between us and the program wants the browser elsewhere (its own login): the browser must go itself.
    if (answer.type === "opaqueredirect") return HTMLFormElement.prototype.submit.call(form);
    if (answer.headers.has(GOES_TO)) return goTo(new URL(answer.headers.get(GOES_TO), to), form);
    const shown = new DOMParser().parseFromString(page, "text/html");
    const main = shown.getElementById("main");
    if (!main) return stay(form, () => tell("text-failed"));
    if (main.querySelector("[data-error-page]")) return stay(form, () => repeatWords(main));
    putIn(main, shown.title, to);
  };

  /** Nothing was saved: the page stays as it is, and what is typed is kept as before it was sent. */
  const stay = (form, say) => {
    setBusy(form, false);
    if ("draft" in form.dataset) drafts.write(draftName(form), { values: keepable(form), sent: false });
    say();
  };

  const goTo = (url, form) => {
    if (url.hash && url.href.split("#")[0] === location.href.split("#")[0]) {
      // The same page again: going to a place within it would not ask for it anew.
      if ("draft" in form.dataset) drafts.remove(draftName(form));
      history.replaceState(history.state, "", url);
      location.reload();
    } else {
      location.assign(url);
    }
  };

  /** The answer's main part in place of ours; what it says is relative to ``address``, where it came from. */
  const putIn = (main, title, address) => {
    for (const form of main.querySelectorAll("form:not([action])")) form.setAttribute("action", address);
    for (const link of main.querySelectorAll("a[href^='?']")) link.href = new URL(link.getAttribute("href"), address);
    document.title = title;
    const arrived = document.adoptNode(main);
    document.getElementById("main").replaceWith(arrived);
    if (window.htmx) htmx.process(arrived);
    prepareForms(arrived);
    scrollTo(0, 0);
    const wanted = arrived.querySelector("[autofocus], [data-focus]") || arrived;
    wanted.focus();
  };

  /** What an error page says, on top of the page that was sent from. */
  const repeatWords = (main) => {
    const box = alertBox("text-failed", "danger");
    const words = box.querySelector(".aksel-base-alert__message > div");
    words.replaceChildren();
    for (const part of main.querySelectorAll("[data-error-page] h1, [data-error-page] [data-words]")) {
      const one = document.createElement(part.matches("h1") ? "strong" : "p");
      one.append(...document.importNode(part, true).childNodes);
      words.append(one);
    }
    announce(box);
  };

  addEventListener("pageshow", (event) => {
    leaving = false;
    if (event.persisted) document.querySelectorAll("form[data-busy]").forEach((form) => setBusy(form, false));
  });

  // --- htmx --------------------------------------------------------------------------------------------------------

  /** A box with the words of a <template> in the page (so that they come in the user's language). */
  function alertBox(template, tone) {
    const box = document.createElement("div");
    box.className = "aksel-base-alert";
    Object.assign(box.dataset, { color: tone, size: "small", variant: "moderate" });
    const inside = document.createElement("div");
    inside.className = "aksel-base-alert__message";
    const words = document.createElement("div");
    words.append(document.getElementById(template).content.cloneNode(true));
    inside.append(words);
    box.append(inside);
    return box;
  }

  const tell = (template) => {
    if (document.getElementById(template)) announce(alertBox(template, "danger"));
  };

  const announce = (box) => {
    const place = document.getElementById("messages");
    if (!place) return;
    box.setAttribute("role", "alert");
    place.replaceChildren(box);
    box.scrollIntoView({ block: "nearest" });
  };

  const sender = (event) => event.detail.elt.closest("form");

  document.addEventListener("htmx:beforeRequest", (event) => {
    const form = sender(event);
    if (!form || event.detail.requestConfig.verb === "get") return;
    if (form.dataset.busy) event.preventDefault();
    else setBusy(form, true);
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = sender(event);
    if (!form || event.detail.requestConfig.verb === "get") return;
    setBusy(form, false);
    if ("draft" in form.dataset && event.detail.successful) {
      clearTimeout(waiting);
      drafts.remove(draftName(form));
    }
  });
  document.addEventListener("htmx:responseError", (event) => {
    const answer = new DOMParser().parseFromString(event.detail.xhr.responseText, "text/html");
    const main = event.detail.xhr.status === 503 && answer.getElementById("main");
    if (main && main.querySelector("[data-error-page]")) return repeatWords(main);
    tell([401, 403].includes(event.detail.xhr.status) ? "text-refused" : "text-failed");
  });
  for (const name of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(name, () => tell("text-offline"));
  }

  let hadFocus = false;
  document.addEventListener("htmx:beforeSwap", (event) => {
    hadFocus = event.detail.target.contains(document.activeElement);
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    const arrived = event.detail.elt;
    if (!(arrived instanceof Element) || !arrived.isConnected) return;
    prepareForms(arrived.matches("form") ? arrived.parentElement : arrived);
    const wanted = arrived.querySelector("[autofocus], [data-focus]");
    if (wanted) {
      if (!wanted.matches("a, button, input, select, textarea, [tabindex]")) wanted.tabIndex = -1;
      wanted.focus();
    } else if (hadFocus && (!document.activeElement || document.activeElement === document.body)) {
      // What had the focus is gone; a keyboard or a screen reader must not start from the top of the page.
      arrived.tabIndex = -1;
      arrived.focus({ preventScroll: true });
    }
    hadFocus = false;
  });

  // --- Menus, dialogs, small buttons -------------------------------------------------------------------------------

  const closeMenus = (except) => {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) if (menu !== except) menu.open = false;
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const menu = event.target.closest("details[data-menu][open]");
    closeMenus();
    if (menu) menu.querySelector("summary").focus();
  });
  document.addEventListener("focusin", (event) => closeMenus(event.target.closest("details[data-menu]")));

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const button = event.target.closest("[commandfor], [data-set], [data-back]");
    if (!button) return;
    if (button.hasAttribute("commandfor") && !("command" in HTMLButtonElement.prototype)) {
      const dialog = document.getElementById(button.getAttribute("commandfor"));
      if (dialog && button.getAttribute("command") === "show-modal") dialog.showModal();
      else if (dialog) dialog.close();
    } else if ("set" in button.dataset) {
      const field = document.getElementById(button.dataset.set);
      if (!field) return;
      field.value = button.dataset.value;
      for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    } else if ("back" in button.dataset) {
      event.preventDefault();
      history.back();
    }
  });

  // --- The key that leads to the search field -------------------------------------------------------------------------

  // Switched off on this computer by whoever speaks to it: a single key must be (WCAG 2.1.4).
  const KEYS_OFF = "plass-no-quick-keys";
  const keysAreOff = () => {
    try {
      return localStorage.getItem(KEYS_OFF) !== null;
    } catch {
      return false;
    }
  };
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.isComposing || keysAreOff()) return;
    if (event.target.closest("input, textarea, select, [contenteditable], dialog")) return;
    const field = [...document.querySelectorAll("[data-quick-find], #find")].find((one) => one.checkVisibility());
    if (!field) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  const showQuickKeys = () => {
    for (const box of document.querySelectorAll("[data-quick-keys]")) box.checked = !keysAreOff();
  };
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-quick-keys]")) return;
    try {
      if (event.target.checked) localStorage.removeItem(KEYS_OFF);
      else localStorage.setItem(KEYS_OFF, "");
    } catch {
      // Kept nowhere, it holds for no other page.
    }
    showQuickKeys();
  });
  document.addEventListener("htmx:afterSettle", showQuickKeys);

  // --- Arrival -----------------------------------------------------------------------------------------------------

  settleDrafts();
  showQuickKeys();
  prepareForms(document);
  if (history.length > 1) document.querySelectorAll("[data-back][hidden]").forEach((link) => (link.hidden = false));
})();
