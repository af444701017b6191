import * as z from 'zod';

import { CONTRACT, type RouteSchemas } from './contract.ts';
import { type Route, type RouteName, ROUTES } from './routes.ts';
import { PROBLEM_MEDIA_TYPE } from './problem.ts';
import * as common from './schemas/common.ts';
import * as downloads from './schemas/downloads.ts';
import * as events from './schemas/events.ts';
import * as jobs from './schemas/jobs.ts';
import * as service from './schemas/service.ts';

/** Version of the interface, not of the package: a new one means other routes. */
const INTERFACE_VERSION = '1.0.0';

type Json = Readonly<Record<string, unknown>>;

/** Resources that no route names, because they travel in the event stream. */
const STREAMED = ['Event', 'ProgressEvent', 'ResetEvent'] as const;

const SCHEMAS_PATH = '#/components/schemas/';

/** The whole interface as OpenAPI 3.1, made of the schemas that server and client go by. */
export function openApiDocument(): { readonly openapi: string } & Json {
  const components = namedSchemas();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const name of Object.keys(ROUTES) as RouteName[]) {
    const route: Route = ROUTES[name];
    const methods = (paths[route.path] ??= {});
    methods[route.method.toLowerCase()] = operation(name, route, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'haulyard',
      version: INTERFACE_VERSION,
      description:
        'Durable background downloads. Sizes are bytes, times are UTC, ids are UUIDs; keys that are not listed are refused.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      schemas: reachable(components, [paths, STREAMED.map((name) => reference(name))]),
      responses: { Problem: PROBLEM_RESPONSE },
      securitySchemes: {
        token: {
          type: 'http',
          scheme: 'bearer',
          description: 'On TCP. On the Unix socket the user is known, and no token is needed.',
        },
      },
    },
  };
}

const PROBLEM_RESPONSE: Json = {
  description: 'Anything but success (RFC 9457)',
  content: { [PROBLEM_MEDIA_TYPE]: { schema: reference('Problem') } },
};

/** Fields of requests that mean something beyond HTTP's own. */
const REQUEST_FIELDS = {
  'Idempotency-Key': {
    schema: { type: 'string', minLength: 1, maxLength: 200, pattern: '^[!-~]+$' },
    description: 'The same key with the same body is carried out once; with another body it is 422',
  },
  'If-Match': {
    schema: { type: 'string' },
    description: 'ETag of the job; 412 when it has changed since',
  },
  'Last-Event-ID': {
    schema: { type: 'string', pattern: '^[0-9]{1,15}$' },
    description: 'The stream goes on after this event',
  },
} as const;

function fieldsOf(name: RouteName, route: Route): readonly (keyof typeof REQUEST_FIELDS)[] {
  if (name === 'createJob') return ['Idempotency-Key'];
  if (name === 'streamEvents') return ['Last-Event-ID'];
  return route.method !== 'GET' && route.path.startsWith('/v1/jobs/{id}') ? ['If-Match'] : [];
}

function operation(name: RouteName, route: Route, components: NamedSchemas): Json {
  const { params, query, body, response, produces }: RouteSchemas = CONTRACT[name];
  const parameters = [
    ...parametersOf('path', params, components),
    ...parametersOf('query', query, components),
    ...fieldsOf(name, route).map((field) => ({
      name: field,
      in: 'header',
      required: false,
      ...REQUEST_FIELDS[field],
    })),
  ];
  return {
    operationId: name,
    summary: route.summary,
    tags: [tagOf(route.path)],
    ...(route.access === 'public' ? { security: [] } : {}),
    ...(route.access === 'administrator' ? { description: 'For administrators.' } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: requiresSomething(body),
            content: { 'application/json': { schema: components.input(body) } },
          },
        }),
    responses: {
      [route.status]: {
        description: 'Success',
        ...headersOf(name, route),
        content:
          response === undefined
            ? { [produces ?? 'application/octet-stream']: { schema: { type: 'string' } } }
            : { 'application/json': { schema: components.output(response) } },
      },
      default: { $ref: '#/components/responses/Problem' },
    },
  };
}

function headersOf(name: RouteName, route: Route): Json {
  const headers: Record<string, unknown> = {};
  const schema = { type: 'string' };
  if (route.status === 201) headers['Location'] = { description: 'Path of what was made', schema };
  if (CONTRACT[name] !== undefined && 'response' in CONTRACT[name]) {
    const { response } = CONTRACT[name];
    if (response === jobs.Job) headers['ETag'] = { description: 'For If-Match', schema };
  }
  return Object.keys(headers).length === 0 ? {} : { headers };
}

function tagOf(path: string): string {
  const [first = '', second = ''] = path.slice(1).split('/');
  return first === 'v1' ? second : 'process';
}

function requiresSomething(body: z.ZodType): boolean {
  return !body.safeParse({}).success;
}

function parametersOf(
  place: 'path' | 'query',
  schema: z.ZodType | undefined,
  components: NamedSchemas,
): readonly Json[] {
  if (schema === undefined) return [];
  const { properties = {}, required = [] } = components.input(schema, true) as {
    readonly properties?: Readonly<Record<string, Json>>;
    readonly required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(description === undefined ? {} : { description }),
    schema: rest,
  }));
}

/** Schemas with names, and how to write any schema by means of them. */
interface NamedSchemas {
  readonly all: Readonly<Record<string, Json>>;
  /** As it is sent. `inline` writes out what is in it although it may have a name. */
  input(schema: z.ZodType, inline?: boolean): Json;
  /** As it is answered. */
  output(schema: z.ZodType): Json;
}

function namedSchemas(): NamedSchemas {
  const registry = z.registry<{ id: string }>();
  for (const module of [common, jobs, downloads, events, service]) {
    for (const [name, value] of Object.entries(module)) {
      if (value instanceof z.ZodType && !name.endsWith('Query')) registry.add(value, { id: name });
    }
  }
  const write = (schema: z.ZodType, io: 'input' | 'output', inline = false): Json => {
    const { id } = registry.get(schema) ?? {};
    if (id !== undefined && !inline) return reference(id);
    return written(schema, io, registry, schema);
  };
  const all: Record<string, Json> = {};
  for (const module of [common, jobs, downloads, events, service]) {
    for (const [name, value] of Object.entries(module)) {
      if (!(value instanceof z.ZodType) || !registry.has(value)) continue;
      all[name] = written(value, REQUESTS.has(name) ? 'input' : 'output', registry, value);
    }
  }
  return {
    all,
    input: (schema, inline) => write(schema, 'input', inline),
    output: (schema) => write(schema, 'output'),
  };
}

/** Bodies of requests: written as they are sent, with what has a default left optional. */
const REQUESTS: ReadonlySet<string> = new Set([
  'NewJob',
  'NewFile',
  'AddFiles',
  'JobChange',
  'FileChange',
  'Order',
  'Acknowledge',
  'StartDownload',
  'LimitsChange',
  'ConfigChange',
  'PolicyTest',
]);

/** One schema as JSON Schema, with references to the named schemas within it. */
function written(
  schema: z.ZodType,
  io: 'input' | 'output',
  registry: z.core.$ZodRegistry<{ id: string }>,
  self: z.ZodType,
): Json {
  const { $schema: _dialect, ...json } = z.toJSONSchema(schema, {
    io,
    target: 'draft-2020-12',
    override: ({ zodSchema, jsonSchema }) => {
      const { id } = registry.get(zodSchema) ?? {};
      const members = jsonSchema as Record<string, unknown>;
      if (id !== undefined && (zodSchema as unknown) !== self) {
        for (const key of Object.keys(members)) delete members[key];
        members['$ref'] = SCHEMAS_PATH + id;
        return;
      }
      // The format says it; the pattern of every date there can be says no more.
      if (members['format'] === 'date-time') delete members['pattern'];
      if (members['minimum'] === Number.MIN_SAFE_INTEGER) delete members['minimum'];
      if (members['maximum'] === Number.MAX_SAFE_INTEGER) delete members['maximum'];
    },
  });
  return json;
}

function reference(name: string): Json {
  return { $ref: SCHEMAS_PATH + name };
}

/** The named schemas that something refers to, in order of their names. */
function reachable({ all }: NamedSchemas, roots: readonly unknown[]): Json {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    if ('$ref' in value && typeof value.$ref === 'string' && value.$ref.startsWith(SCHEMAS_PATH)) {
      const name = value.$ref.slice(SCHEMAS_PATH.length);
      if (!found.has(name)) {
        found.add(name);
        visit(all[name]);
      }
    }
    for (const member of Object.values(value)) visit(member);
  };
  visit([...roots, PROBLEM_RESPONSE]);
  return Object.fromEntries([...found].sort().map((name): [string, unknown] => [name, all[name]]));
}
