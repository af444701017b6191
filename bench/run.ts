import { readdirSync } from 'node:fs';

// `npm run bench -- NAME [ARGUMENTS]` runs bench/NAME.ts; without a name it lists what there is.
const [name, ...rest] = process.argv.slice(2);
const known = readdirSync(import.meta.dirname)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.slice(0, -'.bench.ts'.length));

if (name === undefined || !known.includes(name)) {
  console.error(`Usage: npm run bench -- NAME\n\nBenchmarks: ${known.join(', ')}`);
  process.exitCode = name === undefined ? 0 : 1;
} else {
  process.argv.splice(2, Infinity, ...rest);
  await import(`./${name}.bench.ts`);
}
