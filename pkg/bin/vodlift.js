#!/usr/bin/env node
// npm links a command when it installs, and in a checkout that is before anything is built.
// So this small file is the command, and the built one is loaded from here.
import { existsSync } from "node:fs";

const cli = new URL("../dist/cli.js", import.meta.url);
if (existsSync(cli)) {
  await import(cli.href);
} else {
  console.error("vodlift is not built yet: run `make build` in the checkout, then try again.");
  process.exitCode = 2;
}
