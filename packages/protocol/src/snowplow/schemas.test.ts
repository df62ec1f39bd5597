import { describe, expect, it } from "vitest";
import type { JsonObject } from "../event.js";
import { eventForms } from "./event-fields.js";
import { costModels, inputTypes, nodeNames } from "./data-forms.js";
import type { DataForm } from "./data-forms.js";
import type { EventForm } from "./event-fields.js";
import { bundledSchemas } from "./index.js";
import { payloadKeys } from "./payload-keys.js";
import { envelopes } from "./self-describing.js";

type Described = Extract<EventForm, { kind: "data" }>;

const described = Object.entries(eventForms).filter((entry): entry is [string, Described] => entry[1].kind === "data");

function schemaOf(uri: string): JsonObject {
  const schema = bundledSchemas.get(uri);
  if (schema === undefined) throw new Error(`Expected a bundled schema ${uri}, got none.`);
  return schema;
}

/** The JSON types that a field's form lets through, or its choices. */
const formTypes: Readonly<Record<DataForm, readonly string[]>> = {
  text: ["string"],
  "some-text": ["string"],
  "text-or-null": ["string", "null"],
  uuid: ["string"],
  number: ["number"],
  amount: ["number"],
  flag: ["boolean"],
  moment: ["string"],
  count: ["integer"],
  list: ["array"],
  object: ["object"],
  "node-name": nodeNames,
  "input-type": inputTypes,
  "cost-model": costModels,
};

describe("the bundled schemas", () => {
  it.each(described)("have every field that the encoder sends in %s, and demand no other", (_, form) => {
    const schema = schemaOf(form.schema);
    const names = form.fields.map(([, name]) => name);
    expect(Object.keys(schema["properties"] as JsonObject).toSorted()).toEqual(names.toSorted());
    const demanded = form.fields.filter(([, , , required]) => required !== undefined);
    expect([...(schema["required"] as readonly string[])].toSorted()).toEqual(
      demanded.map(([, name]) => name).toSorted(),
    );
    expect(schema["additionalProperties"]).toBe(false);
  });

  it.each(described)("let each field of %s be what the encoder lets it be", (_, form) => {
    const properties = schemaOf(form.schema)["properties"] as Readonly<Record<string, JsonObject>>;
    for (const [, name, kind] of form.fields) {
      const { type, enum: choices } = properties[name] ?? {};
      expect(choices ?? [type].flat()).toEqual(formTypes[kind]);
    }
  });

  it("know the 80 keys of an event, and the three that it must have", () => {
    const { items } = schemaOf(envelopes.payload);
    const { properties, required } = items as JsonObject;
    expect(Object.keys(properties as JsonObject)).toHaveLength(80);
    expect(payloadKeys.size).toBe(80);
    expect(required).toEqual(["tv", "p", "e"]);
  });

  it("are named by Iglu URIs", () => {
    for (const uri of bundledSchemas.keys()) expect(uri).toMatch(/^iglu:[a-z.]+\/[a-z_]+\/jsonschema\/1-0-\d$/);
  });
});
