import { MemorySpool } from "./memory-spool.js";
import { testSpool } from "./spool.contract.js";

testSpool("MemorySpool", async (bounds) => ({ spool: new MemorySpool(bounds), close: async () => undefined }));
