/**
 * Sites that people come from, by what they are: a table of our own, kept by hand and read by traffic-source.ts.
 *
 * A host stands for itself and what is below it, and the longest match counts: `mail.google.com` is mail, though
 * `google.*` is a search engine. `brand.*` stands for the brand under any country's suffix, itself or below one of
 * `frontLabels`, and nothing else: `docs.google.com` is no search engine. A site that is missing is a plain referral.
 */
export interface KnownSite {
  readonly name: string;
  readonly kind: "search" | "social" | "email" | "assistant";
  readonly hosts: readonly string[];
  /** Of search engines: the query parameter that holds what was searched for, if they let it be seen. */
  readonly termParameter?: string;
}

/** The site that a host belongs to; `host` in lower case. */
export function siteOf(host: string): KnownSite | undefined {
  for (let rest = host; rest.includes("."); rest = rest.slice(rest.indexOf(".") + 1)) {
    const site = byHost.get(rest);
    if (site !== undefined) return site;
  }
  const name = withoutSuffix(host);
  return byHost.get(`${name}.*`) ?? byHost.get(`${withoutFront(name)}.*`);
}

/** The site whose app sends `android-app://…` for a referrer. */
export function siteOfApp(packageName: string): KnownSite | undefined {
  return byApp.get(packageName);
}

const frontLabels: ReadonlySet<string> = new Set(["www", "m", "images", "news", "search", "cse", "video", "amp"]);
const countrySuffix = /\.(?:co|com|org|net|ne|or)\.[a-z]{2}$/;

/** `www.google` of `www.google.co.uk`. */
function withoutSuffix(host: string): string {
  const country = countrySuffix.exec(host);
  return host.slice(0, country === null ? host.lastIndexOf(".") : country.index);
}

function withoutFront(name: string): string {
  const dot = name.indexOf(".");
  return dot > 0 && frontLabels.has(name.slice(0, dot)) ? name.slice(dot + 1) : name;
}

const search: readonly (readonly [name: string, termParameter: string, ...hosts: string[]])[] = [
  ["google", "q", "google.*"],
  ["bing", "q", "bing.com"],
  ["yahoo", "p", "search.yahoo.com", "search.yahoo.co.jp"],
  ["duckduckgo", "q", "duckduckgo.com"],
  ["yandex", "text", "yandex.*", "ya.ru"],
  ["baidu", "wd", "baidu.com"],
  ["ecosia", "q", "ecosia.org"],
  ["brave", "q", "search.brave.com"],
  ["qwant", "q", "qwant.com"],
  ["startpage", "query", "startpage.com"],
  ["kagi", "q", "kagi.com"],
  ["naver", "query", "search.naver.com"],
  ["daum", "q", "search.daum.net"],
  ["seznam", "q", "search.seznam.cz"],
  ["sogou", "query", "sogou.com"],
  ["360", "q", "so.com"],
  ["shenma", "q", "sm.cn"],
  ["mail.ru", "q", "go.mail.ru"],
  ["rambler", "query", "nova.rambler.ru"],
  ["coccoc", "query", "coccoc.com"],
  ["petal", "query", "petalsearch.com"],
  ["mojeek", "q", "mojeek.com"],
  ["swisscows", "query", "swisscows.com"],
  ["metager", "eingabe", "metager.org", "metager.de"],
  ["presearch", "q", "presearch.com"],
  ["you", "q", "you.com"],
  ["ask", "q", "ask.com"],
  ["aol", "q", "search.aol.com"],
  ["lycos", "q", "search.lycos.com"],
  ["dogpile", "q", "dogpile.com"],
];

const social: readonly (readonly [name: string, ...hosts: string[]])[] = [
  ["facebook", "facebook.com", "fb.com", "fb.me"],
  ["messenger", "messenger.com", "m.me"],
  ["instagram", "instagram.com", "ig.me"],
  ["threads", "threads.net", "threads.com"],
  ["twitter", "twitter.com", "x.com", "t.co"],
  ["linkedin", "linkedin.com", "lnkd.in"],
  ["reddit", "reddit.com", "redd.it"],
  ["pinterest", "pinterest.com", "pinterest.*", "pin.it"],
  ["youtube", "youtube.com", "youtu.be"],
  ["tiktok", "tiktok.com"],
  ["snapchat", "snapchat.com"],
  ["whatsapp", "whatsapp.com", "wa.me"],
  ["telegram", "telegram.org", "telegram.me", "t.me"],
  ["discord", "discord.com", "discord.gg", "discordapp.com"],
  ["mastodon", "mastodon.social", "mastodon.online", "mstdn.social", "fosstodon.org", "hachyderm.io"],
  ["bluesky", "bsky.app"],
  ["lemmy", "lemmy.world", "lemmy.ml"],
  ["tumblr", "tumblr.com"],
  ["flickr", "flickr.com", "flic.kr"],
  ["twitch", "twitch.tv"],
  ["quora", "quora.com"],
  ["hacker-news", "news.ycombinator.com"],
  ["product-hunt", "producthunt.com"],
  ["xing", "xing.com"],
  ["nextdoor", "nextdoor.com"],
  ["meetup", "meetup.com"],
  ["vk", "vk.com", "vk.ru"],
  ["odnoklassniki", "ok.ru"],
  ["weibo", "weibo.com", "weibo.cn", "t.cn"],
  ["wechat", "wechat.com", "weixin.qq.com"],
  ["qzone", "qzone.qq.com"],
  ["douyin", "douyin.com"],
  ["xiaohongshu", "xiaohongshu.com", "xhslink.com"],
  ["zhihu", "zhihu.com"],
  ["line", "line.me"],
  ["kakao", "story.kakao.com"],
];

const email: readonly (readonly [name: string, ...hosts: string[]])[] = [
  ["gmail", "mail.google.com"],
  ["outlook", "outlook.live.com", "outlook.office.com", "outlook.office365.com", "outlook.com", "mail.live.com"],
  ["yahoo-mail", "mail.yahoo.com", "mail.yahoo.co.jp"],
  ["proton-mail", "mail.proton.me", "mail.protonmail.com"],
  ["fastmail", "fastmail.com"],
  ["zoho-mail", "mail.zoho.com", "mail.zoho.eu"],
  ["aol-mail", "mail.aol.com"],
  ["gmx", "deref-gmx.net", "deref-gmx.com", "navigator.gmx.net"],
  ["web.de", "deref-web.de", "navigator.web.de"],
  ["t-online", "email.t-online.de"],
  ["orange", "messagerie.orange.fr"],
  ["libero", "mail.libero.it"],
  ["mail.ru", "e.mail.ru"],
  ["yandex-mail", "mail.yandex.*"],
  ["qq-mail", "mail.qq.com"],
  ["netease-mail", "mail.163.com", "mail.126.com"],
  ["naver-mail", "mail.naver.com"],
  ["hey", "app.hey.com"],
  ["tuta", "app.tuta.com", "mail.tutanota.com"],
  ["superhuman", "mail.superhuman.com"],
];

const assistant: readonly (readonly [name: string, ...hosts: string[]])[] = [
  ["chatgpt", "chatgpt.com", "chat.openai.com"],
  ["perplexity", "perplexity.ai"],
  ["gemini", "gemini.google.com"],
  ["copilot", "copilot.microsoft.com"],
  ["claude", "claude.ai"],
  ["mistral", "chat.mistral.ai"],
  ["deepseek", "chat.deepseek.com"],
  ["grok", "grok.com"],
];

/** Package names of Android apps, and the host of the site each belongs to. */
const apps: readonly (readonly [packageName: string, host: string])[] = [
  ["com.google.android.googlequicksearchbox", "google.com"],
  ["com.google.android.gm", "mail.google.com"],
  ["com.microsoft.office.outlook", "outlook.com"],
  ["com.yahoo.mobile.client.android.mail", "mail.yahoo.com"],
  ["com.facebook.katana", "facebook.com"],
  ["com.facebook.orca", "messenger.com"],
  ["com.instagram.android", "instagram.com"],
  ["com.twitter.android", "twitter.com"],
  ["com.linkedin.android", "linkedin.com"],
  ["com.reddit.frontpage", "reddit.com"],
  ["com.pinterest", "pinterest.com"],
  ["com.google.android.youtube", "youtube.com"],
  ["com.zhiliaoapp.musically", "tiktok.com"],
  ["com.snapchat.android", "snapchat.com"],
  ["com.whatsapp", "whatsapp.com"],
  ["org.telegram.messenger", "telegram.org"],
  ["com.discord", "discord.com"],
  ["com.openai.chatgpt", "chatgpt.com"],
];

export const knownSites: readonly KnownSite[] = [
  ...search.map(([name, termParameter, ...hosts]): KnownSite => ({ name, kind: "search", hosts, termParameter })),
  ...social.map(([name, ...hosts]): KnownSite => ({ name, kind: "social", hosts })),
  ...email.map(([name, ...hosts]): KnownSite => ({ name, kind: "email", hosts })),
  ...assistant.map(([name, ...hosts]): KnownSite => ({ name, kind: "assistant", hosts })),
];

const byHost: ReadonlyMap<string, KnownSite> = new Map(
  knownSites.flatMap((site) => site.hosts.map((host) => [host, site] as const)),
);

const byApp: ReadonlyMap<string, KnownSite> = new Map(
  apps.flatMap(([packageName, host]) => {
    const site = siteOf(host);
    return site === undefined ? [] : [[packageName, site] as const];
  }),
);
