#!/usr/bin/env node
import { main } from "../dist/index.js";

const code = await main(process.argv.slice(2));
// The channel to a supervisor would keep the process for ever.
if (process.connected) process.exit(code);
process.exitCode = code;
