/** Entities that are added to every event, or to those that a filter or a rule lets through. */
import { isDeepStrictEqual } from "node:util";
import type { Payload, SelfDescribingJson } from "./payload-builder.js";

/** What a filter or a generator is told of an event. */
export interface ContextEvent {
  readonly event: Payload;
  /** The code under `e`. */
  readonly eventType: string;
  /** The schema of a self-describing event; the event's code for others. */
  readonly eventSchema: string;
}

export type ContextGenerator = (
  event: ContextEvent,
) => SelfDescribingJson | readonly SelfDescribingJson[] | null | undefined;
export type ContextFilter = (event: ContextEvent) => boolean;
export type ContextPrimitive = SelfDescribingJson | ContextGenerator;

/** Schemas with `*` for a part: `iglu:com.acme/x/jsonschema/*-*-*`. */
export interface RuleSet {
  readonly accept?: string | readonly string[];
  readonly reject?: string | readonly string[];
}

type Primitives = ContextPrimitive | readonly ContextPrimitive[];
export type FilterProvider = readonly [filter: ContextFilter, primitives: Primitives];
export type RuleSetProvider = readonly [rules: RuleSet, primitives: Primitives];
export type ConditionalContextProvider = FilterProvider | RuleSetProvider;

type Context = ConditionalContextProvider | ContextPrimitive;

export class GlobalContexts {
  #contexts: readonly Context[] = [];

  add(contexts: readonly Context[]): void {
    this.#contexts = [...this.#contexts, ...contexts];
  }

  clear(): void {
    this.#contexts = [];
  }

  remove(contexts: readonly Context[]): void {
    this.#contexts = this.#contexts.filter((each) => !contexts.some((other) => isDeepStrictEqual(each, other)));
  }

  /** The entities for this event. What a filter or a generator does wrong costs its own entities. */
  entitiesFor(event: ContextEvent): readonly SelfDescribingJson[] {
    return this.#contexts.flatMap((context) => {
      try {
        return isProvider(context) ? provided(context, event) : generated(context, event);
      } catch {
        return [];
      }
    });
  }
}

function isProvider(context: Context): context is ConditionalContextProvider {
  return Array.isArray(context);
}

function provided(
  [condition, primitives]: ConditionalContextProvider,
  event: ContextEvent,
): readonly SelfDescribingJson[] {
  const applies = typeof condition === "function" ? condition(event) : accepts(condition, event.eventSchema);
  if (!applies) return [];
  const list: readonly ContextPrimitive[] = isList(primitives) ? primitives : [primitives];
  return list.flatMap((primitive) => generated(primitive, event));
}

function generated(primitive: ContextPrimitive, event: ContextEvent): readonly SelfDescribingJson[] {
  const made = typeof primitive === "function" ? primitive(event) : primitive;
  if (made === null || made === undefined) return [];
  return isList(made) ? made : [made];
}

function accepts({ accept = [], reject = [] }: RuleSet, schema: string): boolean {
  const isAmong = (rules: string | readonly string[]): boolean => listOf(rules).some((rule) => matches(rule, schema));
  return (listOf(accept).length === 0 || isAmong(accept)) && !isAmong(reject);
}

function listOf(rules: string | readonly string[]): readonly string[] {
  return typeof rules === "string" ? [rules] : rules;
}

/** A star stands for any text without a slash. */
function matches(rule: string, schema: string): boolean {
  const parts = rule.split("*").map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]*")}$`).test(schema);
}

function isList<T>(value: T | readonly T[]): value is readonly T[] {
  return Array.isArray(value);
}
