import type { Command } from "commander";
import { Option } from "commander";
import { aTrack, rudderStack, snowplow } from "oncewire";
import type { Destination } from "oncewire";
import { CommandError } from "../command-error.js";
import { wholeNumber } from "../input/time-option.js";
import { isWebAddress } from "../input/web-address.js";
import type { Terminal } from "../terminal.js";

const wires = ["rudderstack", "a-track", "snowplow"] as const;
type Wire = (typeof wires)[number];

export interface DestinationFlags {
  readonly to: Wire;
  readonly toUrl?: string;
  readonly key?: string;
  readonly maxEventBytes?: number;
}

const defaultUrl = "http://127.0.0.1:4600";

export function addDestinationFlags(command: Command): Command {
  return command
    .addOption(
      new Option("--to <wire>", "the wire to speak; a collector takes them all").choices(wires).default("rudderstack"),
    )
    .option("--to-url <url>", `where events go; also ONCEWIRE_URL (default: ${defaultUrl})`)
    .option("-k, --key <key>", "write key, public key or app id; better given as ONCEWIRE_KEY")
    .option(
      "--max-event-bytes <bytes>",
      "the largest event that is sent; without it, what the SDK sends",
      wholeNumber(1),
    );
}

/** @throws CommandError `usage` for what no destination can be made of. */
export function createDestination(
  flags: DestinationFlags,
  { environment }: Terminal,
  name: string = flags.to,
): Destination {
  const url = flags.toUrl ?? environment["ONCEWIRE_URL"] ?? defaultUrl;
  const key = flags.key ?? environment["ONCEWIRE_KEY"] ?? "oncewire-cli";
  if (!isWebAddress(url))
    throw new CommandError("usage", `--to-url must be an http or https address such as ${defaultUrl}, got ${url}.`);
  const more = flags.maxEventBytes === undefined ? {} : { maxEventBytes: flags.maxEventBytes };
  try {
    return makers[flags.to]({ url, key, name, more });
  } catch (error) {
    throw new CommandError(
      "usage",
      `--to ${flags.to}: ${error instanceof Error ? error.message : String(error)}`,
      error,
    );
  }
}

interface DestinationParts {
  readonly url: string;
  readonly key: string;
  readonly name: string;
  readonly more: { readonly maxEventBytes?: number };
}

const makers: Readonly<Record<Wire, (parts: DestinationParts) => Destination>> = {
  rudderstack: ({ url, key, name, more }) => rudderStack({ dataPlaneUrl: url, writeKey: key, name, ...more }),
  "a-track": ({ url, key, name, more }) => aTrack({ baseUrl: url, publicKey: key, name, ...more }),
  snowplow: ({ url, key, name, more }) => snowplow({ endpoint: url, appId: key, name, ...more }),
};
