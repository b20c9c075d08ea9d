/* Light or dark before the first paint. Loaded in the head, on purpose without defer. */
(() => {
  "use strict";
  const KEY = "appearance";
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const print = window.matchMedia("print"); // paper is always light

  function stored() {
    try {
      return window.localStorage.getItem(KEY) || "auto";
    } catch {
      return "auto"; // storage may be forbidden; the device decides then
    }
  }

  function show(choice) {
    const theme = choice === "auto" ? (dark.matches ? "dark" : "light") : choice;
    document.documentElement.dataset.bsTheme = print.matches ? "light" : theme;
    for (const button of document.querySelectorAll("[data-theme-choice]")) {
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === choice));
    }
  }

  function choose(choice) {
    try {
      window.localStorage.setItem(KEY, choice);
    } catch {
      // shown, though not remembered
    }
    show(choice);
  }

  show(stored());
  dark.addEventListener("change", () => show(stored()));
  print.addEventListener("change", () => show(stored()));
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-theme-choice]");
    if (button) choose(button.dataset.themeChoice);
  });
})();
