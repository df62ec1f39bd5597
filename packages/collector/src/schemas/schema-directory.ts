/**
 * The operator's own schemas, in the layout of an Iglu registry: `vendor/name/jsonschema/1-0-0`, with or without `.json`,
 * in the folder itself or in its `schemas/`. Read once, at the start; other files are passed over.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, sep } from "node:path";
import type { JsonObject } from "@oncewire/protocol";
import { CollectorError } from "../errors.js";
import { igluUri, parseIgluPath } from "./iglu-uri.js";

/** @throws CollectorError `invalid-option` for a folder or a file that cannot be read as schemas. */
export function readSchemaDirectory(directory: string): ReadonlyMap<string, JsonObject> {
  const schemas = new Map<string, JsonObject>();
  for (const name of fileNames(directory)) {
    const key = parseIgluPath(name.replace(/^schemas\//, "").replace(/\.json$/, ""));
    if (key === null || key.format !== "jsonschema") continue;
    const uri = igluUri(key);
    const schema = readSchema(join(directory, name));
    checkSelf(schema, uri, name);
    schemas.set(uri, schema);
  }
  if (schemas.size > 0) return schemas;
  throw unusable(directory, "expected files such as com.acme/checkout/jsonschema/1-0-0 in it, found none");
}

function fileNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(join(directory, sep).length).split(sep).join("/"));
  } catch (error) {
    throw unusable(directory, "expected a folder that can be read", error);
  }
}

function readSchema(file: string): JsonObject {
  try {
    const schema: unknown = JSON.parse(readFileSync(file, "utf8"));
    if (typeof schema === "object" && schema !== null && !Array.isArray(schema)) return schema as JsonObject;
  } catch (error) {
    throw unusable(file, "expected a JSON Schema", error);
  }
  throw unusable(file, "expected a JSON Schema, an object");
}

/** A file that says it is another schema than its path does was put into the wrong place. */
function checkSelf(schema: JsonObject, uri: string, name: string): void {
  const { self } = schema;
  if (typeof self !== "object" || self === null) return;
  const said = { vendor: "", name: "", format: "jsonschema", version: "", ...(self as JsonObject) };
  const selfUri = igluUri(said);
  if (selfUri !== uri) throw unusable(name, `expected \`self\` to say ${uri} as its path does, it says ${selfUri}`);
}

/** `what` is a folder or a file that the operator named or put there. */
export function unusable(what: string, why: string, cause?: unknown): CollectorError {
  const reason = cause instanceof Error ? ` (${cause.message})` : "";
  const message = `\`schemaDirectory\`: ${JSON.stringify(what)} cannot be used: ${why}${reason}.`;
  return new CollectorError("invalid-option", message, cause);
}
