/**
 * A logger that writes to the console from a level on. Only for the drop-ins: the libraries they stand in for write to
 * the console unless told otherwise, and whoever relied on it goes on seeing what is lost.
 */
import type { DebugLogger } from "../clients/rudderstack.js";

export type LogLevel = "debug" | "info" | "warn" | "error" | "none";

const order: readonly LogLevel[] = ["debug", "info", "warn", "error", "none"];

/** Null where nothing is to be written. */
export function createLevelLogger(from: LogLevel, output: Required<DebugLogger> = console): DebugLogger | null {
  if (from === "none") return null;
  const writes = (level: LogLevel): boolean => order.indexOf(level) >= order.indexOf(from);
  return {
    debug: (line) => (writes("debug") ? output.debug(line) : undefined),
    warn: (line) => (writes("warn") ? output.warn(line) : undefined),
    error: (line) => output.error(line),
  };
}
