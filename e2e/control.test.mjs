// The controls of the browser tests: each ear must hear what it is there for. Pages with known faults are laid before it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";
import { axe, inline, newVisitor, openBrowser, overflow } from "./harness.mjs";

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";

const pages = {
  "/": "<!doctype html><html lang=en><title>Fine</title><main><h1>Fine</h1><p>Nothing is wrong here.</p></main>",
  "/unnamed": "<!doctype html><html><title>Faults</title><main><h1>Faults</h1><img src='/x.png'><input></main>",
  "/styled": "<!doctype html><html lang=en><title>Styled</title><main><h1 style='color:red'>Styled</h1></main>",
  "/script": "<!doctype html><html lang=en><title>Script</title><main><h1>Script</h1><script>document.title = 'ran'</script></main>",
  "/wide": "<!doctype html><html lang=en><title>Wide</title><main><h1>Wide</h1><svg width=3000 height=10></svg></main>",
  "/broken": "<!doctype html><html lang=en><title>Broken</title><main><h1>Broken</h1><script src='/broken.js'></script></main>",
  "/elsewhere": "<!doctype html><html lang=en><title>Elsewhere</title><main><h1>Elsewhere</h1><img alt='' src='http://127.0.0.1:9/x.png'></main>",
};

let browser, server;

before(async () => {
  const http = createServer((request, response) => {
    response.setHeader("Content-Security-Policy", policy);
    if (request.url === "/broken.js") {
      response.setHeader("Content-Type", "text/javascript");
      return response.end("throw new Error('broken on purpose')");
    }
    if (request.url === "/favicon.ico") {
      response.statusCode = 204;
      return response.end();
    }
    response.setHeader("Content-Type", "text/html; charset=utf-8");
    response.statusCode = pages[request.url] ? 200 : 500;
    response.end(pages[request.url] ?? "<!doctype html><html lang=en><title>500</title><h1>500</h1>");
  });
  await new Promise((done) => http.listen(0, "127.0.0.1", done));
  server = { url: `http://127.0.0.1:${http.address().port}`, close: () => new Promise((done) => http.close(done)) };
  browser = await openBrowser();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const visit = async (path, options) => {
  const visitor = await newVisitor(browser, server, options);
  await visitor.page.goto(path);
  await visitor.page.waitForLoadState("networkidle");
  return visitor;
};

test("AX-01 control: a page with faults is reported and a sound one is not", async () => {
  const faulty = await visit("/unnamed");
  const found = (await axe(faulty.page)).violations.map((line) => line.split(":")[0]);
  for (const rule of ["html-has-lang", "image-alt", "label"]) assert.ok(found.includes(rule), `${rule} was not reported in ${found}`);
  await faulty.close();
  const sound = await visit("/");
  assert.deepEqual((await axe(sound.page)).violations, []);
  assert.deepEqual(sound.problems, []);
  await sound.close();
});

test("AX-04 control: a page that must be scrolled sideways is reported", async () => {
  const wide = await visit("/wide", { width: 320 });
  assert.notDeepEqual(await overflow(wide.page), []);
  await wide.close();
  const sound = await visit("/", { width: 320 });
  assert.deepEqual(await overflow(sound.page), []);
  await sound.close();
});

test("WB-01 control: style and script in a page are reported, by the reader and by the browser", async () => {
  for (const [path, what] of [["/styled", /style attribute/], ["/script", /inline script/]]) {
    assert.match(inline(pages[path]).join(), what);
    const bad = await visit(path);
    assert.ok(bad.problems.some((p) => /Content Security Policy/i.test(p)), `${path}: ${bad.problems}`);
    await bad.close();
  }
  assert.match(inline("<a onclick=go()>x</a>").join(), /onclick/);
  assert.match(inline("<a href='javascript:go()'>x</a>").join(), /script in href/);
  assert.match(inline("<style>a{}</style>").join(), /style element/);
  assert.deepEqual(inline(pages["/"] + '<script type="module" src="/a.js"></script><p data-style="x" title="on click=1">a</p>'), []);
});

test("WB-01 control: script errors, server errors and other hosts are reported", async () => {
  for (const [path, what] of [["/broken", /broken on purpose/], ["/elsewhere", /another host/], ["/nowhere", /500 from/]]) {
    const bad = await visit(path);
    assert.ok(bad.problems.some((p) => what.test(p)), `${path}: ${bad.problems}`);
    await bad.close();
  }
});
