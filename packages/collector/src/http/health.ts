/** Whether the collector can do its work, for load balancers, orchestrators and people. Says nothing about events. */
import type { WireResponse } from "@oncewire/protocol";
import { jsonReply, textReply } from "./reply.js";

export interface Health {
  /** Requests are kept; otherwise senders are told to come back later. */
  readonly accepting: boolean;
  /** Everything that is wrong; accepted events are safe meanwhile. */
  readonly problems: readonly HealthProblem[];
}

export interface HealthProblem {
  readonly part: "log" | "store" | "sink";
  readonly message: string;
}

const retryLater = { "retry-after": "5" };

/** The answer for a path of health, null when it is none. */
export function healthReply(path: string, health: () => Health): WireResponse | null {
  switch (path) {
    case "/health":
      return gatewayReply(health());
    case "/health/live":
      return jsonReply(200, { status: "live" });
    case "/sink-health":
      return sinkReply(health());
    case "/health/ready":
      return readyReply(health());
    default:
      return null;
  }
}

/** The words are those of RudderStack's gateway, whose clients and probes read them. */
export function gatewayReply({ accepting, problems }: Health): WireResponse {
  const value = {
    appType: "EMBEDDED",
    server: "UP",
    db: accepting ? "UP" : "DOWN",
    acceptingEvents: accepting ? "TRUE" : "FALSE",
    routingEvents: "TRUE",
    mode: "NORMAL",
    ...(problems.length === 0 ? {} : { problems }),
  };
  return jsonReply(accepting ? 200 : 503, value, accepting ? {} : retryLater);
}

/** As a Snowplow collector says whether it can keep what comes. */
function sinkReply({ accepting }: Health): WireResponse {
  return accepting ? textReply(200, "ok") : textReply(503, "Service Unavailable", retryLater);
}

/** `degraded` still takes events: what is behind the log has a problem. */
function readyReply({ accepting, problems }: Health): WireResponse {
  const status = accepting ? (problems.length === 0 ? "ready" : "degraded") : "unavailable";
  return jsonReply(accepting ? 200 : 503, { status, problems }, accepting ? {} : retryLater);
}
