import { describe, expect, it } from "vitest";
import type { ATrackStorage } from "./storage.js";

/** A storage, and a second one of the same place. */
interface Place {
  readonly storage: ATrackStorage;
  readonly reopen: () => ATrackStorage;
}

/** What every storage of the client promises. */
export function testStorage(name: string, make: () => Place): void {
  describe(name, () => {
    it("has nothing under a key that was never set", async () => {
      expect((await make().storage.get("missing")) ?? null).toBeNull();
    });

    it("gives back the last text that was set under a key, whatever is in it", async () => {
      const { storage } = make();
      await storage.set("a", "first");
      await storage.set("b", "other");
      const text = '{"uuid":"\\u0000 ünï\\n😀"}';
      await storage.set("a", text);
      expect([await storage.get("a"), await storage.get("b")]).toEqual([text, "other"]);
    });

    it("takes any text for a key", async () => {
      const { storage } = make();
      const keys = ["../up", "/root", "a b", "ü", "."];
      for (const key of keys) await storage.set(key, `of ${key}`);
      for (const key of keys) expect(await storage.get(key)).toBe(`of ${key}`);
    });

    it("has what was set when it is opened again", async () => {
      const place = make();
      await place.storage.set("a", "kept");
      expect(await place.reopen().get("a")).toBe("kept");
    });
  });
}
