/** What official SDKs sent, call by call (packages/protocol/fixtures/rudderstack), to be sent again by ours. */
import { readFileSync } from "node:fs";
import type { JsonObject, JsonValue } from "@oncewire/protocol";
import { systemRuntime, type Runtime } from "../../runtime.js";
import { startRecordingServer, type Answer, type RecordedRequest } from "./recording-server.fixture.js";

/** A call, and the requests it led to. */
export interface RecordedCall {
  readonly name: string;
  /** Absent where the case is no single call. */
  readonly method: string | undefined;
  /** As JSON values, or of the Python SDK as Python texts. */
  readonly args: readonly JsonValue[];
  readonly kwargs: JsonObject;
  /** The client's options. */
  readonly client: JsonObject;
  readonly requests: readonly { readonly path: string; readonly batch: readonly JsonObject[] }[];
  readonly answers: readonly RecordedAnswer[];
}

interface RecordedAnswer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly delay_ms?: number;
  readonly action?: "reset";
}

interface Line {
  readonly name: string;
  readonly call: {
    readonly client?: JsonObject;
    readonly method?: string;
    readonly args?: readonly JsonValue[] | string;
    readonly kwargs?: JsonObject;
  };
  readonly request: { readonly path: string; readonly body: { readonly batch?: readonly JsonObject[] } };
  readonly response_given: RecordedAnswer;
}

export function recordedCalls(file: string): readonly RecordedCall[] {
  const url = new URL(`../../../../protocol/fixtures/rudderstack/${file}.jsonl`, import.meta.url);
  const lines = readFileSync(url, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line): Line => JSON.parse(line));
  const names = [...new Set(lines.map(({ name }) => name))];
  return names.map((name) => {
    const each = lines.filter((line) => line.name === name);
    const { client = {}, method, args = [], kwargs = {} } = each[0]?.call ?? {};
    return {
      name,
      method: typeof args === "string" ? undefined : method,
      args: typeof args === "string" ? [] : args,
      kwargs,
      client,
      requests: each.map(({ request }) => ({ path: request.path, batch: request.body.batch ?? [] })),
      answers: each.map(({ response_given: answer }) => answer),
    };
  });
}

/** Time as it is, and no waiting between attempts. */
export const impatientRuntime: Runtime = { ...systemRuntime, random: () => 0 };

/** Makes the call against a server that answers as the recorded one did; resolves with the requests it led to. */
export async function replay(
  recorded: RecordedCall,
  call: (url: string) => Promise<unknown>,
): Promise<readonly RecordedRequest[]> {
  const server = await startRecordingServer(answersOf(recorded));
  try {
    await call(server.url);
    return server.requests;
  } finally {
    await server[Symbol.asyncDispose]();
  }
}

/** Retry-After is left out: that it is obeyed is tested where the time is not real. */
function answersOf({ answers }: RecordedCall): Answer {
  return (response, _request, count) => {
    const {
      status,
      body = "ok",
      headers = {},
      delay_ms: delayMs,
      action,
    }: RecordedAnswer = answers[count - 1] ?? { status: 200 };
    if (action === "reset") return void response.socket?.resetAndDestroy();
    // A client that has given up by then is not there to be answered.
    if (delayMs !== undefined && count === 1 && answers.length > 1) return undefined;
    const kept = Object.entries(headers).filter(([name]) => name.toLowerCase() !== "retry-after");
    return void response.writeHead(status, Object.fromEntries(kept)).end(body);
  };
}

/** A difference that is meant, and why. */
export interface Difference {
  readonly reason: string;
  /** Makes one and the same of both forms; `given` are the fields that the call itself gave. */
  readonly apply: (event: JsonObject, given: ReadonlySet<string>) => JsonObject;
}

/** An event as it is but for the differences that are meant. `message` is what the call was given. */
export function withoutDifferences(event: JsonObject, message: object, differences: readonly Difference[]): JsonObject {
  const given = new Set(Object.keys(message));
  return differences.reduce((made, { apply }) => apply(made, given), event);
}

export function without(event: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));
}

const emptyForms: ReadonlySet<string> = new Set(["null", '""', "{}"]);

/** What differs for every SDK. */
export const commonDifferences: readonly Difference[] = [
  {
    reason: "the library names itself",
    apply: (event) => {
      const context = event["context"] as JsonObject;
      const { name, version } = context["library"] as JsonObject;
      return { ...event, context: { ...context, library: [typeof name, typeof version] } };
    },
  },
  {
    reason: "no integrations, an empty object and { All: true } mean the same: every destination",
    apply: (event) => {
      const text = JSON.stringify(event["integrations"] ?? {});
      return text === "{}" || text === '{"All":true}' ? without(event, "integrations") : event;
    },
  },
  {
    reason: "the time of sending, and the id where none is given, vary by run",
    apply: (event, given) => without(event, "sentAt", ...(given.has("messageId") ? [] : ["messageId"])),
  },
  {
    reason: "null, an empty text and an empty object say no more than a field that is absent",
    apply: (event) => {
      const context = event["context"] as JsonObject;
      const traits = JSON.stringify(context["traits"] ?? {}) === "{}" ? ["traits"] : [];
      const empty = Object.entries(event).filter(([, value]) => emptyForms.has(JSON.stringify(value)));
      return { ...without(event, ...empty.map(([name]) => name)), context: without(context, ...traits) };
    },
  },
];
