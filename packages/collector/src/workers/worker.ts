/** One worker process, as the collector sees it: what it has been handed, and how it ended. */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { builtFile } from "../built-file.js";
import type { Runtime } from "../runtime.js";
import type { Frame } from "./frame.js";
import { createLink } from "./link.js";
import { linkDescriptor } from "./messages.js";
import type { FromWorker, ToWorker, WorkerSetup } from "./messages.js";
import { createOwnerDesk } from "./owner-desk.js";
import type { SharedDesk } from "./owner-desk.js";
import { lostMs, Pulse } from "./pulse.js";

/** A connection on its way to whoever serves it. */
export interface Accepted {
  readonly socket: Socket;
  /** Called once, when the connection has ended, wherever it was. */
  readonly onEnd: () => void;
}

interface Handed extends Accepted {
  isTaken: boolean;
}

export interface WorkerParts {
  readonly setup: WorkerSetup;
  readonly runtime: Pick<Runtime, "after">;
  /** Asked for with the first frame. */
  readonly desk: () => SharedDesk;
  readonly onReady: () => void;
  /** It does not answer any more. */
  readonly onSilent: () => void;
  /** It answers again. */
  readonly onBack: () => void;
  /** It has ended. Connections that never reached it are given back. */
  readonly onEnded: (why: string, untaken: readonly Accepted[]) => void;
}

/** Holds a connection until the worker has it: one that is killed before that gives it back. */
export class Worker {
  readonly #child: ChildProcess;
  readonly #connections = new Map<number, Handed>();
  readonly #pulse: Pulse;
  #lastId = 0;
  #defect: string | null = null;
  #isClosing = false;

  constructor(parts: WorkerParts) {
    this.#child = fork(builtFile(new URL("./worker-process.js", import.meta.url)), [], {
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc", "overlapped"],
    });
    this.#pulse = new Pulse({
      ask: () => this.#say({ kind: "ping" }),
      onSilent: parts.onSilent,
      onBack: parts.onBack,
      onLost: () => this.#lost(),
    });
    let failure: Error | null = null;
    this.#child.on("error", (error) => (failure = error));
    // Not `exit`: what it said before it ended is to be heard first.
    this.#child.once("close", (code, signal) => {
      const why = this.#defect ?? failure?.message ?? signal ?? `code ${code}`;
      const handed = [...this.#connections.values()];
      this.#connections.clear();
      for (const { isTaken, onEnd } of handed) if (isTaken) onEnd();
      const untaken = handed.filter(({ isTaken }) => !isTaken);
      parts.onEnded(why, untaken);
    });
    // One that could not be started has neither a link nor a channel, and is closed in a moment.
    if (this.#child.pid === undefined) return;
    this.#openLink(parts);
    this.#child.on("message", (message) => this.#hear(message as FromWorker, parts));
    this.#say({ kind: "start", setup: parts.setup });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Connections it has been handed and has not released. */
  get connections(): number {
    return this.#connections.size;
  }

  get isSilent(): boolean {
    return this.#pulse.isSilent;
  }

  take(accepted: Accepted): void {
    const id = ++this.#lastId;
    this.#connections.set(id, { ...accepted, isTaken: false });
    this.#child.send({ kind: "connection", id } satisfies ToWorker, accepted.socket, { keepOpen: true }, () => {
      // One that could not be handed over is given back when the process has ended.
    });
  }

  /** Lets requests in progress end, for so long at most, then ends. */
  close(timeoutMs: number): void {
    this.#isClosing = true;
    this.#say({ kind: "close", timeoutMs });
  }

  /** Asks for a sign of life. A process that has given none for too long is killed. */
  check(isLate: boolean): void {
    this.#pulse.check(isLate);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #openLink({ desk, runtime }: WorkerParts): void {
    const link = createLink({
      stream: this.#child.stdio[linkDescriptor] as Duplex,
      runtime,
      hear: (frame) => {
        this.#pulse.heard();
        (take ??= open())(frame);
      },
      onLost: (defect) => this.#linkLost(defect),
    });
    let take: ((frame: Frame) => void) | null = null;
    const open = (): ((frame: Frame) => void) =>
      createOwnerDesk({
        desk: desk(),
        link,
        onTaken: (id) => this.#taken(id),
        onReleased: (id) => this.#released(id),
      });
  }

  /** It is the worker's alone now: this process lets go of it. */
  #taken(id: number): void {
    const handed = this.#connections.get(id);
    if (handed === undefined) return;
    handed.isTaken = true;
    handed.socket.destroy();
  }

  #released(id: number): void {
    const handed = this.#connections.get(id);
    this.#connections.delete(id);
    handed?.onEnd();
  }

  /** Without its link it can do nothing, but end as it was told to. */
  #linkLost(defect: string | null): void {
    this.#defect ??= defect;
    if (!this.#isClosing) this.kill();
  }

  #lost(): void {
    this.#defect ??= `it gave no sign of life for ${lostMs} ms`;
    this.kill();
  }

  #hear(message: FromWorker, { onReady }: WorkerParts): void {
    this.#pulse.heard();
    switch (message.kind) {
      case "ready":
        return onReady();
      case "alive":
        return undefined;
      case "dying":
        this.#defect = message.message;
        return undefined;
    }
  }

  #say(message: ToWorker): void {
    this.#child.send(message, () => {
      // A message that could not be sent means a process that has ended, which is dealt with there.
    });
  }
}
