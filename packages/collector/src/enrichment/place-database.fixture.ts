/**
 * Writes a small database of places in MaxMind's public format: a binary tree over the bits of IPv6 addresses, in which
 * IPv4 has its place below 96 zeros, then the records, then what the file says of itself.
 */
import { writeFileSync } from "node:fs";

/** `203.0.113.0/24` or `2001:db8::/32`, and what is there. */
export type Places = Readonly<Record<string, Field>>;
type Field = string | number | { readonly [name: string]: Field } | readonly Field[];

type Node = [left: Branch, right: Branch];
type Branch = Node | { readonly data: Field } | null;

export function writePlaces(path: string, places: Places): void {
  writeFileSync(path, placesFile(places));
}

export function placesFile(places: Places): Buffer {
  const root: Node = [null, null];
  for (const [network, data] of Object.entries(places)) insert(root, bitsOf(network), { data });
  const nodes = allNodes(root);
  const records: Buffer[] = [];
  const separatorBytes = 16;
  let dataBytes = 0;
  const valueOf = (branch: Branch): number => {
    if (branch === null) return nodes.length;
    if (Array.isArray(branch)) return nodes.indexOf(branch);
    const bytes = encoded(branch.data);
    records.push(bytes);
    dataBytes += bytes.length;
    return nodes.length + separatorBytes + dataBytes - bytes.length;
  };
  const tree = Buffer.concat(nodes.flat().map((branch) => uint(valueOf(branch), 4)));
  return Buffer.concat([
    tree,
    Buffer.alloc(separatorBytes),
    ...records,
    Buffer.from("\u00ab\u00cd\u00efMaxMind.com", "latin1"),
    encoded({
      binary_format_major_version: 2,
      binary_format_minor_version: 0,
      build_epoch: 1_700_000_000,
      database_type: "Test-City",
      description: { en: "places of a test" },
      ip_version: 6,
      languages: ["en"],
      node_count: nodes.length,
      record_size: 32,
    }),
  ]);
}

function insert(root: Node, bits: readonly (0 | 1)[], leaf: Branch): void {
  let node = root;
  for (const bit of bits.slice(0, -1)) {
    const next = node[bit];
    const below: Node = Array.isArray(next) ? next : [null, null];
    node[bit] = below;
    node = below;
  }
  node[bits.at(-1) ?? 0] = leaf;
}

function allNodes(node: Node): readonly Node[] {
  return [node, ...node.flatMap((branch) => (Array.isArray(branch) ? allNodes(branch) : []))];
}

function bitsOf(network: string): readonly (0 | 1)[] {
  const [address = "", length] = network.split("/");
  const bytes = address.includes(".")
    ? [...Array.from({ length: 12 }, () => 0), ...address.split(".").map(Number)]
    : v6(address);
  const all = bytes.flatMap((byte) => Array.from({ length: 8 }, (_, at): 0 | 1 => ((byte >> (7 - at)) & 1 ? 1 : 0)));
  return all.slice(0, Number(length) + (address.includes(".") ? 96 : 0));
}

function v6(address: string): readonly number[] {
  const [head = "", tail = ""] = address.split("::");
  const groups = (part: string): number[] =>
    part === "" ? [] : part.split(":").map((group) => Number.parseInt(group, 16));
  const [first, last] = [groups(head), groups(tail)];
  const middle = Array.from({ length: 8 - first.length - last.length }, () => 0);
  return [...first, ...middle, ...last].flatMap((group) => [group >> 8, group & 255]);
}

const types = { text: 2, uint32: 6, map: 7, list: 11 } as const;

function encoded(field: Field): Buffer {
  if (typeof field === "string")
    return Buffer.concat([control(types.text, Buffer.byteLength(field)), Buffer.from(field)]);
  if (typeof field === "number") return Buffer.concat([control(types.uint32, 4), uint(field, 4)]);
  if (Array.isArray(field)) return Buffer.concat([control(types.list, field.length), ...field.map(encoded)]);
  const entries = Object.entries(field);
  return Buffer.concat([control(types.map, entries.length), ...entries.flat().map(encoded)]);
}

/** A type above 7 has a byte of its own, and so has a size above 28. */
function control(type: number, size: number): Buffer {
  const first = (type > 7 ? 0 : type << 5) | Math.min(size, 29);
  return Buffer.from([first, ...(type > 7 ? [type - 7] : []), ...(size > 28 ? [size - 29] : [])]);
}

function uint(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
