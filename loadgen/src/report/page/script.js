// Reads a plot's figures aloud where one points, from the table behind it. The page says everything without it.
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
  let row = -1;
  const show = (next) => {
    row = Math.max(0, Math.min(rows.length - 1, next));
    const percent = 100 * places[row] + "%";
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
      if (Math.abs(place - share) < Math.abs(places[nearest] - share)) nearest = i;
    });
    if (nearest !== row) show(nearest);
  };
  area.addEventListener("pointermove", point);
  area.addEventListener("pointerdown", point);
  frame.tabIndex = 0;
  frame.setAttribute("role", "group");
  frame.setAttribute("aria-label", figure.querySelector("h3").textContent + ": arrow keys read the figures");
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
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  });
}
