/** What is found out about events, by name: steps that are built in, and modules of the operator's. */
export const builtInSteps = ["bot", "device"] as const;
export type BuiltInStep = (typeof builtInSteps)[number];

export function isBuiltIn(name: string): name is BuiltInStep {
  return (builtInSteps as readonly string[]).includes(name);
}

export const enrichmentExpectation =
  'a list of "bot", "device" and paths of modules, such as "./enrich.mjs", each once';

/** A path has a slash or the ending of a module: what is neither is a name that was misspelt. */
export function areSteps(value: unknown): value is readonly string[] {
  if (!Array.isArray(value) || new Set(value).size !== value.length) return false;
  return value.every((name) => typeof name === "string" && (isBuiltIn(name) || /[\\/]|\.m?js$/.test(name)));
}
