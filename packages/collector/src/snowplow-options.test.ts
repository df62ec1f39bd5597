import { expect, it } from "vitest";
import { isSnowplowOptions } from "./snowplow-options.js";

const tp2 = "/com.snowplowanalytics.snowplow/tp2";

it.each<[unknown, boolean]>([
  [{}, true],
  [{ cookie: false }, true],
  [{ cookie: undefined, redirects: undefined }, true],
  [{ cookie: { name: "id", maxAgeMs: 0, domains: ["shop.example"], fallbackDomain: "shop.example" } }, true],
  [{ redirects: { domains: [] } }, true],
  [{ paths: { "/com.acme/track": tp2 } }, true],
  [null, false],
  [[], false],
  [{ cookies: false }, false],
  [{ cookie: true }, false],
  [{ cookie: { name: "a b" } }, false],
  [{ cookie: { domains: ["shop.example; Secure"] } }, false],
  [{ cookie: { maxAgeMs: -1 } }, false],
  [{ cookie: { lifetime: 5 } }, false],
  [{ redirects: {} }, false],
  [{ redirects: true }, false],
  [{ redirects: { domains: "shop.example" } }, false],
  [{ redirects: { domains: [""] } }, false],
  [{ paths: { "/one": tp2 } }, false],
  [{ paths: { "/one/two": "/elsewhere/1" } }, false],
  [{ paths: { "/one/two": 5 } }, false],
  [{ constructor: 5 }, false],
])("%j says how Snowplow's wire is received: %s", (value, expected) => expect(isSnowplowOptions(value)).toBe(expected));
