import type { SelfDescribingJson as Described } from "@oncewire/protocol/snowplow";
import { demand, nonEmptyText } from "./contracts.js";

/** Data with the schema that describes it: an event of one's own, or what an event is about. */
export class SelfDescribingJson implements Described {
  readonly schema: string;
  readonly data: unknown;

  /** `schema` is an Iglu URI: `iglu:com.acme/name/jsonschema/1-0-0`. */
  constructor(schema: string, data: unknown) {
    demand("schema", schema, nonEmptyText);
    this.schema = schema;
    this.data = data;
  }

  toJson(): { readonly schema: string; readonly data: unknown } {
    return { schema: this.schema, data: this.data };
  }

  toString(): string {
    return JSON.stringify(this.toJson());
  }
}
