/** Whether the user agent is a program's that nobody sits before: a crawler, a library, a monitor. By isbot's list. */
import { isbot } from "isbot";
import type { JsonObject } from "@oncewire/protocol";
import type { Enrich } from "./enrichment.js";
import { recentlyFound } from "./recently-found.js";
import { userAgentOf } from "./user-agent.js";

const maxUserAgents = 4_096;
const bot: JsonObject = Object.freeze({ bot: true });
const noBot: JsonObject = Object.freeze({});

export function createBotStep(): Enrich {
  const judged = recentlyFound(maxUserAgents, (userAgent) => (isbot(userAgent) ? bot : noBot));
  return (event) => {
    const userAgent = userAgentOf(event);
    return userAgent === null ? null : judged(userAgent);
  };
}
