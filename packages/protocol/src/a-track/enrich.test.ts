import { describe, expect, it } from "vitest";
import type { Arrival } from "../codec.js";
import { createATrackReceiver } from "./receiver.js";

const receiver = createATrackReceiver();
const encoder = new TextEncoder();
const truth = { isNewUser: true, sessionId: "s-1", attributes: { plan: "pro", seats: 12 } };

function enriched(
  route: string,
  body: object,
  known = truth as Parameters<NonNullable<Enriched>["reply"]>[0],
): unknown {
  const arrival: Arrival = {
    route,
    project: "shop",
    receivedAtMs: 0,
    remoteAddress: "192.0.2.1",
    requestId: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
  };
  const request = {
    method: "POST",
    path: `/${route}`,
    query: "",
    headers: {},
    body: encoder.encode(JSON.stringify(body)),
  };
  const enrichment = receiver.enrich?.(receiver.decode(request, arrival), arrival) ?? null;
  if (enrichment === null) return null;
  const { status, body: reply } = enrichment.reply(known);
  return {
    status,
    about: enrichment.userId,
    event: enrichment.eventId,
    reply: JSON.parse(new TextDecoder().decode(reply)),
  };
}

type Enriched = ReturnType<NonNullable<typeof receiver.enrich>>;

describe("A-Track's replies, with the server's truth", () => {
  it("tells of an init whether the user is new, and the session", () => {
    expect(enriched("init", { uuid: "crm-user-42", isNewUser: false })).toEqual({
      status: 200,
      about: "crm-user-42",
      event: "7d444840-9dc0-41d1-b245-5ffdce74fad2",
      reply: { ok: true, uuid: "crm-user-42", isNewUser: true, sessionId: "s-1" },
    });
  });

  it("tells of an attributes call what the attributes have come to", () => {
    expect(enriched("attributes", { uuid: "crm-user-42", attributes: { seats: 12 } })).toMatchObject({
      reply: { ok: true, uuid: "crm-user-42", attributes: { plan: "pro", seats: 12 } },
    });
  });

  it("tells no attributes to who may not read", () => {
    expect(enriched("attributes", { uuid: "crm-user-42" }, { ...truth, attributes: null })).toMatchObject({
      reply: { ok: true, uuid: "crm-user-42" },
    });
    expect(JSON.stringify(enriched("attributes", { uuid: "u" }, { ...truth, attributes: null }))).not.toContain("plan");
  });

  it("leaves the replies to events and to bad requests as they are", () => {
    expect(enriched("event", { uuid: "u", event: "seen" })).toBeNull();
    expect(enriched("init", {})).toBeNull();
  });
});
