/** The pixel routes: an event in a query, for pages and mails that can do no more than load an image. */
import type { JsonObject, JsonValue } from "../event.js";
import { isoTime } from "../iso-time.js";

/** Deeper paths are taken as names. */
const maxPathDepth = 32;

/** Each key is a path (`properties.price=1`), each value a text; a page without its name is an unknown page. */
export function pixelMessage(type: "track" | "page", query: string, receivedAtMs: number): JsonObject {
  const now = isoTime(receivedAtMs);
  const tree: Tree = new Map<string, Tree | JsonValue>([
    ["channel", "web"],
    ["integrations", new Map([["All", true]])],
    ["originalTimestamp", now],
    ["sentAt", now],
  ]);
  for (const [key, value] of new URLSearchParams(query)) {
    if (key !== "writeKey") plant(tree, key, readValue(type, key, value));
  }
  tree.set("type", type);
  return harvest(tree);
}

type Tree = Map<string, Tree | JsonValue>;

function readValue(type: string, key: string, value: string): string {
  if (key === "anonymousId") return value.replace(/^"(.*)"$/, "$1");
  return type === "page" && key === "name" && value === "" ? "Unknown Page" : value;
}

function plant(tree: Tree, path: string, value: string): void {
  const names = path.split(".");
  const leaf = names.pop() ?? path;
  if (names.length >= maxPathDepth) {
    tree.set(path, value);
    return;
  }
  let at = tree;
  for (const name of names) {
    const known = at.get(name);
    const branch: Tree = known instanceof Map ? known : new Map();
    at.set(name, branch);
    at = branch;
  }
  at.set(leaf, value);
}

function harvest(tree: Tree): JsonObject {
  const entries = Array.from(tree, ([name, value]) => [name, value instanceof Map ? harvest(value) : value]);
  return Object.fromEntries(entries);
}
