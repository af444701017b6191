import { isDeliveryOptimizationError } from '../../core/errors.ts';
import type { EmbeddedManager, OpenManagerOptions } from '../../open.ts';
import { CommandError } from './command-error.ts';
import { EXIT } from './exit-numbers.ts';
import type { GlobalOptions } from './global-options.ts';
import type { Output } from './output.ts';

/**
 * The jobs of the data directory, for this command alone until it disposes of them. Jobs that
 * another command left under way stay where they are unless this one resumes them.
 *
 * @throws CommandError 29 naming the process that has the directory
 */
export async function openJobs(
  command: string,
  globals: GlobalOptions,
  output: Output,
  options: OpenManagerOptions = {},
): Promise<EmbeddedManager> {
  if (globals.dataDir === '') {
    throw new CommandError(EXIT.BAD_OPTION, '--data-dir needs the name of a directory.');
  }
  // The engine is most of the program, and `--help` has no use for it.
  const { openEmbedded } = await import('../../open.ts');
  try {
    return await openEmbedded({
      ...options,
      ...(globals.dataDir !== undefined && { dataDir: globals.dataDir }),
      startInterrupted: false,
      processName: `haulyard ${command}`,
      onWarning: (message) => output.line(output.colors.yellow(`haulyard: ${message}`)),
    });
  } catch (error) {
    const busy = isDeliveryOptimizationError(error) && error.code === 'ERROR_SHARING_VIOLATION';
    // The same code tells of a target in use; here it is the directory, and waiting helps.
    if (busy) throw new CommandError(EXIT.OVERLOADED, error.message, error);
    throw error;
  }
}
