// Reads a plot's figures aloud where one points, from the table behind it, and zooms in on a part of the run, in all plots
// over time at once. The page says everything without it.
const zoomable = [];
let from = 0;
let to = 1;
const zoom = (left, right) => {
  // A hundredth of the run is as far as the drawings are fine enough.
  const middle = (left + right) / 2;
  const half = Math.min(0.5, Math.max(0.005, (right - left) / 2));
  from = Math.max(0, Math.min(1 - 2 * half, middle - half));
  to = from + 2 * half;
  zoomable.forEach((redraw) => redraw());
};
const seen = (place) => (place - from) / (to - from);
addEventListener("keydown", (event) => {
  if (event.key === "Escape") zoom(0, 1);
});
for (const figure of document.querySelectorAll("figure.plot")) {
  const frame = figure.querySelector(".frame");
  const area = figure.querySelector("svg.area");
  const cursor = figure.querySelector(".cursor");
  const output = figure.querySelector("output");
  const table = figure.querySelector("table");
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const rows = table.tBodies[0].rows;
  if (rows.length === 0) continue;
  const places = figure.dataset.places
    ? figure.dataset.places.split(" ").map(Number)
    : Array.from(rows, (_, i) => (i + 0.5) / rows.length);
  const overTime = !figure.dataset.places;
  const at = (place) => (overTime ? seen(place) : place);
  let row = -1;
  const show = (next) => {
    row = Math.max(0, Math.min(rows.length - 1, next));
    const percent = 100 * at(places[row]) + "%";
    cursor.setAttribute("x1", percent);
    cursor.setAttribute("x2", percent);
    const cells = [...rows[row].cells].map((cell, i) => [heads[i], cell.textContent]);
    output.replaceChildren();
    for (const [head, text] of cells.filter(([, text]) => text !== "")) {
      const item = document.createElement("span");
      const name = document.createElement("b");
      name.textContent = head;
      item.append(name, " " + text);
      output.append(item, " ");
    }
  };
  const point = (event) => {
    const box = area.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    let nearest = 0;
    places.forEach((place, i) => {
      if (Math.abs(at(place) - share) < Math.abs(at(places[nearest]) - share)) nearest = i;
    });
    if (nearest !== row) show(nearest);
  };
  area.addEventListener("pointermove", point);
  area.addEventListener("pointerdown", point);
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", figure.querySelector("h3").textContent + ": arrow keys read the figures" + (overTime ? ", plus and minus zoom" : ""));
  frame.addEventListener("keydown", (event) => {
    const page = Math.max(1, Math.round(rows.length / 10));
    const next = {
      ArrowRight: row + 1,
      ArrowLeft: row - 1,
      PageDown: row + page,
      PageUp: row - page,
      Home: 0,
      End: rows.length - 1,
    }[event.key];
    const width = { "+": 0.5, "-": 2 }[event.key];
    if (overTime && width) {
      const middle = row < 0 ? (from + to) / 2 : places[row];
      const half = ((to - from) * width) / 2;
      zoom(middle - half, middle + half);
    }
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
  if (!overTime) continue;
  const drawing = area.querySelector("svg");
  const height = area.getAttribute("height");
  // What stands at a share of the width, and where.
  const placed = [];
  for (const mark of figure.querySelectorAll("svg.area > line.grid, svg.area > text, svg.below > text")) {
    for (const name of ["x", "x1", "x2"]) {
      const share = mark.getAttribute(name);
      if (share && share.endsWith("%") && share !== "100%" && !(name === "x1" && mark.getAttribute("x2") === "100%")) {
        placed.push([mark, name, parseFloat(share) / 100]);
      }
    }
  }
  const whole = document.createElement("button");
  whole.type = "button";
  whole.className = "whole-run";
  whole.textContent = "the whole run";
  whole.hidden = true;
  whole.addEventListener("click", () => zoom(0, 1));
  figure.querySelector(".under").append(whole);
  zoomable.push(() => {
    drawing.setAttribute("viewBox", `${from * 1000} 0 ${(to - from) * 1000} ${height}`);
    for (const [mark, name, place] of placed) {
      const share = seen(place);
      mark.setAttribute(name, 100 * share + "%");
      mark.setAttribute("visibility", share < -0.001 || share > 1.001 ? "hidden" : "visible");
    }
    whole.hidden = to - from > 0.999;
    if (row >= 0) show(row);
  });
  const share = (event) => {
    const box = area.getBoundingClientRect();
    return from + (Math.max(0, Math.min(1, (event.clientX - box.left) / box.width))) * (to - from);
  };
  let start = null;
  // A finger scrolls the page; it zooms by a double tap.
  area.addEventListener("pointerdown", (event) => {
    start = event.pointerType === "touch" || event.button !== 0 ? null : share(event);
  });
  area.addEventListener("pointerup", (event) => {
    if (start !== null && Math.abs(share(event) - start) > (to - from) / 50) {
      zoom(Math.min(start, share(event)), Math.max(start, share(event)));
    }
    start = null;
  });
  area.addEventListener("dblclick", (event) => {
    const eighth = (to - from) / 8;
    zoom(share(event) - eighth, share(event) + eighth);
  });
}
