import type { Receiver } from "@oncewire/protocol";
import { createRudderStackReceiver } from "@oncewire/protocol/rudderstack";
import { createSnowplowReceiver } from "@oncewire/protocol/snowplow";
import { expect, it } from "vitest";
import { createRouteTable } from "./route-table.js";

const receivers: readonly Receiver[] = [createRudderStackReceiver(), createSnowplowReceiver()];
const find = createRouteTable(receivers);

it.each([
  ["/v1/batch", {}, "rudderstack batch"],
  ["/v1/batch", { authorization: "Basic eDo=" }, "rudderstack batch"],
  ["/i", {}, "snowplow pixel"],
  ["/com.snowplowanalytics.snowplow/tp2", {}, "snowplow tracker"],
  ["/any/thing", {}, "snowplow adapter"],
  ["/any/thing", { authorization: "Basic eDo=" }, null],
  ["/any/", {}, null],
  ["//thing", {}, null],
  ["/one", {}, null],
  ["/", {}, null],
  ["/metrics", {}, null],
  ["/api/thing", {}, null],
  ["/micro/thing", {}, null],
  ["/session/show", {}, null],
  ["/one/two/three", {}, null],
])("%s with %j goes to %s", (path, headers, expected) => {
  const found = find({ method: "POST", path, query: "", headers });
  expect(found && `${found.receiver.protocol} ${found.route.name}`).toBe(expected);
});
