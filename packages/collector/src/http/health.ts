/** Whether the collector can do its work, for load balancers, orchestrators and people. Says nothing about events. */
import type { WireResponse } from "@oncewire/protocol";
import type { AcceptLog } from "../log/accept-log.js";
import type { Loading, LoadingProgress } from "../loading/start-loading.js";
import type { Sinks } from "../loading/start-sinks.js";
import { jsonReply, textReply } from "./reply.js";

export interface Health {
  /** Requests are kept; otherwise senders are told to come back later. */
  readonly accepting: boolean;
  /** Everything that is wrong; accepted events are safe meanwhile. */
  readonly problems: readonly HealthProblem[];
}

export interface HealthProblem {
  readonly part: "log" | "store" | "sink" | "workers";
  readonly message: string;
}

export interface HealthParts {
  readonly log: Pick<AcceptLog, "status" | "durable">;
  readonly loading: Pick<Loading, "progress">;
  readonly sinks: Pick<Sinks, "progress">;
  readonly workers: { readonly wanted: number; readonly ready: number };
}

/** Whoever follows the log and has not moved for so long hangs, or waits for something that does. */
const standstillMs = 30_000;

export function healthOf({ log, loading, sinks, workers }: HealthParts): Health {
  const { state, fault } = log.status();
  const store = loading.progress();
  const problems: HealthProblem[] = [];
  if (state !== "accepting") problems.push({ part: "log", message: `it cannot be written: ${fault ?? state}` });
  const ofStore = followerProblem(store, log.durable - store.loadedTo);
  if (ofStore !== null) problems.push({ part: "store", message: `it ${ofStore}` });
  for (const sink of sinks.progress()) {
    const ofSink = followerProblem(sink, log.durable - sink.position);
    if (ofSink !== null) problems.push({ part: "sink", message: `${sink.name} ${ofSink}` });
  }
  const { wanted, ready } = workers;
  if (ready < wanted) {
    problems.push({
      part: "workers",
      message: `${ready} of ${wanted} take connections; the others do not answer or are started again`,
    });
  }
  return { accepting: state === "accepting", problems };
}

/** What is wrong with a follower of the log that is so many requests behind; null for one that is well. */
function followerProblem(follower: Pick<LoadingProgress, "failure" | "standstillMs">, behind: number): string | null {
  if (follower.failure !== null) return `is tried again: ${follower.failure}`;
  if (follower.standstillMs < standstillMs) return null;
  const seconds = Math.floor(follower.standstillMs / 1_000);
  return `has not moved for ${seconds} s; requests that wait for it in the log: ${behind}`;
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
