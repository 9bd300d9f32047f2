// Opens pages of runs in Chromium and checks what a reader would see. Called by report-page.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { chromium } = require("playwright-core");
const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [executable, out, ...runs] = process.argv.slice(2);
const SIZES = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 900 } };
const PLOTS = ["rates", "in-flight", "latency", "spectrum", "heat-map", "lag", "processor"];
const failures = [];
const check = (holds, what) => holds || failures.push(what);

/** What can be seen of the page: plots without a shape, labels upon labels, boxes wider than the screen. */
function look() {
  const figures = [...document.querySelectorAll("figure.plot")];
  const empty = figures.filter((figure) => {
    const boxes = [...figure.querySelectorAll(".area svg path")].map((path) => path.getBBox());
    return !boxes.some((box) => box.width > 50 && box.height > 0.1) && !boxes.some((box) => box.height > 5);
  });
  const overlaps = [];
  for (const svg of document.querySelectorAll(".left, .below, .area")) {
    const boxes = [...svg.querySelectorAll("text")]
      .filter((text) => getComputedStyle(text).display !== "none")
      .map((text) => [text.textContent, text.getBoundingClientRect()]);
    boxes.forEach(([a, one], i) =>
      boxes.slice(i + 1).forEach(([b, two]) => {
        const apart = one.right <= two.left || two.right <= one.left || one.bottom <= two.top || two.bottom <= one.top;
        if (!apart) overlaps.push(`${svg.closest("figure").id}: ${a} | ${b}`);
      }),
    );
    for (const [text, box] of boxes) {
      if (box.left < 0 || box.right > innerWidth) overlaps.push(`${svg.closest("figure").id}: ${text} is cut off`);
    }
  }
  return {
    ids: figures.map((figure) => figure.id),
    empty: empty.map((figure) => figure.id),
    overlaps,
    wide: document.documentElement.scrollWidth > innerWidth,
  };
}

async function open(context, file) {
  const page = await context.newPage();
  const said = [];
  const requests = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(String(error)));
  page.on("request", (request) => requests.push(request.url()));
  page.on("dialog", (dialog) => said.push(`dialog: ${dialog.message()}`) && dialog.dismiss());
  await page.goto(`file://${path.resolve(file)}`, { waitUntil: "load" });
  const times = await page.evaluate(async () => {
    // What is painted is told of a little later.
    const painted = () => performance.getEntriesByName("first-contentful-paint").length > 0;
    for (let frame = 0; frame < 120 && !painted(); frame++) await new Promise(requestAnimationFrame);
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    const { loadEventEnd, domInteractive } = performance.getEntriesByType("navigation")[0];
    return { load: loadEventEnd, interactive: domInteractive, paint: paint?.startTime };
  });
  return { page, said, requests, times };
}

/** The pictures of docs/report.md: parts of the page side by side, as a reader meets them. */
async function pictures(browser) {
  const file = path.join(out, "compared", "report.html");
  const part = async (viewport, colorScheme, anchor) => {
    const context = await browser.newContext({ viewport, colorScheme });
    const { page } = await open(context, file);
    await page.evaluate((anchor) => document.getElementById(anchor)?.scrollIntoView(), anchor);
    const png = await page.screenshot();
    await context.close();
    return png.toString("base64");
  };
  const desktop = { width: 1280, height: 1700 };
  const sides = {
    desktop: [[desktop, "light", ""], [desktop, "dark", "latency"]],
    phone: [["light", ""], ["light", "load"], ["dark", "latency"], ["dark", "heat-map"]].map((p) => [SIZES.phone, ...p]),
  };
  for (const [name, parts] of Object.entries(sides)) {
    const images = [];
    for (const [viewport, scheme, anchor] of parts) images.push(await part(viewport, scheme, anchor));
    const page = await browser.newPage({ viewport: { width: 1640, height: 900 } });
    const width = Math.floor((1640 - 12 * (images.length + 1)) / images.length);
    await page.setContent(`<body style="margin:0;background:#8a94a3"><div style="display:flex;gap:12px;padding:12px">` +
      images.map((png) => `<img width="${width}" src="data:image/png;base64,${png}">`).join("") + "</div>");
    await page.locator("div").screenshot({ path: path.join(out, `report-${name}.png`) });
    await page.close();
  }
}

async function main() {
  const browser = await chromium.launch({
    executablePath: executable,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
      "--disable-sync", "--no-first-run"],
  });
  console.log(`Chromium ${browser.version()}, ${os.cpus().length} processors, load ${os.loadavg()[0].toFixed(1)}`);
  for (const run of runs) {
    const file = path.join(out, run, "report.html");
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of ["light", "dark"]) {
        const where = `${run} ${size} ${colorScheme}`;
        const context = await browser.newContext({ viewport, colorScheme, deviceScaleFactor: 1 });
        const { page, said, requests, times } = await open(context, file);
        const seen = await page.evaluate(look);
        for (const plot of PLOTS) check(seen.ids.includes(`plot-${plot}`), `${where}: no plot ${plot}`);
        check(seen.empty.length === 0, `${where}: nothing drawn in ${seen.empty}`);
        check(seen.overlaps.length === 0, `${where}: labels overlap: ${seen.overlaps.join("; ")}`);
        check(!seen.wide, `${where}: wider than the screen`);
        await page.screenshot({ path: path.join(out, `${run}-${size}-${colorScheme}.png`), fullPage: true });

        await page.locator("#plot-latency .area").hover({ position: { x: 120, y: 80 } });
        const pointed = await page.locator("#plot-latency output").textContent();
        await page.locator("#plot-spectrum .frame").focus();
        await page.keyboard.press("End");
        const typed = await page.locator("#plot-spectrum output").textContent();
        check(/p99/.test(pointed) && /response/.test(typed), `${where}: the figures are not read: ${pointed} | ${typed}`);

        await page.evaluate(axe);
        const { violations } = await page.evaluate(() =>
          axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] }));
        for (const { id, nodes } of violations) {
          failures.push(`${where}: ${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 120)).join(" … ")}`);
        }
        check(said.length === 0, `${where}: the console says ${said.join("; ")}`);
        const elsewhere = requests.filter((url) => !url.startsWith("file://") && !url.startsWith("data:"));
        check(requests.filter((url) => url.startsWith("file://")).length === 1 && elsewhere.length === 0,
          `${where}: requests to ${requests.join(", ")}`);
        const [load, paint, interactive] = [times.load, times.paint, times.interactive].map((ms) => Math.round(ms));
        console.log(`${where.padEnd(24)} ${(fs.statSync(file).size / 1e6).toFixed(2)} MB  load ${load} ms  ` +
          `first paint ${paint} ms  interactive ${interactive} ms  ${seen.ids.length} plots`);
        await context.close();
      }
    }
  }
  // The choice of colours works, also against the system's; and paper is white.
  const context = await browser.newContext({ colorScheme: "dark", viewport: SIZES.desktop });
  const { page } = await open(context, path.join(out, runs[0], "report.html"));
  const colour = () => page.evaluate(() => getComputedStyle(document.querySelector("section")).backgroundColor);
  const dark = await colour();
  await page.locator("label", { hasText: "Light" }).click();
  const light = await colour();
  check(dark !== light && light === "rgb(255, 255, 255)", `colours: ${dark} ${light}`);
  await page.locator("label", { hasText: "Dark" }).click();
  await page.emulateMedia({ media: "print" });
  check((await colour()) === "rgb(255, 255, 255)", "paper is not white");
  await page.pdf({ path: path.join(out, "print.pdf"), format: "A4", printBackground: true });
  await pictures(browser);
  await browser.close();
  console.log(failures.length === 0 ? "all pages are as they should be" : failures.join("\n"));
  process.exit(failures.length === 0 ? 0 : 1);
}

main();
