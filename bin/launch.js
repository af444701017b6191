import { existsSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

// Compiled code is kept for the next start, which halves its time. In the user's own directory:
// the default is one below /tmp, where somebody else could have put it first.
try {
  enableCompileCache(
    join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'haulyard', 'compiled'),
  );
} catch {
  // A user without a home directory, as in some containers, starts without the cache.
}

// A clone runs the source as written (Node strips the types); the installed package holds compiled files only.
const source = new URL('../src/app/cli/main.ts', import.meta.url);
const compiled = new URL('../dist/app/cli/main.js', import.meta.url);

/** @type {{ main: (argv: string[]) => Promise<number> }} */
const { main } = await import(existsSync(source) ? source.href : compiled.href);

// What could not be written may have set a number already; success does not hide it.
process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
