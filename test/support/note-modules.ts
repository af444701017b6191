/**
 * For `--import`: writes the URL of every module that the process has loaded, one a line, into the
 * file that MODULES_LOADED names, when it exits.
 */
import { writeFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const loaded: string[] = [];

registerHooks({
  load(url, context, next) {
    loaded.push(url);
    return next(url, context);
  },
});

process.on('exit', () => {
  const file = process.env['MODULES_LOADED'];
  if (file !== undefined) writeFileSync(file, loaded.join('\n'));
});
