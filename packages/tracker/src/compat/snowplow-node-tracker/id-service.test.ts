import type { WireRequest } from "@oncewire/protocol";
import { expect, it } from "vitest";
import { systemRuntime } from "../../runtime.js";
import type { Reply, Transport } from "../../transport/transport.js";
import { IdService, type OpenTransport } from "./id-service.js";

const taken: Reply = { kind: "answered", response: { status: 200, headers: {}, body: new Uint8Array() } };
const aborted: Reply = { kind: "failed", reason: "aborted", detail: "" };
const needs = { runtime: systemRuntime, timeoutMs: 1000, maxConnections: 1 };
const events: WireRequest = { method: "POST", path: "/a/b", query: "", headers: {}, body: new Uint8Array() };

/** Transports that take what goes to the collector, and answer for the service only when they are aborted. */
function silentService(sent: string[]): OpenTransport {
  return ({ hostname }) => {
    let end: (reply: Reply) => void = () => {};
    const transport: Transport = {
      send: ({ method }) => {
        sent.push(`${method} ${hostname}`);
        return hostname === "collector" ? Promise.resolve(taken) : new Promise((resolve) => (end = resolve));
      },
      abort: () => end(aborted),
    };
    return transport;
  };
}

it("ends what waits for a silent service when it is aborted, and sends what comes after", async () => {
  const sent: string[] = [];
  const service = new IdService({ address: "http://service/", headers: {}, onFailure: () => {} });
  const transport = service.before(silentService(sent))(new URL("http://collector/"), needs);
  const waiting = transport.send(events);
  transport.abort();
  expect(await waiting).toMatchObject({ kind: "failed", reason: "aborted" });
  expect(sent).toEqual(["GET service"]);
  expect(await transport.send(events)).toBe(taken);
  expect(sent).toEqual(["GET service", "POST collector"]);
});

it("is asked once by all transports of an emitter", async () => {
  const sent: string[] = [];
  const service = new IdService({ address: "http://collector/ids", headers: {}, onFailure: () => {} });
  const open = service.before(silentService(sent));
  for (const transport of [open(new URL("http://collector/"), needs), open(new URL("http://collector/"), needs)]) {
    await transport.send(events); // oxlint-disable-line no-await-in-loop
  }
  expect(sent).toEqual(["GET collector", "POST collector", "POST collector"]);
});
