// Makes the pages quicker; each works without it.
(() => {
  "use strict";
  const byId = (id) => document.getElementById(id);
  const all = (selector, root = document) => Array.from(root.querySelectorAll(selector));

  const summary = document.querySelector(".govuk-error-summary");
  if (summary) {
    summary.tabIndex = -1;
    summary.focus();
  }

  // Copy: the text area's words, with a word that says so.
  for (const button of all("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const area = byId(button.dataset.copy);
      let done = false;
      try {
        await navigator.clipboard.writeText(area.value);
        done = true;
      } catch {
        area.focus();
        area.select();
        done = document.execCommand("copy");
      }
      byId(button.dataset.said || "copied").textContent = done ? "Copied." : "Select the text and copy it.";
    });
  }

  // Sentences and clauses: point at one, the other lights up.
  const sentences = all("[data-sentence]");
  const cards = all("[data-clause-card]");
  const light = (letters, numbers) => {
    for (const card of cards) card.classList.toggle("is-lit", letters.includes(card.dataset.clauseCard));
    for (const sentence of sentences) sentence.classList.toggle("is-lit", numbers.includes(sentence.dataset.sentence));
  };
  const off = () => light([], []);
  const lettersOf = (sentence) => sentence.dataset.letters.split(" ");
  for (const sentence of sentences) {
    const on = () => light(lettersOf(sentence), [sentence.dataset.sentence]);
    sentence.addEventListener("pointerenter", on);
    sentence.addEventListener("pointerleave", off);
    sentence.addEventListener("focusin", on);
    sentence.addEventListener("focusout", off);
  }
  for (const card of cards) {
    const letter = card.dataset.clauseCard;
    const on = () => {
      const resting = sentences.filter((s) => lettersOf(s).includes(letter));
      light([letter], resting.map((s) => s.dataset.sentence));
    };
    card.addEventListener("pointerenter", on);
    card.addEventListener("pointerleave", off);
    card.addEventListener("focusin", on);
    card.addEventListener("focusout", off);
  }
  for (const ref of all(".ref[data-clause]")) {
    ref.addEventListener("pointerenter", () => light([ref.dataset.clause], []));
  }

  // The draft is the reader's own; while it is unchanged, the caret lights the sentence it stands in.
  const reply = byId("reply");
  if (reply && sentences.length) {
    const drafted = reply.value;
    const follow = () => {
      if (reply.value !== drafted) return;
      const here = sentences.find((s) => reply.selectionStart >= +s.dataset.start && reply.selectionStart <= +s.dataset.end);
      if (here) light(lettersOf(here), [here.dataset.sentence]);
    };
    for (const event of ["keyup", "click"]) reply.addEventListener(event, follow);
    reply.addEventListener("blur", off);
  }

  // Choosing another reading with the pointer redrafts at once; by keyboard, the button does.
  for (const select of all("[data-redraft]")) {
    let pointed = false;
    select.addEventListener("pointerdown", () => { pointed = true; });
    select.addEventListener("keydown", () => { pointed = false; });
    select.addEventListener("change", () => { if (pointed) select.form.requestSubmit(); });
  }

  // The check follows the reader's words.
  if (reply && reply.dataset.check && window.fetch) {
    let waiting = 0;
    let asking = null;
    const check = async () => {
      if (asking) asking.abort();
      asking = new AbortController();
      try {
        const body = new URLSearchParams(new FormData(reply.form));
        const answer = await fetch(reply.dataset.check, { method: "POST", body, signal: asking.signal });
        if (!answer.ok) return;
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const fresh = page.getElementById("check");
        if (fresh) byId("check").replaceChildren(...fresh.childNodes);
      } catch {
        // the line "Changed since this check" stays, and the button still works
      }
    };
    reply.addEventListener("input", () => {
      const stale = document.querySelector(".check__stale");
      if (stale) stale.hidden = false;
      clearTimeout(waiting);
      waiting = setTimeout(check, 500);
    });
  }
})();
