import { readFileSync } from 'node:fs';

/** The version of this package. Sources and compiled files lie at the same depth below the root. */
export function serverVersion(): string {
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}
