import { describe, expect, it } from "vitest";
import { withFields } from "./with-fields.js";

describe("withFields", () => {
  it("gives the fields of both, and the further ones where both have one", () => {
    expect(withFields({ a: 1, type: "said" }, { type: "track", b: undefined })).toEqual({
      a: 1,
      type: "track",
      b: undefined,
    });
  });

  it("leaves what the object inherits, and both objects, as they are", () => {
    const object = Object.create({ inherited: 1 });
    object.own = 2;
    expect(Object.keys(withFields(object, { more: 3 }))).toEqual(["own", "more"]);
    expect(Object.keys(object)).toEqual(["own"]);
  });

  it("takes a field called __proto__ for a field", () => {
    const copy = withFields(JSON.parse('{"__proto__":{"polluted":true}}'), {});
    expect(Object.getPrototypeOf(copy)).toBe(Object.prototype);
    expect(JSON.stringify(copy)).toBe('{"__proto__":{"polluted":true}}');
  });

  it("throws what a getter throws", () => {
    const object = {
      get bad(): never {
        throw new RangeError("no");
      },
    };
    expect(() => withFields(object, {})).toThrow(RangeError);
  });
});
