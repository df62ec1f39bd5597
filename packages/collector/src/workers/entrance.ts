/**
 * Where clients come in: one port, and behind it this process alone or worker processes. With workers, this process
 * accepts each connection and hands it on unread; while there is no worker to take it, it serves it itself.
 */
import { createServer } from "node:net";
import type { Server, Socket } from "node:net";
import { createConnectionCap } from "../http/connection-cap.js";
import type { ConnectionCap } from "../http/connection-cap.js";
import { OpenConnections } from "../http/open-connections.js";
import { bind, listen, urlOf } from "../http/server.js";
import type { HttpServer, HttpServerOptions } from "../http/server.js";
import type { ResolvedOptions } from "../options.js";
import type { CollectorReport, CutReason } from "../report.js";
import type { Runtime } from "../runtime.js";
import type { Wires } from "../loading/receivers.js";
import { Crew } from "./crew.js";
import type { CrewStatus } from "./crew.js";
import { openDoor } from "./door.js";
import type { Door } from "./door.js";
import { serveHandedConnections } from "./handed-connections.js";
import type { HandedConnections } from "./handed-connections.js";
import type { SharedDesk } from "./owner-desk.js";
import type { WorkerOptions } from "./messages.js";
import type { Accepted } from "./worker.js";

export interface Entrance extends HttpServer {
  /** Lets the workers take connections, where there are any; resolves when all of them do. */
  employ(desk: SharedDesk): Promise<void>;
  workers(): CrewStatus;
}

export interface EntranceOptions extends HttpServerOptions {
  readonly options: ResolvedOptions;
  readonly wires: Wires;
  readonly runtime: Runtime;
  readonly onReport: (report: CollectorReport) => void;
}

const none: CrewStatus = { wanted: 0, ready: 0, ended: 0, silences: 0, connections: [], pids: [] };

export async function openEntrance(given: EntranceOptions): Promise<Entrance> {
  if (given.options.workers > 0) return openSharedEntrance(given);
  return { ...(await listen(given)), employ: () => Promise.resolve(), workers: () => none };
}

async function openSharedEntrance(given: EntranceOptions): Promise<Entrance> {
  const entrance = new SharedEntrance(given);
  try {
    await entrance.open();
    return entrance;
  } catch (error) {
    await entrance.close(0);
    throw error;
  }
}

class SharedEntrance implements Entrance {
  readonly #given: EntranceOptions;
  readonly #port: Server;
  readonly #here: HandedConnections;
  readonly #cap: ConnectionCap;
  readonly #connections = new OpenConnections();
  #url = "";
  #door: Door | null = null;
  #crew: Crew | null = null;

  constructor(given: EntranceOptions) {
    this.#given = given;
    this.#cap = createConnectionCap(given);
    this.#here = serveHandedConnections(given);
    this.#port = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.#take(socket));
  }

  get url(): string {
    return this.#url;
  }

  /** The workers start while the data is opened: both take their time. */
  async open(): Promise<void> {
    const { options, wires, runtime, onReport } = this.#given;
    await bind(this.#port, this.#given);
    this.#url = urlOf(this.#port, this.#given.host);
    this.#door = await openDoor(this.#given);
    this.#crew = new Crew({
      size: options.workers,
      setup: { options: workerOptions(options), wires, door: this.#door.address },
      onReport,
      runtime,
      serveHere: (accepted) => this.#serveHere(accepted),
    });
  }

  async employ(desk: SharedDesk): Promise<void> {
    await this.#crew?.employ(desk);
  }

  workers(): CrewStatus {
    return this.#crew?.status() ?? { ...none, wanted: this.#given.options.workers };
  }

  async close(timeoutMs: number): Promise<void> {
    this.#port.close();
    await Promise.all([this.#here.close(timeoutMs), this.#crew?.close(timeoutMs)]);
    this.#door?.close();
  }

  leftWith(listeners: () => number): Promise<void> {
    return this.#connections.atMost(listeners);
  }

  #take(socket: Socket): void {
    // Until somebody serves it, its end is nobody's concern.
    socket.on("error", () => {});
    const release = this.#admit(socket);
    if (typeof release === "string") {
      this.#given.onCut(release);
      return void socket.destroy();
    }
    const ended = this.#connections.opened();
    const onEnd = (): void => {
      ended();
      release();
    };
    if (this.#crew === null) this.#serveHere({ socket, onEnd });
    else this.#crew.take({ socket, onEnd });
    return undefined;
  }

  /** The way to release it, or why it is one too many. */
  #admit(socket: Socket): (() => void) | CutReason {
    if (this.#connections.count >= this.#given.maxConnections) return "too-many";
    return this.#cap.admit(socket.remoteAddress) ?? "too-many-of-address";
  }

  #serveHere({ socket, onEnd }: Accepted): void {
    socket.once("close", onEnd);
    this.#here.take(socket);
  }
}

/** Without functions, which do not go into another process, and without keys, which need not. */
function workerOptions(options: ResolvedOptions): WorkerOptions {
  const { onReport: _, runtime: _runtime, sinks: _sinks, keys: _keys, disabledKeys: _disabled, ...plain } = options;
  return plain;
}
