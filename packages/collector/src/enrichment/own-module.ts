/**
 * A module of the operator's: it exports `enrich(event)`, which answers at once with fields for the context, or with
 * nothing. It gets a copy of the event, and of its answer is taken what JSON carries, so that nothing it does reaches the
 * event by another way.
 */
import { writeJson } from "@oncewire/protocol";
import type { JsonObject } from "@oncewire/protocol";
import type { Enrich } from "./enrichment.js";

const limits = { maxBytes: 65_536, maxDepth: 32 };

/** Throws an error that says what is wrong with the module. */
export async function loadOwnModule(url: string): Promise<Enrich> {
  const loaded: Readonly<Record<string, unknown>> = await import(url);
  const { enrich } = loaded;
  if (typeof enrich !== "function") {
    throw new Error("expected a module that exports a function `enrich(event)`, got one that does not");
  }
  return (event) => {
    const found: unknown = enrich(structuredClone(event));
    return found === null || found === undefined ? null : plain(found);
  };
}

function plain(found: unknown): JsonObject {
  if (typeof found === "object" && found !== null && !("then" in found)) {
    const written = writeJson(found, limits);
    if (written.kind === "too-large") throw new Error(`expected at most ${limits.maxBytes} bytes of JSON, got more`);
    if (written.text.startsWith("{")) return JSON.parse(written.text);
  }
  throw new Error("expected `enrich` to answer at once with an object, or nothing; got something else");
}
