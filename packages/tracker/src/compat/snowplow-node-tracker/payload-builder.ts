/** An event as @snowplow/node-tracker builds it: pairs of the tracker protocol, and JSON that becomes pairs at the end. */

/** Pairs of the tracker protocol. */
export type Payload = Record<string, unknown>;

export interface SelfDescribingJson<Data = unknown> {
  readonly schema: string;
  readonly data: Data;
}

/** JSON, and the keys under which it goes. */
export interface EventJsonWithKeys {
  readonly keyIfEncoded: string;
  readonly keyIfNotEncoded: string;
  readonly json: object;
}

/** Turns the JSON of a builder into its pairs. */
export type JsonProcessor = (builder: PayloadBuilder, jsonForProcessing: EventJsonWithKeys[]) => void;

export class PayloadBuilder {
  readonly #payload: Payload = {};
  readonly #json: EventJsonWithKeys[] = [];
  #unprocessed: EventJsonWithKeys[] = [];
  #processor: JsonProcessor = payloadJsonProcessor(true);

  /** What is null or empty is left out. */
  add(key: string, value: unknown): void {
    if (value !== undefined && value !== null && value !== "") this.#payload[key] = value;
  }

  addDict(payload: Payload): void {
    for (const [key, value] of Object.entries(payload)) this.add(key, value);
  }

  addJson(keyIfEncoded: string, keyIfNotEncoded: string, json?: object | null): void {
    if (json === undefined || json === null || Object.keys(json).length === 0) return;
    const entry = { keyIfEncoded, keyIfNotEncoded, json };
    this.#json.push(entry);
    this.#unprocessed.push(entry);
  }

  /** The pairs as they are, without JSON that has not been processed. */
  getPayload(): Payload {
    return this.#payload;
  }

  getJson(): readonly EventJsonWithKeys[] {
    return this.#json;
  }

  withJsonProcessor(processor: JsonProcessor): void {
    this.#processor = processor;
  }

  build(): Payload {
    const entries = this.#unprocessed;
    this.#unprocessed = [];
    this.#processor(this, entries);
    return this.#payload;
  }
}

export function payloadBuilder(): PayloadBuilder {
  return new PayloadBuilder();
}

export function payloadJsonProcessor(encodeBase64: boolean): JsonProcessor {
  return (builder, entries) => {
    for (const { keyIfEncoded, keyIfNotEncoded, json } of entries) {
      const text = JSON.stringify(json);
      if (encodeBase64) builder.add(keyIfEncoded, Buffer.from(text).toString("base64url"));
      else builder.add(keyIfNotEncoded, text);
    }
  };
}
