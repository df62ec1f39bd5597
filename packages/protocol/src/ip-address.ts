/** Addresses of visitors, as headers and sockets spell them, and how much of one is kept. */

/** `truncate` keeps the network (/24 of IPv4, /48 of IPv6) and not the machine; `drop` keeps nothing. */
export const ipPolicies = ["keep", "truncate", "drop"] as const;
export type IpPolicy = (typeof ipPolicies)[number];

/** The address in its short form, as far as the policy keeps it; undefined for what is no address. */
export function ipAddressOf(text: string, policy: IpPolicy): string | undefined {
  if (policy === "drop") return undefined;
  const address = withoutPort(text.trim()).replace(/%.*$/, "");
  if (isIPv4(address)) return policy === "keep" ? address : truncated(address);
  const groups = groupsOf(address);
  if (groups === null) return undefined;
  const mapped = mappedAddress(groups);
  if (mapped !== null) return policy === "keep" ? mapped : truncated(mapped);
  return shortForm(policy === "keep" ? groups : groups.map((group, at) => (at < 3 ? group : 0)));
}

const byte = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const ipv4 = new RegExp(`^(?:${byte}\\.){3}${byte}$`);

function isIPv4(text: string): boolean {
  return ipv4.test(text);
}

/** As every URL is read; the characters keep out what would end the host. */
function isIPv6(text: string): boolean {
  return /^[0-9a-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]`);
}

/** `192.0.2.1:8080`, `[2001:db8::1]:443`. */
function withoutPort(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d+)?$/.exec(text)?.[1];
  return bracketed ?? text.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, "$1");
}

function truncated(address: string): string {
  return address.replace(/\d+$/, "0");
}

/** The eight groups of an IPv6 address. */
function groupsOf(address: string): readonly number[] | null {
  if (!isIPv6(address)) return null;
  const [head = "", tail] = address.split("::");
  const first = numbersOf(head);
  if (tail === undefined) return first;
  const last = numbersOf(tail);
  return [...first, ...Array.from({ length: 8 - first.length - last.length }, () => 0), ...last];
}

function numbersOf(part: string): readonly number[] {
  if (part === "") return [];
  return part.split(":").flatMap((group) => {
    if (!group.includes(".")) return [Number.parseInt(group, 16)];
    const [a = 0, b = 0, c = 0, d = 0] = group.split(".").map(Number);
    return [a * 256 + b, c * 256 + d];
  });
}

/** `::ffff:192.0.2.1` is the IPv4 address, seen from a socket that listens for both. */
function mappedAddress(groups: readonly number[]): string | null {
  const [high = 0, low = 0] = groups.slice(6);
  if (groups[5] !== 0xffff || groups.slice(0, 5).some((group) => group !== 0)) return null;
  return [high >> 8, high & 255, low >> 8, low & 255].join(".");
}

/** RFC 5952, as every URL is written. */
function shortForm(groups: readonly number[]): string {
  const hex = groups.map((group) => group.toString(16)).join(":");
  return new URL(`http://[${hex}]`).hostname.slice(1, -1);
}
