/**
 * docs/options.md is made from the option interfaces, so that it cannot say anything else than the code. Writes the file,
 * or with --print says what it would write; test/docs.test.ts compares.
 */
import { readFileSync, writeFileSync } from "node:fs";

const root = new URL("..", import.meta.url);

/** The pages' sections: where each interface is, and for whom. */
const sections = [
  { title: "Tracker: `createTracker(options)`", file: "packages/tracker/src/options.ts", name: "TrackerOptions" },
  {
    title: "Delivery: per tracker, or per destination",
    file: "packages/tracker/src/options.ts",
    name: "DeliveryOptions",
  },
  {
    title: "RudderStack client: `createRudderStack(options)`, beside the tracker's",
    file: "packages/tracker/src/clients/rudderstack/client-options.ts",
    name: "RudderStackClientOptions",
  },
  {
    title: "Collector: `startCollector(options)`",
    file: "packages/collector/src/options.ts",
    name: "CollectorOptions",
  },
  { title: "Collector: each of `sinks`", file: "packages/collector/src/sink-options.ts", name: "CommonSinkOptions" },
  {
    title: 'Collector: a sink `{ kind: "ndjson" }`',
    file: "packages/collector/src/sink-options.ts",
    name: "NdjsonSinkOptions",
  },
  {
    title: 'Collector: a sink `{ kind: "forward" }`',
    file: "packages/collector/src/sink-options.ts",
    name: "ForwardSinkOptions",
  },
];

const introduction = `# Options

Made from the sources by \`node scripts/options-doc.mjs\`; do not edit. \`undefined\` means the default, an unknown name is
refused, and the object given is never changed. Times are in milliseconds and sizes in bytes.
`;

if (process.argv.includes("--print")) process.stdout.write(optionsDocument());
else writeFileSync(new URL("docs/options.md", root), optionsDocument());

/** The options of one interface: name, type, default and text, as the source says them. */
function readOptions(file, name) {
  const source = readFileSync(new URL(file, root), "utf8");
  const start = source.search(new RegExp(`^(?:export )?interface ${name}\\b`, "m"));
  if (start === -1) throw new Error(`expected an interface ${name} in ${file}, found none`);
  const body = source.slice(source.indexOf("{", start) + 1, source.indexOf("\n}", start));
  const member = /\/\*\*([\s\S]*?)\*\/\s*readonly (\w+)(\??): ([^;]+);/g;
  return [...body.matchAll(member)].map(([, comment, option, optional, type]) => {
    const text = comment.replaceAll(/^\s*\* ?/gm, "").trim();
    const [description, byDefault = null] = text.split(/\s*@default\s+/);
    return {
      name: option,
      required: optional === "",
      type: type
        .replace(/ \| undefined$/, "")
        .replaceAll(/\s+/g, " ")
        .trim(),
      byDefault: byDefault?.trim() ?? null,
      description: description.replaceAll(/\s+/g, " ").trim(),
    };
  });
}

function optionsDocument() {
  const parts = sections.map(({ title, file, name }) => {
    const rows = readOptions(file, name).map(({ name: option, required, type, byDefault, description }) => {
      const otherwise = byDefault === null ? "" : ` · default \`${byDefault}\``;
      const presence = required ? " · required" : otherwise;
      return `### \`${option}\`\n\n\`${type}\`${presence}\n\n${description}\n`;
    });
    return `## ${title}\n\n${rows.join("\n")}`;
  });
  return `${introduction}\n${parts.join("\n")}`;
}
