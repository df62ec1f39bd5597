import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { JsonObject, JsonValue } from "@oncewire/protocol";
import { bundledSchemas } from "@oncewire/protocol/snowplow";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createSchemaCheck, loadSchemas } from "./schema-check.js";

let directory: string;
beforeEach(() => (directory = mkdtempSync(join(tmpdir(), "oncewire-schemas-"))));
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(path: string, content: unknown): void {
  const file = join(directory, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, typeof content === "string" ? content : JSON.stringify(content));
}

const cart = "iglu:com.snowplowanalytics.snowplow/add_to_cart/jsonschema/1-0-0";

describe("checking data against a bundled schema", () => {
  const check = createSchemaCheck(bundledSchemas, "keep");

  it.each<[JsonValue, string | null]>([
    [{ sku: "A1", quantity: 2 }, null],
    [{ sku: "A1" }, "the data itself must have required property 'quantity'"],
    [{ sku: "A1", quantity: "2" }, "/quantity must be number"],
    [{ sku: "A1", quantity: 2, size: "XL" }, "the data itself must NOT have additional properties such as size"],
    [[], "the data itself must be object"],
    [null, "the data itself must be object"],
  ])("of a cart, %j: %s", (data, expected) => {
    const why = check({ schema: cart, data });
    if (expected === null) return expect(why).toBeNull();
    return expect(why).toEqual({
      code: "schema-violation",
      message: `Expected data as ${cart} describes it, got another form: ${expected}.`,
    });
  });

  it.each<[string, JsonValue, boolean]>([
    ["ad_impression", { impressionId: "i", costModel: "cpm", cost: 0 }, true],
    ["ad_impression", {}, false],
    ["ad_impression", { cost: 1 }, false],
    ["ad_impression", { costModel: "cpm", cost: -1 }, false],
    ["ad_click", { targetUrl: "https://acme.com/", clickId: "c" }, true],
    ["ad_click", { targetUrl: "" }, false],
    ["ad_click", { clickId: "c" }, false],
    ["ad_conversion", { conversionId: "c", cost: 1, initialValue: 99 }, true],
    ["ad_conversion", { costModel: "cpx" }, false],
    ["ad_conversion", { value: 1 }, false],
    ["social_interaction", { action: "like", network: "n" }, true],
    ["social_interaction", { action: "like" }, false],
    ["consent_granted", { expiry: "2030-01-01T00:00:00.000Z" }, true],
    ["consent_granted", { expiry: "2030-01-01T00:00:00+01:00" }, true],
    ["consent_granted", { expiry: "in a year" }, false],
    ["consent_withdrawn", { all: false }, true],
    ["consent_withdrawn", { all: "no" }, false],
    ["consent_withdrawn", {}, false],
    ["consent_document", { id: "1", version: "2", name: "n", description: "d" }, true],
    ["consent_document", { id: "1" }, false],
    ["consent_document", { id: "1", version: "2", name: "n".repeat(61) }, false],
  ])("of %s, %j: %s", (name, data, isFine) => {
    const schema = `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`;
    expect(check({ schema, data }) === null).toBe(isFine);
  });

  it("compiles every one of them", () => {
    for (const schema of bundledSchemas.keys()) expect(check({ schema, data: 5 })?.code).toBe("schema-violation");
  });

  it("does not show the value that is wrong", () => {
    const data = { sku: "A1", quantity: "a secret of the sender" };
    expect(check({ schema: cart, data })?.message).not.toContain("secret");
  });
});

describe("data of a schema that is not known", () => {
  const schema = "iglu:com.acme/checkout/jsonschema/1-0-0";

  it("is kept, unless it is to be refused", () => {
    expect(createSchemaCheck(bundledSchemas, "keep")({ schema, data: {} })).toBeNull();
    const refused = createSchemaCheck(bundledSchemas, "refuse")({ schema, data: {} });
    expect(refused?.code).toBe("unknown-schema");
    expect(refused?.message).toContain(schema);
  });
});

describe("the operator's own schemas", () => {
  const checkout: JsonObject = {
    $schema: "http://iglucentral.com/schemas/com.snowplowanalytics.self-desc/schema/jsonschema/1-0-0#",
    self: { vendor: "com.acme", name: "checkout", format: "jsonschema", version: "1-0-0" },
    id: "https://schemas.acme.example/checkout",
    type: "object",
    properties: {
      total: { type: "number", minimum: 0, exclusiveMinimum: true },
      share: { type: "number", maximum: 1, exclusiveMaximum: false },
      at: { type: "string", format: "date-time" },
      exclusiveMinimum: { enum: [{ exclusiveMinimum: true }] },
      code: { type: "string", pattern: "^[\\w-.]+$", maxLength: 8, description: "Not strict Unicode." },
    },
  };
  const schema = "iglu:com.acme/checkout/jsonschema/1-0-0";

  it.each<[JsonObject, boolean]>([
    [{}, true],
    [{ total: 0.01 }, true],
    [{ total: 0 }, false],
    [{ share: 1 }, true],
    [{ share: 1.1 }, false],
    [{ at: "2026-11-20T18:00:00Z" }, true],
    [{ at: "2026-06-31T18:00:00Z" }, false],
    [{ at: "yesterday" }, false],
    [{ exclusiveMinimum: { exclusiveMinimum: true } }, true],
    [{ exclusiveMinimum: { exclusiveMinimum: 0 } }, false],
    [{ code: "A-1.b" }, true],
    [{ code: "A 1" }, false],
  ])("of draft 4 say of %j: %s", (data, isValid) => {
    write("com.acme/checkout/jsonschema/1-0-0", checkout);
    const check = createSchemaCheck(loadSchemas(directory), "refuse");
    expect(check({ schema, data }) === null).toBe(isValid);
  });

  it.each(["com.acme/checkout/jsonschema/1-0-0.json", "schemas/com.acme/checkout/jsonschema/1-0-0"])(
    "are found as %s, and the bundled ones are there beside them",
    (path) => {
      write(path, checkout);
      write("README.md", "What is what.");
      const schemas = loadSchemas(directory);
      expect(schemas.get(schema)).toEqual(checkout);
      expect(schemas.has(cart)).toBe(true);
    },
  );

  it("count where a bundled one has the same name", () => {
    write("com.snowplowanalytics.snowplow/add_to_cart/jsonschema/1-0-0", { type: "array" });
    const check = createSchemaCheck(loadSchemas(directory), "keep");
    expect(check({ schema: cart, data: [] })).toBeNull();
    expect(check({ schema: cart, data: { sku: "A1", quantity: 2 } })?.code).toBe("schema-violation");
  });

  it.each<[string, string, unknown, string]>([
    ["no schema at all", "notes.txt", "…", "expected files such as com.acme/checkout/jsonschema/1-0-0 in it"],
    ["a file that is no JSON", "com.acme/x/jsonschema/1-0-0", "{", "expected a JSON Schema"],
    ["a file that is no object", "com.acme/x/jsonschema/1-0-0", "[]", "expected a JSON Schema, an object"],
    ["a schema that is none", "com.acme/x/jsonschema/1-0-0", { type: "objekt" }, "to be a JSON Schema"],
    ["a reference to elsewhere", "com.acme/x/jsonschema/1-0-0", { $ref: "http://x.example/" }, "without references"],
    ["a schema in another's place", "com.acme/x/jsonschema/1-0-0", checkout, "it says iglu:com.acme/checkout"],
  ])("are refused at the start for %s", (_what, path, content, message) => {
    write(path, content);
    expect(() => loadSchemas(directory)).toThrow(message);
    expect(() => loadSchemas(directory)).toThrow(expect.objectContaining({ code: "invalid-option" }));
  });

  it("are refused at the start for a folder that is not there", () => {
    expect(() => loadSchemas(join(directory, "nowhere"))).toThrow("expected a folder that can be read");
  });
});
