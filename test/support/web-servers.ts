import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';

import { startChildServer } from './child-server.ts';
import { tlsIdentity } from './origin-tls.ts';
import type { CertificateKind } from './origin-tls.ts';
import { temporaryDirectory, until } from './temporary.ts';

/** One line of a server's access log. */
export interface AccessLogEntry {
  /** The request line, `GET /file HTTP/1.1`. */
  readonly request: string;
  readonly status: number;
  /**
   * Body bytes the server handed to the kernel. For a client that broke off, this is more
   * than it received: up to the sizes of both socket buffers.
   */
  readonly bodyBytes: number;
  /** The Range field of the request, empty when there was none. */
  readonly range: string;
}

/** A real web server with a directory to serve. */
export interface WebServer extends AsyncDisposable {
  readonly port: number;
  /** The authority a client must trust; undefined without TLS. */
  readonly caPem: string | undefined;
  url(path: string): string;
  /** All requests finished before the call. */
  accessLog(): Promise<AccessLogEntry[]>;
}

/** What nginx serves and how. */
export interface NginxOptions {
  readonly root: string;
  /** An address to listen on besides 127.0.0.1; `url` then names it. */
  readonly address?: string;
  /** More directives for the server block. */
  readonly config?: string;
  /** nginx's `limit_rate`: bytes per second for each request. */
  readonly limitRate?: number;
  /** Serves https with a certificate of this kind. */
  readonly https?: CertificateKind;
  /**
   * Bounds the kernel's send buffer, so that the log says nearly what the client received.
   * The system's own choice, which can be megabytes, unless told.
   */
  readonly sendBufferBytes?: number;
}

/** Starts nginx as one process, with one worker's event loop. */
export async function startNginx(options: NginxOptions): Promise<WebServer> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const identity = options.https && (await tlsIdentity(options.https));
  if (identity) {
    await writeFile(directory.join('certificate.pem'), identity.certPem);
    await writeFile(directory.join('key.pem'), identity.keyPem, { mode: 0o600 });
  }
  const log = directory.join('access.log');
  const server = await startChildServer({
    command: 'nginx',
    debianPackage: 'nginx',
    async prepare(port) {
      const file = directory.join('nginx.conf');
      await writeFile(file, nginxConfig(options, port, directory.path));
      return ['-p', directory.path, '-c', file, '-e', directory.join('error.log')];
    },
  });
  stack.use(server);
  const host = options.address ?? '127.0.0.1';
  const base = `${options.https ? 'https' : 'http'}://${host}:${server.port}`;
  return webServer(base, server.port, identity?.caPem, log, parseNginxLine, stack.move());
}

function nginxConfig(options: NginxOptions, port: number, directory: string): string {
  const { root, address, config = '', limitRate, https, sendBufferBytes } = options;
  const hosts = ['127.0.0.1', ...(address === undefined ? [] : [address])];
  const listen = hosts.map((host) => {
    const words = [`listen ${host}:${port}`];
    if (https) words.push('ssl');
    if (sendBufferBytes !== undefined) words.push(`sndbuf=${sendBufferBytes}`);
    return `${words.join(' ')};`;
  });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const certificate = https
    ? `ssl_certificate ${directory}/certificate.pem; ssl_certificate_key ${directory}/key.pem;`
    : '';
  // Started by root, nginx would otherwise read the files as a user who may not see them.
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  return `
daemon off; master_process off; ${user}
pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  log_format entry escape=json '{"request":"$request","status":$status,'
    '"bodyBytes":$body_bytes_sent,"range":"$http_range"}';
  access_log ${directory}/access.log entry;
  ${temporary.join('\n  ')}
  default_type application/octet-stream;
  sendfile on; tcp_nodelay on;
  server {
    ${listen.join('\n    ')}
    root ${root};
    ${certificate}
    ${limitRate === undefined ? '' : `limit_rate ${limitRate};`}
    ${config}
  }
}
`;
}

function parseNginxLine(line: string): AccessLogEntry {
  return JSON.parse(line) as AccessLogEntry;
}

/** Starts Caddy as a file server over plain http. */
export async function startCaddy({ root }: { readonly root: string }): Promise<WebServer> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  await mkdir(directory.join('home'));
  const log = directory.join('access.log');
  const server = await startChildServer({
    command: 'caddy',
    debianPackage: 'caddy',
    env: { HOME: directory.join('home'), XDG_DATA_HOME: '', XDG_CONFIG_HOME: '' },
    async prepare(port) {
      const file = directory.join('caddy.json');
      await writeFile(file, JSON.stringify(caddyConfig(root, port, log)));
      return ['run', '--config', file];
    },
  });
  stack.use(server);
  const base = `http://127.0.0.1:${server.port}`;
  return webServer(base, server.port, undefined, log, parseCaddyLine, stack.move());
}

function caddyConfig(root: string, port: number, log: string): unknown {
  return {
    admin: { disabled: true },
    logging: {
      logs: {
        default: { exclude: ['http.log.access'] },
        access: { include: ['http.log.access'], writer: { output: 'file', filename: log } },
      },
    },
    apps: {
      http: {
        servers: {
          files: {
            listen: [`127.0.0.1:${port}`],
            automatic_https: { disable: true },
            logs: {},
            routes: [{ handle: [{ handler: 'file_server', root }] }],
          },
        },
      },
    },
  };
}

function parseCaddyLine(line: string): AccessLogEntry {
  const { request, status, size } = JSON.parse(line) as {
    request: { method: string; uri: string; proto: string; headers: { Range?: string[] } };
    status: number;
    size: number;
  };
  return {
    request: `${request.method} ${request.uri} ${request.proto}`,
    status,
    bodyBytes: size,
    range: request.headers.Range?.[0] ?? '',
  };
}

function webServer(
  base: string,
  port: number,
  caPem: string | undefined,
  log: string,
  parse: (line: string) => AccessLogEntry,
  stack: AsyncDisposableStack,
): WebServer {
  let marks = 0;
  return {
    port,
    caPem,
    url: (path) => base + path,
    // Lines are written in the order requests end, so a request of our own marks the place.
    async accessLog() {
      const mark = `/.access-log-mark-${++marks}`;
      await touch(base + mark);
      const marked = async (): Promise<AccessLogEntry[] | undefined> => {
        const text = await readFile(log, 'utf8').catch(() => '');
        const complete = text.slice(0, text.lastIndexOf('\n') + 1).trimEnd();
        const entries = complete === '' ? [] : complete.split('\n').map(parse);
        return entries.some(({ request }) => request.includes(mark)) ? entries : undefined;
      };
      const entries = await until(marked, { what: 'the access log to be written' });
      return (entries ?? []).filter(({ request }) => !request.includes('/.access-log-mark-'));
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

function touch(url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const read = url.startsWith('https') ? getHttps : getHttp;
    // Only a line in the log is wanted, so any certificate will do.
    const request = read(url, { agent: false, rejectUnauthorized: false } as object, (response) => {
      response.resume().on('end', resolve).on('error', reject);
    });
    request.on('error', reject);
  });
}

/** A forward proxy for http and, by CONNECT, for https. */
export interface ProxyServer extends AsyncDisposable {
  readonly port: number;
  /** What to put into `http_proxy`, with the name and password if there are any. */
  readonly url: string;
  /** What the proxy has noted so far, one line for each request among others. */
  log(): Promise<string>;
}

/** Whom tinyproxy serves. */
export interface TinyproxyOptions {
  /** Asks for these by 407; everybody is served unless told. */
  readonly credentials?: { readonly user: string; readonly password: string };
}

/** Starts tinyproxy, which passes on to any port. */
export async function startTinyproxy(options: TinyproxyOptions = {}): Promise<ProxyServer> {
  const { credentials } = options;
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await temporaryDirectory());
  const log = directory.join('tinyproxy.log');
  const server = await startChildServer({
    command: 'tinyproxy',
    debianPackage: 'tinyproxy',
    async prepare(port) {
      const file = directory.join('tinyproxy.conf');
      const login = credentials ? `BasicAuth ${credentials.user} ${credentials.password}` : '';
      const lines = [
        `Port ${port}`,
        'Listen 127.0.0.1',
        'Allow 127.0.0.1',
        'Timeout 60',
        'MaxClients 100',
        'LogLevel Connect',
        `LogFile "${log}"`,
        `PidFile "${directory.join('tinyproxy.pid')}"`,
        login,
      ];
      await writeFile(file, `${lines.join('\n')}\n`);
      return ['-d', '-c', file];
    },
  });
  stack.use(server);
  const owned = stack.move();
  const login = credentials ? `${credentials.user}:${credentials.password}@` : '';
  return {
    port: server.port,
    url: `http://${login}127.0.0.1:${server.port}`,
    log: () => readFile(log, 'utf8'),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
