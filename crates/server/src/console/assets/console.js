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
})();
