/**
 * The order of the house, enforced by the linter: what each package may import, and, inside a package, what may
 * import what. A change to the architecture is a change to these two tables.
 */

/** Layers of each package, top first. Folders on one line are siblings: each may import itself, not the others. */
export const layers = {
  protocol: [
    ["index.ts"],
    ["a-track", "rudderstack", "snowplow"],
    ["codec.contract.ts"],
    ["codec.ts"],
    [
      "encoded-event.ts",
      "event.ts",
      "http.ts",
      "outcome.ts",
      "problem.ts",
      "json.ts",
      "parse-json.ts",
      "retry-after.ts",
      "safe-writer.ts",
      "exact-numbers.ts",
      "object-tag.ts",
      "quoted.ts",
      "well-formed.ts",
      "iso-time.ts",
      "status-outcome.ts",
      "byte-slab.ts",
      "base64.ts",
      "uuid.ts",
      "md5.ts",
      "ip-address.ts",
      "campaign.ts",
      "session-rule.ts",
    ],
  ],
  journal: [
    ["index.ts", "testing.ts"],
    ["journal.ts", "memory-files.ts", "faulty-files.ts", "machine.ts"],
    ["opening.ts", "writer.ts", "stored-cursor.ts", "retention.ts", "lock.ts"],
    ["reader.ts", "group.ts", "uncut-tails.ts", "cursor.ts", "options.ts", "refusals.ts"],
    ["recovery.ts"],
    ["segment.ts"],
    ["runtime.ts"],
    ["record.ts", "files.ts", "errors.ts", "deferred.ts", "processes.ts"],
  ],
  tracker: [
    ["index.ts", "testing.ts", "attribution.ts", "session.ts"],
    ["compat"],
    ["clients"],
    ["tracker.ts"],
    ["client.ts"],
    ["context"],
    ["delivery"],
    ["transport", "spool"],
    ["runtime.ts", "options.ts", "errors.ts", "report.ts", "with-fields.ts"],
    ["time-ordered-ids.ts"],
  ],
  collector: [
    ["index.ts"],
    ["collector.ts"],
    ["workers"],
    ["http"],
    ["ingest", "live", "api", "loading", "micro"],
    ["sinks"],
    ["profiles"],
    ["store"],
    ["log", "schemas", "enrichment"],
    [
      "projects.ts",
      "runtime.ts",
      "network-list.ts",
      "options.ts",
      "sink-options.ts",
      "snowplow-options.ts",
      "enrichment-options.ts",
      "errors.ts",
      "report.ts",
    ],
  ],
};

/** Packages each package may import; `node:` builtins too, except where `pure`. */
export const packages = {
  protocol: { may: [], pure: true },
  journal: { may: [] },
  tracker: { may: ["protocol", "journal"] },
  collector: { may: ["protocol", "journal"], except: { "sinks/forward.ts": ["tracker"] } },
  cli: { may: ["protocol", "journal", "tracker", "collector"] },
};

const isFile = (name) => name.endsWith(".ts");
const specifiers = (name) => (isFile(name) ? [`**/${name.replace(/ts$/, "js")}`] : [`**/${name}/**`]);
const files = (pkg, name) => [`packages/${pkg}/src/${name}${isFile(name) ? "" : "/**"}`];
const rule = (patterns) => ({ "no-restricted-imports": ["error", { patterns }] });
const specifiersOfPackage = (name) =>
  name === "tracker" ? ["oncewire", "oncewire/**"] : [`@oncewire/${name}`, `@oncewire/${name}/**`];

function packagePatterns(pkg, extra = []) {
  const allowed = new Set([pkg, ...packages[pkg].may, ...extra]);
  const group = Object.keys(packages)
    .filter((name) => !allowed.has(name))
    .flatMap(specifiersOfPackage);
  if (packages[pkg].pure) group.push("node:*");
  if (group.length === 0) return [];
  return [{ group, message: `${pkg} may import only: ${packages[pkg].may.join(", ") || "nothing"}.` }];
}

function layerPatterns(pkg, name) {
  const order = layers[pkg] ?? [];
  const at = order.findIndex((line) => line.includes(name));
  const siblings = order[at].filter((other) => other !== name && !isFile(other));
  const above = order.slice(0, at).flat().concat(siblings);
  if (above.length === 0) return [];
  return [{ group: above.flatMap(specifiers), message: `${name} may not import what stands above or beside it.` }];
}

/** Lint overrides that hold the two tables. Tests may look anywhere. */
export const boundaries = Object.keys(packages)
  .flatMap((pkg) => [
    { files: [`packages/${pkg}/src/**`], rules: rule(packagePatterns(pkg)) },
    ...(layers[pkg] ?? []).flat().map((name) => ({
      files: files(pkg, name),
      rules: rule(packagePatterns(pkg).concat(layerPatterns(pkg, name))),
    })),
    ...Object.entries(packages[pkg].except ?? {}).map(([name, extra]) => ({
      files: files(pkg, name),
      rules: rule(packagePatterns(pkg, extra).concat(layerPatterns(pkg, name.split("/")[0]))),
    })),
  ])
  .concat({ files: ["**/*.test.ts", "**/*.contract.ts"], rules: { "no-restricted-imports": "off" } });
