/** A collector for tests: keeps every request, and answers as it is told. */
import { once } from "node:events";
import * as http from "node:http";

export type Pairs = Readonly<Record<string, string>>;

export interface CollectedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: http.IncomingHttpHeaders;
  readonly payloads: readonly Pairs[];
}

export type CollectorAnswer = (response: http.ServerResponse, count: number) => void;

export interface RecordingCollector extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly host: string;
  readonly port: number;
  readonly requests: readonly CollectedRequest[];
  /** Of all requests. */
  readonly payloads: readonly Pairs[];
  answer: CollectorAnswer;
}

export const answerOk: CollectorAnswer = (response) => void response.end("ok");

/** One status after the other; the last one for all that follow. */
export function answerInTurn(...statuses: readonly number[]): CollectorAnswer {
  return (response, count) => void response.writeHead(statuses[count - 1] ?? statuses.at(-1) ?? 200).end();
}

export async function startRecordingCollector(answer: CollectorAnswer = answerOk): Promise<RecordingCollector> {
  const requests: CollectedRequest[] = [];
  const server = http.createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      requests.push(read(incoming, Buffer.concat(chunks).toString()));
      self.answer(response, requests.length);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const self: RecordingCollector = {
    host: `127.0.0.1:${port}`,
    port,
    requests,
    get payloads() {
      return requests.flatMap(({ payloads }) => payloads);
    },
    answer,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  return self;
}

function read({ method = "", url = "", headers }: http.IncomingMessage, body: string): CollectedRequest {
  const [path = "", query = ""] = url.split("?");
  const payloads: readonly Pairs[] =
    method === "POST" ? JSON.parse(body).data : [Object.fromEntries(new URLSearchParams(query))];
  return { method, path, headers, payloads };
}

/** What stands under `ue_px` or `ue_pr`: the event within its envelope. */
export function describedOf({ ue_px, ue_pr }: Pairs): unknown {
  return JSON.parse(ue_pr ?? Buffer.from(ue_px ?? "", "base64url").toString()).data;
}

/** What stands under `cx` or `co`. */
export function entitiesOf({ cx, co }: Pairs): unknown {
  if (cx === undefined && co === undefined) return undefined;
  return JSON.parse(co ?? Buffer.from(cx ?? "", "base64url").toString()).data;
}
