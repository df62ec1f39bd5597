/**
 * Whether data is what its schema says: the schemas of the events that trackers build themselves, and the operator's own.
 * Pure for given schemas, so that a request is judged alike when it is accepted and whenever it is read from the log.
 */
import { Ajv } from "ajv";
import type { ErrorObject, ValidateFunction } from "ajv";
import type { JsonObject } from "@oncewire/protocol";
import { bundledSchemas } from "@oncewire/protocol/snowplow";
import type { DataCheck } from "@oncewire/protocol/snowplow";
import { formats } from "./formats.js";
import { modernSchema } from "./modern-schema.js";
import { readSchemaDirectory, unusable } from "./schema-directory.js";

/** What becomes of data whose schema is not known: `keep` takes it as it is, `refuse` makes its event a bad one. */
export type UnknownSchemas = "keep" | "refuse";

/** By Iglu URI. */
export type Schemas = ReadonlyMap<string, JsonObject>;

/**
 * The bundled schemas and those of the folder, which count where both have one.
 *
 * @throws CollectorError `invalid-option` for a folder or file that cannot be read, or that is no JSON Schema.
 */
export function loadSchemas(directory: string | null): Schemas {
  if (directory === null) return bundledSchemas;
  const own = readSchemaDirectory(directory);
  const compiler = createCompiler();
  for (const [uri, schema] of own) {
    try {
      compiler.compile(modernSchema(schema));
    } catch (error) {
      throw unusable(directory, `expected ${uri} to be a JSON Schema without references to others`, error);
    }
  }
  return new Map([...bundledSchemas, ...own]);
}

export function createSchemaCheck(schemas: Schemas, unknownSchemas: UnknownSchemas): DataCheck {
  const compiler = createCompiler();
  const compiled = new Map<string, ValidateFunction>();
  const find = (uri: string): ValidateFunction | undefined => {
    const known = compiled.get(uri);
    if (known !== undefined) return known;
    const schema = schemas.get(uri);
    if (schema === undefined) return undefined;
    const validate = compiler.compile(modernSchema(schema));
    compiled.set(uri, validate);
    return validate;
  };
  return ({ schema: uri, data }) => {
    const validate = find(uri);
    if (validate === undefined) return unknownSchemas === "keep" ? null : unknown(uri);
    if (validate(data)) return null;
    return { code: "schema-violation", message: violationMessage(uri, validate.errors?.[0]) };
  };
}

/** Iglu's schemas are read as loosely as there: keywords that say nothing, and patterns that are not strict Unicode ones. */
function createCompiler(): Ajv {
  return new Ajv({ strict: false, logger: false, unicodeRegExp: false, addUsedSchema: false, formats });
}

function unknown(uri: string): ReturnType<DataCheck> {
  return {
    code: "unknown-schema",
    message: `Expected data of a schema that this collector knows, got ${excerpt(uri)}; put the schema into \`schemaDirectory\`.`,
  };
}

/** Says where and what, and never the value itself. */
function violationMessage(uri: string, error: ErrorObject | undefined): string {
  const where = error === undefined || error.instancePath === "" ? "the data itself" : excerpt(error.instancePath);
  const what = error?.message ?? "is something else";
  return `Expected data as ${uri} describes it, got another form: ${where} ${what}${detail(error?.params)}.`;
}

function detail(params: ErrorObject["params"] = {}): string {
  const { additionalProperty, allowedValues } = params as Record<string, unknown>;
  if (typeof additionalProperty === "string") return ` such as ${excerpt(additionalProperty)}`;
  return Array.isArray(allowedValues) ? `: ${excerpt(allowedValues.join(", "))}` : "";
}

function excerpt(text: string): string {
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
