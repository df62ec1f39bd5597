/**
 * Connections that node:http gives up: what came is no HTTP, or did not come in time. It would answer and close at once,
 * and with that take the answer away from a client that is still sending; so the answer is given here, as short as its.
 */
import { STATUS_CODES } from "node:http";
import type { Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { CutReason } from "../report.js";
import type { Lingering } from "./lingering.js";

export interface BrokenConnectionParts {
  readonly lingering: Lingering;
  readonly onCut: (reason: CutReason) => void;
}

interface Break extends Error {
  readonly code?: string;
}

/** Answers and ends the connections of that server that break. */
export function endBroken(server: Server, { lingering, onCut }: BrokenConnectionParts): void {
  server.on("clientError", ({ code = "" }: Break, socket: Socket) => {
    // It has been answered; node:http tells so of each piece that comes after.
    if (lingering.has(socket)) return lingering.hear(socket);
    const reason = cutReasonOf(code);
    if (reason !== null) onCut(reason);
    if (!socket.writable || isBeingAnswered(socket)) socket.destroy();
    else lingering.endWith(socket, answerTo(code));
    return undefined;
  });
}

function cutReasonOf(code: string): CutReason | null {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "slow-request";
  // Its client went away in the middle of it.
  if (code === "HPE_INVALID_EOF_STATE") return null;
  return code.startsWith("HPE_") ? "malformed" : null;
}

/** A connection as node:http has it, which alone knows the answer it is at. */
type Answering = Socket & { readonly _httpMessage?: ServerResponse | null };

/** Whether another text would stand in the middle of an answer. */
function isBeingAnswered({ _httpMessage: answer }: Answering): boolean {
  return answer?.headersSent === true;
}

const statusOf: Readonly<Record<string, number>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 408,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  HPE_HEADER_OVERFLOW: 431,
};

function answerTo(code: string): string {
  const status = statusOf[code] ?? 400;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\n\r\n`;
}
