import type { Config } from '../../config/config.ts';
import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import { EXIT } from '../exit-numbers.ts';
import type { GlobalOptions } from '../global-options.ts';
import { openOutput } from '../output.ts';
import { printable } from '../printable.ts';
import { findService, probe, serviceCandidates } from '../remote/find-service.ts';
import {
  bad,
  checkClock,
  checkDataDirectory,
  checkNode,
  checkPort,
  checkSpace,
  good,
  type Finding,
} from './doctor-checks.ts';

const MARKS = { good: 'good', note: 'note', bad: 'BAD ' } as const;

/** `daemon doctor`: looks at everything a service needs, and says what to do about what is wrong. */
export async function daemonDoctor(
  options: GlobalOptions & { readonly config?: string },
): Promise<number> {
  const output = openOutput(options);
  const { colors } = output;
  const findings: Finding[] = [checkNode(), checkClock()];
  const { config, finding } = await checkConfig(options);
  findings.push(finding);
  const service = await checkService(options);
  findings.push(...service.findings);
  if (config !== undefined) {
    const { tcp } = config.daemon;
    // A running service may have been started with other options than this command sees.
    const dataDir = service.dataDirectory ?? config.daemon.dataDir;
    findings.push(await checkDataDirectory(dataDir), await checkSpace(dataDir));
    findings.push(await checkPort(tcp === false ? undefined : tcp, service.running));
  }
  output.list(findings);
  if (!output.json) {
    for (const { check, verdict, message, advice } of findings) {
      const mark = verdict === 'bad' ? colors.red(MARKS[verdict]) : MARKS[verdict];
      output.line(`${mark}  ${check.padEnd(14)} ${printable(message)}`);
      if (advice !== undefined) output.line(`      what to do:    ${printable(advice)}`);
    }
  }
  return findings.some(({ verdict }) => verdict === 'bad') ? EXIT.OTHER : EXIT.OK;
}

async function checkConfig(
  options: GlobalOptions & { readonly config?: string },
): Promise<{ readonly config: Config | undefined; readonly finding: Finding }> {
  const { examineConfig } = await import('../../config/load-config.ts');
  const { problemText } = await import('../../config/problems.ts');
  const { config, problems } = await examineConfig({
    ...(options.dataDir !== undefined && { flags: { 'daemon.data_dir': options.dataDir } }),
    ...(options.config !== undefined && { configFile: options.config }),
  });
  const check = 'configuration';
  if (config === undefined) {
    const message = problems.map(problemText).join('; ');
    return { config: undefined, finding: bad(check, message, 'correct it; nothing starts before') };
  }
  const { files, warnings } = config;
  const message = files.length === 0 ? 'no file; all defaults hold' : files.join(', ');
  if (warnings.length === 0) return { config: config.values, finding: good(check, message) };
  return {
    config: config.values,
    finding: { check, verdict: 'note', message: `${message}; ${warnings.join('; ')}` },
  };
}

/** Every socket that is looked at, and whether the service behind it says it is well. */
async function checkService(options: GlobalOptions): Promise<{
  readonly findings: readonly Finding[];
  readonly running: boolean;
  readonly dataDirectory?: string;
}> {
  const findings: Finding[] = [];
  for (const socket of serviceCandidates(options)) {
    const code = await probe(socket);
    if (code === undefined) findings.push(good('socket', `${socket} answers`));
    else if (code === 'EACCES') {
      findings.push({ check: 'socket', verdict: 'note', message: `${socket} is another user’s` });
    } else if (code === 'ECONNREFUSED') {
      const message = `${socket} was left behind by a service that is gone`;
      findings.push({
        check: 'socket',
        verdict: 'note',
        message,
        advice: 'the next one replaces it',
      });
    }
  }
  const start = '`haulyard daemon run`, or for good `haulyard service install`';
  if (findings.every(({ verdict }) => verdict !== 'good')) {
    findings.push({ check: 'service', verdict: 'note', message: 'none runs', advice: start });
    return { findings, running: false };
  }
  const { dataDir: _dataDir, ...globals } = options;
  await using link = await findService(globals);
  if (link === undefined) return { findings, running: false };
  try {
    const { version, problems, dataDirectory } = await link.rest.call('getService');
    findings.push(good('service', `version ${version} answers`));
    for (const problem of problems) {
      findings.push(bad('service', problem, 'see `haulyard logs`'));
    }
    return { findings, running: true, dataDirectory };
  } catch (error) {
    if (!isDeliveryOptimizationError(error)) throw error;
    findings.push(bad('service', error.message, 'see `haulyard logs`, or restart it'));
  }
  return { findings, running: true };
}
