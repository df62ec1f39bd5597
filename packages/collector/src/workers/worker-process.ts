/**
 * A worker: serves the connections it is handed. What brings events it reads, unpacks, decodes and words the answer to;
 * the collector's own process keeps them. Everything else goes there as it came. It ends with that process, and holds
 * nothing that is missed when it is killed.
 */
import { Socket } from "node:net";
import { createReadAccess } from "../http/access.js";
import { createClientAddress } from "../http/client-address.js";
import { createIngestHandler } from "../http/ingest-handler.js";
import { isHeadProblem, readHead, refuseHead } from "../http/request-head.js";
import { createRouteTable } from "../http/route-table.js";
import type { Handler } from "../http/router.js";
import { createIngest } from "../ingest/ingest.js";
import { createReceivers } from "../loading/receivers.js";
import { createProjects } from "../projects.js";
import type { CutReason } from "../report.js";
import { systemRuntime } from "../runtime.js";
import { createForward } from "./forward.js";
import { serveHandedConnections } from "./handed-connections.js";
import type { HandedConnections } from "./handed-connections.js";
import { createLink } from "./link.js";
import type { Link } from "./link.js";
import { linkDescriptor } from "./messages.js";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.js";
import { createOwnerClient } from "./owner-client.js";
import type { OwnerClient } from "./owner-client.js";

/** How long what is in progress may take to be told that it was not kept, when the collector is gone. */
const orphanedMs = 1_000;
const runtime = systemRuntime;

// Ctrl-C reaches the whole group of processes, and so may SIGHUP; the collector decides when it is time.
process.on("SIGHUP", () => {});
process.on("SIGINT", () => {});
process.on("SIGTERM", () => {});
process.on("uncaughtException", (error) => die(error));
process.on("unhandledRejection", (error) => die(error));
process.once("message", (message) => {
  const { kind } = message as ToWorker;
  if (kind === "start") start((message as ToWorker & { kind: "start" }).setup);
});

function start(setup: WorkerSetup): void {
  const link = createLink({
    stream: new Socket({ fd: linkDescriptor, readable: true, writable: true }),
    runtime,
    hear: (frame) => owner.hear(frame),
    onLost: () => orphaned(),
  });
  const owner = createOwnerClient({ link });
  const connections = serveHandedConnections({
    ...setup.options,
    handler: createWorkerHandler(setup, owner),
    runtime,
    onCut: cutNote(owner),
    onError: (error) => owner.tell({ kind: "reported", report: { kind: "failed", message: String(error) } }),
  });
  const orphaned = (): void => {
    // What waits to be written has the memory of bodies, which is given back with the answers that follow.
    link.flush();
    owner.lost();
    void connections.close(orphanedMs).then(() => process.exit());
  };
  process.on("disconnect", orphaned);
  process.on("message", (message, handle) => {
    hear({ message: message as ToWorker, handle, link, owner, connections });
  });
  say({ kind: "ready" });
}

interface Heard {
  readonly message: ToWorker;
  readonly handle: unknown;
  readonly link: Link;
  readonly owner: OwnerClient;
  readonly connections: HandedConnections;
}

function hear({ message, handle, link, owner, connections }: Heard): void {
  switch (message.kind) {
    case "start":
      return undefined;
    case "connection": {
      const { id } = message;
      owner.tell({ kind: "taken", connection: id });
      // Before anything is read from it: whoever is given it back after that would not have what it said.
      link.flush();
      const release = (): void => owner.tell({ kind: "released", connection: id });
      // It may have ended on its way here.
      if (!(handle instanceof Socket)) return release();
      handle.once("close", release);
      return connections.take(handle);
    }
    case "ping":
      return say({ kind: "alive" });
    case "close":
      return void connections
        .close(message.timeoutMs)
        .then(() => link.end())
        .then(() => process.exit());
  }
}

function cutNote(owner: OwnerClient): (reason: CutReason) => void {
  return (reason) => owner.tell({ kind: "cut", reason });
}

function createWorkerHandler({ options, wires, door }: WorkerSetup, owner: OwnerClient): Handler {
  const findRoute = createRouteTable(createReceivers(wires));
  const forward = createForward(door);
  const onCut = cutNote(owner);
  const ingest = createIngestHandler({
    ingest: createIngest(owner.keeper),
    projects: createProjects(wires.keyTable),
    ledger: {
      refused: (reason) => owner.tell({ kind: "refused", reason }),
      unkept: (reason) => owner.tell({ kind: "unkept", reason }),
    },
    latencies: { observe: (ms) => owner.tell({ kind: "observed", ms }) },
    clientAddress: createClientAddress(options.trustedProxies),
    addressLimit: options.maxAddressRequestsPerSecond === null ? null : owner.limit("address"),
    keyLimit: options.maxKeyRequestsPerSecond === null ? null : owner.limit("key"),
    access: createReadAccess(options),
    runtime,
    onReport: (report) => owner.tell({ kind: "reported", report }),
  });
  return (request, response) => {
    const head = readHead(request);
    if (isHeadProblem(head)) return Promise.resolve(refuseHead(head, response, onCut));
    const found = findRoute(head);
    if (found === null || head.method === "OPTIONS") return forward(request, response);
    return ingest({ ...found, head, request, response });
  };
}

function say(message: FromWorker): void {
  process.send?.(message);
}

/** What nobody caught: the collector tells of it, and starts another worker. */
function die(error: unknown): void {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (!process.connected) process.exit(1);
  process.send?.({ kind: "dying", message } satisfies FromWorker, () => process.exit(1));
}
