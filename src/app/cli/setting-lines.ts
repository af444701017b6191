import { printable } from './printable.ts';

/** A setting with where its value comes from. */
export interface SettingFacts {
  readonly key: string;
  readonly value?: unknown;
  readonly provider: string;
  /** File or variable; null for defaults. */
  readonly source: string | null;
}

/** One line a setting: key, value, and who says so. */
export function settingLines(settings: readonly SettingFacts[]): readonly string[] {
  const width = Math.max(0, ...settings.map(({ key }) => key.length));
  const texts = settings.map(({ value }) => settingText(value));
  const valueWidth = Math.min(40, Math.max(0, ...texts.map((text) => text.length)));
  return settings.map(({ key, provider, source }, index) => {
    const from = source === null || source === provider ? provider : `${provider}: ${source}`;
    const value = printable(texts[index] ?? '').padEnd(valueWidth);
    return `${key.padEnd(width)}  ${value}  ${printable(from)}`;
  });
}

/** A value as it would be typed. */
export function settingText(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}
