import { join } from "node:path";
import { enrichmentSetup } from "../enrichment/open-enrichment.js";
import type { AcceptLog } from "../log/accept-log.js";
import type { ResolvedOptions } from "../options.js";
import type { LoadingSetup } from "./messages.js";

export interface LoadingSetupParts extends Pick<LoadingSetup, "wires"> {
  readonly options: ResolvedOptions;
  readonly log: Pick<AcceptLog, "first" | "durable">;
}

/** What the loading thread needs of the options, and where the log is. */
export function loadingSetup({ options, wires, log }: LoadingSetupParts): Omit<LoadingSetup, "reportedTo"> {
  return {
    logFirst: log.first,
    wires,
    enrichment: enrichmentSetup(options),
    storeDirectory: storeDirectoryOf(options),
    profilesDirectory: join(options.dataDirectory, "profiles"),
    sealEvents: options.sealEvents,
    sealIntervalMs: options.sealIntervalMs,
    storeRetentionMs: options.storeRetentionMs,
    storeRetentionBytes: options.storeRetentionBytes,
    inheritedTo: log.durable,
  };
}

export function storeDirectoryOf({ dataDirectory }: ResolvedOptions): string {
  return join(dataDirectory, "store");
}
