import { fork, type ChildProcess } from "node:child_process";
import { builtFile } from "../built-file.js";
import type { Runtime } from "../runtime.js";
import type {
  EngineAnswers,
  EngineFailure,
  EngineRequest,
  EngineSettings,
  Parameter,
  ReplyMessage,
  RequestMessage,
  SqlResult,
} from "./engine-protocol.js";
import { StoreError, type StoreErrorCode } from "./store-error.js";

/**
 * DuckDB in a process of its own, started when first asked and again whenever it has died. What was being asked when
 * it died is asked once more; a question that kills it twice is an error. One that is not asked for a while ends;
 * an idle one does not keep this process alive, and none outlives it, however it ends.
 */
export class Engine {
  readonly #folder: string;
  readonly #settings: EngineSettings;
  readonly #idle: EngineIdling;
  readonly #asked = new Map<number, Asked>();
  #child: ChildProcess | null = null;
  #cancelRetirement: (() => void) | null = null;
  #nextId = 1;
  #closed = false;

  constructor(folder: string, settings: EngineSettings, idle: EngineIdling) {
    this.#folder = folder;
    this.#settings = settings;
    this.#idle = idle;
  }

  /** The running process, for whoever measures it; null while none runs. */
  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  async rows(sql: string, parameters: readonly Parameter[] = []): Promise<EngineAnswers["rows"]> {
    return (await this.#ask({ kind: "rows", sql, parameters })) as EngineAnswers["rows"];
  }

  /** Of sealing and merging: beside questions, with one thread. */
  async work(sql: string): Promise<EngineAnswers["work"]> {
    return (await this.#ask({ kind: "work", sql })) as EngineAnswers["work"];
  }

  async words(sql: string): Promise<BigUint64Array> {
    return (await this.#ask({ kind: "words", sql })) as BigUint64Array;
  }

  async select(request: Omit<Extract<EngineRequest, { kind: "select" }>, "kind">): Promise<SqlResult> {
    return (await this.#ask({ kind: "select", ...request })) as SqlResult;
  }

  /** Ends the process; whatever it was being asked is answered with an error. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetirement?.();
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    holdOpen(child, true);
    child.kill("SIGKILL");
    await ended;
  }

  #ask(request: EngineRequest): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const asked = { message: { id: this.#nextId, request }, attempts: 0, resolve, reject };
      this.#nextId += 1;
      this.#asked.set(asked.message.id, asked);
      this.#send(asked);
    });
  }

  #send(asked: Asked): void {
    if (this.#closed) {
      this.#fail(asked, new StoreError("closed", "the store is open to questions until it is closed; it has been"));
      return;
    }
    asked.attempts += 1;
    this.#cancelRetirement?.();
    this.#cancelRetirement = null;
    const child = (this.#child ??= this.#start());
    // One that could not be started has no channel; its error event deals with that.
    if (child.pid === undefined) return;
    holdOpen(child, true);
    child.send(asked.message, () => {
      // A message that could not be sent means a process that has died; its exit event deals with that.
    });
  }

  #start(): ChildProcess {
    const child = fork(builtFile(new URL("./engine-process.js", import.meta.url)), [JSON.stringify(this.#settings)], {
      cwd: this.#folder,
      serialization: "advanced",
      execArgv: [],
      stdio: ["ignore", "ignore", "ignore", "ipc"],
    });
    child.on("message", (message) => this.#settle(message as ReplyMessage));
    child.on("error", (error) => this.#lost(child, error));
    child.once("exit", (code, signal) => this.#lost(child, new Error(`it ended with ${signal ?? `code ${code}`}`)));
    return child;
  }

  #settle(reply: ReplyMessage): void {
    const asked = this.#asked.get(reply.id);
    if (asked === undefined) return;
    if (reply.kind === "failure") {
      this.#fail(asked, new StoreError(failureCodes[reply.failure], reply.message));
      return;
    }
    this.#forget(asked);
    asked.resolve(reply.answer);
  }

  #lost(child: ChildProcess, cause: Error): void {
    if (this.#child !== child) return;
    this.#child = null;
    for (const asked of this.#asked.values()) {
      if (asked.attempts < maxAttempts) this.#send(asked);
      else this.#fail(asked, lostError(cause));
    }
  }

  #fail(asked: Asked, error: StoreError): void {
    this.#forget(asked);
    asked.reject(error);
  }

  #forget(asked: Asked): void {
    this.#asked.delete(asked.message.id);
    if (this.#asked.size > 0 || this.#child === null) return;
    holdOpen(this.#child, false);
    this.#cancelRetirement = this.#idle.runtime.after(this.#idle.idleMs, () => this.#retire());
  }

  /** Without its channel the process ends by itself. */
  #retire(): void {
    if (this.#asked.size > 0) return;
    const child = this.#child;
    this.#child = null;
    if (child?.connected === true) child.disconnect();
  }
}

export interface EngineIdling {
  /** The process is ended when nothing has been asked for so long. */
  readonly idleMs: number;
  readonly runtime: Pick<Runtime, "after">;
}

interface Asked {
  readonly message: RequestMessage;
  attempts: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: StoreError) => void;
}

const maxAttempts = 2;

const failureCodes: Readonly<Record<EngineFailure, StoreErrorCode>> = {
  refused: "sql-refused",
  timeout: "sql-timeout",
  failed: "engine-failed",
};

function lostError(cause: Error): StoreError {
  return new StoreError(
    "engine-unavailable",
    `the engine's process must stay alive while it answers, but ${cause.message}, twice; see if memory ran out`,
    cause,
  );
}

/** Whether the process and the channel to it keep this process alive. */
function holdOpen(child: ChildProcess, hold: boolean): void {
  const { channel } = child;
  if (hold) {
    child.ref();
    channel?.ref();
  } else {
    child.unref();
    channel?.unref();
  }
}
