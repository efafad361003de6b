// Progressive enhancement only: every page works without this file.
(() => {
  "use strict";

  const live = document.querySelector("[data-events]");
  if (live && "EventSource" in window) {
    const bar = live.querySelector("progress");
    const said = live.querySelector("[data-message]");
    const source = new EventSource(live.dataset.events);
    const again = () => { source.close(); location.reload(); };
    source.addEventListener("progress", (event) => {
      if (live.dataset.status === "submitted") { again(); return; }
      const news = JSON.parse(event.data);
      bar.value = news.percent;
      said.textContent = news.message;
    });
    source.addEventListener("end", again);
    source.onerror = () => { if (source.readyState === EventSource.CLOSED) setTimeout(again, 5000); };
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent.trim());
      button.textContent = "Copied";
    });
  }

  const more = document.querySelector("[data-add-row]");
  if (more) {
    more.addEventListener("click", (event) => {
      event.preventDefault();
      const rows = document.querySelectorAll(".author-row");
      const row = rows[rows.length - 1].cloneNode(true);
      const number = rows.length + 1;
      row.querySelector(".no").textContent = number;
      for (const input of row.querySelectorAll("input")) input.value = "";
      for (const select of row.querySelectorAll("select")) select.selectedIndex = 0;
      row.setAttribute("aria-label", `Author ${number}`);
      rows[rows.length - 1].after(row);
      row.querySelector("input").focus();
    });
  }

  for (const form of document.querySelectorAll("form[method=post]")) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) { event.preventDefault(); return; }
      form.dataset.sent = "yes";
      addEventListener("pageshow", () => { delete form.dataset.sent; });
    });
  }
})();
