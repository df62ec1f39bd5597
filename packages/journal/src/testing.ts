export { createFaultyFiles, fileCalls } from "./faulty-files.js";
export type { DecideFault, FaultyFiles, FileCall } from "./faulty-files.js";
export { createMachine } from "./machine.js";
export type { Machine, MachineProcess } from "./machine.js";
export { createMemoryFiles } from "./memory-files.js";
export type { MemoryFile, MemoryFiles } from "./memory-files.js";
