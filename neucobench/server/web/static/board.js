// Sorting and finding without another page. The address says what is shown, as it does
// for the server; without this script the links and the form ask the server.
(() => {
  "use strict";
  const table = document.getElementById("board");
  const controls = document.getElementById("controls");
  if (!table || !controls) return;
  const body = document.getElementById("entries");
  const find = document.getElementById("find");
  const only = document.getElementById("only");
  const count = document.getElementById("count");
  const heads = [...table.tHead.rows[0].cells];
  const total = Number(table.dataset.total);
  const rows = [...body.rows].sort((one, two) => one.dataset.place - two.dataset.place);

  const given = new URLSearchParams(location.search);
  const rule = given.get("rule");
  const state = {
    sort: given.get("sort") || "rank",
    order: given.get("order") || "",
    find: find.value,
    only: only.value,
  };
  if (!heads.some((head) => head.dataset.key === state.sort)) state.sort = "rank";

  function order() {
    const head = heads.find((item) => item.dataset.key === state.sort);
    return state.order || head.dataset.first;
  }

  function value(row, column) {
    const key = heads[column].dataset.key;
    if (["rank", "interval", "group"].includes(key)) return Number(row.dataset.place);
    const cell = row.cells[column];
    if (key === "method" || key === "team") {
      const text = cell.querySelector("bdi").textContent.toLowerCase();
      return text === "–" ? null : text;
    }
    return cell.dataset.value === "" ? null : Number(cell.dataset.value);
  }

  function sortRows() {
    const column = heads.findIndex((head) => head.dataset.key === state.sort);
    const sign = order() === "ascending" ? 1 : -1;
    const keyed = rows.map((row) => [value(row, column), row]);
    keyed.sort(([a], [b]) => {
      if (a === null || b === null) return (a === null) - (b === null);
      return a === b ? 0 : a < b ? -sign : sign;
    });
    body.append(...keyed.map(([, row]) => row));
    heads.forEach((head, index) => {
      if (index === column) head.setAttribute("aria-sort", order());
      else head.removeAttribute("aria-sort");
    });
  }

  function shows(row) {
    const badges = (row.dataset.badges || "").split(" ");
    const wanted = state.find.trim().toLowerCase();
    const names = [...row.querySelectorAll("bdi")].map((name) => name.textContent.toLowerCase());
    if (!names.some((name) => name.includes(wanted))) return false;
    if (state.only === "ranked") return !badges.includes("baseline");
    if (state.only === "verified") return badges.includes("verified");
    if (state.only === "not-transductive") return !badges.includes("transductive");
    return true;
  }

  function filterRows() {
    let visible = 0;
    for (const row of rows) {
      row.hidden = !shows(row);
      visible += row.hidden ? 0 : 1;
    }
    const all = !state.find.trim() && state.only === "all";
    count.textContent = all ? "" : `${visible} of ${total} shown`;
  }

  function address(under) {
    const query = new URLSearchParams();
    if (under) query.set("rule", under);
    if (state.sort !== "rank") query.set("sort", state.sort);
    if (state.order && (state.sort !== "rank" || state.order !== "ascending")) query.set("order", state.order);
    if (state.find.trim()) query.set("find", state.find.trim());
    if (state.only !== "all") query.set("only", state.only);
    const text = query.toString();
    return location.pathname + (text ? `?${text}` : "");
  }

  const choices = [...document.querySelectorAll(".rules a")].map((link) => [
    link,
    new URL(link.href).searchParams.get("rule"),
  ]);

  function remember() {
    history.replaceState(null, "", address(rule));
    for (const [link, choice] of choices) link.href = address(choice);
  }

  for (const head of heads) {
    head.querySelector("a").addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      const key = head.dataset.key;
      if (state.sort === key) state.order = order() === "ascending" ? "descending" : "ascending";
      else [state.sort, state.order] = [key, head.dataset.first];
      sortRows();
      remember();
    });
  }
  find.addEventListener("input", () => { state.find = find.value; filterRows(); remember(); });
  only.addEventListener("change", () => { state.only = only.value; filterRows(); remember(); });
  controls.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("apply").hidden = true;

  const team = document.body.dataset.team;
  for (const row of team === undefined ? [] : rows) {
    const cell = row.querySelector("td.team bdi");
    if (cell && cell.textContent === team && !row.dataset.badges?.includes("baseline")) {
      row.classList.add("own");
    }
  }
})();
