// The one script. Nothing needs it: it spares a click and a whole page here and there.
(() => {
  "use strict";
  document.documentElement.classList.add("scripted");

  // A form marked `data-live="#place"` asks as one types, and puts the answer's part into that place.
  let asked = 0;
  const ask = async (form) => {
    const place = document.querySelector(form.dataset.live);
    const url = new URL(form.action);
    for (const [name, value] of new FormData(form)) if (value) url.searchParams.set(name, value);
    const turn = ++asked;
    place.dataset.busy = "";
    try {
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, redirect: "error" });
      const text = await answer.text();
      if (turn !== asked) return;
      // What is no part of this page, such as the way to sign in, is shown as a page of its own.
      if (!answer.ok || text.startsWith("<!doctype")) return location.assign(url);
      place.innerHTML = text;
      history.replaceState(null, "", url);
    } catch {
      if (turn === asked) location.assign(url);
    } finally {
      if (turn === asked) delete place.dataset.busy;
    }
  };
  const waiting = new WeakMap();
  document.addEventListener("input", (event) => {
    const form = event.target.closest?.("form[data-live]");
    if (!form) return;
    clearTimeout(waiting.get(form));
    waiting.set(form, setTimeout(ask, 180, form));
  });
  document.addEventListener("submit", (event) => {
    const form = event.target.closest?.("form[data-live]");
    if (!form) return;
    event.preventDefault();
    clearTimeout(waiting.get(form));
    ask(form);
  });

  // A page marked `data-stream="url"` keeps up with what it shows: events named by the ids of its places,
  // which are marked `data-place`, bring what stands there now. A page that nobody sees asks for none, so
  // that it takes no connection from the others. Where this fails, the page can still be loaded again.
  const put = (place, text) => {
    const fresh = document.createElement("template");
    fresh.innerHTML = text;
    if (fresh.innerHTML.trim() === place.innerHTML.trim()) return;
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : undefined;
    place.replaceChildren(fresh.content);
    if (focused === undefined) return;
    const same = [...place.querySelectorAll("a[href]")].find((link) => link.getAttribute("href") === focused);
    (same ?? document.getElementById("main")).focus();
  };
  for (const { dataset } of document.querySelectorAll("[data-stream]")) {
    let source, isOver;
    const follow = () => {
      source?.close();
      if (isOver || document.hidden) return;
      source = new EventSource(dataset.stream);
      for (const place of document.querySelectorAll("[data-place]")) {
        source.addEventListener(place.id, ({ data }) => put(place, data));
      }
      source.addEventListener("end", () => {
        isOver = true;
        source.close();
      });
    };
    document.addEventListener("visibilitychange", follow);
    follow();
  }

  // A form that was sent says so until its answer is there, and is not sent again meanwhile.
  const working = document.getElementById("working");
  const sent = new Map();
  document.addEventListener("submit", (event) => {
    const { target: form, submitter } = event;
    if (event.defaultPrevented || form.getAttribute("method") !== "post") return;
    if (sent.has(form)) return event.preventDefault();
    sent.set(form, [submitter, [...submitter.childNodes]]);
    submitter.setAttribute("aria-busy", "true");
    submitter.textContent = working.textContent = working.dataset.text;
  });
  // A page that is come back to may be the very one that was left.
  addEventListener("pageshow", () => {
    for (const [submitter, content] of sent.values()) {
      submitter.removeAttribute("aria-busy");
      submitter.replaceChildren(...content);
    }
    sent.clear();
    working.textContent = "";
  });

  // A button marked `data-copy="#place"` copies the text there.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button[data-copy]");
    if (!button) return;
    await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
    button.textContent = button.dataset.done;
  });

  // One open menu at a time; Escape closes it and returns to its button.
  const menus = () => document.querySelectorAll("details.look[open]");
  document.addEventListener("click", (event) => {
    for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });

  // Passkeys. A form marked `data-passkey` has the browser make or use one in place of sending itself;
  // without a script, or without passkeys, it is not shown.
  const toBytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  const toText = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  const post = async (url, body) => {
    const answer = await fetch(url, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body), redirect: "error" });
    if (!answer.ok) throw new Error(answer.status);
    return answer.json();
  };
  const withBytes = (keys) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));
  const made = async (form, asked) => {
    const { response } = await navigator.credentials.create({ publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge),
      user: { ...asked.user, id: toBytes(asked.user.id) },
      excludeCredentials: withBytes(asked.excludeCredentials),
    } });
    return { clientData: toText(response.clientDataJSON), attestation: toText(response.attestationObject), name: form.elements.name.value };
  };
  const used = async (form, asked) => {
    const { rawId, response } = await navigator.credentials.get({ publicKey: {
      ...asked,
      challenge: toBytes(asked.challenge),
      allowCredentials: withBytes(asked.allowCredentials),
    } });
    return {
      id: toText(rawId), clientData: toText(response.clientDataJSON), data: toText(response.authenticatorData),
      signature: toText(response.signature), userHandle: toText(response.userHandle ?? []), next: form.elements.next.value,
    };
  };
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const failed = form.querySelector("[role=alert]");
      failed.hidden = true;
      try {
        const asked = await post(form.dataset.passkey, {});
        const answer = await (form.dataset.kind === "make" ? made : used)(form, asked);
        location.assign((await post(form.action, answer)).next);
      } catch {
        failed.hidden = false;
      }
    });
  }
})();
