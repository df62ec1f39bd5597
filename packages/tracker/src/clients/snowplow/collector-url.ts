import { TrackerError } from "../../errors.js";
import { shown } from "./contracts.js";

export interface CollectorAddress {
  /** The collector's host, or its address with `http://` or `https://`; a path in it is kept. */
  readonly endpoint: string | URL;
  /** Of an endpoint that does not name one. @default "https" */
  readonly protocol?: "http" | "https" | undefined;
  /** Of an endpoint that does not name one. @default the protocol's */
  readonly port?: number | null | undefined;
}

/** Throws a `TrackerError` for what is not the address of a collector. */
export function collectorUrl({ endpoint, protocol = "https", port = null }: CollectorAddress): URL {
  checkProtocol(protocol);
  checkPort(port);
  const url = readUrl(String(endpoint), protocol);
  if (url === null) {
    const message =
      "`endpoint` must be a host or an http or https address without a query, such as collector.acme.com.";
    throw new TrackerError("E_OPTION", "endpoint", message);
  }
  if (port !== null && url.port === "") url.port = String(port);
  return url;
}

function readUrl(text: string, protocol: string): URL | null {
  if (text === "") return null;
  const full = /^https?:\/\//i.test(text) ? text : `${protocol}://${text}`;
  const url = URL.canParse(full) ? new URL(full) : null;
  return url === null || url.search !== "" || url.hash !== "" ? null : url;
}

function checkProtocol(protocol: string): void {
  if (protocol === "http" || protocol === "https") return;
  throw new TrackerError("E_OPTION", "protocol", `\`protocol\` must be "http" or "https", got ${shown(protocol)}.`);
}

function checkPort(port: number | null): void {
  if (port === null || (Number.isInteger(port) && port >= 1 && port <= 65_535)) return;
  throw new TrackerError("E_OPTION", "port", `\`port\` must be a whole number from 1 to 65535, got ${shown(port)}.`);
}
