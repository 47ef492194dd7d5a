// A forgotten password, from the door and back to it: asked for, read in the outbox of the demo, set anew.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { axe, newVisitor, openBrowser, overflow, password, signIn, startDemo } from "./harness.mjs";
import { fine, people } from "./walk.mjs";

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startDemo({ courts: 1, years: 1 })]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function looks(page) {
  const { violations } = await axe(page);
  assert.deepEqual(violations, []);
  assert.deepEqual(await overflow(page), []);
}

// letter reloads the outbox until the mail to somebody is there, and returns its link.
async function letter(page, to) {
  const link = page.locator("section", { hasText: to }).locator("a[href^='/reset/']").first();
  for (let tries = 0; tries < 100; tries++) {
    await page.goto("/outbox");
    if (await link.count()) return link;
    await page.waitForTimeout(200);
  }
  return assert.fail(`no mail to ${to}`);
}

for (const { script, login, name } of [
  { script: true, login: people.leader, name: "with script" },
  { script: false, login: people.head, name: "without script" },
]) {
  test(`whoever forgot the password sets a new one by the code of a mail and signs in with it, ${name}`, async () => {
    const changed = "perahu kertas di sungai kecil 2026";
    const one = await newVisitor(browser, server, { script, width: 360 });
    const { page } = one;
    await page.goto("/signin");
    await page.locator("a[href='/forgot']").click();
    await page.waitForURL("**/forgot");
    if (script) await looks(page);
    await page.locator("input[name=login]").fill(login);
    await page.locator("form[action='/forgot'] button[type=submit]").click();
    await page.locator("#notice .z-info").waitFor();

    await (await letter(page, login)).click();
    await page.waitForURL("**/reset/**");
    if (script) await looks(page);
    await page.locator("input[name=password]").fill(changed);
    await page.locator("input[name=again]").fill(changed);
    const code = await page.locator("input[name=code]").inputValue();
    await page.locator("form[action='/reset'] button[type=submit]").click();
    await page.locator("#notice .z-good").waitFor();
    assert.match(page.url(), /\/signin$/);

    await page.locator("input[name=login]").fill(login);
    await page.locator("input[name=password]").fill(password);
    await page.locator("form[action='/signin'] button[type=submit]").click();
    assert.ok(await page.locator("#summary").isVisible(), "the old password still lets in");
    await page.locator("input[name=password]").fill(changed);
    await page.locator("form[action='/signin'] button[type=submit]").click();
    await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
    await page.locator("form[action='/signout'] button").first().click();

    // The code has been used up.
    await page.goto("/reset");
    await page.locator("input[name=code]").fill(code);
    await page.locator("input[name=password]").fill(password);
    await page.locator("input[name=again]").fill(password);
    await page.locator("form[action='/reset'] button[type=submit]").click();
    await page.locator("#summary").waitFor();
    fine(one);
    await one.close();
  });
}

test("control: who did not ask finds no mail, and the password stays", async () => {
  const one = await newVisitor(browser, server);
  await one.page.goto("/outbox");
  assert.equal(await one.page.locator("section", { hasText: people.member }).count(), 0);
  await signIn(one.page, people.member);
  fine(one);
  await one.close();
});
