/** The rules that device.ts reads, in the order they count: a browser that calls itself another comes before that other. */
import type { DeviceType } from "./device.js";

export interface BrowserRule {
  readonly name: string;
  /** Its first group is the version. */
  readonly pattern: RegExp;
}

export const browserRules: readonly BrowserRule[] = [
  { name: "Facebook", pattern: /\bFBAV\/([\d.]+)/ },
  { name: "Instagram", pattern: /\bInstagram ([\d.]+)/ },
  { name: "WeChat", pattern: /\bMicroMessenger\/([\d.]+)/ },
  { name: "Edge", pattern: /\b(?:Edge|EdgA|EdgiOS|Edg)\/([\d.]+)/ },
  { name: "Opera", pattern: /\b(?:OPR|OPT|OPX|OPiOS)\/([\d.]+)/ },
  { name: "Opera Mini", pattern: /\bOpera Mini\/([\d.]+)/ },
  { name: "Opera", pattern: /^Opera\/.*\bVersion\/([\d.]+)/ },
  { name: "Samsung Internet", pattern: /\bSamsungBrowser\/([\d.]+)/ },
  { name: "Yandex", pattern: /\bYaBrowser\/([\d.]+)/ },
  { name: "Vivaldi", pattern: /\bVivaldi\/([\d.]+)/ },
  { name: "UC Browser", pattern: /\bUCBrowser\/([\d.]+)/ },
  { name: "MIUI Browser", pattern: /\bMiuiBrowser\/([\d.]+)/ },
  { name: "Huawei Browser", pattern: /\bHuaweiBrowser\/([\d.]+)/ },
  { name: "Silk", pattern: /\bSilk\/([\d.]+)/ },
  { name: "DuckDuckGo", pattern: /\b(?:DuckDuckGo|Ddg)\/([\d.]+)/ },
  { name: "Electron", pattern: /\bElectron\/([\d.]+)/ },
  { name: "Firefox", pattern: /\b(?:Firefox|FxiOS)\/([\d.]+)/ },
  { name: "Chrome", pattern: /\bCriOS\/([\d.]+)/ },
  { name: "Chrome", pattern: /\b(?:HeadlessChrome|Chrome)\/([\d.]+)/ },
  { name: "Chromium", pattern: /\bChromium\/([\d.]+)/ },
  { name: "Safari", pattern: /\bVersion\/([\d.]+).*\bSafari\// },
  { name: "Internet Explorer", pattern: /\bMSIE ([\d.]+)/ },
  { name: "Internet Explorer", pattern: /\bTrident\/.*\brv:([\d.]+)/ },
];

export interface MachineRule {
  readonly os: string;
  readonly pattern: RegExp;
  /** Its first group is the version; without one it is unknown. */
  readonly version?: RegExp;
  /** Versions that are said by more machines than have them. */
  readonly frozen?: readonly string[];
  readonly versionNames?: Readonly<Record<string, string>>;
  /** Of Android it depends. */
  readonly type?: DeviceType;
}

export const machineRules: readonly MachineRule[] = [
  { os: "iOS", pattern: /\biPhone\b|\biPod\b/, version: /\bOS (\d+(?:_\d+)*) like Mac/, type: "mobile" },
  { os: "iPadOS", pattern: /\biPad\b/, version: /\bOS (\d+(?:_\d+)*) like Mac/, type: "tablet" },
  { os: "tvOS", pattern: /\bApple ?TV\b/, version: /\btvOS\/?(\d[\d.]*)/, type: "tv" },
  { os: "Tizen", pattern: /\bTizen\b/, version: /\bTizen (\d[\d.]*)/ },
  { os: "webOS", pattern: /\bWeb0S\b|\bwebOS\b/, type: "tv" },
  { os: "KaiOS", pattern: /\bKAIOS\//, version: /\bKAIOS\/(\d[\d.]*)/, type: "mobile" },
  { os: "HarmonyOS", pattern: /\bHarmonyOS\b|\bOpenHarmony\b/, version: /\b(?:Harmony(?:OS)?) (\d[\d.]*)/ },
  { os: "Windows Phone", pattern: /\bWindows Phone\b/, version: /\bWindows Phone(?: OS)? (\d[\d.]*)/, type: "mobile" },
  { os: "Android", pattern: /\bAndroid\b/, version: /\bAndroid (\d[\d.]*)/, frozen: ["10"] },
  {
    os: "Windows",
    pattern: /\bWindows NT\b|\bWindows\b/,
    version: /\bWindows NT (\d[\d.]*)/,
    frozen: ["10.0"],
    versionNames: { "6.3": "8.1", "6.2": "8", "6.1": "7", "6.0": "Vista", "5.2": "XP", "5.1": "XP" },
    type: "desktop",
  },
  {
    os: "macOS",
    pattern: /\bMacintosh\b|\bMac OS X\b/,
    version: /\bMac OS X (\d+(?:[._]\d+)*)/,
    frozen: ["10.15.7", "10.15"],
    type: "desktop",
  },
  { os: "Chrome OS", pattern: /\bCrOS\b/, type: "desktop" },
  { os: "FreeBSD", pattern: /\bFreeBSD\b/, type: "desktop" },
  { os: "Linux", pattern: /\bLinux\b|\bX11\b|\bUbuntu\b|\bFedora\b/, type: "desktop" },
];

export const tvTokens: RegExp =
  /\bSmart-?TV\b|\bSMART-TV\b|\bGoogleTV\b|\bAndroid TV\b|\bAppleTV\b|\bApple TV\b|\bHbbTV\b|\bRoku\b|\bCrKey\b|\bBRAVIA\b|\bAFT[A-Z]\w*|\bWeb0S\b|\bVIDAA\b|\bNetCast\b/i;

/** Programs that fetch pages for others: they say so, or where to read about them. */
export const botTokens: RegExp =
  /bot\b|bot[/;_-]|crawl|spider|slurp|\bscan(?:ner)?\b|preview|facebookexternalhit|facebookcatalog|meta-external|mediapartners|adsbot|google-(?:inspectiontool|read-aloud|extended)|googleother|lighthouse|pingdom|uptime|monitor|statuscake|headlesschrome|phantomjs|puppeteer|playwright|whatsapp\/|ia_archiver|archive\.org|bingpreview|embedly|feedfetcher|feedly|validator|\+https?:\/\//i;

export interface VendorRule {
  readonly vendor: string;
  /** Compared with the model, or with the whole header where the model is unknown. */
  readonly pattern: RegExp;
}

export const vendorRules: readonly VendorRule[] = [
  { vendor: "Apple", pattern: /\biPhone\b|\biPad\b|\biPod\b|\(Macintosh;|\bApple ?TV\b/ },
  { vendor: "Samsung", pattern: /\bSM-[A-Z]\d|\bGT-[A-Z]\d|\bSAMSUNG\b/ },
  { vendor: "Google", pattern: /\bPixel\b|\bNexus\b|\bCrKey\b/ },
  { vendor: "Xiaomi", pattern: /\bRedmi\b|\bPOCO\b|\bXiaomi\b|^Mi \w|^M\d{4}[A-Z]\d|^2\d{3,}[A-Z0-9]{5,}/ },
  { vendor: "Huawei", pattern: /\bHUAWEI\b|^(?:ANE|ELE|VOG|LYA|MAR|POT|JNY|NOH|ELS)-/i },
  { vendor: "Honor", pattern: /\bHONOR\b/i },
  { vendor: "OnePlus", pattern: /\bONEPLUS\b|^(?:IN|KB|LE|NE|GM|HD)2\d{3}/i },
  { vendor: "Motorola", pattern: /\bmoto\b|\bmotorola\b|^XT\d{4}/i },
  { vendor: "OPPO", pattern: /\bOPPO\b|^CPH\d{4}/i },
  { vendor: "vivo", pattern: /\bvivo\b|^V2\d{3}/i },
  { vendor: "realme", pattern: /\brealme\b|^RMX\d{4}/i },
  { vendor: "Sony", pattern: /\bSony\b|\bXperia\b|^XQ-|\bBRAVIA\b/i },
  { vendor: "Nokia", pattern: /\bNokia\b/ },
  { vendor: "LG", pattern: /^LM-|^LG-|\bLG Browser\b|\bLGE\b|\bWeb0S\b/ },
  { vendor: "Amazon", pattern: /\bKF[A-Z]{2,}\b|\bAFT[A-Z]\w*|\bKindle\b/ },
  { vendor: "Lenovo", pattern: /\bLenovo\b/i },
  { vendor: "ASUS", pattern: /\bASUS\w*/ },
  { vendor: "Roku", pattern: /\bRoku\b/ },
];
