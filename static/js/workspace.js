/* Behaviour of every page. Everything works without it except live search and the menus. */
(() => {
  "use strict";
  const searchBox = document.getElementById("search-query");
  const searchResults = document.getElementById("search-results");

  // Search: "/" jumps there, arrows walk through the results, Escape closes them.
  function isWriting(element) {
    return element.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(element.tagName);
  }

  function walkResults(event) {
    const links = [...searchResults.querySelectorAll("a")];
    const place = links.indexOf(document.activeElement);
    const next = event.key === "ArrowDown" ? place + 1 : place - 1;
    if (!links.length || next >= links.length || next < -1) return;
    event.preventDefault();
    (next < 0 ? searchBox : links[next]).focus();
  }

  function closeResults() {
    searchResults.replaceChildren();
  }

  if (searchBox) {
    document.addEventListener("keydown", (event) => {
      if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || isWriting(event.target)) return;
      event.preventDefault();
      searchBox.focus();
      searchBox.select();
    });
    document.getElementById("search").addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") walkResults(event);
      if (event.key !== "Escape") return;
      closeResults();
      searchBox.focus();
    });
    document.addEventListener("click", (event) => {
      if (!event.target.closest("#search")) closeResults();
    });
    document.getElementById("search").addEventListener("focusout", (event) => {
      if (event.relatedTarget && !event.relatedTarget.closest("#search")) closeResults();
    });
  }

  // Small things that want a second thought, and printing.
  document.addEventListener("click", (event) => {
    const asked = event.target.closest("[data-confirm]");
    if (asked && !window.confirm(asked.dataset.confirm)) event.preventDefault();
    if (event.target.closest("[data-print]")) window.print();
  });

  // htmx: a lost session shows the login as a page, trouble on the line is said aloud.
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    if (!new URL(event.detail.xhr.responseURL || window.location.href).pathname.startsWith("/accounts/")) return;
    event.detail.shouldSwap = false;
    window.location.reload();
  });

  function tellTrouble() {
    const messages = document.getElementById("messages");
    const template = document.getElementById("connection-trouble");
    if (messages && template && !messages.querySelector(".alert-danger")) {
      messages.append(template.content.cloneNode(true));
    }
  }
  document.body.addEventListener("htmx:sendError", tellTrouble);
  document.body.addEventListener("htmx:responseError", tellTrouble);
})();
