import { describe, expect, it } from "vitest";
import type { WireHeaders, WireResponse } from "./http.js";
import { statusOutcome } from "./status-outcome.js";

function response(status: number, body = "", headers: WireHeaders = {}): WireResponse {
  return { status, headers, body: new TextEncoder().encode(body) };
}

describe("statusOutcome", () => {
  it.each([200, 201, 202, 204, 299])("takes %i for delivered, with any body or none", (status) => {
    expect(statusOutcome(response(status), 0)).toEqual({ kind: "delivered" });
    expect(statusOutcome(response(status, "not json"), 0)).toEqual({ kind: "delivered" });
  });

  it.each([
    ["denied", [301, 307, 401, 403, 404, 405, 407, 410, 501, 505]],
    ["retry", [100, 408, 425, 429, 500, 502, 503, 504, 520, 599]],
    ["split", [413]],
    ["rejected", [400, 402, 406, 409, 411, 415, 422, 451]],
  ])("takes for %s each of %j", (kind, statuses) => {
    for (const status of statuses) expect(statusOutcome(response(status), 0).kind).toBe(kind);
  });

  it("has an outcome for every status", () => {
    for (let status = 0; status < 1000; status += 1) expect(statusOutcome(response(status), 0).kind).toBeTruthy();
  });

  it("takes the wait from Retry-After", () => {
    const asked = statusOutcome(response(429, "", { "retry-after": "7" }), 0);
    expect(asked).toEqual({ kind: "retry", reason: "HTTP 429", afterMs: 7000 });
  });

  it("quotes the beginning of what the answer says, in one line", () => {
    const outcome = statusOutcome(response(400, `uuid\nis \u0007missing ${"x".repeat(1000)}`), 0);
    expect(outcome).toMatchObject({
      kind: "rejected",
      reason: expect.stringMatching(/^HTTP 400: uuid is missing x+$/),
    });
    expect(JSON.stringify(outcome).length).toBeLessThan(300);
  });

  it("quotes nothing of an answer that is packed", () => {
    const packed = statusOutcome(response(400, "\u001F", { "content-encoding": "gzip" }), 0);
    expect(packed).toEqual({ kind: "rejected", reason: "HTTP 400" });
  });
});
