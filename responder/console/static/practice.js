// The clock of a shift and the keys of a step: each page works without it.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  const title = byId("step-title");
  if (title && !document.querySelector(".govuk-error-summary") && !location.hash) title.focus({ preventScroll: true });

  // Words that were typed are not lost by a stray click: whatever is not being sent asks first.
  let sending = false;
  document.addEventListener("submit", () => { sending = true; });
  addEventListener("pageshow", () => { sending = false; });
  addEventListener("beforeunload", (event) => {
    if (!sending && all("main textarea").some((one) => one.value !== one.defaultValue)) event.preventDefault();
  });

  // The clock: once a minute, then each ten seconds; at its end, what is there is sent to be handed in.
  const clock = document.querySelector("[data-left]");
  if (clock) {
    const ends = Date.now() + Number(clock.dataset.left) * 1000;
    const words = clock.querySelector("[data-left-words]");
    const tick = () => {
      const left = Math.max(0, Math.round((ends - Date.now()) / 1000));
      const said = left >= 60 ? `${Math.floor(left / 60)} min` : `${Math.ceil(left / 10) * 10} s`;
      if (words.textContent !== said) words.textContent = said;
      if (left > 0) return;
      clearInterval(ticking);
      sending = true;
      const form = byId("step-form");
      if (form) form.requestSubmit(form.querySelector("[data-main]")); else location.reload();
    };
    const ticking = setInterval(tick, 1000);
  }

  // The next message of a shift: said when it is there, let in when it is asked for.
  const arrived = byId("arrived");
  if (arrived) setTimeout(() => { arrived.hidden = false; }, Number(arrived.dataset.comesIn) * 1000);

  // Keys: Enter moves on from the heading; numbers and letters only where single keys are on.
  const press = (target) => { if (target) target.click(); };
  const moveOn = () => {
    const main = document.querySelector("[data-main]");
    if (main?.value === "hand-in") (byId("reply") || main).focus(); // what is handed in stands: never by a stray key
    else press(main);
  };
  const single = document.body.dataset.keys === "on";
  const keys = byId("keys");
  const choices = all("[data-numbered] input[type=radio]");
  if (single) {
    choices.forEach((one, place) => {
      const number = document.createElement("kbd");
      number.className = "key-number";
      number.setAttribute("aria-hidden", "true");
      number.textContent = String(place + 1);
      one.parentElement.querySelector("label").after(number);
    });
    if (keys) {
      for (const button of all("[data-show-keys]")) {
        button.hidden = false;
        button.addEventListener("click", () => keys.showModal());
      }
      keys.querySelector("[data-close-keys]").addEventListener("click", () => keys.close());
    }
  }
  const rows = () => all("a.row__link");
  const move = (step) => {
    const found = rows();
    const next = found[Math.min(Math.max(found.indexOf(document.activeElement) + step, 0), found.length - 1)];
    if (next) next.focus();
  };
  const letters = {
    j: () => move(1),
    k: () => move(-1),
    c: () => press(document.querySelector('[data-key="c"]')),
    "?": () => keys?.showModal(),
  };
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || event.repeat) return;
    const at = event.target;
    if (event.key === "Enter" && (at === title || at === document.body)) {
      event.preventDefault();
      moveOn();
      return;
    }
    const typing = at.isContentEditable || ["TEXTAREA", "SELECT"].includes(at.tagName)
      || (at.tagName === "INPUT" && !["radio", "checkbox"].includes(at.type));
    if (!single || typing || at.closest("dialog")) return;
    const choice = /^[1-9]$/.test(event.key) ? choices[Number(event.key) - 1] : null;
    if (choice) {
      event.preventDefault();
      choice.checked = true;
      choice.focus();
    } else if (letters[event.key]) {
      event.preventDefault();
      letters[event.key]();
    }
  });
})();
