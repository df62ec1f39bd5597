/**
 * What holds for everything that happens while a request is answered: who the user is, and the surroundings. It follows
 * the request through awaits, timers and callbacks, so that two requests in one process never see each other's.
 */
import { AsyncLocalStorage } from "node:async_hooks";

/** Fields that are absent are those of the scope around. */
export interface Scope {
  readonly userId?: string | undefined;
  readonly anonymousId?: string | undefined;
  readonly groupId?: string | undefined;
  readonly sessionId?: string | undefined;
  /** For the context of each event, below what the event itself says. Joined field by field with the scope's around. */
  readonly context?: object | undefined;
}

const scopes = new AsyncLocalStorage<Scope>();

/**
 * Calls `fn` within the scope, and returns what it returns. What it starts stays within, also after it has returned.
 *
 * @example
 * app.use((request, response, next) => run({ context: buildRequestContext(fromExpress(request)) }, next));
 */
export function run<T>(scope: Scope, fn: () => T): T {
  return scopes.run(Object.freeze(joined(current(), scope)), fn);
}

/** The innermost scope; undefined outside of any. */
export function current(): Scope | undefined {
  return scopes.getStore();
}

function joined(outer: Scope | undefined, inner: Scope): Scope {
  if (outer === undefined) return { ...inner };
  const told = Object.entries(inner).filter(([, value]) => value !== undefined);
  const context = outer.context === undefined ? inner.context : { ...outer.context, ...inner.context };
  return { ...outer, ...Object.fromEntries(told), ...(context === undefined ? {} : { context }) };
}
