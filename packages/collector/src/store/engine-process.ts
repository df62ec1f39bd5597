/**
 * The engine's own process: DuckDB in memory, working on the files of the folder it was started in and on nothing
 * else. It holds no state between requests, so it may be killed and started again at any moment. It ends with the
 * process that started it.
 */
import { constants, setPriority } from "node:os";
import {
  DuckDBInstance,
  LIST,
  VARCHAR,
  listValue,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from "@duckdb/node-api";
import { spillFolders } from "./engine-protocol.js";
import type {
  EngineAnswers,
  EngineFailure,
  EngineRequest,
  EngineSettings,
  Parameter,
  ReplyMessage,
  RequestMessage,
  SqlResult,
} from "./engine-protocol.js";

class RequestFailure extends Error {
  readonly failure: EngineFailure;

  constructor(failure: EngineFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}

/** Each holds one of the four threads that libuv has, for as long as it takes; one is left for work. */
const maxQuestionsAtOnce = 3;

main(JSON.parse(process.argv[2] ?? "{}") as EngineSettings);

function main(settings: EngineSettings): void {
  process.on("disconnect", () => process.exit());
  // Ctrl-C reaches the whole group of processes, and so may SIGHUP; the one that started this one decides when it is time.
  process.on("SIGHUP", () => {});
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => {});
  // Whatever DuckDB writes is for this user alone, as everything in the data directory.
  process.umask(0o077);
  yieldToOthers();
  const instances = lazyInstances(settings);
  const queued = createQueue(maxQuestionsAtOnce);
  process.on("message", (message) => {
    const { id, request } = message as RequestMessage;
    if (request.kind === "work") void serve(instances.work, { id, request });
    else void queued(() => serve(instances.questions, { id, request }));
  });
}

/** Queries and sealing may wait; accepting events may not. */
function yieldToOthers(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // Some systems do not let a process choose; then it competes as an equal.
  }
}

/** Opens an instance when it is first needed. */
type Instances = Readonly<Record<"questions" | "work", () => Promise<DuckDBInstance>>>;

/**
 * Who asks is waiting, so questions have all threads. Work has an instance of its own with one thread: a second would
 * make a file a little sooner for a third more of the processor, and no question can take the memory it needs.
 */
function lazyInstances({ threads, memoryBytes }: EngineSettings): Instances {
  const [questionsFolder, workFolder] = spillFolders;
  const half = memoryBytes / 2;
  return {
    questions: lazyInstance({ threads, memoryBytes: half, spillFolder: questionsFolder }),
    work: lazyInstance({ threads: 1, memoryBytes: half, spillFolder: workFolder }),
  };
}

/** Lets so many in at a time; the others wait in the order in which they came. */
function createQueue(maxAtOnce: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let running = 0;
  return async (run) => {
    if (running === maxAtOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function lazyInstance(settings: InstanceSettings): () => Promise<DuckDBInstance> {
  let opening: Promise<DuckDBInstance> | null = null;
  // Where that fails the process ends with all that is asked of it, and another tries.
  return () => (opening ??= openInstance(settings).catch(() => process.exit(1)));
}

interface InstanceSettings extends EngineSettings {
  readonly spillFolder: string;
}

async function openInstance({ threads, memoryBytes, spillFolder }: InstanceSettings): Promise<DuckDBInstance> {
  const instance = await DuckDBInstance.create(":memory:", {
    threads: String(threads),
    memory_limit: `${Math.ceil(memoryBytes / 1024)}KiB`,
    autoinstall_known_extensions: "false",
    autoload_known_extensions: "false",
    temp_directory: spillFolder,
  });
  const connection = await instance.connect();
  const folder = process.cwd().replaceAll("'", "''");
  for (const sql of [
    `SET allowed_directories = ['${folder}']`,
    "SET enable_external_access = false",
    "SET lock_configuration = true",
  ]) {
    await connection.run(sql);
  }
  connection.closeSync();
  return instance;
}

async function serve(opened: () => Promise<DuckDBInstance>, { id, request }: RequestMessage): Promise<void> {
  let reply: ReplyMessage;
  try {
    const connection = await (await opened()).connect();
    try {
      reply = { id, kind: "answer", answer: await answer(connection, request) };
    } finally {
      connection.closeSync();
    }
  } catch (error) {
    const failure = error instanceof RequestFailure ? error.failure : "failed";
    reply = { id, kind: "failure", failure, message: error instanceof Error ? error.message : String(error) };
  }
  if (process.connected) process.send?.(reply);
}

async function answer(
  connection: DuckDBConnection,
  request: EngineRequest,
): Promise<EngineAnswers[keyof EngineAnswers]> {
  switch (request.kind) {
    case "rows":
      return await rows(connection, request.sql, request.parameters);
    case "work":
      return await rows(connection, request.sql, []);
    case "words":
      return await words(connection, request.sql);
    case "select":
      return await select(connection, request);
  }
}

async function rows(
  connection: DuckDBConnection,
  sql: string,
  parameters: readonly Parameter[],
): Promise<EngineAnswers["rows"]> {
  const result = await connection.runAndReadAll(sql, parameters.map(toValue), parameters.map(toType));
  return result.getRowsJS();
}

function toValue(parameter: Parameter): DuckDBValue {
  return parameter === null || typeof parameter === "string" ? parameter : listValue(parameter);
}

function toType(parameter: Parameter): DuckDBType {
  return parameter === null || typeof parameter === "string" ? VARCHAR : LIST(VARCHAR);
}

async function words(connection: DuckDBConnection, sql: string): Promise<BigUint64Array> {
  const result = await connection.run(sql);
  const all = new BigUint64Array(result.rowCount * result.columnCount);
  let row = 0;
  for await (const chunk of result) {
    for (let column = 0; column < chunk.columnCount; column += 1) {
      const values = chunk.getColumnValues(column);
      for (let at = 0; at < values.length; at += 1) {
        all[(row + at) * result.columnCount + column] = values[at] as bigint;
      }
    }
    row += chunk.rowCount;
  }
  return all;
}

type SelectRequest = Extract<EngineRequest, { kind: "select" }>;

async function select(connection: DuckDBConnection, request: SelectRequest): Promise<SqlResult> {
  await refuseAllButOneSelect(connection, request.sql);
  for (const sql of request.setup) await connection.run(sql);
  const statement = await connection.prepare(request.sql);
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    connection.interrupt();
  }, request.timeoutMs);
  try {
    const reader = await statement.streamAndReadUntil(request.maxRows + 1);
    return {
      columns: reader.columnNames().map((name, at) => ({ name, type: String(reader.columnType(at)) })),
      rows: reader.getRowsJson().slice(0, request.maxRows),
      truncated: reader.currentRowCount > request.maxRows,
    };
  } catch (error) {
    if (late) throw new RequestFailure("timeout", `the query took longer than ${request.timeoutMs} ms`);
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Asks the parser, and nothing behind it: preparing is too late to refuse, since some statements, EXPORT DATABASE among
 * them, write while they are being prepared. The parser puts only SELECT into JSON.
 */
async function refuseAllButOneSelect(connection: DuckDBConnection, sql: string): Promise<void> {
  const parsing = await connection.runAndReadAll("SELECT json_serialize_sql(CAST($1 AS VARCHAR))", [sql], [VARCHAR]);
  const parsed = JSON.parse(String(parsing.value(0, 0))) as ParsedSql;
  if (parsed.error) {
    const reason = parsed.error_type === "parser" ? `: ${parsed.error_message}` : "";
    throw new RequestFailure("refused", `a SELECT is expected, got another statement${reason}`);
  }
  const count = parsed.statements.length;
  if (count !== 1) throw new RequestFailure("refused", `one SELECT is expected, got ${count} statements`);
}

type ParsedSql =
  | { readonly error: false; readonly statements: readonly unknown[] }
  | { readonly error: true; readonly error_type: string; readonly error_message: string };
