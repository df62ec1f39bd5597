/** docs/openapi.json is what a collector answers at /api/openapi.json; a test compares. Needs a build. */
import { writeFileSync } from "node:fs";
import { openApiDocument } from "../packages/collector/dist/api/open-api.js";

writeFileSync(new URL("../docs/openapi.json", import.meta.url), `${JSON.stringify(openApiDocument(), null, 2)}\n`);
