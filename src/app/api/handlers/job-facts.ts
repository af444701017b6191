import { attemptDto } from '../dto/job-dto.ts';
import { eventDto } from '../dto/event-dto.ts';
import { explanationDto } from '../dto/explanation-dto.ts';
import { encodeCursor, numberOfCursor } from '../http/cursor.ts';
import type { Handlers } from './handler.ts';

export const jobFactHandlers: Handlers<
  'explainJob' | 'listSources' | 'listAttempts' | 'listJobEvents' | 'streamEvents'
> = {
  explainJob: ({ service, caller, params }) => explanationDto(service.explain(caller, params.id)),

  listSources: ({ service, caller, params }) => ({
    sources: [...service.sources(caller, params.id)],
  }),

  listAttempts: ({ service, caller, params }) => ({
    attempts: service.attempts(caller, params.id).map(attemptDto),
  }),

  listJobEvents({ service, caller, params, query }) {
    const { limit } = query;
    const after = numberOfCursor(query.cursor);
    const events = service.jobEvents(caller, params.id, { after, limit });
    const last = events.at(-1);
    return {
      events: events.map(eventDto),
      next: last === undefined || events.length < limit ? null : encodeCursor(last.sequence),
    };
  },

  streamEvents({ events, open, caller, query, request, reply }) {
    events.open(caller, query, { request, reply, open });
    return undefined;
  },
};
