export { exitCodes } from "./exit-codes.js";
export type { ExitCode } from "./exit-codes.js";
export { main } from "./program.js";
export type { Terminal } from "./terminal.js";
