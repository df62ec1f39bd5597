import type { NetworkFailure, Reply } from "./transport.js";

/** What an error of node:net, node:tls, node:dns or the HTTP parser means. What is in neither table is a reset. */
const reasons: Readonly<Record<string, NetworkFailure>> = {
  ECONNREFUSED: "refused",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  ENODATA: "dns",
  ETIMEDOUT: "unreachable",
  EHOSTUNREACH: "unreachable",
  ENETUNREACH: "unreachable",
  EADDRNOTAVAIL: "unreachable",
  EPROTO: "tls",
  DEPTH_ZERO_SELF_SIGNED_CERT: "tls",
  SELF_SIGNED_CERT_IN_CHAIN: "tls",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "tls",
  UNABLE_TO_GET_ISSUER_CERT: "tls",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: "tls",
  HOSTNAME_MISMATCH: "tls",
};

const prefixes: readonly (readonly [string, NetworkFailure])[] = [
  ["CERT_", "tls"],
  ["ERR_TLS_", "tls"],
  ["ERR_SSL_", "tls"],
  ["HPE_", "bad-reply"],
];

export function networkFailure(error: unknown): Extract<Reply, { kind: "failed" }> {
  const name = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
  const byPrefix = prefixes.find(([prefix]) => name.startsWith(prefix))?.[1];
  const reason = (Object.hasOwn(reasons, name) ? reasons[name] : undefined) ?? byPrefix ?? "reset";
  return { kind: "failed", reason, detail: name === "" ? String(error) : name };
}
