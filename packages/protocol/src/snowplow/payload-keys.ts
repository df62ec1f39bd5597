/**
 * The keys of an event on the wire, and what each may hold. This is payload_data 1-0-4, whose every value is a text, with
 * the conversions that a Snowplow pipeline makes of them: a text that it cannot convert costs the event. Sender and
 * collector check with this one table.
 */
import { isTimeMs } from "../iso-time.js";

/** An event on the wire: every value is a text. */
export type Payload = Readonly<Record<string, string>>;

/** What a value must look like. */
export interface Format {
  /** Completes "Expected …". */
  readonly expected: string;
  readonly test: (text: string) => boolean;
}

export interface PayloadKey {
  readonly format: Format;
  /** Characters that the pipeline's column holds; null where it has no column. */
  readonly maxLength: number | null;
}

export const platforms = ["web", "iot", "app", "mob", "pc", "cnsl", "tv", "srv", "headset"] as const;
export type Platform = (typeof platforms)[number];

/** Codes that a pipeline reads today: `ev` and `ad` are older names of `se` and of an ad impression. */
export const eventCodes = ["pv", "pp", "se", "ue", "tr", "ti", "ev", "ad"] as const;
export type EventCode = (typeof eventCodes)[number];

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

const integerPattern = /^[+-]?\d{1,10}$/;

/** A whole number of 32 bits, as the pipeline reads it. */
export function isInt32(text: string): boolean {
  return integerPattern.test(text) && Number(text) === (Number(text) | 0);
}

const decimalPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,9})?$/;

export function isDecimal(text: string): boolean {
  return decimalPattern.test(text);
}

const timePattern = /^[+-]?\d{1,15}$/;

export const sizePattern: RegExp = /^(\d{1,9})x(\d{1,9})$/;

/** Whatever stands there. */
export const anyText: Format = { expected: "a text", test: () => true };
const uuid: Format = { expected: "a UUID", test: isUuid };
const int32: Format = { expected: "a whole number of 32 bits", test: isInt32 };
const decimal: Format = { expected: "a decimal number", test: (value) => isDecimal(value) || value === "null" };
const flag: Format = { expected: '"1" or "0"', test: (value) => value === "1" || value === "0" };
const size: Format = { expected: "a size such as 1366x768", test: (value) => sizePattern.test(value) };
const time: Format = {
  expected: "milliseconds since 1970, in a year from 0 to 9999",
  test: (value) => timePattern.test(value) && isTimeMs(Number(value)),
};
const platform: Format = {
  expected: `one of ${platforms.join(", ")}`,
  test: (value) => (platforms as readonly string[]).includes(value),
};
const code: Format = {
  expected: `one of ${eventCodes.join(", ")}`,
  test: (value) => (eventCodes as readonly string[]).includes(value),
};

type Row = readonly [keys: string, format: Format, maxLength: number | null];

const rows: readonly Row[] = [
  ["e", code, null],
  ["p", platform, null],
  ["tv", anyText, 100],
  ["tna", anyText, 128],
  ["aid", anyText, 255],
  ["eid", uuid, null],
  ["tid", int32, null],
  ["dtm stm ttm", time, null],
  ["co cx ue_pr ue_px ue_na", anyText, null],
  ["se_ca se_ac se_pr", anyText, 1000],
  ["se_la", anyText, 4096],
  ["se_va", decimal, null],
  ["tr_id tr_af tr_ci tr_st tr_co", anyText, 255],
  ["tr_tt tr_tx tr_sh ti_pr", decimal, null],
  ["tr_cu ti_cu", anyText, 3],
  ["ti_id ti_sk ti_nm ti_na ti_ca", anyText, 255],
  ["ti_qu", int32, null],
  ["url refr", anyText, 10_000],
  ["page", anyText, 2000],
  ["pp_mix pp_max pp_miy pp_may", int32, null],
  ["res vp ds", size, null],
  ["cd", anyText, 12],
  ["tz lang", anyText, 255],
  ["cs", anyText, 128],
  ["uid", anyText, 255],
  ["duid tnuid nuid", anyText, 128],
  ["sid", uuid, null],
  ["vid", int32, null],
  ["ip", anyText, 128],
  ["ua", anyText, 1000],
  ["cookie f_pdf f_fla f_java f_dir f_qt f_realp f_wma f_gears f_ag", flag, null],
  ["fp", anyText, 128],
  ["ctype mac ad_ba ad_ca ad_ad ad_uid sa sn st sp", anyText, null],
];

/** The 80 keys of payload_data 1-0-4; a posted event with any other is refused by the pipeline. */
export const payloadKeys: ReadonlyMap<string, PayloadKey> = new Map(
  rows.flatMap(([keys, format, maxLength]) =>
    keys.split(" ").map((key): [string, PayloadKey] => [key, { format, maxLength }]),
  ),
);

export function isDecimalKey(key: string): boolean {
  return payloadKeys.get(key)?.format === decimal;
}

/** Keys of a posted event that must be there. */
export const requiredKeys = ["tv", "p", "e"] as const;
