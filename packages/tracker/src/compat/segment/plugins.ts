/**
 * Plugins see every event before it is sent, one after the other, and may change it; one of type `before` may cancel it.
 * Events wait while a plugin is loaded and keep their order. A plugin that fails costs no other event.
 */
import type { EventType } from "@oncewire/protocol/rudderstack";
import type { Analytics } from "./analytics.js";
import { Context } from "./context.js";
import type { SegmentEvent } from "./event.js";

type Hook = (ctx: Context) => Promise<Context> | Context;

/**
 * `before` and `enrichment` may change an event. `destination` gets it as it is sent, unless its `integrations` say
 * otherwise, and `after` when it has ended. `utility` is loaded and never asked.
 */
export interface Plugin extends Partial<Readonly<Record<EventType, Hook>>> {
  readonly name: string;
  readonly type: "before" | "enrichment" | "destination" | "after" | "utility";
  readonly version?: string | undefined;
  readonly alternativeNames?: readonly string[] | undefined;
  isLoaded(): boolean;
  load(ctx: Context, instance: Analytics): Promise<unknown>;
  unload?(ctx: Context, instance: Analytics): unknown;
}

/** Events that plugins have not seen yet, at most: one that never answers must not fill the memory. */
const maxWaiting = 10_000;

export class Plugins {
  readonly #instance: Analytics;
  readonly #warn: (line: string) => void;
  #plugins: readonly Plugin[] = [];
  #line: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  constructor(instance: Analytics, warn: (line: string) => void) {
    this.#instance = instance;
    this.#warn = warn;
  }

  /** Whether an event has nothing to wait for. */
  get isIdle(): boolean {
    return this.#plugins.length === 0 && this.#waiting === 0;
  }

  get isFull(): boolean {
    return this.#waiting >= maxWaiting;
  }

  /** Resolves when they are loaded, but for destinations, which nobody waits for. One that does not load is left out. */
  register(plugins: readonly Plugin[]): Promise<void> {
    this.#plugins = [...this.#plugins, ...plugins];
    return this.#inLine(async () => {
      await Promise.all(plugins.map((plugin) => this.#load(plugin)));
    });
  }

  deregister(names: readonly string[]): Promise<void> {
    return this.#inLine(async () => {
      const leaving = this.#plugins.filter(({ name }) => names.includes(name));
      await Promise.all(leaving.map((plugin) => this.#unload(plugin)));
    });
  }

  /** Resolves with the event as the plugins leave it, or with the reason why it is not to be sent. */
  prepare(event: SegmentEvent): Promise<Context | Error> {
    const ctx = new Context(copyOf(event));
    return this.#inLine(() => this.#prepare(ctx));
  }

  /** Resolves when every event that waits now has been seen. */
  async seen(): Promise<void> {
    await this.#line;
  }

  /** Tells the plugins of type `after`. */
  end(ctx: Context): void {
    for (const plugin of this.#ofType("after")) void ask(plugin, ctx);
  }

  #inLine<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    const done = this.#line.then(work).finally(() => (this.#waiting -= 1));
    this.#line = done.catch(() => undefined);
    return done;
  }

  async #load(plugin: Plugin): Promise<void> {
    const loaded = (async () => {
      try {
        await plugin.load(new Context({ type: "track" }), this.#instance);
      } catch (error) {
        this.#leave(plugin);
        this.#warn(`the plugin ${plugin.name} did not load: ${String(error)}`);
      }
    })();
    if (plugin.type !== "destination") await loaded;
  }

  async #unload(plugin: Plugin): Promise<void> {
    try {
      await plugin.unload?.(new Context({ type: "track" }), this.#instance);
      this.#leave(plugin);
    } catch (error) {
      this.#warn(`the plugin ${plugin.name} did not unload: ${String(error)}`);
    }
  }

  #leave(plugin: Plugin): void {
    this.#plugins = this.#plugins.filter((each) => each !== plugin);
  }

  async #prepare(given: Context): Promise<Context | Error> {
    let ctx = given;
    for (const plugin of this.#ofType("before")) {
      const answer = await ask(plugin, ctx);
      if (!(answer instanceof Context)) return answer;
      ctx = answer;
    }
    for (const plugin of this.#ofType("enrichment")) {
      const answer = await ask(plugin, ctx);
      if (answer instanceof Context) ctx = answer;
    }
    for (const plugin of this.#ofType("destination")) if (isWanted(plugin, ctx.event)) void ask(plugin, ctx);
    return ctx;
  }

  #ofType(type: Plugin["type"]): readonly Plugin[] {
    return this.#plugins.filter((plugin) => plugin.type === type);
  }
}

/** What the plugin makes of the event; an error where it fails or cancels. Never rejects. */
async function ask(plugin: Plugin, ctx: Context): Promise<Context | Error> {
  try {
    const hook = plugin[ctx.event.type];
    const answer: unknown = hook === undefined ? ctx : await hook.call(plugin, ctx);
    return answer instanceof Context ? answer : new Error(`the plugin ${plugin.name} answered no Context`);
  } catch (error) {
    ctx.log("error", "plugin Error", { plugin: plugin.name, error });
    return error instanceof Error ? error : new Error(`the plugin ${plugin.name} canceled the event`, { cause: error });
  }
}

/** An event may name the destinations that it is for; what it says of one goes before what it says of all. */
function isWanted({ name, alternativeNames = [] }: Plugin, event: SegmentEvent | null | undefined): boolean {
  const said = new Map<string, unknown>(Object.entries(event?.["integrations"] ?? {}));
  const own = [name, ...alternativeNames].find((each) => said.has(each));
  return said.get(own ?? "All") !== false;
}

/** What is sent is what was said at the call, however long a plugin takes; what cannot be copied goes as it is. */
function copyOf(event: SegmentEvent): SegmentEvent {
  try {
    return structuredClone(event);
  } catch {
    return { ...event };
  }
}
