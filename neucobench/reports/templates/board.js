// Sorting, finding and choosing what the cells show. The state lives in the address, so
// that a view can be shared; without this script the table is complete and in order.
(() => {
  "use strict";
  const table = document.getElementById("board");
  const body = document.getElementById("entries");
  const controls = document.getElementById("controls");
  const find = document.getElementById("find");
  const show = document.getElementById("show");
  const count = document.getElementById("count");
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const names = [...table.querySelectorAll("tbody th[data-value]")];
  const digits = { q: 1, mean: 3, std: 3, rank: 0 };
  const start = { sort: "rank", order: "ascending", find: "", show: "q" };
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
    const text = cell.classList.contains("q") ? cell.dataset[state.show] : cell.dataset.value;
    if (text === undefined || text === "") return null;
    return heads[column].dataset.key === "method" ? text.toLowerCase() : Number(text);
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

  function draw() {
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
    show.value = state.show;
  }

  function read() {
    const given = new URLSearchParams(location.hash.slice(1));
    state = { ...start };
    if (heads.some((head) => head.dataset.key === given.get("sort"))) state.sort = given.get("sort");
    if (["ascending", "descending"].includes(given.get("order"))) state.order = given.get("order");
    if (given.get("show") in digits) state.show = given.get("show");
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
  show.addEventListener("change", () => change({ show: show.value }));
  document.getElementById("reset").addEventListener("click", () => change({ ...start }));
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  window.addEventListener("hashchange", read);
  read();
})();
