import type { CanonicalEvent, JsonObject, JsonValue } from "@oncewire/protocol";

/**
 * The event with what was found, below what it says. An object of the context, such as `device`, is filled where it has
 * none of the fields that were found: half of one source and half of another would be a device that nobody has.
 */
export function filled(event: CanonicalEvent, found: JsonObject): CanonicalEvent {
  const added: [string, JsonValue][] = [];
  for (const [name, value] of Object.entries(found)) {
    const own = event.context[name];
    if (own === undefined || own === null) added.push([name, value]);
    else if (isObject(own) && isObject(value) && saysNothingOf(own, value)) added.push([name, { ...own, ...value }]);
  }
  return added.length === 0 ? event : { ...event, context: { ...event.context, ...Object.fromEntries(added) } };
}

function saysNothingOf(own: JsonObject, found: JsonObject): boolean {
  return Object.keys(found).every((name) => own[name] === undefined || own[name] === null);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
