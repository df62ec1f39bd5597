import { describe, expect, it } from "vitest";
import { buildInitPayload } from "./init-payload.js";
import { knownSites, siteOf } from "./known-sites.js";
import { trafficTypes } from "./traffic-source.js";

/** url, referer → type, source, medium. The site is www.shop.example. */
const cases: readonly (readonly [url: string, referer: string, type: string, source?: string, medium?: string])[] = [
  // Said outright: UTM tags count before everything else.
  ["/?utm_source=spring&utm_medium=flyer&utm_campaign=may", "", "campaign", "spring", "flyer"],
  ["/?utm_source=partner", "", "campaign", "partner"],
  ["/?utm_campaign=may", "", "campaign"],
  ["/?utm_source=google&utm_medium=cpc", "https://www.google.com/", "paid", "google", "cpc"],
  ["/?utm_source=bing&utm_medium=PPC", "", "paid", "bing", "PPC"],
  ["/?utm_source=meta&utm_medium=paid_social", "https://l.facebook.com/", "paid", "meta", "paid_social"],
  ["/?utm_source=meta&utm_medium=Paid%20Social", "", "paid", "meta", "Paid Social"],
  ["/?utm_source=x&utm_medium=paidsocial", "", "paid", "x", "paidsocial"],
  ["/?utm_source=dv360&utm_medium=display", "", "paid", "dv360", "display"],
  ["/?utm_source=criteo&utm_medium=retargeting", "", "paid", "criteo", "retargeting"],
  ["/?utm_source=news&utm_medium=email", "", "email", "news", "email"],
  ["/?utm_source=news&utm_medium=E-Mail", "https://mail.google.com/", "email", "news", "E-Mail"],
  ["/?utm_source=weekly&utm_medium=newsletter", "", "email", "weekly", "newsletter"],
  ["/?utm_source=gmb&utm_medium=organic", "https://www.google.com/", "organic", "gmb", "organic"],
  ["/?utm_source=linkedin&utm_medium=social", "", "social", "linkedin", "social"],
  ["/?utm_source=ig&utm_medium=social-network", "", "social", "ig", "social-network"],
  ["/?utm_source=blog&utm_medium=referral", "", "referral", "blog", "referral"],
  ["/?utm_source=acme&utm_medium=affiliate", "", "campaign", "acme", "affiliate"],
  ["/?utm_source=poster&utm_medium=qr", "", "campaign", "poster", "qr"],
  ["/?utm_source=footer&utm_medium=banner", "https://www.shop.example/", "paid", "footer", "banner"],
  ["/?utm_source=%20&utm_medium=", "https://duckduckgo.com/", "organic", "duckduckgo", "organic"],
  ["/?utm_source=first&utm_source=second", "", "campaign", "first"],
  ["/?utm_source=google&gclid=abc", "", "paid", "google", "cpc"],
  ["/?utm_campaign=may&fbclid=abc", "", "social", "facebook", "social"],
  ["/?utm_source=mail&utm_medium=email&gclid=abc", "", "email", "mail", "email"],
  // Ids that ad networks add.
  ["/?gclid=abc", "https://www.google.com/", "paid", "google", "cpc"],
  ["/?gbraid=abc", "", "paid", "google", "cpc"],
  ["/?wbraid=abc", "", "paid", "google", "cpc"],
  ["/?dclid=abc", "https://ad.doubleclick.net/", "paid", "google", "display"],
  ["/?msclkid=abc", "https://www.bing.com/", "paid", "bing", "cpc"],
  ["/?yclid=1", "", "paid", "yandex", "cpc"],
  ["/?ttclid=1", "", "paid", "tiktok", "cpc"],
  ["/?twclid=1", "https://t.co/", "paid", "twitter", "cpc"],
  ["/?li_fat_id=1", "", "paid", "linkedin", "cpc"],
  ["/?fbclid=1", "https://l.facebook.com/", "social", "facebook", "social"],
  ["/?fbclid=1", "", "social", "facebook", "social"],
  ["/?igshid=1", "", "social", "instagram", "social"],
  ["/?gclid=", "https://www.google.com/", "organic", "google", "organic"],
  // Search engines.
  ["/pricing?source=google", "https://google.com", "organic", "google", "organic"],
  ["/", "https://www.google.com/", "organic", "google", "organic"],
  ["/", "https://www.google.co.uk/search?q=shoes", "organic", "google", "organic"],
  ["/", "https://google.de", "organic", "google", "organic"],
  ["/", "https://www.google.com.br/url?sa=t", "organic", "google", "organic"],
  ["/", "https://images.google.fr/", "organic", "google", "organic"],
  ["/", "google.com", "organic", "google", "organic"],
  ["/", "https://www.bing.com/search?q=a", "organic", "bing", "organic"],
  ["/", "https://search.yahoo.com/", "organic", "yahoo", "organic"],
  ["/", "https://r.search.yahoo.com/", "organic", "yahoo", "organic"],
  ["/", "https://yandex.ru/search/", "organic", "yandex", "organic"],
  ["/", "https://yandex.com.tr/", "organic", "yandex", "organic"],
  ["/", "https://www.baidu.com/link?url=x", "organic", "baidu", "organic"],
  ["/", "https://www.ecosia.org/", "organic", "ecosia", "organic"],
  ["/", "https://search.brave.com/", "organic", "brave", "organic"],
  ["/", "android-app://com.google.android.googlequicksearchbox/", "organic", "google", "organic"],
  // Social networks.
  ["/", "https://l.facebook.com/l.php?u=x", "social", "facebook", "social"],
  ["/", "https://m.facebook.com/", "social", "facebook", "social"],
  ["/", "https://t.co/AbC", "social", "twitter", "social"],
  ["/", "https://x.com/home", "social", "twitter", "social"],
  ["/", "https://www.linkedin.com/feed/", "social", "linkedin", "social"],
  ["/", "https://lnkd.in/abc", "social", "linkedin", "social"],
  ["/", "https://out.reddit.com/", "social", "reddit", "social"],
  ["/", "https://www.pinterest.de/", "social", "pinterest", "social"],
  ["/", "https://youtu.be/abc", "social", "youtube", "social"],
  ["/", "https://news.ycombinator.com/item?id=1", "social", "hacker-news", "social"],
  ["/", "https://bsky.app/", "social", "bluesky", "social"],
  ["/", "android-app://com.twitter.android", "social", "twitter", "social"],
  // Mail in a browser.
  ["/", "https://mail.google.com/mail/u/0/", "email", "gmail", "email"],
  ["/", "https://outlook.live.com/", "email", "outlook", "email"],
  ["/", "https://mail.yahoo.com/", "email", "yahoo-mail", "email"],
  ["/", "https://mail.yandex.ru/", "email", "yandex-mail", "email"],
  ["/", "android-app://com.google.android.gm/", "email", "gmail", "email"],
  // Other sites, among them some that only look like the ones above.
  ["/", "https://blog.partner.example/post", "referral", "blog.partner.example", "referral"],
  ["/", "https://www.partner.example:8443/", "referral", "partner.example", "referral"],
  ["/", "https://docs.google.com/document", "referral", "docs.google.com", "referral"],
  ["/", "https://google.evil.example/", "referral", "google.evil.example", "referral"],
  ["/", "https://notfacebook.com/", "referral", "notfacebook.com", "referral"],
  ["/", "https://netflix.com/", "referral", "netflix.com", "referral"],
  ["/", "https://www.yahoo.com/news", "referral", "yahoo.com", "referral"],
  ["/", "https://chatgpt.com/", "referral", "chatgpt", "referral"],
  ["/", "https://www.perplexity.ai/", "referral", "perplexity", "referral"],
  ["/", "android-app://com.example.app/", "referral", "com.example.app", "referral"],
  // This site.
  ["/cart", "https://www.shop.example/", "internal"],
  ["/cart", "https://shop.example/", "internal"],
  ["/cart", "https://WWW.SHOP.EXAMPLE:443/", "internal"],
  ["https://shop.example/cart", "https://www.shop.example/", "internal"],
  ["/cart", "/pricing", "internal"],
  ["/cart?source=banner", "https://www.shop.example/", "internal"],
  ["/cart", "https://help.shop.example/", "referral", "help.shop.example", "referral"],
  // Nothing said of where from: loose tags, then nothing at all.
  ["/?source=newsletter", "", "campaign", "newsletter"],
  ["/?source=acme&medium=email", "", "email", "acme", "email"],
  ["/?ref=producthunt", "", "referral", "producthunt"],
  ["/?campaign=may", "", "campaign"],
  ["/", "", "direct"],
  ["/?q=shoes", "", "direct"],
  ["/", "null", "direct"],
  ["/", "about:blank", "direct"],
  ["/", "http://", "direct"],
  ["/", "javascript:alert(1)", "direct"],
  ["", "", "direct"],
];

describe("A65: traffic source", () => {
  it.each(cases)("%s from %s is %s %s %s", (url, referer, type, source, medium) => {
    const { trafficSource } = buildInitPayload({ url, referer, host: "www.shop.example" }).context;
    const { type: foundType, source: foundSource, medium: foundMedium } = trafficSource;
    expect([foundType, foundSource, foundMedium]).toEqual([type, source, medium]);
  });

  it("has a case for every type", () => {
    expect(new Set(cases.map(([, , type]) => type))).toEqual(new Set(trafficTypes));
    expect(cases.length).toBeGreaterThanOrEqual(60);
  });

  it("takes other hosts for this site when told", () => {
    const visit = { url: "/", referer: "https://help.shop.example/", host: "www.shop.example" };
    const types = [["help.shop.example"], [".shop.example"], ["other.example"]].map(
      (ownHosts) => buildInitPayload(visit, { ownHosts }).context.trafficSource.type,
    );
    expect(types).toEqual(["internal", "internal", "referral"]);
    const bare = { url: "/", referer: "https://shop.example/", host: "api.other.example" };
    expect(buildInitPayload(bare, { ownHosts: [".Shop.example"] }).context.trafficSource.type).toBe("internal");
  });

  it("keeps the words searched for, the campaign's name and the referrer's host", () => {
    const found = buildInitPayload({ url: "/", referer: "https://duckduckgo.com/?q=red+shoes" });
    expect(found.context.trafficSource).toEqual({
      type: "organic",
      source: "duckduckgo",
      medium: "organic",
      term: "red shoes",
      referrerHost: "duckduckgo.com",
    });
    const tagged = buildInitPayload({
      url: "/?utm_source=a&utm_campaign=may&utm_term=t",
      referer: "https://b.example",
    });
    expect(tagged.context.trafficSource).toEqual({
      type: "campaign",
      source: "a",
      campaign: "may",
      term: "t",
      referrerHost: "b.example",
    });
  });
});

describe("A64: UTM tags and click ids", () => {
  it("keeps all nine tags", () => {
    const names = [
      ["source", "source"],
      ["medium", "medium"],
      ["campaign", "name"],
      ["term", "term"],
      ["content", "content"],
      ["id", "id"],
      ["source_platform", "sourcePlatform"],
      ["creative_format", "creativeFormat"],
      ["marketing_tactic", "marketingTactic"],
    ] as const;
    const url = `/?${names.map(([tag]) => `utm_${tag}=${tag}+1`).join("&")}`;
    const expected = Object.fromEntries(names.map(([tag, field]) => [field, `${tag} 1`]));
    expect(buildInitPayload({ url }).context.campaign).toEqual(expected);
  });

  it("keeps every click id by its parameter, also beside UTM tags", () => {
    const { context } = buildInitPayload({ url: "/?utm_source=google&gclid=A-b_1&fbclid=z" });
    expect(context.clickIds).toEqual({ gclid: "A-b_1", fbclid: "z" });
    expect(buildInitPayload({ url: "/" }).context).not.toHaveProperty("campaign");
  });
});

describe("the table of known sites", () => {
  it("names each host once", () => {
    const hosts = knownSites.flatMap((site) => site.hosts);
    expect(hosts.filter((host, at) => hosts.indexOf(host) !== at)).toEqual([]);
  });

  it("finds every host of it, and what is below", () => {
    for (const site of knownSites) {
      for (const host of site.hosts) {
        const asked = host.replace(/\.\*$/, ".com");
        expect(siteOf(asked)).toBe(site);
        expect(siteOf(`www.${asked}`)).toBe(site);
      }
    }
  });

  it("knows no host that is a suffix alone", () => {
    for (const host of ["com", "co.uk", "", ".", "google", "localhost"]) expect(siteOf(host)).toBeUndefined();
  });
});
