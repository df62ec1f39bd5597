import type { TrackedEvent } from "@oncewire/protocol";
import { describe, expect, it } from "vitest";
import { scopedContext, scopedEvent } from "./scoped-event.js";

const event: TrackedEvent = {
  id: "e1",
  kind: "track",
  name: "Seen",
  userId: null,
  anonymousId: null,
  previousId: null,
  groupId: null,
  sessionId: null,
  occurredAt: null,
  properties: {},
  entities: [],
  context: {},
};

describe("an event within a scope", () => {
  it("takes the ids that it does not say itself", () => {
    const scope = { userId: "u", anonymousId: "a", groupId: "g", sessionId: "s" };
    expect(scopedEvent(event, scope)).toEqual({ ...event, ...scope });
    expect(scopedEvent({ ...event, groupId: "mine", sessionId: "mine" }, scope)).toEqual({
      ...event,
      ...scope,
      groupId: "mine",
      sessionId: "mine",
    });
  });

  it.each([
    ["userId", { userId: "mine" }, { userId: "mine", anonymousId: null }],
    ["anonymousId", { anonymousId: "mine" }, { userId: null, anonymousId: "mine" }],
    ["an empty userId, which names nobody", { userId: "" }, { userId: "u", anonymousId: "a" }],
  ])("is about the user it names alone: %s", (_which, said, expected) => {
    expect(scopedEvent({ ...event, ...said }, { userId: "u", anonymousId: "a" })).toMatchObject(expected);
  });

  it("joins the contexts, its own above the scope's", () => {
    const scope = { context: { ip: "192.0.2.1", locale: "en" } };
    expect(scopedEvent({ ...event, context: { locale: "de" } }, scope).context).toEqual({
      ip: "192.0.2.1",
      locale: "de",
    });
    expect(scope.context).toEqual({ ip: "192.0.2.1", locale: "en" });
  });

  it("is the same event outside of any scope", () => {
    expect(scopedEvent(event, undefined)).toBe(event);
  });

  it("leaves a context alone that is not plain or cannot be read", () => {
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    const throwing = {
      get page() {
        throw new Error("theirs");
      },
    };
    for (const context of [new Map([["a", 1]]), revoked.proxy, throwing]) {
      expect(scopedContext(context, { context: { ip: "192.0.2.1" } }) === context).toBe(true);
    }
  });
});
