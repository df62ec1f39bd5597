import { eventKinds } from "@oncewire/protocol";
import type { Command } from "commander";
import { CommandError } from "../command-error.js";
import { concludeDelivery, deliver } from "../delivering/deliver.js";
import { addDestinationFlags, createDestination } from "../delivering/destination-flags.js";
import type { DestinationFlags } from "../delivering/destination-flags.js";
import { readSendable } from "../delivering/sendable.js";
import type { Sendable } from "../delivering/sendable.js";
import { parseObject, readObjects } from "../input/json-objects.js";
import { countLines } from "../input/count-lines.js";
import { createPassedOver } from "../input/passed-over.js";
import type { PassedOver } from "../input/passed-over.js";
import { wholeNumber } from "../input/time-option.js";
import type { Terminal } from "../terminal.js";

interface SendFlags extends DestinationFlags {
  readonly file?: string;
  readonly user?: string;
  readonly anonymous?: string;
  readonly properties?: string;
  readonly id?: string;
  readonly rate?: number;
  readonly giveUp: number;
}

/** `oncewire send`: one event, or as many as a file holds. */
export function addSend(program: Command, terminal: Terminal): void {
  const send = program
    .command("send")
    .description("send one event, or NDJSON from a file or standard input")
    .argument("[kind]", `one of ${eventKinds.join(", ")}`)
    .argument("[name]", "the event's name")
    .option("--user <id>", "user id")
    .option("--anonymous <id>", "anonymous id")
    .option("--properties <json>", "properties, or traits of identify and group")
    .option("--id <id>", "the event's id; sent twice, it is kept once")
    .option("-f, --file <path>", "NDJSON, one event per line as `oncewire export` writes them; - is standard input")
    .option("--rate <events>", "events per second, at most", wholeNumber(1))
    .option("--give-up <ms>", "how long to wait for a destination that takes nothing", wholeNumber(1), 30_000)
    .addHelpText(
      "after",
      `
Prints the id of a single event. Ends with the ledger on standard error, after Ctrl-C, too. A line that is no event is told
and passed over. Exit code 5 when some events or lines were refused, 3 when the destination is not there.

Examples:
  $ oncewire send track "Order Completed" --user ada --properties '{"total": 12.5}'
  $ oncewire send --file events.ndjson --to a-track --to-url https://api.a-track.io --key pub_1
  $ oncewire explain "$(oncewire send track Checked --user ada)"
  $ generate-events | oncewire send --file - --rate 500`,
    );
  addDestinationFlags(send).action(async (kind: string | undefined, name: string | undefined, flags: SendFlags) => {
    const passedOver = createPassedOver(terminal);
    let sentId = "";
    const stats = await deliver(eventsFrom(kind, name, { flags, terminal, passedOver }), {
      destination: createDestination(flags, terminal),
      terminal,
      rate: flags.rate ?? null,
      giveUpMs: flags.giveUp,
      total: flags.file === undefined ? null : await countLines(flags.file),
      onTracked: (id) => (sentId = id),
    });
    concludeDelivery(stats, passedOver.count);
    if (flags.file === undefined) terminal.print(sentId);
  });
}

interface SendContext {
  readonly flags: SendFlags;
  readonly terminal: Terminal;
  readonly passedOver: PassedOver;
}

async function* eventsFrom(
  kind: string | undefined,
  name: string | undefined,
  { flags, terminal, passedOver }: SendContext,
): AsyncGenerator<Sendable> {
  const { file, user, anonymous, properties, id } = flags;
  if (file !== undefined) {
    if (kind !== undefined) throw new CommandError("usage", "expected either an event or --file, got both.");
    yield* readObjects(file, { terminal, passedOver, parse: readSendable });
    return;
  }
  if (kind === undefined)
    throw new CommandError("usage", "expected a kind of event, such as track, or --file; add --help for examples.");
  const event = {
    kind,
    name: name ?? null,
    userId: user ?? null,
    anonymousId: anonymous ?? null,
    id: id ?? null,
    properties: properties === undefined ? null : parseObject(properties, "--properties"),
  };
  yield readSendable(event, 0, "the event");
}
