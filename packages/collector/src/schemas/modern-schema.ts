import type { JsonObject, JsonValue } from "@oncewire/protocol";

/**
 * A schema of Iglu's draft 4 as the drafts since 6 say the same: an exclusive bound is a number of its own, and what names
 * the schema itself (`$schema`, `self`, `id`) says nothing about data.
 */
export function modernSchema({ $schema: _draft, self: _self, id: _id, ...schema }: JsonObject): JsonObject {
  return modernObject(schema);
}

function modern(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(modern);
  return modernObject(value as JsonObject);
}

function modernObject(schema: JsonObject): JsonObject {
  const entries = Object.entries(schema).flatMap(([name, value]): [string, JsonValue][] => {
    const bound = exclusiveBounds.get(name);
    if (bound !== undefined && typeof value === "boolean") {
      const limit = schema[bound];
      return value && typeof limit === "number" ? [[name, limit]] : [];
    }
    // What may be given is data, not schema.
    return [[name, name === "enum" || name === "const" ? value : modern(value)]];
  });
  return Object.fromEntries(entries);
}

const exclusiveBounds: ReadonlyMap<string, "minimum" | "maximum"> = new Map([
  ["exclusiveMinimum", "minimum"],
  ["exclusiveMaximum", "maximum"],
]);
