/** Brings A-Track's questions to their answers, from those who may read. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { RequestHead } from "@oncewire/protocol";
import { answerShow, showPaths } from "../api/a-track-show.js";
import type { ShowParts, ShowPath } from "../api/a-track-show.js";
import { BadQuery } from "../api/query-reader.js";
import { isStoreError } from "../store/store-error.js";
import type { ReadAccess } from "./access.js";
import { readBody } from "./body.js";
import { jsonReply, send, sendAndClose } from "./reply.js";

export interface ShowHandlerParts extends ShowParts {
  readonly access: ReadAccess;
}

interface Exchange {
  readonly head: RequestHead;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/** Null for a path that is not one of these. */
export type ShowHandler = (exchange: Exchange) => Promise<void> | null;

const bodyLimits = { maxBytes: 64 * 1024, contentEncodings: ["gzip"] };
const methods = ["GET", "POST"];

export function createShowHandler(parts: ShowHandlerParts): ShowHandler {
  return (exchange) => {
    const path = showPaths.find((one) => one === exchange.head.path);
    return path === undefined ? null : show(parts, path, exchange);
  };
}

async function show(parts: ShowHandlerParts, path: ShowPath, { head, request, response }: Exchange): Promise<void> {
  const refused = methods.includes(head.method)
    ? parts.access.refuse(head, request.socket.remoteAddress ?? "")
    : jsonReply(405, { error: fault("method-not-allowed", "expected GET or POST") }, { allow: methods.join(", ") });
  // A body that nobody reads would be taken for the next request.
  if (refused !== null) return (request.complete ? send : sendAndClose)(response, refused);
  const body = await readBody(request, bodyLimits);
  if (body.kind === "aborted") return undefined;
  if (body.kind !== "read")
    return sendAndClose(response, jsonReply(400, { error: fault("invalid-query", "expected at most 64 KiB of JSON") }));
  try {
    const { status, value } = await answerShow(parts, path, { head, body: body.unpacked.whole });
    return send(response, jsonReply(status, value));
  } catch (error) {
    if (error instanceof BadQuery)
      return send(response, jsonReply(400, { error: fault("invalid-query", error.message) }));
    if (!isStoreError(error)) throw error;
    const status = error.code === "invalid-query" ? 400 : 503;
    return send(response, jsonReply(status, { error: fault(error.code, error.message) }));
  }
}

function fault(code: string, message: string): object {
  return { code, message };
}
