import { protocolNames } from "@oncewire/protocol";
import type { Command } from "commander";
import { createCollectorClient } from "../collector-client.js";
import type { CollectorClient } from "../collector-client.js";
import { CommandError } from "../command-error.js";
import { concludeDelivery, deliver } from "../delivering/deliver.js";
import { addDestinationFlags, createDestination } from "../delivering/destination-flags.js";
import type { DestinationFlags } from "../delivering/destination-flags.js";
import { readLoggedEvents } from "../delivering/logged-events.js";
import { replayBad } from "../delivering/replay-bad.js";
import type { BadItem, BadLedger } from "../delivering/replay-bad.js";
import { openReplayState } from "../delivering/replay-state.js";
import type { ReplayState } from "../delivering/replay-state.js";
import { readSendable } from "../delivering/sendable.js";
import type { Sendable } from "../delivering/sendable.js";
import { readObjects } from "../input/json-objects.js";
import { countLines } from "../input/count-lines.js";
import { createPassedOver } from "../input/passed-over.js";
import { wholeNumber } from "../input/time-option.js";
import { untilEnded } from "../input/until-ended.js";
import type { Terminal } from "../terminal.js";

interface ReplayFlags extends DestinationFlags {
  readonly log?: boolean;
  readonly bad?: boolean;
  readonly fromUrl?: string;
  readonly secretKey?: string;
  readonly from: number;
  readonly project?: string;
  readonly rate?: number;
  readonly state?: string;
  readonly giveUp: number;
}

/** `oncewire replay`: events that came once, sent again. */
export function addReplay(program: Command, terminal: Terminal): void {
  const replay = program
    .command("replay")
    .description("send again: a file, a collector's accept log, or what could not be decoded")
    .argument("[file]", "NDJSON as `oncewire export` writes it; - is standard input")
    .option("--log", "replay the accept log of the collector at --from-url, oldest first")
    .option("--bad", "replay bad events, of the file or of the collector at --from-url, through the same door")
    .option("--from-url <url>", "the collector that is read; also ONCEWIRE_URL")
    .option("--secret-key <key>", "key that reads; better given as ONCEWIRE_SECRET_KEY")
    .option("--from <position>", "of the log, from this position on", wholeNumber(0), 0)
    .option("--project <project>", "of the log and of bad events, only this project")
    .option("--rate <events>", "events per second, at most", wholeNumber(1))
    .option("--state <file>", "remembers how far it came, and goes on there the next time")
    .option("--give-up <ms>", "how long to wait for a destination that takes nothing", wholeNumber(1), 30_000)
    .addHelpText(
      "after",
      `
Ids stay what they are: what the destination has already, it keeps once. Bad events keep the form in which they came; mend
\`wire\` in an exported file and replay that. --bad without a file sends every bad event that is stored, each time, and what is
still bad is stored once more; with --state only those that came after the last time, what was still bad then among them.

Examples:
  $ oncewire replay week.ndjson --to rudderstack --to-url https://hosted.rudderlabs.com --key wk_1 --rate 200
  $ oncewire replay --log --state replay.json --to-url http://127.0.0.1:4700
  $ oncewire replay --bad --state bad.json --key wk_1
  $ oncewire export --bad > bad.ndjson && vi bad.ndjson && oncewire replay --bad bad.ndjson --key wk_1`,
    );
  addDestinationFlags(replay).action((file: string | undefined, flags: ReplayFlags) => run(file, flags, terminal));
}

async function run(file: string | undefined, flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const sources = [flags.log === true, file !== undefined || flags.bad === true].filter(Boolean).length;
  if (sources !== 1)
    throw new CommandError("usage", "expected one thing to replay: a file, --log or --bad; add --help for examples.");
  if (flags.bad === true) return runBad(file, flags, terminal);
  const source = file ?? `the log of ${readUrl(flags, terminal)}`;
  const state = openReplayState(flags.state, source);
  const unreadable: number[] = [];
  const onUnreadable = (position: number): void => void unreadable.push(position);
  const passedOver = createPassedOver(terminal);
  const events =
    file === undefined
      ? logEvents(flags, { state, onUnreadable }, terminal)
      : readObjects(file, { terminal, passedOver, after: state.mark, parse: readSendable });
  const stats = await deliver(events, {
    destination: createDestination(flags, terminal),
    terminal,
    rate: flags.rate ?? null,
    giveUpMs: flags.giveUp,
    total: file === undefined ? null : await linesAfter(file, state.mark),
    onSettled: (mark) => state.save(mark),
  });
  concludeDelivery(stats, passedOver.count);
  if (unreadable.length > 0) throw leftOut(unreadable);
}

async function linesAfter(file: string, mark: number): Promise<number | null> {
  const lines = await countLines(file);
  return lines === null ? null : lines - Math.max(0, mark);
}

function leftOut(positions: readonly number[]): CommandError {
  const [count, first] = [positions.length, positions.slice(0, 5).join(", ")];
  return new CommandError(
    "partial",
    `${count} requests of the log do not unpack any more, and are left out: ${first}.`,
  );
}

function clientOf(flags: ReplayFlags, terminal: Terminal): CollectorClient {
  const { fromUrl, secretKey } = flags;
  return createCollectorClient(
    { ...(fromUrl === undefined ? {} : { url: fromUrl }), ...(secretKey === undefined ? {} : { secretKey }) },
    terminal,
  );
}

function readUrl(flags: ReplayFlags, terminal: Terminal): string {
  return clientOf(flags, terminal).url;
}

/** A request may hold several events: the one at the mark may not have been replayed whole, and is read again. */
function logEvents(
  flags: ReplayFlags,
  { state, onUnreadable }: { readonly state: ReplayState; readonly onUnreadable: (position: number) => void },
  terminal: Terminal,
): AsyncGenerator<Sendable> {
  const from = Math.max(flags.from, state.mark);
  return readLoggedEvents(clientOf(flags, terminal), { from, project: flags.project, onUnreadable });
}

async function runBad(file: string | undefined, flags: ReplayFlags, terminal: Terminal): Promise<void> {
  const { environment } = terminal;
  const key = flags.key ?? environment["ONCEWIRE_KEY"] ?? "oncewire-cli";
  const url = (flags.toUrl ?? readUrl(flags, terminal)).replace(/\/+$/, "");
  const passedOver = createPassedOver(terminal);
  const state = openReplayState(flags.state, file ?? badSource(flags, terminal));
  const items = untilEnded(
    file === undefined
      ? storedBad(flags, terminal, state.mark)
      : readObjects(file, { terminal, passedOver, after: state.mark, parse: readBad }),
    terminal,
  );
  const onSettled = (mark: number): Promise<void> => state.save(mark);
  const ledger = await replayBad(items, {
    url,
    key,
    giveUpMs: flags.giveUp,
    terminal,
    signal: items.signal,
    onSettled,
  });
  const { sent, taken, refused, turnedAway } = ledger;
  const away = turnedAway === 0 ? "" : ` + turned away ${turnedAway}`;
  terminal.note(`sent ${sent} = taken ${taken} + refused ${refused}${away}`);
  if (items.endedBy !== null) throw new CommandError("interrupted", `${items.endedBy}: what comes after is not sent.`);
  concludeBad(ledger, passedOver.count);
}

function badSource(flags: ReplayFlags, terminal: Terminal): string {
  const { project } = flags;
  return `the bad events of ${readUrl(flags, terminal)}${project === undefined ? "" : ` in ${project}`}`;
}

type StoredBad = Omit<BadItem, "mark"> & { readonly position: number };

/**
 * Those after a position of the log, oldest first. All of them are read before one is replayed: what is refused again
 * would otherwise be read again, for ever.
 */
async function* storedBad(flags: ReplayFlags, terminal: Terminal, after: number): AsyncGenerator<BadItem> {
  const items: StoredBad[] = [];
  for await (const page of clientOf(flags, terminal).pages<StoredBad>("/api/bad", { project: flags.project })) {
    items.push(...page.filter(({ position }) => position > after));
    if (page.some(({ position }) => position <= after)) break;
  }
  for (const { protocol, wire, id, position } of items.toReversed()) yield { protocol, wire, id, mark: position };
}

function readBad(value: Readonly<Record<string, unknown>>, line: number, where: string): BadItem {
  const { protocol, wire, id } = value;
  const known = protocolNames.find((name) => name === protocol);
  if (known !== undefined && wire !== undefined)
    return { protocol: known, wire, id: typeof id === "string" ? id : `line ${line}`, mark: line };
  throw new CommandError(
    "usage",
    `${where}: expected a bad event with \`protocol\` (${protocolNames.join(", ")}) and \`wire\`.`,
  );
}

function concludeBad({ sent, refused, turnedAway }: BadLedger, passedOver: number): void {
  const what = [
    ...(passedOver > 0 ? [`${passedOver} lines are no bad events`] : []),
    ...(refused > 0 ? [`${refused} of ${sent} were refused again and are kept as bad events`] : []),
    ...(turnedAway > 0 ? [`${turnedAway} of ${sent} were turned away and are not kept there`] : []),
  ];
  if (what.length > 0) throw new CommandError(sent === 0 ? "usage" : "partial", `${what.join(", and ")}.`);
}
