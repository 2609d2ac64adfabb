// What the catalogue gains with script. Without it everything still works: lists are whole,
// and actors are found on their own page.
(() => {
  "use strict";

  // Boxes to find something with are no filters: what is typed there must not send the form.
  document.addEventListener(
    "change",
    (event) => {
      if (event.target.matches?.("[data-find], [data-suggest]")) event.stopPropagation();
    },
    true,
  );

  const folded = (text) =>
    text
      .normalize("NFD")
      .replace(/\p{Diacritic}/gu, "")
      .toLowerCase();

  // Find in a long list: what does not match is put away, what is ticked stays.
  function find(box) {
    const wanted = folded(box.value.trim());
    for (const item of box.closest("fieldset").querySelectorAll(".choices > li")) {
      const ticked = item.querySelector(":checked");
      item.hidden = wanted !== "" && !ticked && !folded(item.textContent).includes(wanted);
    }
    if (wanted !== "") {
      for (const more of box.closest("fieldset").querySelectorAll("details")) more.open = true;
    }
  }

  let waiting;
  let asked = 0;

  // Type-ahead of actors: boxes to tick, from the public register.
  function suggest(box) {
    clearTimeout(waiting);
    const found = document.getElementById(box.getAttribute("aria-controls"));
    const text = box.value.trim();
    if (text.length < 2) {
      found.replaceChildren();
      return;
    }
    waiting = setTimeout(async () => {
      const number = ++asked;
      const query = new URLSearchParams({ q: text, as: "choices" });
      const answer = await fetch(`${box.dataset.suggest}?${query}`);
      const html = await answer.text();
      if (answer.ok && number === asked && found.isConnected) found.innerHTML = html;
    }, 250);
  }

  document.addEventListener("input", (event) => {
    if (event.target.matches("[data-find]")) find(event.target);
    if (event.target.matches("[data-suggest]")) suggest(event.target);
  });

  document.addEventListener("keydown", (event) => {
    // Enter in such a box is no search.
    if (event.key === "Enter" && event.target.matches("[data-find], [data-suggest]")) {
      event.preventDefault();
    }
  });

  // On a phone all filters begin folded, but for those that are on.
  if (!matchMedia("(min-width: 60rem)").matches) {
    for (const part of document.querySelectorAll("#facets details[open]")) {
      part.open = part.querySelector(":checked") !== null;
    }
  }

  // When the results change, the filters stay unfolded as the reader left them.
  document.addEventListener("htmx:oobBeforeSwap", (event) => {
    for (const part of event.detail.fragment.querySelectorAll("#facets details[id]")) {
      const now = document.getElementById(part.id);
      if (now) part.open = now.open;
    }
  });
})();
