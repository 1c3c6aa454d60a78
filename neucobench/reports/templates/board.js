// Sorting, finding, choosing what the cells show and by which rule. The state lives in the address, so
// that a view can be shared; without this script the table is complete and in order.
(() => {
  "use strict";
  const table = document.getElementById("board");
  const body = document.getElementById("entries");
  const controls = document.getElementById("controls");
  const find = document.getElementById("find");
  const show = document.getElementById("show");
  const by = document.getElementById("by");
  const count = document.getElementById("count");
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const names = [...table.querySelectorAll("tbody th[data-value]")];
  const digits = { q: 1, mean: 3, std: 3, rank: 0 };
  const official = by ? by.value : "";
  const start = { sort: "rank", order: "ascending", find: "", show: "q", rule: official };
  const byRule = new Map(rows.map((row) => [row, JSON.parse(row.dataset.rules)]));
  let state = { ...start };

  function format(text, places) {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) return "–";
    const kept = Math.abs(value) < 1000 ? places : 0;
    const parts = Math.abs(value).toFixed(kept).split(".");
    parts[0] = parts[0].replace(/\B(?=(\d{3})+$)/g, "\u202f");
    const number = parts.join(".");
    return value < 0 && Number(value.toFixed(kept)) !== 0 ? "\u2212" + number : number;
  }

  function value(row, column) {
    const cell = row.cells[column];
    const own = byRule.get(row)[state.rule];
    const key = heads[column].dataset.key;
    if (own && key === "rank") return own.place;
    if (own && key === "interval") return own.low;
    if (own && key === "group") return own.group === "" ? null : own.place;
    if (own && key === "score") return own.value;
    const text = cell.classList.contains("q") ? cell.dataset[state.show] : cell.dataset.value;
    if (text === undefined || text === "") return null;
    return key === "method" ? text.toLowerCase() : Number(text);
  }

  function sortRows() {
    const column = heads.findIndex((head) => head.dataset.key === state.sort);
    const sign = state.order === "ascending" ? 1 : -1;
    const place = new Map(rows.map((row, index) => [row, index]));
    const ordered = [...rows].sort((one, two) => {
      const a = value(one, column);
      const b = value(two, column);
      if (a === null || b === null) return (a === null) - (b === null);
      if (a === b) return place.get(one) - place.get(two);
      return a < b ? -sign : sign;
    });
    body.append(...ordered);
    heads.forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", state.order);
      else head.removeAttribute("aria-sort");
    });
  }

  function follow() {
    if (!by) return;
    by.value = state.rule;
    const choice = by.selectedOptions[0];
    for (const item of document.querySelectorAll("[data-rule]")) {
      item.hidden = item.dataset.rule !== state.rule;
    }
    heads.forEach((head, index) => {
      const key = head.dataset.key;
      if (key === "score") {
        head.dataset.first = choice.dataset.better;
        for (const text of head.children) text.textContent = choice.dataset.title;
      }
      const texts = { rank: "rank", interval: "interval", group: "group", score: "score" };
      if (!(key in texts)) return;
      for (const row of rows) {
        row.cells[index].textContent = byRule.get(row)[state.rule][texts[key]] || "–";
      }
    });
  }

  function draw() {
    follow();
    for (const cell of body.querySelectorAll("td.q[data-q]")) {
      cell.textContent = format(cell.dataset[state.show], digits[state.show]);
    }
    sortRows();
    const wanted = state.find.trim().toLowerCase();
    let visible = 0;
    for (const name of names) {
      name.parentElement.hidden = !name.dataset.value.toLowerCase().includes(wanted);
      visible += name.parentElement.hidden ? 0 : 1;
    }
    count.textContent = wanted ? `${visible} of ${names.length} shown` : "";
    if (find.value !== state.find) find.value = state.find;
    if (show) show.value = state.show;
  }

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    state = { ...start };
    if (heads.some((head) => head.dataset.key === given.get("sort"))) state.sort = given.get("sort");
    if (["ascending", "descending"].includes(given.get("order"))) state.order = given.get("order");
    if (show && [...show.options].some((item) => item.value === given.get("show"))) state.show = given.get("show");
    if (by && [...by.options].some((item) => item.value === given.get("rule"))) state.rule = given.get("rule");
    state.find = given.get("find") ?? "";
    draw();
  }

  function change(part) {
    state = { ...state, ...part };
    const kept = Object.entries(state).filter(([key, item]) => item !== start[key]);
    const hash = new URLSearchParams(kept).toString();
    history.replaceState(null, "", hash ? "#" + hash : location.pathname + location.search);
    draw();
  }

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    button.addEventListener("click", () => {
      const key = head.dataset.key;
      let order = head.dataset.first;
      const small = head.classList.contains("task") && ["rank", "std"].includes(state.show);
      if (small) order = "ascending";
      if (state.sort === key) order = state.order === "ascending" ? "descending" : "ascending";
      change({ sort: key, order });
    });
    const text = document.createElement("span");
    text.className = "on-paper";
    text.textContent = head.textContent;
    head.replaceChildren(button, text);
  }
  find.addEventListener("input", () => change({ find: find.value }));
  if (show) show.addEventListener("change", () => change({ show: show.value }));
  if (by) by.addEventListener("change", () => change({ rule: by.value }));
  document.getElementById("reset").addEventListener("click", () => change({ ...start }));
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  window.addEventListener("hashchange", read);
  read();
})();
