import { DeliveryOptimizationError, isDeliveryOptimizationError } from '../../core/errors.ts';
import type { AgentDownloads, AgentProperty } from './agent-downloads.ts';
import { parseQuery, propertyNamed, type Query } from './query.ts';
import { isLoopbackAddress, refuseWebPages } from './refusals.ts';
import { codeText, errorReply, successReply } from './reply.ts';
import type { AgentRequest } from './request-reader.ts';
import { parseTarget } from './target.ts';

/** What a call has to do with beyond its request. */
export interface CallContext {
  readonly downloads: AgentDownloads;
  /** RestControllerValidateRemoteAddr: whether a peer that is not loopback is refused. */
  readonly validateRemoteAddr: boolean;
  /** Hears of a failure that is no answer of the interface, which is a fault of ours. */
  readonly warn: (message: string) => void;
}

type Members = Readonly<Record<string, string>>;

interface Call {
  readonly method: 'GET' | 'POST';
  readonly run: (downloads: AgentDownloads, query: Query) => Promise<Members>;
}

const NOTHING: Members = {};

/** Properties that a `setproperty` can carry, in the order they are set. */
const SETTABLE: readonly AgentProperty[] = ['Uri', 'DownloadFilePath', 'NoProgressTimeoutSeconds'];

const CALLS: ReadonlyMap<string, Call> = new Map<string, Call>([
  ['create', { method: 'POST', run: create }],
  ['start', { method: 'POST', run: onOne((downloads, id) => downloads.start(id)) }],
  ['pause', { method: 'POST', run: onOne((downloads, id) => downloads.pause(id)) }],
  ['finalize', { method: 'POST', run: onOne((downloads, id) => downloads.finalize(id)) }],
  ['abort', { method: 'POST', run: onOne((downloads, id) => downloads.abort(id)) }],
  ['getstatus', { method: 'GET', run: getStatus }],
  ['getproperty', { method: 'GET', run: getProperty }],
  ['setproperty', { method: 'POST', run: setProperty }],
  ['enumerate', { method: 'GET', run: enumerate }],
]);

/**
 * The reply to one request, whatever happens. Never throws.
 *
 * @param peer - address the connection comes from
 */
export async function answerRequest(
  request: AgentRequest,
  peer: string | undefined,
  context: CallContext,
): Promise<Buffer> {
  try {
    if (context.validateRemoteAddr && !isLoopbackAddress(peer)) {
      throw new DeliveryOptimizationError('E_INVALIDARG', 'Only this machine may ask.');
    }
    const target = parseTarget(request.target);
    refuseWebPages(request.headers, target.authority);
    const call = callNamed(request.method, target.segments);
    const members = await call.run(context.downloads, parseQuery(target.query));
    return successReply(members) ?? errorReply(tooLong().hresult);
  } catch (error) {
    if (isDeliveryOptimizationError(error)) return errorReply(error.hresult);
    const reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.warn(`A call of an agent client failed unexpectedly: ${reason}`);
    return errorReply(0x8007_023e);
  }
}

function callNamed(method: string, segments: readonly string[]): Call {
  const [area, op, ...rest] = segments;
  const call =
    area === 'download' && rest.length === 0 && op !== undefined ? CALLS.get(op) : undefined;
  if (call === undefined || call.method !== method) {
    throw new DeliveryOptimizationError(
      'E_UNSUPPORTED',
      'There is no such call; the path is download/<op>, by POST or GET as the op asks.',
    );
  }
  return call;
}

async function create(downloads: AgentDownloads, query: Query): Promise<Members> {
  // An empty value is how clients leave one out.
  const uri = query.get('Uri') || undefined;
  const path = query.get('DownloadFilePath') || undefined;
  return { Id: await downloads.create(uri, path) };
}

async function getStatus(downloads: AgentDownloads, query: Query): Promise<Members> {
  const status = await downloads.status(idOf(query));
  return {
    Status: status.state,
    BytesTotal: String(status.bytesTotal),
    BytesTransferred: String(status.bytesTransferred),
    ErrorCode: codeText(status.error),
    ExtendedErrorCode: codeText(status.extendedError),
  };
}

async function getProperty(downloads: AgentDownloads, query: Query): Promise<Members> {
  const name = query.get('PropertyKey') ?? '';
  if (name === '') {
    throw new DeliveryOptimizationError('E_INVALIDARG', 'Name a property with PropertyKey.');
  }
  const property = propertyNamed(name);
  if (property === undefined) throw unknownProperty(name);
  return { [name]: await downloads.getProperty(idOf(query), property) };
}

async function setProperty(downloads: AgentDownloads, query: Query): Promise<Members> {
  if (query.has('PropertyKey')) throw unknownProperty('PropertyKey');
  const id = idOf(query);
  // Asked first, so that a call with nothing to set tells of an unknown id all the same.
  await downloads.getProperty(id, 'Id');
  for (const property of SETTABLE) {
    const value = query.get(property);
    if (value !== undefined) await downloads.setProperty(id, property, value);
  }
  return NOTHING;
}

function enumerate(): Promise<Members> {
  throw new DeliveryOptimizationError('E_NOTIMPL', 'The agent does not list its downloads.');
}

function onOne(act: (downloads: AgentDownloads, id: string) => Promise<void>): Call['run'] {
  return async (downloads, query) => {
    await act(downloads, idOf(query));
    return NOTHING;
  };
}

/** The id, or text that no download has: a missing one is an unknown one. */
function idOf(query: Query): string {
  return query.get('Id') ?? '';
}

function unknownProperty(name: string): DeliveryOptimizationError {
  const message = `A download has no property ${JSON.stringify(name.slice(0, 64))}.`;
  return new DeliveryOptimizationError('DO_E_UNKNOWN_PROPERTY_ID', message);
}

function tooLong(): DeliveryOptimizationError {
  const message = 'The value is longer than a client of the agent can read.';
  return new DeliveryOptimizationError('STRSAFE_E_INSUFFICIENT_BUFFER', message);
}
