import { toSigned } from '../../../core/hresult.ts';
import { isFinal } from '../../../core/job/step.ts';
import type { BG_JOB_STATE } from '../../../core/constants.ts';
import { isDeliveryOptimizationError } from '../../../core/errors.ts';
import { keyReused } from '../../../engine/create-job.ts';
import { pathOf, type RouteName } from '../../../rest/routes.ts';
import type { JobResource } from '../../../rest/contract.ts';
import { STATE_NAMES } from '../../../rest/resources/common.ts';
import { jobDto } from '../dto/job-dto.ts';
import { stateOfName } from '../dto/names.ts';
import { wantedJob } from '../dto/wanted-job.ts';
import { etagOf } from '../http/conditions.ts';
import { encodeCursor, idOfCursor } from '../http/cursor.ts';
import { idempotencyOf } from '../http/fingerprint.ts';
import { badRequest, Refusal } from '../http/refusal.ts';
import { applyChange } from './change-job.ts';
import type { Call, Handlers } from './handler.ts';

/** The job as it is now, under its tag for If-Match. */
export function answerJob(
  { service, caller, reply }: Pick<Call<RouteName>, 'service' | 'caller' | 'reply'>,
  id: string,
): JobResource {
  const job = jobDto(service.facts(caller, id));
  void reply.header('etag', etagOf(job.revision));
  return job;
}

export const jobHandlers: Handlers<
  | 'listJobs'
  | 'createJob'
  | 'getJob'
  | 'changeJob'
  | 'cancelJob'
  | 'resumeJob'
  | 'suspendJob'
  | 'completeJob'
  | 'cancelJobAction'
  | 'retryJob'
  | 'orderJob'
  | 'acknowledgeJob'
  | 'removeJob'
  | 'getCustomHeaders'
  | 'setCustomHeaders'
> = {
  listJobs({ service, caller, query }) {
    const { limit, cursor, state, all, owner, family, first } = query;
    const afterId = idOfCursor(cursor);
    const states = state === undefined ? undefined : statesOf(state);
    const { jobs, nextAfterId, total } = service.page(caller, {
      limit,
      family,
      first,
      // Asking for final states by name is asking for final jobs.
      includeFinal: all || states?.some(isFinal) === true,
      ...(states === undefined ? {} : { states }),
      ...(afterId === undefined ? {} : { afterId }),
      ...(owner === undefined ? {} : { owner }),
    });
    return {
      jobs: jobs.map(jobDto),
      next: nextAfterId === undefined ? null : encodeCursor(nextAfterId),
      total,
    };
  },

  async createJob({ service, caller, body, request, reply }) {
    const idempotency = idempotencyOf(request.headers['idempotency-key'], body);
    try {
      const { facts, created } = await service.createJob(caller, wantedJob(body), idempotency);
      const job = jobDto(facts);
      void reply
        .header('location', pathOf('getJob', { id: job.id }))
        .header('etag', etagOf(job.revision));
      if (!created) void reply.header('idempotency-replayed', 'true');
      return job;
    } catch (error) {
      throw idempotency === undefined ? error : unprocessable(error, idempotency.key);
    }
  },

  getJob: (call) => answerJob(call, call.params.id),

  async changeJob(call) {
    await applyChange(call.service, call.caller, call.params.id, call.body);
    return answerJob(call, call.params.id);
  },

  cancelJob: (call) => cancel(call),
  cancelJobAction: (call) => cancel(call),

  async resumeJob(call) {
    await call.service.job(call.caller, call.params.id).resume();
    return answerJob(call, call.params.id);
  },

  async suspendJob(call) {
    await call.service.job(call.caller, call.params.id).suspend();
    return answerJob(call, call.params.id);
  },

  async completeJob(call) {
    const hresult = await call.service.job(call.caller, call.params.id).complete();
    call.streams.forget(call.params.id);
    return { hresult: toSigned(hresult), job: answerJob(call, call.params.id) };
  },

  async retryJob(call) {
    await call.service.retry(call.caller, call.params.id);
    return answerJob(call, call.params.id);
  },

  async orderJob(call) {
    await call.service.order(call.caller, call.params.id, call.body.position);
    return answerJob(call, call.params.id);
  },

  acknowledgeJob(call) {
    call.service.acknowledge(call.caller, call.params.id, call.body.sequence);
    return answerJob(call, call.params.id);
  },

  async removeJob({ service, caller, params, streams }) {
    await service.remove(caller, params.id);
    streams.forget(params.id);
    return {};
  },

  async getCustomHeaders({ service, caller, params }) {
    return { headers: await service.job(caller, params.id).getCustomHeaders() };
  },

  async setCustomHeaders(call) {
    await call.service.job(call.caller, call.params.id).setCustomHeaders(call.body.headers);
    return answerJob(call, call.params.id);
  },
};

async function cancel(
  call: Call<'cancelJob'> | Call<'cancelJobAction'>,
): Promise<{ hresult: number; job: JobResource }> {
  const hresult = await call.service.job(call.caller, call.params.id).cancel();
  // A download may be ended as the job that carries it, and its stream holds a chunk.
  call.streams.forget(call.params.id);
  return { hresult: toSigned(hresult), job: answerJob(call, call.params.id) };
}

function statesOf(text: string): readonly BG_JOB_STATE[] {
  return text.split(',').map((name) => {
    const state = stateOfName(name);
    if (state === undefined) {
      throw badRequest(
        'query.state',
        `${JSON.stringify(name)} is not the name of a state; those are ${STATE_NAMES.join(', ')}`,
      );
    }
    return state;
  });
}

/** A key that was used for another request has a status of its own: 422. */
function unprocessable(error: unknown, key: string): unknown {
  const reused = keyReused(key);
  if (!isDeliveryOptimizationError(error)) return error;
  if (error.code !== reused.code || error.message !== reused.message) return error;
  return new Refusal(422, error.code, error.message, {
    issues: [{ path: 'headers.idempotency-key', message: 'was used for another request' }],
  });
}
