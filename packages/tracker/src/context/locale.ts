/** Languages and time zones as requests name them. */

const languageTag = /^[a-z]{2,3}(?:[-_][a-z0-9]{2,8})*$/i;

/** `en-US`, or the first choice of an Accept-Language header; passed on as it is. */
export function localeOf(text: string | undefined): string | undefined {
  const first = text?.split(",", 1)[0]?.split(";", 1)[0]?.trim() ?? "";
  return languageTag.test(first) ? first : undefined;
}

const zoneName = /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+){0,2}$/;
const offset = /^[+-]\d\d:?\d\d$/;

/** `America/New_York`, `UTC` or `+02:00`; passed on as it is, without asking which zones there are. */
export function timezoneOf(text: string | undefined): string | undefined {
  const zone = text?.trim() ?? "";
  return zone.length <= 64 && (zoneName.test(zone) || offset.test(zone)) ? zone : undefined;
}
