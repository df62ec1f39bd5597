/** A database of places in MaxMind's format, which the operator has from MaxMind, DB-IP or another that writes it. */
import { readFileSync, statSync } from "node:fs";
import { Reader } from "maxmind";
import type { CityResponse } from "maxmind";
import { ipAddressOf } from "@oncewire/protocol";
import type { JsonObject } from "@oncewire/protocol";
import { recentlyFound } from "./recently-found.js";

export interface PlaceDatabase {
  /** Null for what is no address, and for one of no known place. */
  placeOf(address: string): JsonObject | null;
}

const maxAddresses = 4_096;
const separatorBytes = 16;
/** One of each kind: a file that is damaged in its tree or its data mostly fails at these. */
const probes = ["1.1.1.1", "8.8.8.8", "203.0.113.1", "2001:4860:4860::8888"] as const;

/** Tells one state of the file from another. */
export function stampOf(path: string): string {
  const { ino, size, mtimeMs } = statSync(path);
  return `${ino} ${size} ${mtimeMs}`;
}

/** Throws an error that says what is wrong with the file. All of it is in memory from then on. */
export function readPlaceDatabase(path: string): PlaceDatabase {
  const bytes = readFileSync(path);
  const reader = new Reader<CityResponse>(bytes);
  checkMetadata(reader, bytes);
  const find = (address: string): JsonObject | null => {
    const isTooWide = reader.metadata.ipVersion === 4 && address.includes(":");
    const record = isTooWide ? null : reader.get(address);
    return record === null ? null : placeIn(record);
  };
  for (const probe of probes) find(probe);
  const known = recentlyFound(maxAddresses, find);
  return {
    placeOf(text) {
      const address = ipAddressOf(text, "keep");
      return address === undefined ? null : known(address);
    },
  };
}

function checkMetadata({ metadata }: Reader<CityResponse>, bytes: Uint8Array): void {
  const { binaryFormatMajorVersion: version, ipVersion, nodeCount, searchTreeSize } = metadata;
  if (version !== 2) throw new Error(`expected version 2 of the format, got ${version}`);
  if (ipVersion !== 4 && ipVersion !== 6) throw new Error(`expected addresses of version 4 or 6, got ${ipVersion}`);
  const separator = bytes.subarray(searchTreeSize, searchTreeSize + separatorBytes);
  if (!(nodeCount > 0) || separator.length < separatorBytes || separator.some((byte) => byte !== 0)) {
    throw new Error(`expected a tree of ${nodeCount} nodes and data after it, got a file that is cut or damaged`);
  }
}

/** In the words in which the platforms' headers tell it: a country of ISO 3166-1, a region of ISO 3166-2, a city. */
function placeIn(record: Partial<CityResponse>): JsonObject | null {
  const country = record.country?.iso_code;
  const region = record.subdivisions?.[0]?.iso_code;
  const city = record.city?.names?.en;
  const told = Object.entries({ country, region, city }).filter(([, value]) => typeof value === "string");
  return told.length === 0 ? null : (Object.fromEntries(told) as JsonObject);
}
