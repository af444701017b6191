/** One line of measurements. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Everything under one name. */
export interface Family {
  readonly help: string;
  readonly type: string;
  readonly samples: Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;
const NUMBER = /^(?:[+-]?Inf|NaN|[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/;
const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

/**
 * Reads metrics as Prometheus does (text format 0.0.4), and throws for the first line that is not
 * well-formed, out of place, or there twice. Every family must have HELP and TYPE before its samples.
 */
export function parsePrometheusText(text: string): ReadonlyMap<string, Family> {
  if (!text.endsWith('\n')) throw new Error('The last line must end.');
  const families = new Map<string, Family>();
  const helps = new Map<string, string>();
  const seen = new Set<string>();
  let current: string | undefined;
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const help = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line);
    const type = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary|untyped)$`).exec(
      line,
    );
    if (help !== null) {
      if (helps.has(help[1]!)) throw new Error(`Twice: ${line}`);
      helps.set(help[1]!, help[2]!);
    } else if (type !== null) {
      current = type[1]!;
      const told = helps.get(current);
      if (told === undefined || families.has(current)) throw new Error(`Out of place: ${line}`);
      families.set(current, { help: told, type: type[2]!, samples: [] });
    } else if (line.startsWith('#')) throw new Error(`Not a comment of ours: ${line}`);
    else {
      const sample = parseSample(line);
      const family = families.get(current ?? '');
      const names = (SUFFIXES[family?.type ?? ''] ?? ['']).map((suffix) => current + suffix);
      if (family === undefined || !names.includes(sample.name)) throw new Error(`Stray: ${line}`);
      const key = `${sample.name} ${keyOf(sample.labels)}`;
      if (seen.has(key)) throw new Error(`Twice: ${line}`);
      seen.add(key);
      family.samples.push(sample);
    }
  }
  return families;
}

function parseSample(line: string): Sample {
  const match = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\S+)(?: (-?\\d+))?$`).exec(line);
  if (match === null) throw new Error(`Not a sample: ${line}`);
  const [, name = '', labels = '', value = ''] = match;
  if (!NUMBER.test(value)) throw new Error(`Not a number: ${line}`);
  return {
    name,
    labels: parseLabels(labels, line),
    value: Number(value.replace('Inf', 'Infinity')),
  };
}

function parseLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < text.length) {
    const match = LABEL.exec(text);
    if (match === null || Object.hasOwn(labels, match[1]!)) throw new Error(`Bad labels: ${line}`);
    labels[match[1]!] = match[2]!.replace(/\\(.)/g, (_, escaped: string) =>
      escaped === 'n' ? '\n' : escaped,
    );
  }
  return labels;
}

/** The same for the same labels, whatever their order. */
export function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
