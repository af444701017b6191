import { existsSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
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
const source = new URL('../src/', import.meta.url);
const fromSource = existsSync(source);
const root = fromSource ? source.href : new URL('../dist/', import.meta.url).href;
const format = fromSource ? 'module-typescript' : 'module';

// Finding the file behind an import is half of what loading a small module costs, and a command loads
// two hundred of them. Inside the package there is nothing to find: every import is the path of a file.
registerHooks({
  resolve(specifier, context, next) {
    const inside = specifier.startsWith('.') && context.parentURL?.startsWith(root);
    return inside
      ? { url: new URL(specifier, context.parentURL).href, format, shortCircuit: true }
      : next(specifier, context);
  },
});

/** @type {{ main: (argv: string[]) => Promise<number> }} */
const { main } = await import(`${root}app/cli/main.${fromSource ? 'ts' : 'js'}`);

// What could not be written may have set a number already; success does not hide it.
process.exitCode = (await main(process.argv.slice(2))) || process.exitCode;
