import { eventKinds } from "@oncewire/protocol";
import type { Command } from "commander";
import { Option } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags, CollectorClient } from "../collector-client.js";
import { wholeNumber } from "../input/time-option.js";
import type { ServerSentEvent } from "../input/server-sent-events.js";
import { createSeenIds } from "../input/seen-ids.js";
import { createColours, printable } from "../output/colours.js";
import { badEventLine, eventLine } from "../output/event-line.js";
import type { ShownBadEvent, ShownEvent } from "../output/event-line.js";
import type { Terminal } from "../terminal.js";

interface TailFlags extends ClientFlags {
  readonly project?: string;
  readonly kind?: string;
  readonly name?: string;
  readonly user?: string;
  readonly bad?: boolean;
  readonly json?: boolean;
  readonly limit?: number;
}

/** `oncewire tail`: events as they are stored. */
export function addTail(program: Command, terminal: Terminal): void {
  const tail = program
    .command("tail")
    .description("show events as they come: coloured on a terminal, NDJSON in a pipe")
    .option("--project <project>", "only of this project")
    .addOption(new Option("--kind <kind>", "only of this kind").choices(eventKinds))
    .option("--name <name>", "only with this name")
    .option("--user <id>", "only of this user, by user id or anonymous id")
    .option("--bad", "only what could not be decoded")
    .option("--json", "NDJSON on a terminal, too")
    .option("-n, --limit <number>", "end after so many", wholeNumber(1))
    .addHelpText(
      "after",
      `
Begins with the newest events that are stored. When the connection breaks, it is made again, and nothing is shown twice.

Examples:
  $ oncewire tail --kind track --name "Order Completed"
  $ oncewire tail --bad
  $ oncewire tail | jq -r .name | sort | uniq -c`,
    );
  addClientFlags(tail).action((flags: TailFlags) => follow(flags, terminal));
}

const reconnectMs = 1_000;
/** A collector that was killed shows again what it had not sealed: by default so many events. */
const maxSeenIds = 100_000;

async function follow(flags: TailFlags, terminal: Terminal): Promise<void> {
  const client = createCollectorClient(flags, terminal);
  const stop = new AbortController();
  void terminal.ended().then(() => stop.abort());
  const lineOf = lineMaker(flags, terminal);
  let shown = 0;
  for await (const message of messages(client, stop.signal, terminal)) {
    const line = lineOf(message);
    if (line === null) continue;
    await terminal.write(`${line}\n`);
    shown += 1;
    if (shown === flags.limit) break;
  }
  stop.abort();
}

/** The feed's messages, over all connections that it takes. Ends with the signal. */
async function* messages(
  client: CollectorClient,
  signal: AbortSignal,
  terminal: Terminal,
): AsyncGenerator<ServerSentEvent> {
  let lastEventId = "";
  let isKnown = false;
  while (!signal.aborted) {
    try {
      for await (const message of client.live({ signal, lastEventId })) {
        isKnown = true;
        lastEventId = message.id === "" ? lastEventId : message.id;
        yield message;
      }
    } catch (error) {
      // Whoever was never there is a mistake of the command line; whoever was comes back.
      if (!isKnown && !signal.aborted) throw error;
    }
    await pause(signal, client, terminal);
  }
}

async function pause(signal: AbortSignal, client: CollectorClient, terminal: Terminal): Promise<void> {
  if (signal.aborted) return;
  terminal.note(`the connection to ${client.url} ended; trying again`);
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, reconnectMs);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** The line for a message, null where it is not one that is wanted. */
function lineMaker(flags: TailFlags, terminal: Terminal): (message: ServerSentEvent) => string | null {
  const colours = createColours(terminal.hasColour);
  const seen = createSeenIds(maxSeenIds);
  const asJson = flags.json === true || !terminal.isInteractive;
  // Escapes are JSON all the same, and a terminal obeys nothing that came in.
  const json = (data: string): string => (terminal.isInteractive ? printable(data) : data);
  const eventText = (data: string): string | null => {
    const item = JSON.parse(data) as ShownEvent;
    if (!isWanted(item, flags) || !seen.isNew(`${item.project} ${item.id}`)) return null;
    return asJson ? json(data) : eventLine(item, colours, terminal.columns);
  };
  const badText = (data: string): string | null => {
    const item = JSON.parse(data) as ShownBadEvent;
    if (!isWantedBad(item, flags) || !seen.isNew(`bad ${item.id}`)) return null;
    return asJson ? json(data) : badEventLine(item, colours);
  };
  return ({ event, data }) => {
    if (event === "event") return eventText(data);
    if (event === "bad") return badText(data);
    if (event === "missed") {
      const { count } = JSON.parse(data) as { readonly count: number };
      terminal.note(`${count} events came faster than the live feed shows them; the store has them`);
    }
    return null;
  };
}

function isWanted(item: ShownEvent, { project, kind, name, user, bad }: TailFlags): boolean {
  return (
    bad !== true &&
    (project === undefined || item.project === project) &&
    (kind === undefined || item.kind === kind) &&
    (name === undefined || item.name === name) &&
    (user === undefined || item.userId === user || item.anonymousId === user)
  );
}

/** What could not be decoded has no kind, name or user: whoever asks for those does not see it, unless they ask for both. */
function isWantedBad(item: ShownBadEvent, { project, kind, name, user, bad }: TailFlags): boolean {
  const isAskedFor = bad === true || (kind === undefined && name === undefined && user === undefined);
  return isAskedFor && (project === undefined || item.project === project);
}
