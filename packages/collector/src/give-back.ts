/// <reference lib="es2024.arraybuffer" />

/**
 * Gives the memory of bytes back at once, instead of when they are collected: they are empty from then on, for everyone
 * who has them. For what is large, comes often, and is surely not used any more.
 *
 * V8 counts the memory of buffers as if it were old objects'. Who makes large buffers and little else besides has it mark
 * all of its heap for every 16 MB of them: a fifth of the main thread, and as much again of the others.
 */
import { MessageChannel } from "node:worker_threads";

export function giveBack(bytes: Uint8Array): void {
  const { buffer } = bytes;
  // What is not larger than the pool of small Buffers may be that pool, which is many others', too.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) detach(buffer);
}

/** Node.js below 22 has no `transfer`; what is transferred to where nobody is goes away as well. */
const detach: (buffer: ArrayBuffer) => void =
  typeof ArrayBuffer.prototype.transfer === "function"
    ? (buffer) => void buffer.transfer(0)
    : (buffer) => nowhere.postMessage(null, [buffer]);

const { port1: nowhere } = new MessageChannel();
nowhere.close();
