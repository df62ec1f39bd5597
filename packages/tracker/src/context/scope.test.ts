import { setImmediate as turn } from "node:timers/promises";
import { describe, expect, expectTypeOf, it } from "vitest";
import { current, openScope, run } from "./scope.js";

describe("scope", () => {
  it("is undefined outside of any", () => {
    expect(current()).toBeUndefined();
    run({ userId: "a" }, () => undefined);
    expect(current()).toBeUndefined();
  });

  it("returns what the function returns, and passes on what it throws", async () => {
    expect(run({ userId: "a" }, () => current()?.userId)).toBe("a");
    await expect(run({}, () => Promise.reject(new Error("theirs")))).rejects.toThrow("theirs");
    expect(() =>
      run({}, () => {
        throw new Error("theirs");
      }),
    ).toThrow("theirs");
    expectTypeOf(run({}, () => 1)).toEqualTypeOf<number>();
  });

  it("never mixes two users of one process, however their awaits interleave", async () => {
    const seen = await Promise.all(
      Array.from({ length: 50 }, (_, at) =>
        run({ userId: `user-${at}` }, async () => {
          const found: (string | undefined)[] = [];
          for (let step = 0; step < 5; step += 1) {
            await turn();
            found.push(current()?.userId);
          }
          return found;
        }),
      ),
    );
    expect(seen).toEqual(seen.map((_, at) => Array.from({ length: 5 }, () => `user-${at}`)));
  });

  it("adds to the scope around, field by field", () => {
    const outer = { userId: "a", sessionId: "s", context: { ip: "192.0.2.1", page: { path: "/" } } };
    const inner = run(outer, () => run({ userId: undefined, context: { page: { path: "/cart" } } }, current));
    expect(inner).toEqual({ userId: "a", sessionId: "s", context: { ip: "192.0.2.1", page: { path: "/cart" } } });
    expect(run(outer, () => run({ userId: "b" }, current))).toEqual({ ...outer, userId: "b" });
    expect(run({}, () => run({ context: { a: 1 } }, current))).toEqual({ context: { a: 1 } });
  });

  it("takes numbers as text, and what is no id or no object as absent", () => {
    const given = { userId: 42, groupId: 7n, sessionId: "", anonymousId: null, context: "page" };
    expect(run(given as never, current)).toEqual({ userId: "42", groupId: "7" });
    const throwing = {
      get userId() {
        throw new Error("theirs");
      },
      context: {
        get ip() {
          throw new Error("theirs");
        },
      },
    };
    expect(run(throwing as never, current)).toEqual({});
    expect(run(undefined as never, current)).toEqual({});
  });

  it("is about the same person as the scope around, unless it says who", () => {
    run({ sessionId: "s" }, () => {
      const person = openScope()?.person;
      expect(person).toBeDefined();
      run({ context: {} }, () => expect(openScope()?.person).toBe(person));
      for (const named of [{ userId: "a" }, { anonymousId: "a" }]) {
        run(named, () => expect(openScope()?.person).not.toBe(person));
      }
      expect(openScope()?.person).toBe(person);
    });
    run({}, () => run({}, () => expect(openScope()?.person).toBeDefined()));
    expect(openScope()).toBeUndefined();
  });

  it("cannot be changed from within", () => {
    const scope = { userId: "a" };
    run(scope, () => {
      expect(Object.isFrozen(current())).toBe(true);
      scope.userId = "b";
      expect(current()?.userId).toBe("a");
    });
  });
});
