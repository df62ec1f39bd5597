import { expect, it } from "vitest";
import { BodyBytes } from "./body-bytes.js";

const pieces = (): Uint8Array[] => [new Uint8Array(20_000).fill(1), new Uint8Array(30_000).fill(2)];

it("is the pieces in which it came, until it is made into one and they are given back", () => {
  const came = pieces();
  const body = new BodyBytes(came, 50_000);
  expect(body.pieces).toEqual(pieces());
  const { whole } = body;
  expect(Buffer.concat(pieces()).equals(whole)).toBe(true);
  expect(came.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
  expect(body.pieces).toEqual([whole]);
  expect(body.whole).toBe(whole);
});

it("is the one piece in which it came as it is", () => {
  const only = new Uint8Array(20_000);
  const body = new BodyBytes([only], 20_000);
  expect(body.whole).toBe(only);
  expect(new BodyBytes([], 0).whole).toHaveLength(0);
});

it("gives its memory back when it is let go", () => {
  const came = pieces();
  const body = new BodyBytes(came, 50_000);
  body.letGo();
  body.letGo();
  expect(came.map(({ byteLength }) => byteLength)).toEqual([0, 0]);
});
