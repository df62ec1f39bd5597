/**
 * `npm run demo`: a collector, a shop that tracks with oncewire, and customers who visit it, until Ctrl-C or for
 * `--seconds N`. Ends with the ledger: what was tracked, delivered and stored must be the same number.
 */
import { parseArgs } from "node:util";
import { startCollector } from "@oncewire/collector";
import { startShop } from "../examples/shop/shop.mjs";
import { startCustomers } from "../examples/shop/customers.mjs";

const { seconds, port } = readArguments();
const writeKey = "demo-write-key";

const collector = await openCollector();
// What an earlier demo left in the log is loaded first, and is not this one's.
await collector.settled();
const storedBefore = (await collector.store.counts()).events;
const loadedBefore = collector.stats().stored;
const shop = await startShop({ writeKey, dataPlaneUrl: collector.url });
const customers = startCustomers({ shopUrl: shop.url });

console.log(`live page   ${collector.url}/`);
console.log(`shop        ${shop.url}/`);
console.log(seconds === null ? "Ctrl-C ends it.\n" : `Ends after ${seconds} s.\n`);

const stopShowing = showProgress();
await ended();
stopShowing();
process.exitCode = (await finish()) ? 0 : 1;

function readArguments() {
  try {
    const options = { seconds: { type: "string" }, port: { type: "string", default: "4600" } };
    const { values } = parseArgs({ options });
    return {
      seconds: values.seconds === undefined ? null : integer("seconds", values.seconds, [1, 86_400]),
      port: integer("port", values.port, [0, 65_535]),
    };
  } catch (error) {
    console.error(`${error.message} (npm run demo -- [--seconds N] [--port N])`);
    return process.exit(2);
  }
}

function integer(name, text, [least, most]) {
  const number = Number(text);
  if (Number.isInteger(number) && number >= least && number <= most) return number;
  throw new Error(`--${name} must be an integer from ${least} to ${most}, got ${JSON.stringify(text)}.`);
}

/** On the usual port if it is free, so that an open page finds the next demo, too. */
async function openCollector() {
  const options = { dataDirectory: "./var/demo", keys: { [writeKey]: "shop" } };
  try {
    return await startCollector({ ...options, port });
  } catch (error) {
    if (error.code !== "port-in-use") fail(error);
  }
  return startCollector({ ...options, port: 0 }).catch(fail);
}

function fail(error) {
  console.error(error.message);
  process.exit(1);
}

/** Once is enough, and twice must not hurt: Ctrl-C reaches this process from the terminal and again through npm. */
function ended() {
  return new Promise((resolve) => {
    process.on("SIGINT", resolve);
    process.on("SIGTERM", resolve);
    if (seconds !== null) setTimeout(resolve, seconds * 1_000);
  });
}

/** One line that renews itself on a terminal, one line every five seconds elsewhere. */
function showProgress() {
  const onTerminal = process.stdout.isTTY;
  const everyMs = onTerminal ? 1_000 : 5_000;
  let shown = 0;
  const show = () => {
    const { accepted, delivered, pending } = shop.tracker.stats();
    const stored = collector.stats().stored - loadedBefore;
    const perSecond = ((accepted - shown) * 1_000) / everyMs;
    shown = accepted;
    const line = `${perSecond.toFixed(0).padStart(5)} events/s   accepted ${accepted}   delivered ${delivered}   stored ${stored}   pending ${pending}`;
    if (onTerminal) process.stdout.write(`\r\x1b[K${line}`);
    else console.log(line);
  };
  const timer = setInterval(show, everyMs);
  return () => {
    clearInterval(timer);
    show();
    if (onTerminal) process.stdout.write("\n");
  };
}

async function finish() {
  await customers.stop();
  await shop.close();
  const { accepted, delivered, rejected, dropped, pending } = shop.tracker.stats();
  await collector.settled();
  const stored = (await collector.store.counts()).events - storedBefore;
  await collector.close();
  const { visits, failures } = customers.count;
  const balanced = accepted > 0 && accepted === delivered && delivered === stored && failures === 0;
  console.log(`
visits      ${visits}${failures === 0 ? "" : `   failed ${failures}`}
tracked     ${accepted}
delivered   ${delivered}   rejected ${rejected}   dropped ${dropped}   pending ${pending}
stored      ${stored}
${balanced ? "The books balance: tracked = delivered = stored." : "The books do not balance."}`);
  return balanced;
}
