/** A data plane for tests: keeps every request, and answers as it is told. */
import { once } from "node:events";
import * as http from "node:http";
import { gunzipSync } from "node:zlib";
import type { JsonObject } from "@oncewire/protocol";

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: JsonObject;
  readonly batch: readonly JsonObject[];
}

export type Answer = (response: http.ServerResponse, request: RecordedRequest, count: number) => void;

export interface RecordingServer extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  answer: Answer;
}

export const answerOk: Answer = (response) => void response.end("ok");

/** The same status for every request, with a body in plain text. */
export function answerWith(status: number, text = "", headers: http.OutgoingHttpHeaders = {}): Answer {
  return (response) => void response.writeHead(status, headers).end(text);
}

/** One status after the other; the last one for all that follow. */
export function answerInTurn(...statuses: readonly number[]): Answer {
  return (response, _request, count) => void response.writeHead(statuses[count - 1] ?? statuses.at(-1) ?? 200).end();
}

export async function startRecordingServer(answer: Answer = answerOk): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const request = read(incoming, Buffer.concat(chunks));
      requests.push(request);
      self.answer(response, request, requests.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const self: RecordingServer = {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}

function read(incoming: http.IncomingMessage, raw: Buffer): RecordedRequest {
  const text = incoming.headers["content-encoding"] === "gzip" ? gunzipSync(raw) : raw;
  const body: JsonObject = JSON.parse(text.toString("utf8"));
  const batch = Array.isArray(body["batch"]) ? (body["batch"] as readonly JsonObject[]) : [];
  return { method: incoming.method ?? "", path: incoming.url ?? "", headers: incoming.headers, body, batch };
}
