/** An event in the 131 columns of Snowplow's canonical event model: null where nothing is known. */
import type { Entity, JsonValue } from "@oncewire/protocol";
import type { Described, Payload } from "@oncewire/protocol/snowplow";
import { parseIgluUri } from "../schemas/iglu-uri.js";
import type { StoredEvent } from "../store/event-store.js";
import type { EventType } from "./event-type.js";
import { collectorName } from "./raw-event.js";

/** What an event is made of. */
export interface AtomicSource {
  readonly event: Pick<StoredEvent, "receivedAt" | "time" | "context"> & { readonly id: string | null };
  readonly payload: Payload;
  readonly described: Described;
  readonly type: EventType | null;
  readonly schema: string | null;
}

export type Columns = Record<string, JsonValue>;

export const columnNames: readonly string[] = [
  "app_id platform etl_tstamp collector_tstamp dvce_created_tstamp event event_id txn_id name_tracker v_tracker",
  "v_collector v_etl user_id user_ipaddress user_fingerprint domain_userid domain_sessionidx network_userid",
  "geo_country geo_region geo_city geo_zipcode geo_latitude geo_longitude geo_region_name",
  "ip_isp ip_organization ip_domain ip_netspeed page_url page_title page_referrer",
  "page_urlscheme page_urlhost page_urlport page_urlpath page_urlquery page_urlfragment",
  "refr_urlscheme refr_urlhost refr_urlport refr_urlpath refr_urlquery refr_urlfragment",
  "refr_medium refr_source refr_term mkt_medium mkt_source mkt_term mkt_content mkt_campaign contexts",
  "se_category se_action se_label se_property se_value unstruct_event",
  "tr_orderid tr_affiliation tr_total tr_tax tr_shipping tr_city tr_state tr_country",
  "ti_orderid ti_sku ti_name ti_category ti_price ti_quantity",
  "pp_xoffset_min pp_xoffset_max pp_yoffset_min pp_yoffset_max useragent",
  "br_name br_family br_version br_type br_renderengine br_lang br_features_pdf br_features_flash br_features_java",
  "br_features_director br_features_quicktime br_features_realplayer br_features_windowsmedia br_features_gears",
  "br_features_silverlight br_cookies br_colordepth br_viewwidth br_viewheight",
  "os_name os_family os_manufacturer os_timezone dvce_type dvce_ismobile dvce_screenwidth dvce_screenheight",
  "doc_charset doc_width doc_height tr_currency tr_total_base tr_tax_base tr_shipping_base ti_currency ti_price_base",
  "base_currency geo_timezone mkt_clickid mkt_network etl_tags dvce_sent_tstamp refr_domain_userid refr_dvce_tstamp",
  "derived_contexts domain_sessionid derived_tstamp event_vendor event_name event_format event_version",
  "event_fingerprint true_tstamp",
].flatMap((line) => line.split(" "));

const nothing: Columns = Object.fromEntries(columnNames.map((name) => [name, null]));

/** Null for what a pipeline cannot convert, as a bad event may have it. */
type Form = (text: string) => JsonValue;
/** What a Date can hold, in either direction. */
const maxDateMs = 8_640_000_000_000_000;
const asText: Form = (text) => text;
const asNumber: Form = (text) => (Number.isFinite(Number(text)) ? Number(text) : null);
const asFlag: Form = (text) => text === "1";
const asTime: Form = (text) => (Math.abs(Number(text)) <= maxDateMs ? new Date(Number(text)).toISOString() : null);

/** Columns that hold what a key of the payload says. */
const keys: readonly (readonly [column: string, key: string, form: Form])[] = [
  ...named(asText, "app_id aid, platform p, name_tracker tna, v_tracker tv, v_collector cv, user_id uid, page_url url"),
  ...named(asText, "user_fingerprint fp, domain_userid duid, page_title page, page_referrer refr, doc_charset cs"),
  ...named(asText, "br_lang lang, br_colordepth cd, os_timezone tz, tr_currency tr_cu, ti_currency ti_cu"),
  ...named(asText, "se_category ev_ca, se_action ev_ac, se_label ev_la, se_property ev_pr"),
  ...named(asText, "se_category se_ca, se_action se_ac, se_label se_la, se_property se_pr"),
  ...named(asText, "tr_orderid tr_id, tr_affiliation tr_af, tr_city tr_ci, tr_state tr_st, tr_country tr_co"),
  ...named(asText, "ti_orderid ti_id, ti_sku ti_sk, ti_name ti_na, ti_name ti_nm, ti_category ti_ca"),
  ...named(asNumber, "txn_id tid, domain_sessionidx vid, se_value ev_va, se_value se_va, ti_price ti_pr"),
  ...named(asNumber, "tr_total tr_tt, tr_tax tr_tx, tr_shipping tr_sh, ti_quantity ti_qu"),
  ...named(asNumber, "pp_xoffset_min pp_mix, pp_xoffset_max pp_max, pp_yoffset_min pp_miy, pp_yoffset_max pp_may"),
  ...named(asFlag, "br_cookies cookie, br_features_pdf f_pdf, br_features_flash f_fla, br_features_java f_java"),
  ...named(asFlag, "br_features_director f_dir, br_features_quicktime f_qt, br_features_realplayer f_realp"),
  ...named(asFlag, "br_features_windowsmedia f_wma, br_features_gears f_gears, br_features_silverlight f_ag"),
  ...named(asTime, "dvce_created_tstamp dtm, dvce_sent_tstamp stm, true_tstamp ttm"),
];

function named(form: Form, pairs: string): readonly (readonly [string, string, Form])[] {
  return pairs.split(", ").map((pair) => {
    const [column = "", key = ""] = pair.split(" ");
    return [column, key, form];
  });
}

export function atomicEvent(source: AtomicSource): Columns {
  const { event, payload, described, type, schema } = source;
  const { context } = event;
  return {
    ...nothing,
    ...keyColumns(payload),
    ...sizeColumns(payload),
    ...urlColumns("page", payload["url"]),
    ...urlColumns("refr", payload["refr"]),
    ...schemaColumns(schema),
    event: type?.name ?? null,
    event_id: event.id,
    collector_tstamp: event.receivedAt,
    etl_tstamp: event.receivedAt,
    derived_tstamp: event.time,
    v_collector: payload["cv"] || collectorName,
    v_etl: collectorName,
    domain_sessionid: payload["sid"]?.toLowerCase() || null,
    user_ipaddress: context["ip"] ?? null,
    useragent: context["userAgent"] ?? null,
    network_userid: context["networkUserId"] ?? null,
    contexts: contextsOf(described.entities),
    derived_contexts: {},
    unstruct_event:
      described.event === null ? null : { schema: envelope("unstruct_event"), data: plain(described.event) },
  };
}

function keyColumns(payload: Payload): Columns {
  const columns: Columns = {};
  for (const [column, key, form] of keys) {
    const text = payload[key];
    if (text) columns[column] = form(text);
  }
  return columns;
}

function sizeColumns({ res, vp, ds }: Payload): Columns {
  return {
    ...sizeOf(res, ["dvce_screenwidth", "dvce_screenheight"]),
    ...sizeOf(vp, ["br_viewwidth", "br_viewheight"]),
    ...sizeOf(ds, ["doc_width", "doc_height"]),
  };
}

function sizeOf(text: string | undefined, [width, height]: readonly [string, string]): Columns {
  const [, wide, high] = /^(\d+)x(\d+)$/.exec(text ?? "") ?? [];
  return wide === undefined ? {} : { [width]: Number(wide), [height]: Number(high) };
}

const standardPorts: Readonly<Record<string, number>> = { "http:": 80, "https:": 443 };

function urlColumns(prefix: "page" | "refr", text: string | undefined): Columns {
  if (!text || !URL.canParse(text)) return {};
  const url = new URL(text);
  return {
    [`${prefix}_urlscheme`]: url.protocol.slice(0, -1),
    [`${prefix}_urlhost`]: url.hostname || null,
    [`${prefix}_urlport`]: url.port === "" ? (standardPorts[url.protocol] ?? null) : Number(url.port),
    [`${prefix}_urlpath`]: url.pathname || null,
    [`${prefix}_urlquery`]: url.search.slice(1) || null,
    [`${prefix}_urlfragment`]: url.hash.slice(1) || null,
  };
}

function schemaColumns(schema: string | null): Columns {
  const key = schema === null ? null : parseIgluUri(schema);
  if (key === null) return {};
  return { event_vendor: key.vendor, event_name: key.name, event_format: key.format, event_version: key.version };
}

/** Without entities it is an empty object, as Snowplow's own JSON has it. */
function contextsOf(entities: readonly Entity[]): JsonValue {
  return entities.length === 0 ? {} : { schema: envelope("contexts"), data: entities.map(plain) };
}

function plain({ schema, data }: Entity): { schema: string; data: JsonValue } {
  return { schema, data };
}

function envelope(name: string): string {
  return `iglu:com.snowplowanalytics.snowplow/${name}/jsonschema/1-0-0`;
}
