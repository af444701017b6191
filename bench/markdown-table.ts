import type { Row, Show, Table } from './report-types.ts';

const DEFAULT_DIGITS = 2;

/** A table as Markdown; columns in which every value is a number or absent stand to the right. */
export function markdownOf({ columns, rows }: Table): string {
  const isText = (key: string): boolean => rows.some((row) => typeof row[key] === 'string');
  const lines = [
    columns.map(({ title }) => title),
    columns.map(({ key }) => (isText(key) ? '---' : '---:')),
    ...rows.map((row) => columns.map(({ key, digits = DEFAULT_DIGITS }) => cell(row[key], digits))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function cell(value: Row[string] | undefined, digits: number): string {
  if (value === null || value === undefined) return '–';
  return typeof value === 'string' ? value : value.toFixed(digits);
}

/** The figures that have to hold, each beside its bound. */
export function showsTable(id: string, shows: readonly Show[]): Table {
  return {
    id: `${id}-shows`,
    title: 'What has to hold',
    columns: [
      { key: 'what', title: 'figure' },
      { key: 'reached', title: 'reached' },
      { key: 'bound', title: 'bound' },
      { key: 'met', title: 'met' },
    ],
    rows: shows.map((show) => ({
      what: show.what,
      reached: withUnit(show.reached, show.unit),
      bound: `${show.holds} ${withUnit(show.bound, show.unit)}`,
      met: isMet(show) ? 'yes' : 'no',
    })),
  };
}

function isMet({ reached, holds, bound }: Show): boolean {
  return holds === 'at most' ? reached <= bound : reached >= bound;
}

function withUnit(value: number, unit: string | undefined): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : DEFAULT_DIGITS;
  return `${value.toFixed(digits)}${unit === undefined ? '' : ` ${unit}`}`;
}
