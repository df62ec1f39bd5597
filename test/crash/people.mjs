/** Profiles and sessions as a collector tells them: what is derived from the log, to be compared with itself made anew. */
import { setTimeout as sleep } from "node:timers/promises";

const project = "crash";

/** Of whom something is known, by user's id: the profile and the sessions, as JSON. */
export async function readPeople(url, userIds) {
  const people = new Map();
  for (const userId of userIds) {
    const { profile } = await readCaughtUp(url, "profiles", { project, userId });
    const { items } = await readCaughtUp(url, "sessions", { project, userId, limit: "1000" });
    if (profile !== null) people.set(userId, JSON.stringify({ profile, sessions: items }));
  }
  return people;
}

/** The ids of those of whom something else is told in one than in the other. */
export function strayedFrom(people, others) {
  const userIds = new Set([...people.keys(), ...others.keys()]);
  return [...userIds].filter((userId) => people.get(userId) !== others.get(userId));
}

async function readCaughtUp(url, what, query) {
  for (;;) {
    const answer = await fetch(`${url}/api/${what}?${new URLSearchParams(query).toString()}`);
    // 503: they cannot be had yet.
    const told = answer.status === 503 ? { behind: 1 } : await answer.json();
    if (told.behind === 0) return told;
    if (told.behind === undefined) throw new Error(`${what} of ${query.userId}: ${JSON.stringify(told)}`);
    await sleep(50);
  }
}
