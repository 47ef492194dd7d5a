// Runs `go test -json` with the given arguments and says what a person needs: one line per package, the whole output
// of what failed, and every skipped test by name with its reason. With ZONA_TEST_REQUIRE=all a test that skips because
// something is missing counts as failed: passing by skipping is not passing.
//
//	node scripts/gotest.mjs -race ./...

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const strict = process.env.ZONA_TEST_REQUIRE === "all";

// Skips that somebody asked for: the night tier, and what -short leaves to the run without it.
const asked = /nightly|ZONA_NIGHTLY|short|race detector/i;

const go = spawn("go", ["test", "-json", ...process.argv.slice(2)], { stdio: ["ignore", "pipe", "inherit"] });
const output = new Map(); // package/test -> its lines
const skipped = [];
const count = { pass: 0, fail: 0, skip: 0 };

createInterface({ input: go.stdout }).on("line", (line) => {
  let event;
  try {
    event = JSON.parse(line);
  } catch {
    console.log(line);
    return;
  }
  const name = event.Package ?? event.ImportPath ?? "";
  const key = event.Test ? `${name} ${event.Test}` : name;
  if (event.Action === "output" || event.Action === "build-output") {
    output.set(key, (output.get(key) ?? "") + event.Output);
    return;
  }
  if (!["pass", "fail", "skip"].includes(event.Action)) return;
  const text = output.get(key) ?? "";
  output.delete(key);
  if (event.Test) {
    count[event.Action]++;
    if (event.Action === "fail") console.log(`--- FAIL ${key}\n${text}`);
    if (event.Action === "skip") skipped.push({ key, reason: reasonIn(text) });
  } else if (event.Action === "fail") {
    console.log(`FAIL ${name}\n${output.get(event.FailedBuild ?? "") ?? ""}${text}`);
    if (!text.includes("--- FAIL")) count.fail++;
  } else if (event.Action === "pass") {
    console.log(`ok   ${name} ${event.Elapsed.toFixed(1)}s${text.includes("(cached)") ? " (cached)" : ""}`);
  }
});

go.on("close", (code) => {
  const missing = skipped.filter(({ reason }) => !asked.test(reason));
  for (const { key, reason } of missing) console.log(`not run: ${key}: ${reason}`);
  if (skipped.length > missing.length) {
    console.log(`left to another tier: ${skipped.length - missing.length} (${skipped.filter(({ reason }) => asked.test(reason)).map(({ key }) => key.split(" ")[1]).slice(0, 12).join(", ")})`);
  }
  console.log(`${count.pass} passed, ${count.fail} failed, ${count.skip} skipped`);
  if (strict && missing.length > 0) {
    console.log(`${missing.length} test(s) did not run for want of something: see "not run" above`);
    process.exitCode = 1;
  }
  if (code !== 0 || count.fail > 0) process.exitCode = 1;
});

// reasonIn finds what the test said on skipping.
function reasonIn(text) {
  const lines = text.split("\n").filter((l) => l.trim() && !/^\s*(===|---)/.test(l));
  return lines.map((l) => l.trim().replace(/^\S+\.go:\d+: /, "")).join(" ") || "no reason given";
}
