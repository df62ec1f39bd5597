import { readFileSync } from "node:fs";
import type { WireResponse } from "@oncewire/protocol";
import { jsonReply } from "./reply.js";

const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
  version: string;
};

/** `GET /version`, in the words of RudderStack's gateway; builds of this package have neither commit nor date. */
export const versionReply: WireResponse = jsonReply(200, {
  Version: manifest.version,
  Commit: "",
  BuildDate: "",
  BuiltBy: "oncewire",
  Features: ["gzip-req-payload"],
});
