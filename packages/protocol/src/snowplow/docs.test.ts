import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { carriedSchemas } from "./carried.js";
import { eventForms, subjectFields } from "./event-fields.js";
import { payloadKeys } from "./payload-keys.js";
import { problemCodes } from "./problem-codes.js";

const docs = readFileSync(new URL("../../../../docs/protocols/snowplow.md", import.meta.url), "utf8");

/** The rows between a heading and the next. */
function section(heading: string): string {
  const from = docs.indexOf(`${heading}\n`);
  const rest = docs.slice(from + heading.length);
  return rest.slice(0, rest.search(/\n##/));
}

describe("docs/protocols/snowplow.md", () => {
  it("has a row for each of the keys, and for no other", () => {
    const rows = section("### The keys")
      .split("\n")
      .slice(4)
      .filter((line) => line.startsWith("|"));
    const named = rows.flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`(\w+)`/g)].map(([, key]) => key));
    expect(named.toSorted()).toEqual([...payloadKeys.keys()].toSorted());
  });

  it("names every type of event and every field of the subject with its key", () => {
    const said = section("## What callers say");
    for (const type of Object.keys(eventForms)) expect(said).toContain(`\`${type}\``);
    for (const [field, key] of subjectFields) expect(said).toMatch(new RegExp(`\\| ${field} +\\| \`${key}\``));
  });

  it("names every field with its key", () => {
    const said = section("## What callers say");
    for (const form of Object.values(eventForms)) {
      for (const [field, key] of form.kind === "pairs" ? form.fields : [])
        expect(said).toContain(`${field} \`${key}\``);
      for (const [field] of form.kind === "data" ? form.fields : []) expect(said).toContain(field);
    }
  });

  it("names every reason for a bad event", () => {
    const received = section("### Bad events");
    const sentOnly = ["unknown-type", "too-long", "too-large"];
    for (const code of problemCodes.filter((one) => !sentOnly.includes(one))) expect(received).toContain(`\`${code}\``);
  });

  it("names our own schemas", () => {
    for (const schema of Object.values(carriedSchemas)) expect(docs).toContain(schema);
  });
});
