// A court with one unit and five people, from an empty instance, by the pages alone: whoever does it follows what each
// page says next. Every page that is shown counts.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, newVisitor, openBrowser, overflow, password, startEmpty } from "./harness.mjs";
import { fine } from "./walk.mjs";
import { verdicts } from "./verdicts.mjs";

const mostPages = 15;

// office is everybody beside the one who sets the instance up.
const office = [
  { name: "Wati Contoh", login: "wati@pn-contoh.example", role: "unit_head" },
  { name: "Sari Contoh", login: "sari@pn-contoh.example", role: "coordinator" },
  { name: "Budi Contoh", login: "budi@pn-contoh.example", role: "member" },
  { name: "Dian Contoh", login: "dian@pn-contoh.example", role: "member" },
  { name: "Eko Contoh", login: "eko@pn-contoh.example", role: "employee" },
];

let browser;

before(async () => {
  browser = await openBrowser();
});

after(() => browser?.close());

// counted counts the pages that a visitor is shown, and looks at each: nothing sticks out, nobody is shut out.
function counted(visitor, look) {
  const pages = [];
  return {
    pages,
    async shown() {
      const where = `${new URL(visitor.page.url()).pathname}: ${await visitor.page.locator("h1").innerText()}`;
      pages.push(where);
      // The rules run as a script of the page; a browser without script is shown the same pages.
      const { violations, incomplete } = look.script ? await axe(visitor.page) : { violations: [], incomplete: [] };
      const unseen = incomplete.filter((i) => !verdicts.some((v) => v.finding.test(i)));
      assert.deepEqual([...violations, ...unseen, ...(await overflow(visitor.page))], [], where);
    },
  };
}

// setUpCode is what the server prints at its first start.
async function setUpCode(server) {
  for (let tries = 0; tries < 100; tries++) {
    const code = /\n {4}([0-9A-Z]+(?:-[0-9A-Z]+)+)\n/.exec(server.said())?.[1];
    if (code) return code;
    await new Promise((done) => setTimeout(done, 50));
  }
  return assert.fail(`no set-up code in:\n${server.said()}`);
}

for (const look of [{ script: true, width: 1440 }, { script: false, width: 360 }]) {
  test(`from an empty instance to a court with one unit and five people in at most ${mostPages} pages, ${look.width} px, ${look.script ? "with" : "without"} script`, async (t) => {
    const server = await startEmpty();
    t.after(() => server.stop());
    const admin = await newVisitor(browser, server, { width: look.width, script: look.script });
    const { page } = admin;
    const count = counted(admin, look);
    // next follows the one thing that the page offers first.
    const next = async () => {
      await page.locator("main a.btn-primary").click();
      await page.waitForLoadState();
      await count.shown();
    };
    const send = async () => {
      await page.locator("main form button.btn-primary[type=submit]").click();
      await page.waitForLoadState();
      await count.shown();
    };

    await page.goto("/setup");
    await count.shown();
    await page.locator("input[name=code]").fill(await setUpCode(server));
    await page.locator("input[name=name]").fill("Rina Contoh");
    await page.locator("input[name=login]").fill("rina@pn-contoh.example");
    await page.locator("input[name=password]").fill(password);
    await page.locator("input[name=again]").fill(password);
    await send();

    await next();
    await page.locator("input[name=name]").fill("Pengadilan Negeri Contoh");
    await page.locator("input[name=kind][value=kl]").check();
    await send();

    await next();
    await page.locator("input[name=name]").fill("PN Contoh");
    await send();

    await next(); // a period of this year is filled in already
    const year = new Date().getFullYear();
    await page.locator("input[name=opens]").fill(`${year}-01-01`);
    await page.locator("input[name=deadline]").fill(`${year}-12-31`);
    await send();

    await next();
    for (const [n, who] of office.entries()) {
      await page.locator(`input[name="name.${n}"]`).fill(who.name);
      await page.locator(`input[name="login.${n}"]`).fill(who.login);
      await page.locator(`select[name="role.${n}"]`).selectOption(who.role);
    }
    await send();
    const codes = await page.locator(".z-code").allInnerTexts();
    assert.equal(new Set(codes).size, office.length, "not everybody has a code of his own");

    await next();
    const people = await page.locator("tbody tr th").allInnerTexts();
    for (const who of office) assert.ok(people.some((row) => row.includes(who.name)), `${who.name} is not among the people`);
    assert.ok(count.pages.length <= mostPages, `${count.pages.length} pages:\n${count.pages.join("\n")}`);
    t.diagnostic(`${count.pages.length} pages: ${count.pages.join(" > ")}`);

    // What they were invited to works: the coordinator comes in with the code and begins the sheet from the first page.
    const sari = await newVisitor(browser, server, { width: look.width, script: look.script });
    await sari.page.goto("/invitation");
    await sari.page.locator("input[name=code]").fill(codes[1]);
    await sari.page.locator("input[name=password]").fill(password);
    await sari.page.locator("input[name=again]").fill(password);
    await sari.page.locator("main form button.btn-primary[type=submit]").click();
    await sari.page.locator("main form[action$='/sheet'] button[type=submit]").click();
    await sari.page.waitForURL(/\/sheets\//);
    await sari.page.locator("article.q form").first().waitFor();
    fine(admin);
    fine(sari);
    await sari.close();
    await admin.close();
  });
}
