/** Ids as the RudderStack gateway reads them; the same rule decides at the call and at the collector. */
import { toWellFormed } from "../well-formed.js";

/** Letters that the gateway counts as printable, and that nobody can see. */
const invisible =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\u{34F}\u{115F}\u{1160}\u{17B4}\u{17B5}\u{2800}\u{3164}\u{FFA0}]|(?! )\p{Zs}/gu;
const printableAscii = /^[!-~](?:[ -~]*[!-~])?$/;

/** Without what cannot be seen, and without spaces at its ends: two ids that look the same are the same. */
export function sanitizeId(text: string): string {
  if (printableAscii.test(text)) return text;
  return toWellFormed(text).replace(invisible, "").trim();
}
