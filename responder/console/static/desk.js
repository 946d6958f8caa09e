// The desk's quicker ways: each page works without it.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  // Words that were typed are not lost by a stray click: whatever is not being sent asks first.
  const typed = all("main textarea:not([readonly])");
  let sending = null;
  const unsaved = () => typed.some((one) => one.form !== sending
    && (one.value !== one.defaultValue || "unsaved" in one.dataset));
  document.addEventListener("submit", (event) => { sending = event.target; });
  addEventListener("pageshow", () => { sending = null; });
  addEventListener("beforeunload", (event) => {
    if (!unsaved()) return;
    event.preventDefault();
    setTimeout(() => { sending = null; }); // nothing was sent where one stays
  });

  // New arrivals: said above the list, and let in without losing one's place.
  const pane = document.querySelector("[data-arrivals]");
  const banner = byId("arrived");
  if (pane && banner) {
    const link = byId("arrived-link");
    const known = () => byId("rows")?.dataset.last || "0";
    const address = (path, name, value) => {
      const url = new URL(path, location.href);
      url.searchParams.set(name, value);
      return url;
    };
    const look = async () => {
      if (document.hidden) return;
      try {
        const answer = await fetch(address(pane.dataset.arrivals, "since", known()), { headers: { Accept: "application/json" } });
        if (answer.status === 401 && !unsaved()) { location.reload(); return; }
        if (!answer.ok) return;
        const told = await answer.json();
        const bar = new DOMParser().parseFromString(told.bar, "text/html").getElementById("bar");
        if (bar && byId("bar")) byId("bar").replaceChildren(...bar.childNodes);
        banner.hidden = told.new === 0;
        banner.classList.toggle("arrived--danger", told.danger > 0);
        const words = `${told.new} new message${told.new === 1 ? "" : "s"}${told.danger ? `, ${told.danger} may be danger` : ""}. Show`;
        if (told.new && link.textContent !== words) link.textContent = words;
      } catch {
        // the next look may succeed; the list stays as it is
      }
    };
    const letIn = async () => {
      const list = byId("list");
      const scroller = list.closest(".three__list");
      const answer = await fetch(pane.dataset.list);
      if (!answer.ok) { location.assign(link.href); return; }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const seen = all(".row", list).find((row) => row.getBoundingClientRect().bottom > 0);
      const before = seen?.getBoundingClientRect().top;
      const there = new Set(all(".row", list).map((row) => row.id));
      const fromBanner = document.activeElement === link;
      let focused = document.activeElement?.closest?.(".row")?.id;
      list.replaceChildren(...page.body.childNodes);
      banner.hidden = true;
      if (fromBanner) focused = all(".row", list).find((row) => !there.has(row.id))?.id;
      const again = seen && byId(seen.id);
      if (again) {
        const moved = again.getBoundingClientRect().top - before;
        if (scroller && scroller.scrollHeight > scroller.clientHeight) scroller.scrollTop += moved;
        else scrollBy(0, moved);
      }
      if (focused) byId(focused)?.querySelector("a")?.focus({ preventScroll: true });
    };
    const isFirstPage = !new URL(location.href).searchParams.has("after");
    if (isFirstPage) link.addEventListener("click", (event) => {
      event.preventDefault();
      letIn().catch(() => location.assign(link.href));
    });
    setInterval(look, 5000);
    const chosen = document.querySelector(".three__list .row--chosen");
    const scroller = document.querySelector(".three__list");
    if (chosen && scroller) scroller.scrollTop = chosen.offsetTop - scroller.clientHeight / 3;
  }

  const area = byId("reply-form") && byId("reply");
  const unfold = () => {
    const fold = byId(location.hash.slice(1));
    if (!fold?.classList.contains("fold")) return;
    fold.open = true;
    fold.querySelector("select, textarea")?.focus();
  };
  addEventListener("hashchange", unfold);
  addEventListener("load", unfold);

  // What the chosen role needs to be told.
  const role = byId("role");
  if (role) role.addEventListener("change", () => {
    const needs = role.selectedOptions[0]?.dataset.needs;
    if (needs) byId("needs-hint").textContent = needs;
  });

  // Single keys, where they are switched on and no field has the focus.
  if (document.body.dataset.keys !== "on") return;
  const rows = () => all(".row__link");
  const move = (step) => {
    const found = rows();
    const here = document.activeElement?.classList?.contains("row__link") ? found.indexOf(document.activeElement)
      : found.findIndex((row) => row.getAttribute("aria-current") === "true");
    const next = found[Math.min(Math.max(here + step, 0), found.length - 1)];
    if (!next) return;
    if (area && next.offsetParent === null) { location.assign(next.href); return; }
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  };
  const press = (key) => {
    const target = document.querySelector(`[data-key="${key}"]`);
    if (!target) return;
    if (target.tagName === "SUMMARY") { target.parentElement.open = true; target.parentElement.querySelector("textarea")?.focus(); return; }
    target.click();
  };
  const does = {
    j: () => move(1),
    k: () => move(-1),
    e: () => {
      if (area?.closest("details")) area.closest("details").open = true;
      area?.focus();
    },
    c: () => press("c"),
    a: () => press("a"),
    r: () => press("r"),
    "/": () => { const words = byId("words"); if (words) words.focus(); else location.assign("/inbox#words"); },
    "?": () => { keys().showModal(); },
  };
  const told = [["j, k", "next, previous message"], ["Enter", "open it"], ["e", "edit the reply"], ["c", "check my words"],
    ["a", "approve; mark as sent; close without a reply"], ["r", "send it back"], ["/", "search"], ["?", "these keys"]];
  const keys = () => {
    let dialog = document.querySelector(".keys");
    if (!dialog) {
      dialog = document.createElement("dialog");
      dialog.className = "keys";
      dialog.setAttribute("aria-labelledby", "keys-title");
      const title = document.createElement("h2");
      title.id = "keys-title";
      title.textContent = "Keys";
      const list = document.createElement("dl");
      for (const [key, what] of told) {
        const term = document.createElement("dt");
        const detail = document.createElement("dd");
        term.textContent = key;
        detail.textContent = what;
        list.append(term, detail);
      }
      const close = document.createElement("button");
      close.className = "govuk-button govuk-button--secondary";
      close.textContent = "Close";
      close.addEventListener("click", () => dialog.close());
      const off = document.createElement("p");
      off.className = "quiet";
      off.textContent = "You can switch single keys off in your account.";
      dialog.append(title, list, off, close);
      document.body.append(dialog);
    }
    return dialog;
  };
  for (const button of all("[data-show-keys]")) {
    button.hidden = false;
    button.addEventListener("click", () => keys().showModal());
  }
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.repeat && !["j", "k"].includes(event.key)) return; // a key held down decides once
    const at = event.target;
    if (at.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at.tagName) || at.closest("dialog")) return;
    const act = does[event.key];
    if (act) { event.preventDefault(); act(); }
  });
})();
