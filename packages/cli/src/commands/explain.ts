import type { Command } from "commander";
import { addClientFlags, createCollectorClient } from "../collector-client.js";
import type { ClientFlags } from "../collector-client.js";
import { CommandError } from "../command-error.js";
import { explainId } from "../explaining/explain-id.js";
import type { Explanation, Fate } from "../explaining/explain-id.js";
import { createColours, printable } from "../output/colours.js";
import type { Colours } from "../output/colours.js";
import type { Terminal } from "../terminal.js";

interface ExplainFlags extends ClientFlags {
  readonly json?: boolean;
}

/** `oncewire explain`: where an event is, and what became of each time it came. */
export function addExplain(program: Command, terminal: Terminal): void {
  const explain = program
    .command("explain")
    .description("tell where an event is: accepted when, stored, a duplicate of which, refused why")
    .argument("<id>", "the event's id, or the id of a bad event")
    .option("--json", "as JSON")
    .addHelpText(
      "after",
      `
Looks in the store and, as far back as it reaches, in the accept log. A request that was refused was not kept, so it cannot
be found; /metrics counts them by reason. Exit code 4 when the id is nowhere.

Examples:
  $ oncewire explain 0b6e2a3c-6a1f-4f6e-9c1a-2f9f5f0f6a11`,
    );
  addClientFlags(explain).action((id: string, flags: ExplainFlags) => run(id, flags, terminal));
}

async function run(id: string, flags: ExplainFlags, terminal: Terminal): Promise<void> {
  if (id === "") throw new CommandError("usage", "expected the id of an event, got nothing.");
  const client = createCollectorClient(flags, terminal);
  const explanation = await explainId(client, id);
  if (flags.json === true) terminal.print(JSON.stringify(explanation));
  else for (const line of linesOf(explanation, terminal)) terminal.print(line);
  const { stored, arrivals, logFirst } = explanation;
  if (stored.length > 0 || arrivals.some(({ outcome }) => outcome !== "mentioned")) return;
  throw new CommandError(
    "notFound",
    `${printable(id)} is neither in the store nor in the accept log (kept from position ${logFirst} on).`,
  );
}

function linesOf({ stored, arrivals, unexamined }: Explanation, terminal: Terminal): readonly string[] {
  const colours = createColours(terminal.hasColour);
  const held = stored.map(
    ({ position, project, kind, name, time }) =>
      `${colours.green("stored")} in project ${printable(project)} as ${kind}${name === null ? "" : ` ${printable(name)}`}, of ${time}, from log position ${position}`,
  );
  const came = arrivals.filter(({ outcome }) => outcome !== "mentioned").map((fate) => fateLine(fate, colours));
  const mentions = arrivals.filter(({ outcome }) => outcome === "mentioned").map(({ position }) => position);
  return [
    ...held,
    ...(came.length === 0 ? [] : ["it came", ...came]),
    ...(mentions.length === 0 ? [] : [mentionLine(mentions)]),
    ...(unexamined === 0 ? [] : [`${unexamined} later requests hold this text, too, and were not looked into`]),
  ];
}

function fateLine({ position, receivedAt, protocol, route, outcome, detail }: Fate, colours: Colours): string {
  const where = receivedAt === "" ? "" : ` at ${receivedAt} by ${protocol} ${route}`;
  const word = outcome === "bad" ? colours.red(outcome) : outcome;
  return `  position ${position}${where}: ${word}${detail === "" ? "" : ` (${printable(detail)})`}`;
}

const shownPositions = 5;

function mentionLine(positions: readonly number[]): string {
  const first = positions.slice(0, shownPositions).join(", ");
  const more = positions.length > shownPositions ? ", …" : "";
  return `${positions.length} other requests hold this text, but not as an event's id: at ${first}${more}`;
}
