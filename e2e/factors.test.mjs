// Second steps at sign-in: an authenticator app and recovery codes without script, passkeys with the browser's own
// virtual authenticator, and the question before a decisive act.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { axe, newVisitor, openBrowser, overflow, password, signIn, startDemo } from "./harness.mjs";
import { fine, people } from "./walk.mjs";

const step = () => Math.floor(Date.now() / 30_000);

// codeOf is what an authenticator app shows at a time step (RFC 6238).
function codeOf(secret, at = step()) {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  const bits = [...secret.replaceAll(" ", "")].map((c) => letters.indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(at));
  const sum = createHmac("sha1", key).update(counter).digest();
  const from = sum[19] & 15;
  return String((sum.readUInt32BE(from) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

// door gives login and password and waits for what comes next.
async function door(page, login) {
  await page.goto("/signin");
  await page.locator("input[name=login]").fill(login);
  await page.locator("input[name=password]").fill(password);
  await page.locator("form[action='/signin'] button[type=submit]").click();
  await page.waitForURL("**/signin/factor**");
}

// looks runs the rules of accessibility and width over a page as it stands.
async function looks(page) {
  const { violations } = await axe(page);
  assert.deepEqual(violations, []);
  assert.deepEqual(await overflow(page), []);
}

for (const database of ["sqlite", "postgres"]) {
  describe(`second steps on ${database}`, () => {
    let browser, server;

    before(async () => {
      [browser, server] = await Promise.all([openBrowser(), startDemo({ database, courts: 1, years: 1 })]);
    });

    after(async () => {
      await browser?.close();
      await server?.stop();
    });

    test("an authenticator app is set up and used, and a recovery code stands in for it, all without script", async () => {
      const one = await newVisitor(browser, server, { script: false, width: 360 });
      const { page } = one;
      await signIn(page, people.coordinator);
      await page.goto("/account/factors");
      await page.locator("form[action='/account/app'] button").click();
      await page.waitForURL("**/account/app");
      assert.ok(await page.locator("svg.z-qr").isVisible());
      const secret = await page.locator("p.z-code").innerText();
      const used = step();
      await page.locator("input[name=code]").fill(codeOf(secret, used));
      await page.locator("form[action='/account/app/confirm'] button").click();
      const codes = await page.locator("ol.z-codes code").allInnerTexts();
      assert.equal(codes.length, 10);
      await page.locator("a[href='/account/factors']").last().click();
      await page.locator("form[action='/account/recovery']").waitFor({ state: "attached" });
      await page.locator("form[action='/signout'] button").first().click();

      await door(page, people.coordinator);
      await page.locator("input[name=code]").fill(codeOf(secret, used));
      await page.locator("form[action='/signin/factor'] button[type=submit]").click();
      assert.ok(await page.locator("#summary").isVisible(), "a code that was used lets in again");
      await page.locator("input[name=code]").fill(codeOf(secret, used + 1));
      await page.locator("form[action='/signin/factor'] button[type=submit]").click();
      await page.waitForURL((url) => !url.pathname.startsWith("/signin"));

      await page.goto("/account");
      await page.locator("form[action='/signout'] button").first().click();
      await door(page, people.coordinator);
      await page.locator("input[name=code]").fill(codes[0].toLowerCase());
      await page.locator("form[action='/signin/factor'] button[type=submit]").click();
      await page.waitForURL((url) => !url.pathname.startsWith("/signin"));
      fine(one);
      await one.close();
    });

    test("a passkey is added, signs in, and is removed", async () => {
      const one = await newVisitor(browser, server);
      const { page } = one;
      const cdp = await one.context.newCDPSession(page);
      await cdp.send("WebAuthn.enable");
      await cdp.send("WebAuthn.addVirtualAuthenticator", {
        options: { protocol: "ctap2", transport: "usb", hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
      });
      await signIn(page, people.member);
      await page.goto("/account/factors");
      await looks(page);
      await page.locator("form[action='/account/passkeys/new'] button").click();
      await page.waitForURL("**/account/passkeys/new");
      await looks(page);
      await page.locator("input[name=name]").fill("Kunci uji");
      await page.locator("button[data-passkey]").click();
      await page.locator("ol.z-codes").waitFor();
      await looks(page);
      await page.goto("/account/factors");
      await page.getByText("Kunci uji").first().waitFor();
      await looks(page);
      await page.goto("/account");
      await looks(page);
      await page.locator("form[action='/signout'] button").first().click();

      await door(page, people.member);
      await looks(page);
      await page.locator("button[data-passkey]").click();
      await page.waitForURL((url) => !url.pathname.startsWith("/signin"));

      await page.goto("/account/factors");
      await page.locator("details.z-confirm summary").first().click();
      await page.locator("form[action^='/account/passkeys/'][action$='/remove'] button").click();
      await page.locator("form[action='/account/recovery']").waitFor({ state: "detached" });
      await page.locator("form[action='/signout'] button").first().click();
      await signIn(page, people.member);
      fine(one);
      await one.close();
    });
  });
}
