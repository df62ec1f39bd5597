import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { WireResponse } from "@oncewire/protocol";
import { afterEach, describe, expect, it } from "vitest";
import { send } from "./reply.js";

let server: Server;

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

async function answerTo(reply: WireResponse, extra: Readonly<Record<string, string>> = {}): Promise<Response> {
  server = createServer((_, response) => send(response, reply, extra));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
}

const everyByte = Uint8Array.from({ length: 256 }, (_, byte) => byte);

describe("an answer", () => {
  it.each([
    ["short", everyByte],
    ["long", Buffer.concat(Array<Uint8Array>(40).fill(everyByte))],
    ["a part of something longer", Buffer.from("beforeätheßend").subarray(6, 11)],
    ["empty", new Uint8Array()],
  ])("goes out byte for byte when it is %s", async (_what, body) => {
    const answer = await answerTo({ status: 200, headers: {}, body });
    expect(new Uint8Array(await answer.arrayBuffer())).toEqual(new Uint8Array(body));
    expect(answer.headers.get("content-length")).toBe(String(body.byteLength));
  });

  it("has its own headers, and those of its receiver that it does not set itself", async () => {
    const reply = { status: 200, headers: { vary: "Accept", "content-type": "text/plain" }, body: everyByte };
    const { headers } = await answerTo(reply, { vary: "Origin", "x-of": "receiver" });
    expect([headers.get("vary"), headers.get("x-of"), headers.get("content-type")]).toEqual([
      "Accept",
      "receiver",
      "text/plain",
    ]);
  });

  it("sets each cookie by a header of its own", async () => {
    const { headers } = await answerTo({ status: 200, headers: {}, body: everyByte, cookies: ["a=1", "b=2"] });
    expect(headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  it("has neither body nor length when its status allows none", async () => {
    const answer = await answerTo({ status: 204, headers: {}, body: everyByte });
    expect([await answer.text(), answer.headers.get("content-length")]).toEqual(["", null]);
  });
});
