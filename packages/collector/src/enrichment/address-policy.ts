/**
 * How much of visitors' addresses is kept. They stand in fields of known names; what was found there goes wherever else
 * the event has it, within longer texts too, and also where a tracker has wrapped JSON in base64. A field of such a name
 * whose text is no address cannot be shortened and goes. Names and values of the caller's that only look like an address,
 * such as a version `1.2.3.4`, stay.
 */
import { ipAddressOf } from "@oncewire/protocol";
import type { BadEvent, CanonicalEvent, IpPolicy, JsonObject, JsonValue } from "@oncewire/protocol";
import { recentlyFound } from "./recently-found.js";

const addressNames: ReadonlySet<string> = new Set(["ip", "request_ip", "requestIP", "ipAddress", "ip_address"]);

const maxAddresses = 4_096;

/** What each policy makes of an address: most come again and again. */
const addressAs: Readonly<Record<IpPolicy, (text: string) => string | null>> = {
  keep: recentlyFound(maxAddresses, (text) => ipAddressOf(text, "keep") ?? null),
  truncate: recentlyFound(maxAddresses, (text) => ipAddressOf(text, "truncate") ?? null),
  drop: () => null,
};

/** The event, good or bad, as far as the policy keeps it. Who it is of is not touched. */
export function withoutAddresses<T extends CanonicalEvent | BadEvent>(event: T, policy: IpPolicy): T {
  if (policy === "keep") return event;
  const contents: JsonObject = "context" in event ? contentsOf(event) : { wire: event.wire, message: event.message };
  const addresses = new Set<string>();
  gather(contents, addresses);
  const kept = maskedObject(contents, maskFor(addresses, policy));
  return kept === contents ? event : { ...event, ...kept };
}

function contentsOf({ properties, entities, context, wire }: CanonicalEvent): JsonObject {
  return { properties, entities: entities as unknown as JsonValue, context, wire };
}

function gather(value: JsonValue, into: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const name of Object.keys(value)) {
    const field = (value as JsonObject)[name] ?? null;
    if (!addressNames.has(name) || typeof field !== "string") gather(field, into);
    else if (into.size < maxSought) for (const address of spellingsIn(field)) into.add(address);
  }
}

/** Proxies add theirs behind a comma. */
function partsOf(text: string): readonly string[] {
  return text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
}

/** No event has as many; one that pretends to must not make the search for them long. */
const maxSought = 64;

function spellingsIn(text: string): readonly string[] {
  return partsOf(text).slice(0, maxSought).flatMap(spellingsOf);
}

/** As it came and in its short form; none of what is no address. */
function spellingsOf(part: string): readonly string[] {
  const short = addressAs.keep(part);
  return short === null ? [] : [part, short];
}

interface Mask {
  /** What stays of a field that holds addresses; undefined where that is nothing. */
  readonly address: (text: string) => string | undefined;
  readonly text: (text: string) => string;
}

function maskFor(addresses: ReadonlySet<string>, policy: IpPolicy): Mask {
  const address = (text: string): string | undefined => {
    const kept = partsOf(text).flatMap((part) => addressAs[policy](part) ?? []);
    return kept.length === 0 ? undefined : kept.join(", ");
  };
  if (addresses.size === 0) return { address, text: (text) => text };
  // The longest first: one address may begin as another does.
  const sorted = [...addresses].toSorted((one, other) => other.length - one.length);
  // Of an address with letters another spelling may be meant; one without is looked for first, which is cheap.
  const hasLetters = sorted.some((one) => /[^\d.]/.test(one));
  const mayHold = (text: string): boolean => hasLetters || sorted.some((one) => text.includes(one));
  let pattern: RegExp | null = null;
  const inText = (text: string): string => {
    if (!mayHold(text)) return text;
    pattern ??= new RegExp(sorted.map(standing).join("|"), "gi");
    return text.replace(pattern, (found) => addressAs[policy](found) ?? "");
  };
  return { address, text: (text) => (wrapped.test(text) ? inWrapped(text, inText) : inText(text)) };
}

/** The address alone, and not a part of a longer one. */
function standing(address: string): string {
  const text = address.replaceAll(/[.[\]]/g, "\\$&");
  return address.includes("::") || !address.includes(".")
    ? `(?<![\\da-f:])${text}(?![\\da-f:])`
    : `(?<!\\d|\\d\\.)${text}(?!\\d|\\.\\d)`;
}

const wrapped = /^[A-Za-z0-9+/_-]{24,}={0,2}$/;

function inWrapped(text: string, inText: (text: string) => string): string {
  const json = Buffer.from(text, "base64url").toString();
  if (!json.startsWith("{")) return text;
  const rewritten = inText(json);
  return rewritten === json ? text : Buffer.from(rewritten).toString("base64url");
}

/** What has nothing to hide stays the same object. */
function masked(value: JsonValue, mask: Mask): JsonValue {
  if (typeof value === "string") return mask.text(value);
  if (typeof value !== "object" || value === null) return value;
  return Array.isArray(value) ? maskedList(value, mask) : maskedObject(value as JsonObject, mask);
}

function maskedList(list: readonly JsonValue[], mask: Mask): readonly JsonValue[] {
  const items = list.map((item) => masked(item, mask));
  return items.every((item, at) => item === list[at]) ? list : items;
}

function maskedObject(object: JsonObject, mask: Mask): JsonObject {
  const names = Object.keys(object);
  const kept = names.map((name) => maskedField(name, object[name] ?? null, mask));
  if (names.every((name, at) => kept[at] === object[name])) return object;
  return Object.fromEntries(
    names.flatMap((name, at) => {
      const field = kept[at];
      return field === undefined ? [] : [[name, field] as const];
    }),
  );
}

function maskedField(name: string, field: JsonValue, mask: Mask): JsonValue | undefined {
  return typeof field === "string" && addressNames.has(name) ? mask.address(field) : masked(field, mask);
}
