import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { openHttpTransport } from '../../../src/io/http/open-http-transport.ts';
import { openUndiciTransport } from '../../../src/io/http/undici-transport.ts';
import type { HttpTransport } from '../../../src/ports/http-transport.ts';
import { testHttpTransport, type HttpTransportWorld } from '../../conformance/http-transport.ts';
import { driveClock } from '../../support/drive-clock.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { MemoryWeb, openMemoryTransport } from '../../support/memory-http-transport.ts';
import { startOrigin, type Fault } from '../../support/origin.ts';

testHttpTransport('undici', () => realWorld(openUndiciTransport({ environment: {} })));
testHttpTransport('direct', () => realWorld(openHttpTransport({ environment: {} })));

async function realWorld(transport: HttpTransport): Promise<HttpTransportWorld> {
  const origin = await startOrigin();
  return {
    transport,
    put: (path, content) => origin.put(path, content),
    script: (path, faults) => origin.script(path, faults),
    requests: () =>
      origin.requests.map(({ rawHeaders, closedEarly }) => ({ fields: rawHeaders, closedEarly })),
    bytesSent: () => origin.bytesSent(),
    accepted: () => origin.connections.accepted,
    refusedUrl: `http://127.0.0.1:${await closedPort()}/`,
    // RFC 6761 keeps this name from ever being known.
    unknownUrl: 'http://nobody.invalid/',
    during: (promise) => promise,
    pass: (ms) => sleep(ms),
    async [Symbol.asyncDispose]() {
      await transport[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

testHttpTransport('in memory', async (): Promise<HttpTransportWorld> => {
  const clock = new ManualClock();
  const web = new MemoryWeb({ latencyMs: 5 });
  const transport = openMemoryTransport(web, clock);
  const scripts = new Map<string, (readonly Fault[])[]>();
  web.onRequest = ({ url }) => scripts.get(new URL(url).pathname)?.shift() ?? [];
  web.unreachable.set('refused.test', 'refused');
  web.unreachable.set('unknown.test', 'unknown');
  return {
    transport,
    put(path, content) {
      const url = `http://host.test${path}`;
      web.put(url, content);
      return url;
    },
    script: (path, faults) => void scripts.set(path, [...faults]),
    requests: () =>
      web.requests.map(({ rawHeaders, closedEarly }) => ({ fields: rawHeaders, closedEarly })),
    bytesSent: () => web.requests.reduce((sum, { bodyBytes }) => sum + bodyBytes, 0),
    accepted: () => web.accepted,
    refusedUrl: 'http://refused.test/',
    unknownUrl: 'http://unknown.test/',
    during: (promise) => driveClock(clock, promise),
    pass: (ms) => clock.advance(ms),
    [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose](),
  };
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
