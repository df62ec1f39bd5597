/** Which steps there are, by the options: what crosses to a thread is text, and each thread opens its own. */
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { IpPolicy } from "@oncewire/protocol";
import { CollectorError } from "../errors.js";
import { isBuiltIn } from "../enrichment-options.js";
import type { BuiltInStep } from "../enrichment-options.js";
import type { ResolvedOptions } from "../options.js";
import type { Runtime } from "../runtime.js";
import { createBotStep } from "./bot.js";
import { createDeviceStep } from "./device.js";
import { createEnrichment } from "./enrichment.js";
import type { Enrich, Enrichment, Step } from "./enrichment.js";
import { createFailureNote } from "./failure-note.js";
import { loadOwnModule } from "./own-module.js";
import { createPlaceStep } from "./place.js";
import { readPlaceDatabase } from "./place-database.js";
import { addFailures } from "./step-failures.js";
import type { StepFailures } from "./step-failures.js";

/** Plain data, so that every thread finds the same. */
export interface EnrichmentSetup {
  /** Names of built-in steps and URLs of modules. */
  readonly steps: readonly string[];
  readonly geoDatabase: string | null;
  readonly ipPolicy: IpPolicy;
}

type EnrichmentOptions = Pick<ResolvedOptions, "enrichment" | "geoDatabase" | "ipPolicy">;

export function enrichmentSetup({ enrichment, geoDatabase, ipPolicy }: EnrichmentOptions): EnrichmentSetup {
  return {
    steps: enrichment.map((name) => (isBuiltIn(name) || name.startsWith("file:") ? name : fileUrl(name))),
    geoDatabase: geoDatabase === null ? null : resolve(geoDatabase),
    ipPolicy,
  };
}

function fileUrl(path: string): string {
  return pathToFileURL(resolve(path)).href;
}

/** @throws CollectorError `invalid-option` for a database or a module that cannot be used. */
export async function checkEnrichment(options: EnrichmentOptions): Promise<void> {
  const { steps, geoDatabase } = enrichmentSetup(options);
  if (geoDatabase !== null) {
    await attempt("geoDatabase", geoDatabase, () => void readPlaceDatabase(geoDatabase));
  }
  for (const name of steps) {
    if (!isBuiltIn(name)) await attempt("enrichment", name, () => loadOwnModule(name));
  }
}

async function attempt(option: string, what: string, use: () => unknown): Promise<void> {
  try {
    await use();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    const message = `\`${option}\`: ${JSON.stringify(what)} cannot be used: ${why}; mend it, or leave the option out.`;
    throw new CollectorError("invalid-option", message, error);
  }
}

export interface OpeningParts {
  readonly runtime: Pick<Runtime, "monotonicMs">;
  readonly onFailure: (message: string) => void;
}

export interface OpenedEnrichment extends Enrichment {
  /** How often each step has failed since this was asked last; steps that have not are not in it. */
  takeFailures(): StepFailures;
}

/** As failures name them, in the order in which they are taken. */
export function stepNames({ steps, geoDatabase }: EnrichmentSetup): readonly string[] {
  return geoDatabase === null ? steps : [placeStep, ...steps];
}

const placeStep = "geo";

/** Never fails, for events go on without: what was checked at the start and cannot be used any more is reported. */
export async function openEnrichment(
  setup: EnrichmentSetup,
  { runtime, onFailure }: OpeningParts,
): Promise<OpenedEnrichment> {
  const { steps, geoDatabase, ipPolicy } = setup;
  const say = createFailureNote(runtime, onFailure);
  let failures: StepFailures = {};
  const count = (step: string): void => void (failures = addFailures(failures, { [step]: 1 }));
  const note = (message: string, step: string): void => {
    count(step);
    say(message);
  };
  const opened: Step[] = [];
  if (geoDatabase !== null) {
    const noteFile = (message: string): void => {
      count(placeStep);
      onFailure(message);
    };
    opened.push({ name: placeStep, enrich: createPlaceStep({ path: geoDatabase, runtime, onFailure: noteFile }) });
  }
  for (const name of steps) {
    try {
      const enrich = isBuiltIn(name) ? builtIn[name]() : await loadOwnModule(name);
      opened.push({ name, enrich });
    } catch (error) {
      note(`${name}: ${error instanceof Error ? error.message : String(error)}`, name);
    }
  }
  return {
    ...createEnrichment({ steps: opened, ipPolicy, onFailure: note }),
    takeFailures() {
      const taken = failures;
      failures = {};
      return taken;
    },
  };
}

const builtIn: Readonly<Record<BuiltInStep, () => Enrich>> = { bot: createBotStep, device: createDeviceStep };
