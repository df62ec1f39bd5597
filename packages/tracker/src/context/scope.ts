/**
 * What holds for everything that happens while a request is answered: who the user is, and the surroundings. It follows
 * the request through awaits, timers and callbacks, so that two requests in one process never see each other's. Node
 * calls the listeners of an event emitter where the event is emitted, which may be outside: `AsyncResource.bind` takes
 * a listener along.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import { copyOf, fieldOf, objectOf } from "./safe-read.js";

/** Text, or a number that is taken as text. */
type ScopeId = string | number | bigint | null | undefined;

/** Fields that are absent are those of the scope around. */
export interface ScopeFields {
  readonly userId?: ScopeId;
  readonly anonymousId?: ScopeId;
  readonly groupId?: ScopeId;
  readonly sessionId?: ScopeId;
  /** For the context of each event, below what the event itself says. Joined field by field with the scope's around. */
  readonly context?: object | null | undefined;
}

/** What holds in a scope, the scopes around it included. */
export interface Scope {
  readonly userId?: string;
  readonly anonymousId?: string;
  readonly groupId?: string;
  readonly sessionId?: string;
  readonly context?: object;
}

/** A scope, for whoever has to remember something of its user. */
export interface OpenScope {
  readonly scope: Scope;
  /**
   * The same object in all scopes that are about one user: a scope that says who that is, or has none around, has its
   * own, and any other has that of the scope around.
   */
  readonly person: object;
}

const scopes = new AsyncLocalStorage<OpenScope>();

/**
 * Calls `fn` within the scope, and returns what it returns. What it starts stays within, also after it has returned.
 * What is no id or no object counts as absent.
 *
 * @example
 * app.use((request, response, next) => run({ context: buildRequestContext(fromExpress(request)) }, next));
 */
export function run<T>(fields: ScopeFields, fn: () => T): T {
  const outer = openScope();
  const own = read(fields);
  const isNamed = own.userId !== undefined || own.anonymousId !== undefined;
  const person = outer === undefined || isNamed ? {} : outer.person;
  return scopes.run({ scope: Object.freeze(joined(outer?.scope, own)), person }, fn);
}

/** What holds here; undefined outside of any scope. */
export function current(): Scope | undefined {
  return scopes.getStore()?.scope;
}

/** The innermost scope; undefined outside of any. */
export function openScope(): OpenScope | undefined {
  return scopes.getStore();
}

function joined(outer: Scope | undefined, inner: Scope): Scope {
  if (outer?.context === undefined || inner.context === undefined) return { ...outer, ...inner };
  return { ...outer, ...inner, context: { ...outer.context, ...inner.context } };
}

const idNames = ["userId", "anonymousId", "groupId", "sessionId"] as const;

/** Reads what is given once, for it may change, or be anything. */
function read(fields: ScopeFields): Scope {
  const ids = idNames.map((name) => [name, idOf(fieldOf(fields, name))] as const).filter(([, id]) => id !== undefined);
  const context = copyOf(objectOf(fields, "context"));
  return { ...Object.fromEntries(ids), ...(context === undefined ? {} : { context }) };
}

function idOf(id: unknown): string | undefined {
  if (typeof id === "string") return id === "" ? undefined : id;
  return typeof id === "bigint" || (typeof id === "number" && Number.isSafeInteger(id)) ? String(id) : undefined;
}
