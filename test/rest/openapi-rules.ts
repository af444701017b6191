/** What a check has found, as sentences; and what it needs on its way. */
interface Findings {
  readonly faults: string[];
  readonly document: Json;
  readonly used: Set<string>;
}

type Json = Readonly<Record<string, unknown>>;

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace'];
const TYPES = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer'];

/**
 * Where a document breaks the structure of OpenAPI 3.1 or of the JSON Schemas in it. Covers what
 * this project's document uses; a keyword it does not know is a fault as well.
 */
export function faultsOf(document: Json): readonly string[] {
  const findings: Findings = { faults: [], document, used: new Set() };
  const say = (fault: string): void => void findings.faults.push(fault);
  if (document['openapi'] !== '3.1.0') say('openapi must be 3.1.0');
  const info = object(document['info']);
  if (typeof info['title'] !== 'string' || typeof info['version'] !== 'string') {
    say('info needs title and version');
  }
  const components = object(document['components']);
  const schemes = Object.keys(object(components['securitySchemes']));
  checkSecurity(document['security'], schemes, 'security', say);
  const ids = new Set<string>();
  for (const [path, methods] of Object.entries(object(document['paths']))) {
    if (!path.startsWith('/')) say(`${path} must begin with /`);
    for (const [method, value] of Object.entries(object(methods))) {
      const place = `${method} ${path}`;
      if (!METHODS.includes(method)) say(`${place}: not a method`);
      const operation = object(value);
      const id = operation['operationId'];
      if (typeof id !== 'string' || ids.has(id))
        say(`${place}: operationId is missing or not unique`);
      ids.add(String(id));
      if (operation['security'] !== undefined) {
        checkSecurity(operation['security'], schemes, place, say);
      }
      checkOperation(operation, path, place, findings);
    }
  }
  for (const [name, response] of Object.entries(object(components['responses']))) {
    checkResponse(object(response), `responses/${name}`, findings);
  }
  const schemas = object(components['schemas']);
  for (const [name, schema] of Object.entries(schemas)) {
    if (!/^[\w.-]+$/.test(name)) say(`schemas/${name}: not a name`);
    checkSchema(schema, `schemas/${name}`, findings);
  }
  const streamed = ['Event', 'ProgressEvent', 'ResetEvent'];
  for (const name of Object.keys(schemas)) {
    const unused = !findings.used.has(`#/components/schemas/${name}`) && !streamed.includes(name);
    if (unused) say(`schemas/${name} is used by nothing`);
  }
  return findings.faults;
}

function checkSecurity(
  security: unknown,
  schemes: readonly string[],
  place: string,
  say: (fault: string) => void,
): void {
  if (!Array.isArray(security)) return say(`${place}: security must be a list`);
  for (const name of security.flatMap((requirement) => Object.keys(object(requirement)))) {
    if (!schemes.includes(name)) say(`${place}: there is no security scheme ${name}`);
  }
}

function checkOperation(operation: Json, path: string, place: string, findings: Findings): void {
  const say = (fault: string): void => void findings.faults.push(`${place}: ${fault}`);
  const parameters = (operation['parameters'] ?? []) as readonly Json[];
  const keys = parameters.map(
    (parameter) => `${String(parameter['in'])} ${String(parameter['name'])}`,
  );
  if (new Set(keys).size !== keys.length) say('a parameter is there twice');
  for (const parameter of parameters) {
    const { in: within, name, required, schema } = parameter;
    if (!['path', 'query', 'header', 'cookie'].includes(String(within)))
      say(`${String(name)}: in what?`);
    if (within === 'path' && required !== true) say(`${String(name)} must be required`);
    checkSchema(schema, `${place} ${String(name)}`, findings);
  }
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
  const described = parameters.filter((item) => item['in'] === 'path').map((item) => item['name']);
  if (inPath.join() !== described.join()) say(`describes ${described.join()} of ${inPath.join()}`);
  if (operation['requestBody'] !== undefined) {
    checkContent(object(operation['requestBody'])['content'], `${place} body`, findings);
  }
  const responses = object(operation['responses']);
  if (!Object.keys(responses).some((status) => /^2\d\d$/.test(status))) say('no success');
  for (const [status, response] of Object.entries(responses)) {
    if (status !== 'default' && !/^[1-5]\d\d$/.test(status)) say(`${status} is no status`);
    checkResponse(object(response), `${place} ${status}`, findings);
  }
}

function checkResponse(response: Json, place: string, findings: Findings): void {
  if (response['$ref'] !== undefined) return checkReference(response['$ref'], place, findings);
  if (typeof response['description'] !== 'string') findings.faults.push(`${place}: no description`);
  for (const [name, header] of Object.entries(object(response['headers']))) {
    checkSchema(object(header)['schema'], `${place} ${name}`, findings);
  }
  if (response['content'] !== undefined) checkContent(response['content'], place, findings);
}

function checkContent(content: unknown, place: string, findings: Findings): void {
  const types = Object.entries(object(content));
  if (types.length === 0) findings.faults.push(`${place}: no content`);
  for (const [type, media] of types) {
    if (!/^[\w.+-]+\/[\w.+-]+/.test(type))
      findings.faults.push(`${place}: ${type} is no media type`);
    checkSchema(object(media)['schema'], `${place} ${type}`, findings);
  }
}

/** Keywords that hold schemas, by how they hold them. */
const ONE = ['items', 'additionalProperties', 'propertyNames', 'not'];
const LIST = ['anyOf', 'oneOf', 'allOf'];
const NUMBERS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
const OTHERS = ['description', 'default', 'const', 'format', 'pattern', 'contentEncoding', 'title'];

function checkSchema(schema: unknown, place: string, findings: Findings): void {
  if (typeof schema === 'boolean') return;
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) {
    findings.faults.push(`${place}: not a schema`);
    return;
  }
  for (const [key, value] of Object.entries(schema)) {
    const at = `${place}/${key}`;
    const bad = (fault: string): void => void findings.faults.push(`${at}: ${fault}`);
    if (key === '$ref') checkReference(value, place, findings);
    else if (ONE.includes(key)) checkSchema(value, at, findings);
    else if (LIST.includes(key)) {
      if (!Array.isArray(value) || value.length === 0) bad('must be a list');
      else
        for (const [index, member] of value.entries())
          checkSchema(member, `${at}/${index}`, findings);
    } else if (key === 'properties') {
      for (const [name, member] of Object.entries(object(value)))
        checkSchema(member, `${at}/${name}`, findings);
    } else if (key === 'required') {
      const known = Object.keys(object((schema as Json)['properties']));
      for (const name of value as readonly string[])
        if (!known.includes(name)) bad(`${name} is not described`);
    } else if (key === 'type') {
      const types: readonly unknown[] = Array.isArray(value) ? value : [value];
      if (!types.every((type) => TYPES.includes(String(type)))) bad(`${String(value)} is no type`);
    } else if (key === 'enum') {
      if (!Array.isArray(value) || new Set(value).size !== value.length)
        bad('must list each value once');
    } else if (NUMBERS.includes(key)) {
      if (typeof value !== 'number') bad('must be a number');
    } else if (!OTHERS.includes(key)) bad('unknown keyword');
    if (key === 'pattern' && !isPattern(value)) bad('not a regular expression');
  }
}

function isPattern(value: unknown): boolean {
  try {
    return new RegExp(String(value), 'u') instanceof RegExp;
  } catch {
    // The one thing that the constructor throws for.
    return false;
  }
}

function checkReference(
  reference: unknown,
  place: string,
  { faults, document, used }: Findings,
): void {
  const parts = String(reference).split('/');
  const target = parts.slice(1).reduce<unknown>((value, part) => object(value)[part], document);
  if (parts[0] !== '#' || target === undefined)
    faults.push(`${place}: ${String(reference)} leads nowhere`);
  used.add(String(reference));
}

function object(value: unknown): Json {
  return typeof value === 'object' && value !== null ? (value as Json) : {};
}
