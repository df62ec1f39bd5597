/** Browser, operating system and device, by the user agent: bowser's rules, in the words of the canonical context. */
import { parse } from "bowser";
import type { JsonObject } from "@oncewire/protocol";
import type { Enrich } from "./enrichment.js";
import { recentlyFound } from "./recently-found.js";
import { userAgentOf } from "./user-agent.js";

const maxUserAgents = 4_096;

export function createDeviceStep(): Enrich {
  const machineOf = recentlyFound(maxUserAgents, readMachine);
  return (event) => {
    const userAgent = userAgentOf(event);
    return userAgent === null ? null : machineOf(userAgent);
  };
}

function readMachine(userAgent: string): JsonObject {
  const { browser, os, platform } = parse(userAgent);
  return known({
    browser: known({ name: browser.name, version: browser.version }),
    os: known({ name: os.name, version: isFrozen(os.version, userAgent) ? undefined : os.version }),
    device: known({ type: platform.type, vendor: platform.vendor, model: platform.model }),
  });
}

/** Browsers stopped telling these: Windows 11 says 10, every Mac 10.15.7, and Android 10 where the model is `K`. */
function isFrozen(version: string | undefined, userAgent: string): boolean {
  if (version === "NT 10.0" || version === "10.15.7") return true;
  return version === "10" && userAgent.includes("Android 10; K)");
}

/** What is unknown is absent. */
function known(fields: Readonly<Record<string, string | JsonObject | undefined>>): JsonObject {
  const entries = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined || value === "" || (typeof value === "object" && Object.keys(value).length === 0)
      ? []
      : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}
