/** Who may read: page, feed and API. Ingest keys never do. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { RequestHead, WireResponse } from "@oncewire/protocol";
import { isLoopback } from "../options.js";
import { createClientAddress } from "./client-address.js";
import { jsonReply } from "./reply.js";

export interface ReadAccess {
  /** Null when the request may read, else the answer that refuses it. The address is that of the connection. */
  refuse(head: RequestHead, connectionAddress: string): WireResponse | null;
}

export interface ReadAccessOptions {
  readonly secretKey: string | null;
  readonly host: string;
  readonly allowedHosts: readonly string[];
  readonly trustedProxies: readonly string[];
}

export function createReadAccess(options: ReadAccessOptions): ReadAccess {
  const { secretKey, host, allowedHosts, trustedProxies } = options;
  const addressOf = createClientAddress(trustedProxies);
  const names = new Set(["localhost", "127.0.0.1", "[::1]", host, ...allowedHosts].map((name) => name.toLowerCase()));
  const secret = secretKey === null ? null : sha256(secretKey);
  return {
    refuse(head, connectionAddress) {
      const name = hostName(head.headers["host"] ?? "");
      if (!names.has(name)) {
        return problem(
          421,
          "unexpected-host",
          "expected a request addressed to this collector by a name in `allowedHosts`",
        );
      }
      if (isForeignOrigin(head))
        return problem(403, "foreign-origin", "expected a request from this page itself, not from another site");
      if (secret === null) {
        return isLocalAddress(addressOf(head, connectionAddress))
          ? null
          : problem(
              403,
              "reading-is-local",
              "reading needs a secret key from other machines; start the collector with one",
            );
      }
      const given = credentials(head.headers["authorization"] ?? "");
      if (given !== null && timingSafeEqual(sha256(given), secret)) return null;
      return secretKeyRequired;
    },
  };
}

const secretKeyRequired = withChallenge(
  problem(
    401,
    "secret-key-required",
    "expected the secret key as `Authorization: Bearer <key>`; ingest keys do not read",
  ),
);

/** Lets a browser ask for the key, as the password of any user. */
function withChallenge(refusal: WireResponse): WireResponse {
  return { ...refusal, headers: { ...refusal.headers, "www-authenticate": 'Basic realm="oncewire", charset="UTF-8"' } };
}

function problem(status: number, code: string, message: string): WireResponse {
  return jsonReply(status, { error: { code, message } });
}

/** Browsers say which site a request comes from; a page of another site has no business here. */
function isForeignOrigin(head: RequestHead): boolean {
  const site = head.headers["sec-fetch-site"];
  if (site === "cross-site" || site === "same-site") return head.headers["sec-fetch-mode"] !== "navigate";
  const origin = head.headers["origin"];
  return origin !== undefined && origin.replace(/^https?:\/\//, "") !== head.headers["host"];
}

function hostName(host: string): string {
  return host.toLowerCase().replace(/:\d+$/, "");
}

function isLocalAddress(address: string): boolean {
  return isLoopback(address.replace(/^::ffff:/, ""));
}

function credentials(authorization: string): string | null {
  const [scheme, value] = authorization.split(" ", 2);
  if (value === undefined) return null;
  if (scheme?.toLowerCase() === "bearer") return value;
  if (scheme?.toLowerCase() !== "basic") return null;
  const decoded = Buffer.from(value, "base64").toString();
  return decoded.slice(decoded.indexOf(":") + 1);
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
