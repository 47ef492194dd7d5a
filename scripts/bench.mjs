// Runs the benchmarks whose names carry an ID of docs/performance.md and prints its table. Packages run one after
// another, so that they do not take the machine from each other; durable figures are read beside the rate of fdatasync.
//
//	make bench              all of them
//	make bench BENCH=PF2    those of one ID

import { execFileSync, spawn } from "node:child_process";
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";

const only = process.argv[2] ?? "PF";
const before = syncsPerSecond();
const { rows, failed } = await run(only);

console.log(`\n${cpus().length} cores (${cpus()[0].model.trim()}), ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${goVersion()}.`);
console.log(`fdatasync of 128 B appends: ${before}/s before, ${syncsPerSecond()}/s after the run.\n`);
if (rows.length === 0) {
  console.log(`no benchmark is named ${only}`);
  process.exitCode = 1;
} else {
  console.log("| id | work | time | further figures |\n|---|---|---|---|");
  for (const r of rows) console.log(`| ${r.id} | ${r.work} | ${r.time} | ${r.further} |`);
}
if (failed) process.exitCode = 1;

// run starts the benchmarks and reads their result lines; everything else they say goes to the terminal as it comes.
function run(name) {
  const args = ["test", "-run", "^$", "-bench", `^Benchmark${name}([^0-9]|$)`.replace("PF([^0-9]|$)", "PF"), "-benchmem", "-p", "1", "-timeout", "60m", "./..."];
  const go = spawn("go", args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, CGO_ENABLED: "0" } });
  const rows = [];
  createInterface({ input: go.stdout }).on("line", (line) => {
    const row = parse(line);
    if (row) rows.push(row);
    if (!/^(ok|PASS|goos|goarch|pkg|cpu|\?)/.test(line)) console.log(line);
  });
  return new Promise((done) =>
    go.on("close", (code) => done({ rows: rows.sort((a, b) => a.order - b.order || 0), failed: code !== 0 })),
  );
}

// parse reads "BenchmarkPF2ScoresOneSheet/first-2   100   12345 ns/op   3 allocs/op   4.1 ratio".
function parse(line) {
  const m = /^BenchmarkPF(\d+)(\S*?)(?:-\d+)?\s+(\d+)\s+(.*)$/.exec(line);
  if (!m) return undefined;
  const figures = [...m[4].matchAll(/([\d.e+-]+) (\S+)/g)].map(([, value, unit]) => ({ value: Number(value), unit }));
  const time = figures.find((f) => f.unit === "ns/op");
  const further = figures.filter((f) => f.unit !== "ns/op" && f.unit !== "B/op").map(({ value, unit }) => `${short(value)} ${unit}`);
  return { order: Number(m[1]), id: `PF-${m[1]}`, work: words(m[2]), time: time ? span(time.value) : "", further: further.join(", ") };
}

// words turns ScoresOneSheet/at_8_clients into "scores one sheet, at 8 clients".
function words(name) {
  return name
    .split("/")
    .map((part) => part.replaceAll("_", " ").replace(/([a-z0-9])([A-Z])/g, "$1 $2").toLowerCase().trim())
    .filter(Boolean)
    .join(", ");
}

function span(ns) {
  for (const [unit, size] of [["s", 1e9], ["ms", 1e6], ["µs", 1e3]]) if (ns >= size) return `${short(ns / size)} ${unit}`;
  return `${short(ns)} ns`;
}

function short(n) {
  return n >= 1000 ? Math.round(n).toLocaleString("en") : Number(n.toPrecision(3)).toString();
}

function syncsPerSecond() {
  const dir = mkdtempSync(path.join(tmpdir(), "zona-sync-"));
  const fd = openSync(path.join(dir, "log"), "a");
  const line = Buffer.alloc(128, "x");
  const started = process.hrtime.bigint();
  let n = 0;
  while (process.hrtime.bigint() - started < 500_000_000n) {
    writeSync(fd, line);
    fdatasyncSync(fd);
    n++;
  }
  closeSync(fd);
  rmSync(dir, { recursive: true });
  return n * 2;
}

function goVersion() {
  return execFileSync("go", ["env", "GOVERSION"]).toString().trim();
}
