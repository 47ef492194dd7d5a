// Draws the pictures of the README: the main pages in both languages, on a desk and on a phone.
//
//	node e2e/screenshots.mjs FOLDER

import { mkdir, readdir, rm, stat } from "node:fs/promises";
import path from "node:path";
import { newVisitor, openBrowser, startDemo } from "./harness.mjs";
import { answeredChoices, cardOf, openArea, openSheet, people, pick, save, visitAs } from "./walk.mjs";

const folder = path.resolve(process.argv[2] ?? "docs/screenshots");
const largest = 300_000; // bytes of one picture: a clone stays small

const shots = [
  { name: "units", as: people.leader, to: (p) => p.goto("/units") },
  { name: "sheet", as: people.coordinator, to: sheet },
  { name: "plan", as: people.coordinator, to: (p) => of(p, "/plan?predicate=WBK") },
  { name: "explain", as: people.coordinator, to: (p) => of(p, "/explain/total") },
  { name: "import", as: people.coordinator, to: preview },
];

async function of(page, suffix) {
  await page.goto((await openSheet(page)) + suffix);
}

async function sheet(page) {
  await openSheet(page);
  await openArea(page, 0);
  await page.evaluate(() => scrollTo(0, 0));
}

async function preview(page) {
  const address = await openSheet(page);
  const buffer = await (await page.request.get(`${address}/workbook.xlsx`)).body();
  const id = await answeredChoices(page).last().getAttribute("id");
  await pick(cardOf(page, id));
  await save(page, cardOf(page, id));
  await page.goto(`${address}/import`);
  await page.locator("input[name=file]").setInputFiles({ name: "lke-pengadilan-contoh-01.xlsx", mimeType: "application/octet-stream", buffer });
  await page.locator("form[enctype='multipart/form-data'] button[type=submit]").click();
  await page.waitForURL(/\/imports\//);
}

const browser = await openBrowser();
const server = await startDemo({ courts: 12 });
try {
  await mkdir(folder, { recursive: true });
  for (const old of await readdir(folder)) if (old.endsWith(".png")) await rm(path.join(folder, old));
  for (const lang of ["id", "en"]) {
    for (const { width, height, dark } of [{ width: 1440, height: 900 }, { width: 360, height: 740 }, { width: 1440, height: 900, dark: true }]) {
      for (const shot of shots) {
        if (dark && (shot.name !== "sheet" || lang !== "id")) continue;
        const visitor = await visitAs(newVisitor, browser, server, shot.as, { lang, width, height, dark });
        // A person's own language stands in the account; the picture's is asked for there.
        await speak(visitor.page, lang);
        await shot.to(visitor.page);
        const file = path.join(folder, `${shot.name}-${lang}-${width}${dark ? "-dark" : ""}.png`);
        await visitor.page.screenshot({ path: file, animations: "disabled" });
        const { size } = await stat(file);
        if (size > largest) throw new Error(`${file} has ${size} bytes, more than ${largest}`);
        console.log(`${path.relative(process.cwd(), file)} ${(size / 1000).toFixed(0)} kB`);
        await visitor.close();
      }
    }
  }
} finally {
  await browser.close();
  await server.stop();
}

// speak changes the language of the signed-in person where it is another one.
async function speak(page, lang) {
  await page.goto("/units");
  if ((await page.locator("html").getAttribute("lang")) === lang) return;
  await page.locator(`form[action='/account/language'] button[value='${lang}'], form[action='/account/language']:has(input[value='${lang}']) button`).first().click();
  await page.waitForLoadState();
}
