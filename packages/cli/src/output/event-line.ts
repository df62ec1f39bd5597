/** An event, good or bad, as one line for people. */
import type { Colours } from "./colours.js";
import { printable } from "./colours.js";

export interface ShownEvent {
  readonly time: string;
  readonly project: string;
  readonly kind: string;
  readonly name: string | null;
  readonly userId: string | null;
  readonly anonymousId: string | null;
  readonly id: string;
  readonly properties: unknown;
}

export interface ShownBadEvent {
  readonly receivedAt: string;
  readonly project: string;
  readonly protocol: string;
  readonly code: string;
  readonly message: string;
  readonly id: string;
}

export function eventLine(event: ShownEvent, colours: Colours, columns: number): string {
  const who = event.userId ?? event.anonymousId ?? "";
  const what = event.name === null ? event.kind : `${event.kind} ${event.name}`;
  const properties = JSON.stringify(event.properties);
  const head = `${clock(event.time)}  ${colours.green(printable(what))}  ${colours.cyan(printable(who))}`;
  const plainChars = `${clock(event.time)}  ${what}  ${who}  `.length;
  const room = Math.max(0, columns - plainChars - 1);
  return `${head}  ${colours.dim(printable(properties).slice(0, room))}`.trimEnd();
}

export function badEventLine(bad: ShownBadEvent, colours: Colours): string {
  return `${clock(bad.receivedAt)}  ${colours.red(`bad ${bad.code}`)}  ${printable(bad.message)}`;
}

function clock(time: string): string {
  return time.slice(11, 23);
}
