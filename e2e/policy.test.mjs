// WB-01: the headers of every kind of answer, and no inline script or style in any document that is sent.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inline, newVisitor, openBrowser, startDemo } from "./harness.mjs";
import { fine, openSheet, people, visitAs } from "./walk.mjs";

const directives = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self' data:",
  "font-src": "'self'",
  "connect-src": "'self'",
  "form-action": "'self'",
  "base-uri": "'none'",
  "object-src": "'none'",
  "frame-ancestors": "'none'",
};

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([openBrowser(), startDemo()]);
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

// missing lists what an answer's headers lack.
function missing(headers) {
  const out = [];
  const policy = Object.fromEntries(
    (headers["content-security-policy"] ?? "").split(";").map((d) => d.trim().split(/\s+/)).filter(([n]) => n).map(([name, ...values]) => [name, values.join(" ")]),
  );
  for (const [name, value] of Object.entries(directives)) if (policy[name] !== value) out.push(`${name} is ${policy[name]}`);
  if (/unsafe|\*/.test(headers["content-security-policy"] ?? "")) out.push("the policy makes an exception");
  if (headers["x-content-type-options"] !== "nosniff") out.push("no nosniff");
  if (headers["referrer-policy"] !== "no-referrer") out.push("no Referrer-Policy");
  if (headers["cross-origin-opener-policy"] !== "same-origin") out.push("no Cross-Origin-Opener-Policy");
  return out;
}

test("WB-01 every answer carries the headers and no document holds inline script or style", async () => {
  const one = await visitAs(newVisitor, browser, server, people.coordinator);
  const admin = await visitAs(newVisitor, browser, server, people.admin);
  const address = await openSheet(one.page);
  const asset = await one.page.locator("link[rel=stylesheet]").getAttribute("href");
  await admin.page.goto("/admin");
  const institution = /^\/admin\/institutions\/[^/]+/.exec(await admin.page.locator("main a[href^='/admin/institutions/']:not([href$='/new'])").first().getAttribute("href"))[0];

  const asked = [
    ...["/", "/signin", "/invitation", "/help", "/nowhere", "/livez", "/robots.txt", "/.well-known/security.txt", asset, "/units", "/account", "/admin", address].map((path) => [one, path]),
    ...["/print", "/whatif", "/import", "/plan?predicate=WBK", "/explain/total", "/explain/A", "/workbook.xlsx", "/answers.json", "/version", "/nothing"].map((path) => [one, address + path]),
    ...["/admin", institution, `${institution}/units`, `${institution}/units/new`, `${institution}/periods`, `${institution}/periods/new`, `${institution}/people`, `${institution}/people/new`].map((path) => [admin, path]),
  ];
  const found = [];
  let documents = 0;
  for (const [visitor, path] of asked) {
    for (const headers of [{}, { "HX-Request": "true" }]) {
      const answer = await visitor.context.request.get(path, { maxRedirects: 0, headers });
      for (const what of missing(answer.headers())) found.push(`GET ${path} (${answer.status()}): ${what}`);
      if (/text\/html/.test(answer.headers()["content-type"] ?? "")) {
        documents++;
        for (const what of inline(await answer.text())) found.push(`GET ${path}: ${what}`);
      }
    }
  }
  // Refusals: no token, a method that is not there, a redirect to the door.
  const stranger = await newVisitor(browser, server);
  for (const [method, path] of [["post", "/signin"], ["post", `${address}/answers/A.I.1.i.a`], ["delete", "/units"], ["get", "/units"]]) {
    const answer = await stranger.context.request[method](path, { maxRedirects: 0 });
    for (const what of missing(answer.headers())) found.push(`${method} ${path} (${answer.status()}): ${what}`);
  }
  assert.ok(documents > 20, `only ${documents} documents were read`);
  assert.deepEqual(found, []);
  await stranger.close();
  await admin.close();
  await one.close();
});

test("WB-01 control: an answer without its headers is reported", () => {
  assert.ok(missing({}).length >= Object.keys(directives).length + 3);
  const policy = Object.entries(directives).map((d) => d.join(" ")).join("; ").replace("script-src 'self'", "script-src 'self' 'unsafe-inline'");
  const found = missing({ "content-security-policy": policy, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin" });
  assert.deepEqual(found, ["script-src is 'self' 'unsafe-inline'", "the policy makes an exception"]);
});

test("WB-01 the pages run under the policy without one violation, with the hypermedia library at work", async () => {
  const one = await visitAs(newVisitor, browser, server, people.coordinator, { lang: "en" });
  const address = await openSheet(one.page);
  for (const path of ["", "/plan?predicate=WBBM", "/whatif", "/import", "/print"]) {
    await one.page.goto(address + path);
    await one.page.waitForLoadState("networkidle");
  }
  fine(one);
  await one.close();
});
