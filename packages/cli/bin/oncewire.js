#!/usr/bin/env node
import { exitCodes, main } from "../dist/index.js";

const code = await main(process.argv.slice(2));
// The channel to a supervisor, or what a command that was interrupted still waited for, would keep the process for ever.
if (process.connected || code === exitCodes.interrupted) process.exit(code);
process.exitCode = code;
