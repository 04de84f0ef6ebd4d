/* What the pages do beyond plain HTML. Everything works without this file too; it saves typing, clicks and mistakes.

   Markers it looks for:
     form[data-draft="key"]   what is typed is kept in this window until it is saved or the user logs out
     [data-secret]            a field of such a form that is never kept (an identity number)
     form[data-warn]          ask before leaving with unsaved changes
     form[data-repeat]        may be sent more than once (downloads, choice of language)
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
    if (!("repeat" in form.dataset)) setBusy(form, true);
  });

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
    const place = document.getElementById("messages");
    if (!place || !document.getElementById(template)) return;
    const box = alertBox(template, "danger");
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

  // --- Arrival -----------------------------------------------------------------------------------------------------

  settleDrafts();
  prepareForms(document);
  if (history.length > 1) document.querySelectorAll("[data-back][hidden]").forEach((link) => (link.hidden = false));
})();
