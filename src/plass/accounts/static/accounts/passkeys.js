/* Passkeys: asks the browser for one (form[data-passkey="get"]) or for a new one ("create"), and sends the answer with the
   form. Where the browser has none, or there is no script, the forms stay hidden (account.css).

   data-question is the address to ask for the question, or the question itself. */
"use strict";

(() => {
  if (!window.PublicKeyCredential || !navigator.credentials) return;
  document.documentElement.dataset.passkeys = "";

  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

  /** The question as the browser wants it: bytes where JSON has letters. */
  const prepared = (question) => {
    question.challenge = bytes(question.challenge);
    if (question.user) question.user.id = bytes(question.user.id);
    for (const key of [...(question.excludeCredentials || []), ...(question.allowCredentials || [])]) key.id = bytes(key.id);
    return question;
  };

  /** What the browser answered, as letters. */
  const written = (key) => {
    const response = {};
    for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (key.response[part]) response[part] = text(key.response[part]);
    }
    return JSON.stringify({ id: key.id, rawId: text(key.rawId), type: key.type, response });
  };

  const ask = async (form) => {
    if (form.dataset.passkey === "create") return JSON.parse(form.dataset.question);
    const body = new URLSearchParams({ csrfmiddlewaretoken: form.elements.csrfmiddlewaretoken.value });
    const answer = await fetch(form.dataset.question, { method: "POST", body });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };

  const WORDS = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
  const waiting = new WeakSet(); // forms whose device is being asked

  const answer = async (form) => {
    const says = form.querySelector("[data-says]");
    says.textContent = "";
    waiting.add(form);
    try {
      const publicKey = prepared(await ask(form));
      form.elements.answer.value = written(await navigator.credentials[form.dataset.passkey]({ publicKey }));
      form.requestSubmit();
      form.elements.answer.value = ""; // it is on its way; another press asks anew
    } catch (error) {
      says.textContent = says.dataset[WORDS[error.name] || "failed"];
    } finally {
      waiting.delete(form);
    }
  };

  // Before anything else hears of it: without an answer there is nothing to send yet. A form that lacks a name is sent as it
  // is, so that its error stands there before the device is asked.
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (!form.matches("form[data-passkey]") || form.elements.answer.value) return;
      if (form.dataset.passkey === "create" && !form.elements.name.value.trim()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (!waiting.has(form)) answer(form);
    },
    true,
  );
})();
