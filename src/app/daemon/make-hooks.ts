import { readFile } from 'node:fs/promises';

import type { EventRecord } from '../../core/facts/event.ts';
import { awaitsAnswer } from '../../core/job/step.ts';
import { commandHook } from '../../io/notify/command-hook.ts';
import { webhook } from '../../io/notify/webhook.ts';
import type { Hook, HookDelivery } from '../../ports/hook.ts';
import { packageVersion } from '../../package-version.ts';
import { eventDto } from '../api/dto/event-dto.ts';
import { jobDto } from '../api/dto/job-dto.ts';
import type { NotifyConfig } from '../config/config.ts';
import type { SecretSource } from '../config/schema/notify-types.ts';

/** The hooks a configuration asks for. */
export function makeHooks(notify: NotifyConfig): readonly Hook[] {
  const { timeoutMs, command, webhooks, handlers } = notify;
  const common = { timeoutMs, describe };
  const hooks: Hook[] = [];
  if (command !== undefined) {
    hooks.push(commandHook({ ...common, name: 'command', command, wants: isStateChange }));
  }
  for (const { url, secret, events } of webhooks) {
    hooks.push(
      makeWebhook(common, `webhook/${url}`, url, secret, ({ body }) => events.includes(body.kind)),
    );
  }
  for (const [name, handler] of Object.entries(handlers)) {
    const wants: Hook['wants'] = (event, job) =>
      isFinalNews(event) && job?.notificationClsid === name;
    const full = `handler/${name}`;
    hooks.push(
      handler.kind === 'command'
        ? commandHook({ ...common, name: full, command: handler.command, wants })
        : makeWebhook(common, full, handler.url, handler.secret, wants),
    );
  }
  return hooks;
}

function makeWebhook(
  common: { readonly timeoutMs: number; readonly describe: (delivery: HookDelivery) => unknown },
  name: string,
  url: string,
  secret: SecretSource,
  wants: Hook['wants'],
): Hook {
  return webhook({
    ...common,
    name,
    url,
    wants,
    secret: async () =>
      secret.kind === 'inline' ? secret.secret : (await readFile(secret.path, 'utf8')).trim(),
    wallMs: () => Date.now(),
    userAgent: `haulyard/${packageVersion()}`,
  });
}

/** The event as the event stream has it, with the job as the REST interface shows it. */
function describe({ event, job, attempt }: HookDelivery): unknown {
  return {
    ...eventDto(event),
    attempt,
    job: job === undefined ? null : jobDto(job),
  };
}

function isStateChange({ body }: EventRecord): boolean {
  return body.kind === 'job.state';
}

/** What a handler of NOTIFICATION_CLSID is there for: the two events that wait for an answer. */
function isFinalNews({ body }: EventRecord): boolean {
  return body.kind === 'job.state' && awaitsAnswer(body.to);
}
