/** `iglu:com.acme/checkout/jsonschema/1-0-0`, in its parts. */
export interface IgluKey {
  readonly vendor: string;
  readonly name: string;
  readonly format: string;
  readonly version: string;
}

const keyPattern = /^([\w.-]+)\/([\w-]+)\/([\w-]+)\/(\d+-\d+-\d+)$/;

/** Null for what is no `vendor/name/format/version`. */
export function parseIgluPath(path: string): IgluKey | null {
  const [, vendor, name, format, version] = keyPattern.exec(path) ?? [];
  if (vendor === undefined || name === undefined || format === undefined || version === undefined) return null;
  return { vendor, name, format, version };
}

export function parseIgluUri(uri: string): IgluKey | null {
  return uri.startsWith("iglu:") ? parseIgluPath(uri.slice("iglu:".length)) : null;
}

export function igluUri({ vendor, name, format, version }: IgluKey): string {
  return `iglu:${vendor}/${name}/${format}/${version}`;
}
