import { describe, expect, it } from "vitest";
import { decideSession, sessionIdleMs, type OpenSession, type SessionActivity } from "./session-rule.js";

const noon = Date.UTC(2026, 3, 8, 12);
const open: OpenSession = {
  id: "s",
  senderId: "s",
  startedMs: noon,
  lastActiveMs: noon + 60_000,
  campaignKey: "spring",
};
const activity: SessionActivity = {
  timeMs: noon + 120_000,
  mayBegin: true,
  senderId: null,
  campaignKey: null,
  isNewSession: false,
};
const decided = (said: Partial<SessionActivity>, session: OpenSession | null = open): unknown =>
  decideSession({ ...activity, ...said }, session);

describe("whether a session goes on", () => {
  it.each<[string, Partial<SessionActivity>, string]>([
    ["after thirty minutes to the millisecond", { timeMs: open.lastActiveMs + sessionIdleMs }, "continue"],
    ["after a millisecond more", { timeMs: open.lastActiveMs + sessionIdleMs + 1 }, "idle"],
    ["with the same campaign", { campaignKey: "spring" }, "continue"],
    ["with another campaign", { campaignKey: "summer" }, "campaign"],
    ["under its sender's id", { senderId: "s" }, "continue"],
    ["under another id", { senderId: "t" }, "sender"],
    ["where a new one is asked for", { isNewSession: true, senderId: "s" }, "asked"],
    ["thirty minutes before it began", { timeMs: noon - sessionIdleMs }, "continue"],
    ["earlier still", { timeMs: noon - sessionIdleMs - 1 }, "none"],
  ])("%s", (_when, said, expected) => {
    const isBeginning = expected !== "continue" && expected !== "none";
    expect(decided(said)).toEqual(isBeginning ? { kind: "begin", began: expected } : { kind: expected });
    // What may not begin one is part of none, where it does not go on with one.
    expect(decided({ ...said, mayBegin: false })).toEqual({ kind: isBeginning ? "none" : expected });
  });

  it("knows the session by either of its names", () => {
    const renamed = { ...open, id: "ours", senderId: "theirs" };
    expect(decided({ senderId: "ours" }, renamed)).toEqual({ kind: "continue" });
    expect(decided({ senderId: "theirs" }, renamed)).toEqual({ kind: "continue" });
    expect(decided({ senderId: "other" }, { ...open, senderId: null })).toEqual({ kind: "continue" });
  });

  it("begins the first one, where one may begin", () => {
    expect(decided({}, null)).toEqual({ kind: "begin", began: "first" });
    expect(decided({ mayBegin: false }, null)).toEqual({ kind: "none" });
  });
});
