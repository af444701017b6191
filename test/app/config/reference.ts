/**
 * The tables of docs/configuration.md, made from the schema. `node test/app/config/reference.ts`
 * prints them; a test compares them with the document.
 */
import { CONFIG_KEYS, SECTIONS } from '../../../src/app/config/schema/schema.ts';

/** A heading and a table for each section. */
export function referenceTables(): string {
  return SECTIONS.map((section) => {
    const keys = [...CONFIG_KEYS.values()].filter((known) => known.section === section);
    const rows = keys.map(({ spec }) => {
      const awaits = spec.awaits === undefined ? '' : ` Waits for ${AWAITED[spec.awaits]}.`;
      const policy = spec.policy === undefined ? '' : `\`${spec.policy}\``;
      return `| \`${spec.name}\` | ${sentence(spec.type.expected)} | ${defaultOf(spec)} | ${cell(spec.about)}${awaits} | ${policy} |`;
    });
    const head =
      '| key | value | default | what it does | policy |\n| --- | --- | --- | --- | --- |';
    return `### \`[${section}]\`\n\n${head}\n${rows.join('\n')}\n`;
  }).join('\n');
}

const AWAITED = { peers: 'peers', cache: 'the cache' };

function defaultOf(spec: { readonly fallback: unknown; readonly fallbackWords?: string }): string {
  if (spec.fallbackWords !== undefined) return cell(spec.fallbackWords);
  return spec.fallback === undefined ? '–' : `\`${JSON.stringify(spec.fallback)}\``;
}

/** What people write, set apart from what is said of it. */
function sentence(words: string): string {
  return cell(words.replaceAll(/\{ [^}]* \}|"[^"]*"/g, '`$&`'));
}

function cell(words: string): string {
  return words.replaceAll('|', String.raw`\|`);
}

if (import.meta.main) console.log(referenceTables());
