/** Brings questions to the Micro API, from those who may read. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHead, WireResponse } from "@oncewire/protocol";
import type { CrossOrigin } from "../micro/cross-origin.js";
import type { MicroApi } from "../micro/micro-api.js";
import type { ReadAccess } from "./access.js";
import { readBody } from "./body.js";
import { jsonReply, send, sendAndClose, textReply } from "./reply.js";

export interface MicroHandlerParts {
  readonly micro: MicroApi;
  readonly crossOrigin: (head: RequestHead) => CrossOrigin;
  readonly access: ReadAccess;
}

export type MicroHandler = (exchange: {
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}) => Promise<void>;

/** Everything below belongs to it, also what it does not have: no tracker posts there. */
export const microPrefix = "/micro/";

const bodyLimits = { maxBytes: 64 * 1024, contentEncodings: ["gzip"] };
const methods = ["GET", "POST"];

export function createMicroHandler({ micro, crossOrigin, access }: MicroHandlerParts): MicroHandler {
  return async ({ head, request, response }) => {
    const { judged, headers } = crossOrigin(head);
    if (head.method === "OPTIONS") {
      request.resume();
      return send(response, preflightReply, headers);
    }
    const refused = methods.includes(head.method)
      ? access.refuse(judged, request.socket.remoteAddress ?? "")
      : textReply(405, "", { allow: methods.join(", ") });
    if (refused !== null) return refuse(request, response, { ...refused, headers: { ...refused.headers, ...headers } });
    const body = await readBody(request, bodyLimits);
    if (body.kind === "aborted") return undefined;
    if (body.kind !== "read") return sendAndClose(response, unreadable, headers);
    return send(response, await answerOf(micro, head, body.unpacked.whole), headers);
  };
}

/** A body that nobody reads would be taken for the next request. */
function refuse(request: IncomingMessage, response: ServerResponse, reply: WireResponse): void {
  return request.complete ? send(response, reply) : sendAndClose(response, reply);
}

async function answerOf(micro: MicroApi, head: RequestHead, body: Uint8Array): Promise<WireResponse> {
  const answer = await micro.answer(head, body);
  if (answer === null) return unknownPath;
  const { headers } = jsonReply(answer.status, null, answer.status === 503 ? { "retry-after": "1" } : {});
  return { status: answer.status, headers, body: Buffer.from(answer.json) };
}

const preflightReply: WireResponse = { status: 204, headers: {}, body: new Uint8Array() };
const unreadable = jsonReply(400, {
  error: { code: "invalid-filter", message: "expected filters as a JSON object of at most 64 KiB" },
});
const unknownPath = textReply(
  404,
  "Supported endpoints: /micro/all, /micro/good, /micro/bad, /micro/events, /micro/reset, /micro/columns, /micro/columnStats, /micro/timeline, /micro/iglu\n",
);
